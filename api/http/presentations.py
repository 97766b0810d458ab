"""Presentations (亮证): the party gives out a nonce, the holder's device answers it for that party alone, once."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from api.errors import BadRequest
from api.http.context import (
    ANSWER_EXAMPLE,
    CONTEXT_EXAMPLE,
    ERRORS,
    Level,
    Party,
    PartyRequest,
    can_encrypt,
    file_bytes,
    told,
)
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json
from api.http.state import service_of
from api.services.questions import Question, base64_of
from verifier.answer import Predicate
from verifier.presentation import MAX_BYTES, NONCE_BYTES

router = APIRouter()
_EXAMPLE: Final = {
    "context": CONTEXT_EXAMPLE,
    "purpose": "file-authenticity",
    "presentation": "0oRY…",
    "nonce": "AAECAwQFBgcICQoLDA0ODw==",
}
_REPORT: Final = {
    "certificate": {"kind": 1, "kind_name": "marriage", "issuer": "11990000MB9T010142"},
    "disclosed": {"registration_date": "2025-05-20"},
    "public": {},
}
_ANSWER: Final = {**ANSWER_EXAMPLE, "predicate": "certificate_valid", "reasons": ["OK"], "report": _REPORT}


class PresentationRequest(PartyRequest):
    """What the holder's device sent, and the nonce that it answers; both in base64."""

    presentation: str = Field(min_length=1, max_length=MAX_BYTES * 4 // 3 + 4)
    nonce: str = Field(min_length=24, max_length=24)
    level: Level | None = None
    encrypt: bool = False


@router.post(
    "/v1/presentations/challenge",
    tags=["relying parties"],
    responses=declared(
        "unauthenticated", "forbidden", "rate-limited", "unavailable",
        ok=examples({"nonce": "AAECAwQFBgcICQoLDA0ODw==", "expires_at": 1800000120}),
    ),
)  # fmt: skip
async def challenge(request: Request, caller: Party) -> Response:
    """A nonce for one presentation to this party, good for two minutes and once. No body."""
    given = service_of(request).relying.presenting.challenges.give(caller.uscc)
    return JSONResponse({"nonce": base64_of(given.nonce), "expires_at": given.expires_at})


@router.post(
    "/v1/presentations/verify",
    tags=["relying parties"],
    openapi_extra=json_request(PresentationRequest, _EXAMPLE),
    responses=declared(*ERRORS, "challenge-refused", "chain-unavailable", ok=examples(_ANSWER)),
)
async def verify(request: Request, caller: Party) -> Response:
    """Check a presentation. One that was made for another party or another nonce, or is too old, is FALSE; a nonce that
    was used, has expired or was never given out is refused, and nothing is looked at."""
    body = await read_json(request, PresentationRequest)
    can_encrypt(caller, body.encrypt)
    nonce = file_bytes(body.nonce, "nonce")
    if len(nonce) != NONCE_BYTES:
        raise BadRequest("bad-parameter", "nonce", "16 bytes")
    shown = file_bytes(body.presentation, "presentation")
    question = Question(
        Predicate.CERTIFICATE_VALID, body.purpose, body.context.value(), presented=shown, level=body.level
    )  # fmt: skip
    answered = await service_of(request).relying.presenting.verify(caller, question, nonce)
    return told(request, caller, answered, encrypt=body.encrypt)
