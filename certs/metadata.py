"""What other platforms of a province are told of a certificate: metadata (GB/T 36903) and directory entry (GB/T 36902).

    metadata_of(opened)["ZZMC"]                      "结婚证"
    directory_of(opened, …)["certificate_type_code"] "11990000MB9T00011H001"

The keys of the metadata are the standard's pinyin initials: ZZ… certificate, CZZT… holder, KZ_… the face. Both hold
personal data; they are for the body that issued the certificate, which answers for passing them on.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from verifier.credential import Claims, ClaimValue

from .civilday import UTC_OFFSET
from .codelists import region_name
from .identifiers import parse_cert_identifier
from .kinds.base import Form, Kind, Slot
from .kinds.codes import DOC_CITIZEN_ID, DOC_ORGANISATION, DOCUMENT_TYPE, ID_NUMBER_DOCUMENTS

WITHOUT_END: Final = "9999-12-31"
IN_FORCE: Final = "01"
ENDED: Final = "05"
STATE: Final = {IN_FORCE: ("有效", "valid"), ENDED: ("失效", "not valid any more")}
"""Of a ministry's list; the codes that would tell why it ended (revoked, cancelled …) never leave the register."""
_ID_NUMBER: Final = (DOC_CITIZEN_ID, "公民身份号码")
_CREDIT_CODE: Final = (DOC_ORGANISATION, "统一社会信用代码")
_YES_NO: Final = ("否", "是")


@dataclass(frozen=True, slots=True)
class SealFacts:
    """The seal on the document, where there is one: who sealed, when (seconds UTC), the seal's name."""

    signer: str
    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A certificate with its record in the clear, for the moment of use.

    `made_at`: when it was issued, seconds UTC. `valid`: whether it has not been revoked.
    """

    kind: Kind[Any]
    claims: Claims
    values: Mapping[str, ClaimValue] = field(repr=False)
    made_at: int
    valid: bool
    seal: SealFacts | None = None

    def text(self, name: str | None) -> str | None:
        """A claim as text, None if the certificate does not have it."""
        value = None if name is None else self.values.get(name)
        return None if value is None else str(value)


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC) + timedelta(seconds=UTC_OFFSET)


def _day(at: int) -> str:
    return _local(at).date().isoformat()


def _moment(at: int) -> str:
    """Time in China without a zone, as the platforms write it: 2026-11-21 12:00:00."""
    return _local(at).strftime("%Y-%m-%d %H:%M:%S")


def holder_code(opened: Opened) -> tuple[str, str, str] | None:
    """The holder's code, the code of its type and the type's name; None for a kind or holder without one."""
    names = opened.kind.info.names
    number, document = opened.text(names.document), opened.text(names.document_type)
    if number is None or document is None:
        return None
    if document in ID_NUMBER_DOCUMENTS:  # whatever document showed it, the code is the citizen's number
        return (number, *_ID_NUMBER)
    if document == DOC_ORGANISATION:
        return (number, *_CREDIT_CODE)
    return (number, document, DOCUMENT_TYPE[document][0])


def validity_of(opened: Opened) -> tuple[str, str]:
    """First and last day; a kind without a period is valid from its issue and without end."""
    names = opened.kind.info.names
    first = opened.text(names.valid_from) or _day(opened.claims.iat)
    return first, opened.text(names.valid_until) or WITHOUT_END


def metadata_of(opened: Opened) -> dict[str, str]:
    """Metadata under the standard's keys; a key without a value is left out."""
    info = opened.kind.info
    identifier = parse_cert_identifier(str(opened.values["cert_identifier"]))
    first, last = validity_of(opened)
    code, code_type, code_name = holder_code(opened) or (None, None, None)
    seal = opened.seal
    found: dict[str, str | None] = {
        "ZZMC": info.zh,
        "ZZLXDM": identifier.type_code,
        "ZZBH": opened.text(info.names.number),
        "ZZBS": identifier.format(),
        "ZZBFJG": opened.text(info.names.issuer),
        "ZZBFJGDM": opened.claims.iss,
        "ZZBFRQ": _day(opened.claims.iat),
        "CZZT": opened.text(info.names.holder),
        "CZZTDM": code,
        "CZZTDMLX": code_name,
        "CZZTDMLXDM": code_type,
        "ZZYXQQSRQ": first,
        "ZZYXQJZRQ": last,
        "ZZQZR": None if seal is None else seal.signer,
        "ZZQZSJ": None if seal is None else _moment(seal.at),
        "ZZQZMC": None if seal is None else seal.name,
        "CJSJ": _moment(opened.made_at),
    }
    found |= {f"KZ_{slot.name.upper()}": opened.text(slot.name) for slot in face_slots(opened)}
    return {key: value for key, value in found.items() if value is not None}


def face_slots(opened: Opened) -> tuple[Slot, ...]:
    """Slots that the certificate fills and no general key says: what is particular to its kind."""
    names = opened.kind.info.names
    general = {"cert_identifier", names.number, names.issuer, names.holder, names.document, names.document_type}
    general |= {name for name, value in opened.values.items() if value == opened.claims.iss}
    return tuple(s for s in opened.kind.info.slots if s.name in opened.values and s.name not in general)


def shown(slot: Slot, value: ClaimValue) -> str:
    """A value in Chinese: the label of a code, yuan for fen."""
    if slot.codes is not None and str(value) in slot.codes:
        return slot.codes[str(value)][0]
    if slot.form is Form.FLAG:
        return _YES_NO[bool(value)]
    if slot.form is Form.REGION:
        return region_name(str(value)) or str(value)
    if slot.form is Form.FEN and type(value) is int:
        return f"{value // 100}.{value % 100:02d}元"
    return str(value)


def directory_of(opened: Opened, *, statement: bytes, at: int, batch: str) -> dict[str, Any]:
    """Entry of the directory that provinces exchange upward (`up_lic_data`), sent `at` in `batch`.

    `digital_sign` is the signed statement itself, so that whoever has the entry can check what the registry signed.
    """
    info = opened.kind.info
    identifier = parse_cert_identifier(str(opened.values["cert_identifier"]))
    first, last = validity_of(opened)
    code, code_type, _ = holder_code(opened) or ("", "", "")
    surface = [
        {"name": slot.name, "label": slot.zh, "value": shown(slot, opened.values[slot.name])}
        for slot in face_slots(opened)
    ]
    return {
        "certificate_source_id": identifier.format(),
        "certificate_name": info.zh,
        "certificate_type": info.zh,
        "certificate_type_code": identifier.type_code,
        "issue_dept": opened.text(info.names.issuer) or "",
        "issue_dept_code": opened.claims.iss,
        "certificate_area_code": opened.text("region") or opened.claims.iss[2:8],
        "certificate_holder": opened.text(info.names.holder) or "",
        "certificate_holder_code": code,
        "certificate_holder_type": code_type,
        "certificate_number": opened.text(info.names.number) or "",
        "issue_date": _day(opened.claims.iat),
        "valid_start": first,
        "valid_end": last,
        "digital_sign": base64.b64encode(statement).decode(),
        "surface": surface,
        "cd_operation": "I" if state_of(opened, at) == IN_FORCE else "D",
        "cd_time": _moment(at),
        "cd_batch": batch,
    }


def state_of(opened: Opened, now: int) -> str:
    """In force, or ended: revoked, or past the last day that its code names."""
    over = opened.claims.exp is not None and now >= opened.claims.exp
    return IN_FORCE if opened.valid and not over else ENDED
