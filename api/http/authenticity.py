"""Is this code or file genuine and still valid? For parties: signed answers, recorded for the holder to see.

Whoever needs no signed answer checks without asking anybody (`mz-verify`, the page), or asks `/v1/verify` unnamed.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.errors import BadRequest
from api.http.context import (
    ANSWER_EXAMPLE,
    CONTEXT_EXAMPLE,
    ERRORS,
    MAX_FILE,
    PURPOSE,
    STRICT,
    Level,
    Party,
    PartyRequest,
    RequestContext,
    can_encrypt,
    file_bytes,
    told,
)
from api.http.docs import declared, examples, json_request
from api.http.ndjson import NdjsonResponse, line_problem, lines_of, read_line
from api.http.reading import read_json
from api.http.state import service_of
from api.http.streamed import Streaming, with_digest
from api.services.questions import Question, QuestionContext
from verifier.answer import Predicate

router = APIRouter()
_FILE: Final = MAX_FILE * 4 // 3 + 4  # characters


class Presented(BaseModel):
    """A code as text, or a file in base64; `level` is what the party requires (L1 for a code, L3 for a file)."""

    model_config = STRICT

    code: str | None = Field(default=None, min_length=1, max_length=4096)
    file: str | None = Field(default=None, min_length=1, max_length=_FILE)
    level: Level | None = None

    def data(self) -> bytes | str:
        """What is to be checked. Raises BadRequest unless there is exactly one."""
        if (self.code is None) == (self.file is None):
            raise BadRequest("bad-parameter", "code", "either code or file")
        return self.code if self.code is not None else file_bytes(self.file or "")


class AuthenticityRequest(PartyRequest, Presented):
    """One code or file. `encrypt`: the answer comes in an envelope to the party's key."""

    encrypt: bool = False


class BulkHead(BaseModel):
    """First line of a bulk request: what holds for all the others. `level` too, where a line names none."""

    model_config = STRICT

    context: RequestContext
    purpose: str = Field(pattern=PURPOSE)
    level: Level | None = None


EXAMPLE: Final = {"context": CONTEXT_EXAMPLE, "purpose": "file-authenticity", "code": "MZ1:…"}
_ANSWER: Final = {**ANSWER_EXAMPLE, "predicate": "authenticity", "reasons": ["OK"], "as_of": None, "level": "L1"}
_BULK: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"context": {…}, "purpose": "file-authenticity"}\n{"code": "MZ1:…"}\n{"file": "…"}\n',
            }
        },
    }
}


@router.post(
    "/v1/authenticity",
    tags=["relying parties"],
    openapi_extra=json_request(AuthenticityRequest, EXAMPLE),
    responses=declared(*ERRORS, "chain-unavailable", ok=examples(_ANSWER)),
)
async def authenticity(request: Request, caller: Party) -> Response:
    """Check one code or file. TRUE: genuine and valid; FALSE: it is not; UNDETERMINED: something could not be checked.
    The answer is signed, and opens with what stands beside it."""
    body = await read_json(request, AuthenticityRequest)
    can_encrypt(caller, body.encrypt)
    question = Question(
        Predicate.AUTHENTICITY, body.purpose, body.context.value(), presented=body.data(), level=body.level
    )  # fmt: skip
    answered = await service_of(request).relying.answering.ask(caller, question)
    return told(request, caller, answered, encrypt=body.encrypt)


@router.post(
    "/v1/authenticity/bulk",
    tags=["relying parties"],
    openapi_extra=_BULK,
    responses=declared(
        *ERRORS, "busy", ok={"description": "One line for each", "content": {"application/x-ndjson": {}}}
    ),
)  # fmt: skip
async def bulk(request: Request, party: Streaming) -> Response:
    """Many codes and files, one a line behind a first line with context and purpose. Each line is answered by itself,
    in order, signed as a single question would be; a line that cannot be read is answered with its problem. Lines are
    read no faster than answers are taken."""
    service, limits = service_of(request), service_of(request).settings.limits
    lines = lines_of(request, limits.bulk_line, party.digest)
    head = read_line(await anext(lines, b""), BulkHead)
    context = head.context.value()
    first = Question(Predicate.AUTHENTICITY, head.purpose, context, level=head.level)
    await service.relying.answering.allow(party.caller, first)

    def question(line: bytes) -> Question:
        one = read_line(line, Presented)
        return _line_question(head.purpose, context, one, head.level)

    answers = service.relying.bulk.answers(party.caller, lines, question, line_problem)
    return NdjsonResponse(with_digest(answers, party.digest))


def _line_question(purpose: str, context: QuestionContext, one: Presented, level: str | None) -> Question:
    return Question(Predicate.AUTHENTICITY, purpose, context, presented=one.data(), level=one.level or level)
