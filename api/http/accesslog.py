"""The log of accesses and the alarms, for the audit administrator alone: who asked, when, why, with which result.

Whom it was about is told to nobody here. Reading the log is an access of its own, and is recorded as one.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.db.repositories.access import PAGE, Wanted
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.signed import Caller, signed_admin
from api.http.state import service_of
from api.services.access import Recalled
from certs.acts import AUDIT

router = APIRouter(tags=["administration"])
Auditor = Annotated[Caller, Depends(signed_admin(AUDIT))]
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
_NO_STORE = {"Cache-Control": "no-store"}
_ERRORS = ("unauthenticated", "forbidden", "rate-limited", "unavailable")
_BODY_ERRORS = (*_ERRORS, "malformed-json", "invalid-fields", "body-too-large", "unsupported-media-type")
Seconds = Annotated[int, Field(ge=0, lt=1 << 40)]
_ACCESS = {
    "ordinal": 118, "at": 1800000000, "uscc": "91990000MB9T071099", "erased": False,
    "request_id": "00112233445566778899aabbccddeeff", "action": "match", "purpose": "mortgage-joint-debt",
    "predicate": "spouses_match", "result": "UNDETERMINED", "subjects": 2,
    "context": {"user": "0017", "item_name": "示例事项", "item_code": "990000-SAMPLE-001", "business_code": "B-000001",
                "use_cause": "示例用途"},
}  # fmt: skip
_ALARM = {"alarm_id": 3, "at": 1800000000, "uscc": "91990000MB9T071099", "kind": "sequence", "seen": 6,
          "acknowledged_at": None}  # fmt: skip


class AccessQuery(BaseModel):
    """Which accesses, the newest first: of one party, from `since` (inclusive) to `until` (exclusive, UTC seconds),
    before the ordinal `before`, which is how one goes on."""

    model_config = _STRICT

    uscc: str | None = Field(default=None, pattern="^[0-9A-Z]{18}$")
    since: Seconds | None = None
    until: Seconds | None = None
    before: int | None = Field(default=None, ge=1, lt=1 << 62)


class AlarmRequest(BaseModel):
    """An alarm that was looked into."""

    model_config = _STRICT

    alarm_id: int = Field(ge=1, lt=1 << 62)


@router.post(
    "/v1/admin/access/query",
    openapi_extra=json_request(AccessQuery, {"uscc": "91990000MB9T071099", "since": 1799900000}),
    responses=declared(*_BODY_ERRORS, ok=examples({"accesses": [_ACCESS], "more": False})),
)
async def accesses(request: Request, caller: Auditor) -> Response:
    """Accesses, opened: who, when, action, purpose, result, and the party's own reference; `subjects` is a number.
    Events whose retention ended are there with `erased` and nothing else."""
    body = await read_json(request, AccessQuery)
    log = service_of(request).access
    await log.office(caller.uscc, caller.owner, "access-query")
    found = await log.recall(Wanted(body.uscc, None, body.since, body.until, body.before))
    return JSONResponse({"accesses": [_view(row) for row in found], "more": len(found) == PAGE}, headers=_NO_STORE)


@router.get("/v1/admin/alarms", responses=declared(*_ERRORS, ok=examples({"alarms": [_ALARM]})))
async def alarms(request: Request, caller: Auditor) -> Response:
    """What looked like a search through the register, or went beyond a quota: the last 200, the newest first."""
    found = await service_of(request).guard.alarms()
    return JSONResponse({"alarms": [asdict(alarm) for alarm in found]}, headers=_NO_STORE)


@router.post(
    "/v1/admin/alarms/acknowledge",
    openapi_extra=json_request(AlarmRequest, {"alarm_id": 3}),
    responses=declared(*_BODY_ERRORS, "not-found", ok=examples({"acknowledged": 3})),
)
async def acknowledge(request: Request, caller: Auditor) -> Response:
    """Say that somebody looked into it; once."""
    body = await read_json(request, AlarmRequest)
    await service_of(request).guard.acknowledge(body.alarm_id)
    return JSONResponse({"acknowledged": body.alarm_id}, headers=_NO_STORE)


def _view(row: Recalled) -> dict[str, Any]:
    view: dict[str, Any] = {"ordinal": row.ordinal, "at": row.at, "uscc": row.uscc, "erased": row.erased}
    event = row.event
    if event is None:
        return view
    return view | {
        "request_id": event.request_id.hex(),
        "action": event.action,
        "purpose": event.purpose,
        "predicate": event.predicate,
        "result": event.result,
        "subjects": len(event.subjects),
        "context": dict(event.context),
    }
