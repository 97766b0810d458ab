"""What registration offices tell and ask about marriages: events without certificates, and the state of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.errors import BadRequest
from api.http.auth import require
from api.http.docs import declared, examples, json_request
from api.http.problems import language
from api.http.reading import read_json
from api.http.schemas import Record
from api.http.state import service_of, state_of
from api.services.messages import reason_of
from api.services.parties import Principal
from api.services.relationships import Subject

router = APIRouter()
Registry = Annotated[Principal, Depends(require("registry"))]

_ERRORS: Final = ("unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large",
                  "unsupported-media-type", "unavailable")  # fmt: skip
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
_DATE: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_INSTANT: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"

EVENT_EXAMPLE: Final[dict[str, str]] = {
    "record_no": "AR-000001",
    "op_type": "COURT_DIVORCE",
    "reg_office_uscc": "11990000MB9T010142",
    "registrar": "样例登记员甲",
    "op_date": "2026-06-01",
    "effective_from": "2026-05-12",
    "old_zihao": "J990101-2025-000001",
    "document_ref": "（2026）示例民初1号",
    "name_man": "张示例", "birth_man": "1998-03-07", "cert_type_man": "111", "cert_num_man": "990101199803070013",
    "nation_man": "156", "id_type_man": "1",
    "name_woman": "李样例", "birth_woman": "1999-08-12", "cert_type_woman": "111",
    "cert_num_woman": "990101199908120021", "nation_woman": "156", "id_type_woman": "1",
}  # fmt: skip
_RECORDED = examples({"created": True, "ended": 2, "notes": []}, description="Recorded now (201) or before (200)")
_STANDING = examples({"state": "MARRIED", "as_of": "2026-01-01", "known_at": "2027-01-15T08:00:00Z"})


class EventRequest(BaseModel):
    """One event: columns of docs/formats/registration-record.md."""

    model_config = _STRICT

    record: Record


class SubjectModel(BaseModel):
    """Somebody by document. With name and birth date also under a document that was renewed since."""

    model_config = _STRICT

    cert_type: str = Field(pattern="^[0-9]{3}$")
    cert_num: str = Field(min_length=4, max_length=30)
    nation: str = Field(default="156", pattern="^[0-9]{3}$")
    name: str = Field(default="", max_length=60)
    birth: str | None = Field(default=None, pattern=_DATE)


class RelationshipRequest(BaseModel):
    """One person, or two: then the answer is about these two only. Days are civil days in China."""

    model_config = _STRICT

    subjects: list[SubjectModel] = Field(min_length=1, max_length=2)
    as_of: str | None = Field(default=None, pattern=_DATE)
    known_at: str | None = Field(default=None, pattern=_INSTANT)


QUERY_EXAMPLE: Final = {
    "subjects": [{"cert_type": "111", "cert_num": "990101199803070013"}],
    "as_of": "2026-01-01",
    "known_at": "2027-01-15T08:00:00Z",
}


@router.post(
    "/v1/registrations/events",
    tags=["registrations"],
    openapi_extra=json_request(EventRequest, {"record": EVENT_EXAMPLE}),
    responses={
        **declared(*_ERRORS, "rejected", "conflict", "busy", "self-check-failed", ok=_RECORDED),
        201: _RECORDED,
    },
)
async def record(request: Request, party: Registry) -> Response:
    """Record a judgment, a death, an annulment or a correction. Certificates that it makes wrong are not valid from
    now on. The same record again changes nothing."""
    body = await read_json(request, EventRequest)
    done = await service_of(request).relationships.record(party, body.record)
    state_of(request).metrics.revoked.inc(done.ended)
    lang = language(request.headers.get("accept-language", ""))
    notes = [{"code": code, "reason": reason_of(code, lang)} for code in done.notes]
    answer = {"created": done.created, "ended": done.ended, "notes": notes}
    return JSONResponse(answer, status_code=201 if done.created else 200)


@router.post(
    "/v1/relationships/query",
    tags=["registrations"],
    openapi_extra=json_request(RelationshipRequest, QUERY_EXAMPLE),
    responses=declared(*_ERRORS, "bad-parameter", "not-found", ok=_STANDING),
)
async def query(request: Request, party: Registry) -> Response:
    """State of a person, or of two people to each other, on a day, as known at a moment. NONE_KNOWN says that nothing
    is recorded here, and not that somebody is single. Not a GET: identity numbers must not stand in an address."""
    body = await read_json(request, RelationshipRequest)
    subjects = [
        Subject(s.cert_type, s.cert_num.upper(), s.nation, s.name, _day(s.birth, "birth")) for s in body.subjects
    ]
    known_at = None if body.known_at is None else _second(body.known_at)
    found = await service_of(request).relationships.query(party, subjects, _day(body.as_of, "as_of"), known_at)
    known = datetime.fromtimestamp(found.known_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return JSONResponse({"state": found.state.value, "as_of": found.as_of.isoformat(), "known_at": known})


def _day(text: str | None, field: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadRequest("bad-parameter", field, "no such day") from None


def _second(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise BadRequest("bad-parameter", "known_at", "no such moment") from None
