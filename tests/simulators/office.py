"""Two registry offices and a foundation with keys made on the spot, and rows that keep every rule."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from certs.authority import Authority
from certs.keys import PrivateKey, SoftwareSigner
from certs.kinds import KINDS, kind_by_name
from certs.kinds.base import Rejected
from certs.kinds.manifests import manifests
from certs.ports import Signer
from certs.registry import Registry
from certs.sealing import HmacLookupKey, Sm4Sealer
from certs.status import StatusPolicy
from verifier.cose import CoseKey
from verifier.labels import CRV_SM2
from verifier.policy import Issuer, IssuerKey, TrustBundle

OFFICE = "11990000MB9T010142"
OFFICE_2 = "11990000MB9T01022W"
FOUNDATION = "53990000MJ9T00037A"
MINISTRY = "11990000MB9T00011H"
NOW = int(datetime(2026, 11, 21, 4, tzinfo=UTC).timestamp())
TODAY = date(2026, 11, 21)
YEAR = 366 * 86400
TYPE_CODES = {kind: f"{MINISTRY}{kind:03d}" for kind in (1, 2, 3)}


def new_signer(process: bool = False) -> SoftwareSigner:
    """A fresh software key; `process=False` signs in the calling thread."""
    return SoftwareSigner(PrivateKey.generate(), process=process)


def trust_for(*entries: tuple[str, Signer, frozenset[int]], **changes: Any) -> TrustBundle:
    """A bundle that believes those keys for those kinds."""
    issuers = tuple(
        Issuer(
            uscc,
            "示例机构（虚构）",
            "Sample authority (fictitious)",
            (IssuerKey(CoseKey(CRV_SM2, signer.public_key), NOW - YEAR, NOW + YEAR, kinds, True),),
        )
        for uscc, signer, kinds in entries
    )
    root = CoseKey(CRV_SM2, entries[0][1].public_key)
    values: dict[str, Any] = {"sequence": 1, "issued_at": NOW - YEAR, "expires": NOW + YEAR, "root": root}
    values["kinds"] = manifests(KINDS.values())
    return TrustBundle(**{**values, "issuers": issuers, "logs": (), "chains": (), **changes})


def make_registry(
    *, process: bool = False, now: Callable[[], int] = lambda: NOW, signer: Signer | None = None, **changes: Any
) -> Registry:
    """A registry with three authorities. `signer` replaces the first office's, `changes` any member."""
    first: Signer = signer or new_signer(process)
    second, charity = new_signer(process), new_signer(process)
    couples = {kind: TYPE_CODES[kind] for kind in (1, 2)}
    authorities = {
        OFFICE: Authority(OFFICE, "示例甲婚姻登记处", first, couples, frozenset({"990101"})),
        OFFICE_2: Authority(OFFICE_2, "示例乙婚姻登记处", second, couples, frozenset({"990102"})),
        FOUNDATION: Authority(FOUNDATION, "示例慈善基金会", charity, {3: TYPE_CODES[3]}),
    }
    two, donation = frozenset({1, 2}), frozenset({3})
    trust = trust_for((OFFICE, first, two), (OFFICE_2, second, two), (FOUNDATION, charity, donation))
    values: dict[str, Any] = {
        "authorities": authorities,
        "trust": trust,
        "status": StatusPolicy("https://minzheng.example/v1/status-lists/"),
        "sealer": Sm4Sealer(os.urandom(16), os.urandom),
        "lookup": HmacLookupKey(os.urandom(32)),
        "entropy": os.urandom,
        "clock": now,
    }
    return Registry(**{**values, **changes})


def id_number(birth: str, order: str, region: str = "990101") -> str:
    """An identity number of the unassigned region with its check character; an odd order is a man's."""
    body = region + birth.replace("-", "") + order
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(weights, body, strict=True)) % 11]


def marriage_row(n: int = 1, **changes: str) -> dict[str, str]:
    """Row of registration `n`: distinct people, number and 字号 for every n below 499."""
    man, woman = f"{2 * (n % 499) + 1:03d}", f"{2 * (n % 499) + 2:03d}"
    row = {
        "record_no": f"MR-{n:06d}",
        "op_type": "IA",
        "zihao": f"J990101-2025-{n:06d}",
        "old_zihao": "",
        "reg_office_uscc": OFFICE,
        "registrar": "示例登记员",
        "op_date": "2025-05-20",
        "effective_from": "2025-05-20",
        "remedy_flag": "0",
        "renew_flag": "0",
        "name_man": "样例甲",
        "birth_man": "1995-01-02",
        "cert_type_man": "111",
        "cert_num_man": id_number("1995-01-02", man),
        "nation_man": "156",
        "id_type_man": "1",
        "name_woman": "样例乙·示例",
        "birth_woman": "1996-03-04",
        "cert_type_woman": "111",
        "cert_num_woman": id_number("1996-03-04", woman),
        "nation_woman": "156",
        "id_type_woman": "1",
        "remark": "",
    }
    return {**row, **changes}


def reissue_row(n: int, of: int = 1, **changes: str) -> dict[str, str]:
    """Re-issue (补领) of registration `of`, with number `n`."""
    values = {
        "record_no": f"MR-{n:06d}",
        "op_type": "ICA",
        "zihao": f"BJ990101-2026-{n:06d}",
        "old_zihao": f"J990101-2025-{of:06d}",
        "op_date": "2026-03-03",
    }
    return marriage_row(of, **{**values, **changes})


def divorce_row(n: int, of: int = 1, **changes: str) -> dict[str, str]:
    """Divorce `n` of the two of registration `of`, who hand in its certificates."""
    values = {
        "record_no": f"DR-{n:06d}",
        "op_type": "IB",
        "zihao": f"L990101-2026-{n:06d}",
        "old_zihao": f"J990101-2025-{of:06d}",
        "op_date": "2026-04-04",
        "effective_from": "2026-04-04",
    }
    row = {name: cell for name, cell in marriage_row(of).items() if name not in ("remedy_flag", "renew_flag")}
    return {**row, **values, **changes}


def donation_row(n: int = 1, **changes: str) -> dict[str, str]:
    """Row of donation `n`."""
    row = {
        "donation_no": f"DN-{n:06d}",
        "charity_uscc": FOUNDATION,
        "plan_filing_no": f"{FOUNDATION}A26001",
        "project": "示例项目",
        "donor_type": "1",
        "donor_name": "样例捐赠人",
        "anonymous": "0",
        "amount_fen": str(1000 + n),
        "received_on": "2026-06-01",
        "purpose": "示例用途",
        "channel": "银行转账",
        "handler": "示例经手人",
        "receipt_status": "ISSUED",
        "receipt_code": "99050126",
        "receipt_number": f"{n:010d}",
    }
    return {**row, **changes}


def draft(kind: str, row: dict[str, str], today: date = TODAY) -> Any:
    """The draft of a row that must be right."""
    result = kind_by_name(kind).parse_row(row, today=today)
    assert not isinstance(result, Rejected), [(e.field, e.code) for e in result.errors]
    return result
