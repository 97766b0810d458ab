"""What every question of a relying party carries: who there asks, for which item and case, why, for which purpose."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.errors import BadRequest, EncryptionKeyMissing
from api.http.signed import Caller, signed_party
from api.http.state import service_of
from api.services.answering import Answered
from api.services.questions import QuestionContext

STRICT: Final = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
Level = Literal["L1", "L2", "L3", "L4", "L5"]
MAX_FILE: Final = 2 << 20  # bytes of a file, before base64
DATE: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
PURPOSE: Final = "^[a-z][a-z0-9-]{1,31}$"
FIRST_DAY: Final = date(1900, 1, 1)
Word = Annotated[str, Field(min_length=1, max_length=64)]
Party = Annotated[Caller, Depends(signed_party("verifier"))]
ERRORS: Final = (
    "unauthenticated", "forbidden", "purpose-refused", "malformed-json", "invalid-fields", "rejected",
    "bad-parameter", "body-too-large", "unsupported-media-type", "encryption-key-missing", "rate-limited",
    "self-check-failed", "unavailable",
)  # fmt: skip


class RequestContext(BaseModel):
    """Four of the five elements of a national call, and the cause; the organisation is whoever authenticated."""

    model_config = STRICT

    user: Word = Field(description="staff number at the party, no name")
    item_name: Word
    item_code: Word
    business_code: Word
    use_cause: str = Field(min_length=1, max_length=200)

    def value(self) -> QuestionContext:
        """For the service."""
        return QuestionContext(self.user, self.item_name, self.item_code, self.business_code, self.use_cause)


class PartyRequest(BaseModel):
    """Head of every question."""

    model_config = STRICT

    context: RequestContext
    purpose: str = Field(pattern=PURPOSE, examples=["file-authenticity"])


CONTEXT_EXAMPLE: Final[dict[str, Any]] = {
    "user": "0017",
    "item_name": "个人住房贷款",
    "item_code": "990000-LOAN-01",
    "business_code": "2027-000123",
    "use_cause": "核对共同借款人",
}
ANSWER_EXAMPLE: Final[dict[str, Any]] = {
    "request_id": "00112233445566778899aabbccddeeff",
    "predicate": "registered_married",
    "result": "TRUE",
    "reasons": ["RECORDED"],
    "as_of": "2027-01-15",
    "known_at": "2027-01-15T08:00:00Z",
    "level": None,
    "status_age_seconds": None,
    "answer": "0oRYIKMBOgABAAAE…",
    "opening": {"salt": "…", "question": "…"},
}


def file_bytes(text: str, field: str = "file") -> bytes:
    """A file in base64. Raises BadRequest."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("bad-parameter", field, "not base64") from None


def day_of(text: str, field: str) -> date:
    """A civil day from 1900 on. Raises BadRequest."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadRequest("bad-parameter", field, "no such day") from None
    if day < FIRST_DAY:
        raise BadRequest("bad-parameter", field, "before 1900")
    return day


def can_encrypt(caller: Caller, encrypt: bool) -> None:
    """Raises EncryptionKeyMissing before anything is asked: else the question would be answered for nobody."""
    if encrypt and caller.encrypt_key is None:
        raise EncryptionKeyMissing


def told(request: Request, caller: Caller, answered: Answered, *, encrypt: bool) -> Response:
    """The answer over HTTP."""
    text = service_of(request).relying.answering.told(caller, answered.to_json(), encrypt=encrypt)
    return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})
