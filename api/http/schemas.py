"""Shapes of the JSON that parties send. Records themselves are rows of their kind: `certs.kinds` has their rules."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from certs.kinds import KINDS

_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

Cell = Annotated[str, Field(max_length=1000)]
Column = Annotated[str, Field(max_length=64)]
Record = Annotated[dict[Column, Cell], Field(max_length=64)]
Cti = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class IssueRequest(BaseModel):
    """One registration. It yields one certificate per role: two for a marriage."""

    model_config = _STRICT

    kind: str = Field(max_length=32, examples=["marriage"])
    record: Record


class DonationRequest(BaseModel):
    """One donation."""

    model_config = _STRICT

    record: Record


class LookupRequest(BaseModel):
    """Exactly one way to search, and only among what the asking party issued itself.

    `holder` is "<document type>:<nation>:<document number>", e.g. "111:156:990101199803070013", for marriages and
    divorces, and "<document type>:<document number>" for other kinds. `term` and `value` together are any term of any
    kind (docs/formats/kinds.md), e.g. "deceased" and "111:990101194008090011".
    """

    model_config = _STRICT

    zihao: str | None = Field(default=None, max_length=64)
    holder: str | None = Field(default=None, max_length=80)
    donation_no: str | None = Field(default=None, max_length=64)
    certificate_no: str | None = Field(default=None, max_length=64)
    term: str | None = Field(default=None, max_length=40, pattern="^[a-z][a-z_]*$")
    value: str | None = Field(default=None, max_length=120)

    def sought(self) -> tuple[str, str] | None:
        """(term, value); None unless there is exactly one."""
        given = {name: text for name, text in self.model_dump().items() if text is not None}
        if given.keys() == {"term", "value"}:
            return given["term"], given["value"]
        if len(given) != 1 or given.keys() & {"term", "value"}:
            return None
        return next(iter(given.items()))


class RevokeRequest(BaseModel):
    """Certificates that are to be not valid from now on, all of them or none. The reason is sealed, never published."""

    model_config = _STRICT

    cti: list[Cti] = Field(min_length=1, max_length=16)
    reason: str = Field(default="", max_length=200)


class FileRequest(BaseModel):
    """The holder's file of one certificate."""

    model_config = _STRICT

    cti: Cti


class MetadataRequest(BaseModel):
    """Metadata of one certificate."""

    model_config = _STRICT

    cti: Cti


class DirectoryRequest(BaseModel):
    """Directory entry of one certificate. `batch`: number of the exchange batch, copied into the entry."""

    model_config = _STRICT

    cti: Cti
    batch: str = Field(default="", max_length=64, pattern="^[0-9A-Za-z_-]*$")


class CaseRequest(BaseModel):
    """The case file of one certificate. `reference`: the court's order; it is kept, sealed, with the export."""

    model_config = _STRICT

    cti: Cti
    reference: str = Field(min_length=4, max_length=100)


class AppendRequest(BaseModel):
    """A commitment that an office with a register of its own puts into the log.

    `idem`: 16 bytes of the office's choice, base64url without padding, one for each commitment; UUIDs of version 7 keep
    the log's index of them in order. `commitment`: 32 bytes, base64url without padding. One spelling for each value.
    """

    model_config = _STRICT

    idem: str = Field(pattern="^[A-Za-z0-9_-]{21}[AQgw]$", examples=["AZtkXEAAcACAAAAAAAAAAQ"])
    commitment: str = Field(
        pattern="^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", examples=["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"]
    )


def record_schemas() -> dict[str, Any]:
    """OpenAPI components of every kind's record, e.g. `MarriageRecord`. A new kind appears here by itself."""
    named = {kind.name.title().replace("-", ""): kind for kind in KINDS.values()}
    return {f"{name}Record": _record_schema(kind.info.columns) for name, kind in named.items()}


def _record_schema(columns: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(columns),
        "properties": {name: {"type": "string", "maxLength": 1000} for name in columns},
    }


MARRIAGE_EXAMPLE: dict[str, str] = {
    "record_no": "MR-000001",
    "op_type": "IA",
    "zihao": "J990101-2025-000001",
    "old_zihao": "",
    "reg_office_uscc": "11990000MB9T010142",
    "registrar": "样例登记员甲",
    "op_date": "2025-05-20",
    "effective_from": "2025-05-20",
    "remedy_flag": "0",
    "renew_flag": "0",
    "name_man": "张示例",
    "birth_man": "1998-03-07",
    "cert_type_man": "111",
    "cert_num_man": "990101199803070013",
    "nation_man": "156",
    "id_type_man": "1",
    "name_woman": "李样例",
    "birth_woman": "1999-08-12",
    "cert_type_woman": "111",
    "cert_num_woman": "990101199908120021",
    "nation_woman": "156",
    "id_type_woman": "1",
    "remark": "",
}

DONATION_EXAMPLE: dict[str, str] = {
    "donation_no": "DN-2026-000001",
    "charity_uscc": "53990000MJ9T00037A",
    "plan_filing_no": "53990000MJ9T00037AA26001",
    "project": "示例儿童阅读角",
    "donor_type": "1",
    "donor_name": "张示例",
    "anonymous": "0",
    "amount_fen": "10000",
    "received_on": "2026-01-05",
    "purpose": "用于示例乡小学购置图书",
    "channel": "互联网公开募捐服务平台",
    "handler": "样例经办人甲",
    "receipt_status": "ISSUED",
    "receipt_code": "99050126",
    "receipt_number": "0000000001",
}
