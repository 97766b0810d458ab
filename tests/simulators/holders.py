"""Rows of the kinds with one holder that keep every rule, and the two bodies that issue them. TODAY is 2026-11-21."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from certs.authority import Authority
from certs.kinds import KINDS
from certs.kinds.manifests import manifests
from certs.registry import Registry
from tests.simulators.office import MINISTRY, id_number, make_registry, new_signer, trust_for

BUREAU: Final = "11990000MB9T01030P"
PARLOUR: Final = "12990000MB9T000386"
REGION: Final = "990101"
HOLDER_CODES: Final = {kind: f"{MINISTRY}{kind:03d}" for kind in (4, 5, 6, 7, 8)}


def _person(prefix: str, name: str, birth: str, order: int, document_type: str = "111") -> dict[str, str]:
    return {
        f"{prefix}_name": name,
        f"{prefix}_sex": "1" if order % 2 else "2",
        f"{prefix}_birth_date": birth,
        f"{prefix}_document_type": document_type,
        f"{prefix}_document_number": id_number(birth, f"{order:03d}"),
    }


def _head(prefix: str, n: int, issuer: str = BUREAU) -> dict[str, str]:
    return {"certificate_no": f"{prefix}-{n:06d}", "replaces_no": "", "issuer_uscc": issuer}


def allowance_row(n: int = 1, **changes: str) -> dict[str, str]:
    """Minimum living allowance of household `n` (below 999)."""
    row = {
        **_head("DB", n),
        "region": REGION,
        "household_type": "1",
        "household_class": "B",
        "members": "3",
        "covered_members": "2",
        "monthly_fen": "182050",
        "approved_on": "2026-10-12",
        "paid_from": "2026-11",
        "valid_until": "2027-09-30",
        "address": "示例市示例区示例路1号",
        **_person("holder", "样例户主", "1971-05-06", n),
        "remark": "",
    }
    return {**row, **changes}


def disability_row(n: int = 1, **changes: str) -> dict[str, str]:
    """Both subsidies of person `n`: category 4, grade 1."""
    person = _person("holder", "样例·残疾人", "1988-02-29", n)
    row = {
        **_head("CB", n),
        "region": REGION,
        "disability_category": "4",
        "disability_grade": "1",
        "card_number": person["holder_document_number"] + "41",
        "living_fen": "10000",
        "nursing_fen": "12000",
        "approved_on": "2026-11-02",
        "paid_from": "2026-11",
        "valid_until": "2027-10-31",
        "agent_name": "",
        **person,
        "remark": "",
    }
    return {**row, **changes}


def elder_row(n: int = 1, **changes: str) -> dict[str, str]:
    """An assessment of 52 points: moderately impaired."""
    row = {
        **_head("YL", n),
        "region": REGION,
        "score": "52",
        "finding": "0",
        "grade": "2",
        "assessed_on": "2026-11-10",
        "valid_until": "2028-11-09",
        "assessor": "示例评估中心",
        "service": "3",
        "facility": "示例养老院",
        "subsidy_fen": "30000",
        **_person("holder", "样例老人", "1948-12-31", n),
        "remark": "",
    }
    return {**row, **changes}


def child_row(n: int = 1, **changes: str) -> dict[str, str]:
    """An orphan in a family, whose guardian is a grandmother."""
    row = {
        **_head("ET", n),
        "region": REGION,
        "category": "1",
        "placement": "1",
        "monthly_fen": "150000",
        "approved_on": "2026-11-03",
        "paid_from": "2026-12",
        "valid_until": "2027-10-31",
        "at_school": "0",
        "holder_ethnicity": "01",
        **_person("holder", "样例童", "2015-03-04", n, "113"),
        "guardian_name": "样例祖母",
        "guardian_document_type": "111",
        "guardian_document_number": id_number("1955-01-01", f"{2 * n % 998 + 2:03d}"),
        "guardian_relation": "1",
        "remark": "",
    }
    return {**row, **changes}


def cremation_row(n: int = 1, **changes: str) -> dict[str, str]:
    """The cremation of person `n`, applied for by a child of theirs."""
    row = {
        **_head("HH", n, PARLOUR),
        "died_on": "2026-11-15",
        "cremated_on": "2026-11-18",
        "proof_of_death": "1",
        "proof_number": f"SW{n:08d}",
        "ashes": "2",
        "handler": "样例经办",
        **_person("deceased", "样例逝者", "1940-08-09", n),
        "applicant_name": "样例子女",
        "applicant_document_type": "111",
        "applicant_document_number": id_number("1968-07-06", f"{n:03d}"),
        "applicant_relation": "2",
        "remark": "",
    }
    return {**row, **changes}


Row = Callable[..., dict[str, str]]
HOLDER_ROWS: Final[dict[str, Row]] = {
    "minimum-living-allowance": allowance_row,
    "disability-subsidy": disability_row,
    "elder-care": elder_row,
    "child-welfare": child_row,
    "cremation": cremation_row,
}


def holder_registry(**changes: Any) -> Registry:
    """A registry of the two bodies, whose bundle has the manifests of all kinds."""
    bureau, parlour = new_signer(), new_signer()
    codes = {kind: code for kind, code in HOLDER_CODES.items() if kind != 8}
    authorities = {
        BUREAU: Authority(BUREAU, "示例市民政局", bureau, codes, frozenset({REGION})),
        PARLOUR: Authority(PARLOUR, "示例市殡仪馆", parlour, {8: HOLDER_CODES[8]}),
    }
    trust = trust_for(
        (BUREAU, bureau, frozenset(codes)), (PARLOUR, parlour, frozenset({8})), kinds=manifests(KINDS.values())
    )
    return make_registry(authorities=authorities, trust=trust, **changes)
