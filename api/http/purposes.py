"""The purposes for which parties may ask: open to everybody; changed by two administrators."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.db.repositories.purposes import CatalogueRow
from api.errors import BadRequest, Forbidden
from api.http.docs import declared, examples, json_request
from api.http.public import artefact
from api.http.reading import read_json
from api.http.signed import Caller, signed_admin
from api.http.state import service_of
from api.services.purposes import APPROVERS
from certs.purposes.parse import MAX_BYTES
from certs.purposes.statement import Statement
from verifier.hazmat.sm3 import sm3

router = APIRouter(tags=["purposes"])
Approver = Annotated[Caller, Depends(signed_admin(*APPROVERS))]
Reader = Annotated[Caller, Depends(signed_admin())]
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
_SECONDS = 60
BODY: Final = 2 * MAX_BYTES
"""Bytes of a proposal: a document in base64, and a statement."""
_PURPOSES = {"format": "mz-purposes/1", "version": 1, "categories": {"bank": {"zh": "银行", "en": "bank"}},
             "purposes": [], "refusals": []}  # fmt: skip
_STATEMENTS = {"version": 1, "sm3": "00…", "proposed_at": 1800000000, "proposal": "0oR…", "approved_at": 1800000000,
               "approval": "0oR…", "entry_salt": "00…"}  # fmt: skip
_PENDING = {"pending": {**_STATEMENTS, "approved_at": None, "approval": None, "entry_salt": None, "document": "eyJ…"}}
_ERRORS = ("unauthenticated", "forbidden", "rate-limited", "malformed-json", "invalid-fields", "body-too-large",
           "unsupported-media-type", "malformed", "bad-parameter", "conflict", "unavailable")  # fmt: skip
_DONE = examples({"version": 2, "state": "proposed"})


class ProposalRequest(BaseModel):
    """A catalogue, and the proposer's statement about it (docs/purposes.md), both base64."""

    model_config = _STRICT

    document: str = Field(min_length=4, max_length=MAX_BYTES * 4 // 3 + 4)
    statement: str = Field(min_length=4, max_length=1400)


class ApprovalRequest(BaseModel):
    """The approver's statement about what waits, base64."""

    model_config = _STRICT

    statement: str = Field(min_length=4, max_length=1400)


@router.get("/v1/purposes", responses=declared("unavailable", ok=examples(_PURPOSES)))
async def purposes(request: Request) -> Response:
    """The catalogue in force: who may ask what, why, on which legal basis, with whose consent. The exact bytes that
    two persons signed."""
    row = await service_of(request).purposes.published()
    return artefact(request, row.document, "application/json", seconds=_SECONDS)


@router.get("/v1/purposes/statements", responses=declared("unavailable", ok=examples(_STATEMENTS)))
async def statements(request: Request) -> Response:
    """Who proposed and who approved the catalogue in force, and the salt that opens its log entry."""
    row = await service_of(request).purposes.published()
    return artefact(request, json.dumps(_view(row)).encode(), "application/json", seconds=_SECONDS)


@router.get(
    "/v1/admin/purposes", responses=declared("unauthenticated", "forbidden", "unavailable", ok=examples(_PENDING))
)
async def pending(request: Request, caller: Reader) -> Response:
    """What waits for its approval: whoever approves reads it first. `pending` is null if nothing does."""
    row = await service_of(request).purposes.pending()
    view = None if row is None else _view(row) | {"document": base64.b64encode(row.document).decode()}
    return JSONResponse({"pending": view}, headers={"Cache-Control": "no-store"})


@router.post(
    "/v1/admin/purposes",
    openapi_extra=json_request(ProposalRequest, {"document": "eyJ9", "statement": "0oQ="}),
    responses=declared(*_ERRORS, "rejected", ok=_DONE),
)
async def propose(request: Request, caller: Approver) -> Response:
    """Propose a catalogue, as an administrator of the security or system role. It replaces one that waits."""
    body = await read_json(request, ProposalRequest)
    document, statement = _bytes(body.document, "document"), _bytes(body.statement, "statement")
    _same_key(caller, statement)
    version = await service_of(request).purposes.propose(document, statement)
    return JSONResponse({"version": version, "state": "proposed"})


@router.post(
    "/v1/admin/purposes/approve",
    openapi_extra=json_request(ApprovalRequest, {"statement": "0oQ="}),
    responses=declared(*_ERRORS, "not-found", ok=_DONE),
)
async def approve(request: Request, caller: Approver) -> Response:
    """Put what waits in force, as another administrator than who proposed it. The log gets an entry."""
    body = await read_json(request, ApprovalRequest)
    statement = _bytes(body.statement, "statement")
    _same_key(caller, statement)
    version = await service_of(request).purposes.approve(statement)
    return JSONResponse({"version": version, "state": "in force"})


def _same_key(caller: Caller, statement: bytes) -> None:
    """Whoever sends a statement made it: a system administrator who got hold of another's cannot use it."""
    if Statement.parse(statement).sign1.kid.hex() != caller.keyid:
        raise Forbidden


def _bytes(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadRequest("bad-parameter", field, "base64") from None


def _view(row: CatalogueRow) -> dict[str, Any]:
    return {
        "version": row.version,
        "sm3": sm3(row.document).hex(),
        "proposed_at": row.proposed_at,
        "proposal": base64.b64encode(row.proposal).decode(),
        "approved_at": row.approved_at,
        "approval": None if row.approval is None else base64.b64encode(row.approval).decode(),
        "entry_salt": None if row.entry_salt is None else row.entry_salt.hex(),
    }
