"""A service's answer, checked before anybody sees it: signature, recipient, time, and that it answers our question.

What the party archives is `SignedAnswer.to_archive()`: the signed bytes and what opens them. Later, and offline,
`mz-verify answer.json` reads it, and `Answer.opens(salt, question)` proves what had been asked.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from .. import cbor
from ..answer import Answer, Predicate, Result
from ..credential import HolderFile
from ..errors import VerifierError
from ..hazmat.sm3 import sm3 as _sm3
from ..policy import TrustBundle
from ..report import Reason
from .errors import BadAnswer, StaleTrust
from .questions import Asked, Context

FRESH: Final = 300  # seconds between the answer's time and ours
MAX_OPENING: Final = 1 << 16
_STALE: Final = frozenset((Reason.KEY_UNKNOWN, Reason.ISSUER_UNKNOWN, Reason.TRUST_EXPIRED))
_REPEATED: Final = frozenset(
    ("request_id", "predicate", "result", "reasons", "as_of", "known_at", "level", "status_age_seconds")
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be to be ours. `asked` None: the caller compares the question by himself."""

    party: str
    purpose: str
    context: Context | None = None
    asked: Asked | None = None
    as_of: date | None = None
    grant: str | None = None


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer whose signature holds. `signed`: the COSE bytes; `question` is personal, and opens them with `salt`.
    `details`: members of the answer that are not signed themselves. Disclosed fields and their file were held against
    the signed question by `checked`; a presentation's report is the service's word."""

    answer: Answer = field(repr=False)
    signed: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    question: bytes = field(repr=False)
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def result(self) -> Result:
        """TRUE, FALSE or UNDETERMINED, which is no "no"."""
        return self.answer.claims.result

    @property
    def reasons(self) -> tuple[str, ...]:
        """Stable codes."""
        return self.answer.claims.reasons

    @property
    def request_id(self) -> str:
        """By which the service finds the question in its log, in hexadecimal."""
        return self.answer.claims.request_id.hex()

    def to_archive(self) -> bytes:
        """JSON for the party's file of the case: {"answer", "opening": {"salt", "question"}}, bytes in base64. It holds
        what was asked, so it is personal; the signed bytes alone are not."""
        opening = {"salt": _b64(self.salt), "question": _b64(self.question)}
        return json.dumps({"answer": _b64(self.signed), "opening": opening}, indent=1).encode() + b"\n"


def from_archive(data: bytes, trust: TrustBundle, at: int) -> tuple[SignedAnswer, Reason]:
    """What `to_archive` wrote, and whether the signature holds under `trust` at `at`. Raises BadAnswer."""
    try:
        found = _open(json.loads(data))
    except (ValueError, RecursionError):
        raise BadAnswer("archive: not of its form") from None
    return found, found.answer.check(trust, at)


def checked(value: Any, expected: Expected, trust: TrustBundle, at: int) -> SignedAnswer:
    """An answer's JSON as a SignedAnswer. Raises BadAnswer for the first thing that does not hold."""
    found = _open(value)
    claims = found.answer.claims
    reason = found.answer.check(trust, at)
    if reason in _STALE:
        raise StaleTrust(f"answer: {reason.value}; run `mz-trust update --force` and ask again")
    if reason is not Reason.OK:
        raise BadAnswer(f"answer: {reason.value}")
    if claims.aud != expected.party or claims.purpose != expected.purpose:
        raise BadAnswer("answer: not for this party or purpose")
    if abs(claims.iat - at) > FRESH:
        raise BadAnswer("answer: not of now, or this clock is wrong")
    said = found.answer.to_json()
    repeated = {**said, "predicate": claims.predicate.name.lower()}
    if any(name in value and value[name] != repeated[name] for name in _REPEATED):
        raise BadAnswer("answer: what stands beside it is not what was signed")
    if not _answers(found, expected):
        raise BadAnswer("answer: to another question")
    if claims.predicate is Predicate.DISCLOSED_FIELDS and claims.result is Result.TRUE and not _discloses(found):
        raise BadAnswer("answer: what is disclosed beside it is not what was signed")
    return found


def _open(value: Any) -> SignedAnswer:
    """Parsed, and opened by what stands beside it. Raises BadAnswer."""
    try:
        signed, opening = _bytes(value["answer"]), value["opening"]
        salt, question = _bytes(opening["salt"]), _bytes(opening["question"])
        answer = Answer.parse(signed)
        if len(question) > MAX_OPENING or not answer.opens(salt, question):
            raise BadAnswer("answer: its opening does not fit")
    except (LookupError, TypeError, ValueError, VerifierError):
        raise BadAnswer("answer: not of its form") from None
    details = {k: v for k, v in value.items() if k not in _REPEATED | {"answer", "opening"}}
    return SignedAnswer(answer, signed, salt, question, details)


def _answers(found: SignedAnswer, expected: Expected) -> bool:
    """Whether the question that was committed to is the one that was asked, member by member."""
    try:
        q = cbor.decode(found.question, max_bytes=MAX_OPENING)
    except VerifierError:
        return False
    if not isinstance(q, dict) or q.get(1) != int(found.answer.claims.predicate) or q.get(2) != expected.purpose:
        return False
    if expected.context is not None and q.get(3) != expected.context.to_json():
        return False
    asked = expected.asked
    if q.get(6) != (None if expected.grant is None else bytes.fromhex(expected.grant)):
        return False
    if asked is None:
        return True
    day = asked.last or expected.as_of
    if day is not None and q.get(5) != day.isoformat():
        return False
    return asked.predicate is Predicate(q[1]) and asked.is_answered_by(q.get(4))


def _discloses(found: SignedAnswer) -> bool:
    """Whether file and fields are those that the answer commits to: they stand beside it, where anybody writes."""
    try:
        file = _bytes(found.details["file"])
        inputs = cbor.decode(found.question, max_bytes=MAX_OPENING)[4]
        shown = {d.name: d.value for d in HolderFile.parse(file).disclosures}
        return bool(inputs["file_sm3"] == _sm3(file)) and found.details["fields"] == shown
    except (LookupError, TypeError, ValueError, VerifierError):
        return False


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError from None


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
