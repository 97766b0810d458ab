"""The signed answer: what a relying party was told, in a form that it archives and anybody can check later, offline.

    protected  {1: -65537, 4: kid, 16: "mz-answer+cwt"}
    payload    {1: "11990000MB9T00011H", 3: "91990000MA9T000695", 6: 1800000000, 7: h'…16',
                -65600: {1: 2, 2: 1, 3: "MORTGAGE", 4: "2027-01-15", 5: 1800000000, 6: h'…32', 7: h'…16',
                         8: 0, 9: null, 10: ["REGISTERED"], 11: 1, 12: 1}}

Private members: 1 what was asked (a `Predicate`), 2 the result, 3 the purpose's code, 4 the civil day that the answer
is about (null: the moment of asking), 5 as known at which second, 6 commitment to the question, 7 the pseudonym of the
subject for this party (null: none), 8 level reached (0 to 5), 9 age of the status list in seconds (null: none read),
10 reason codes, 11 the legal basis, 12 version of the purpose catalogue that allowed it.

Nothing in it is personal, and nothing joins two parties' answers about one person: the commitment is salted, the
pseudonym keyed for each party. The party is handed question and salt beside it, and can show later what it had asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any, Final

from . import cbor, fields
from .cose import Sign1
from .errors import Malformed
from .fields import CLOCK_SKEW
from .labels import CWT_AUD, CWT_CTI, CWT_IAT, CWT_ISS, CWT_MZ, TYP_ANSWER
from .policy import TrustBundle
from .receipt import entry_commitment
from .report import Reason, iso
from .statement import judge

FORMAT: Final = "answer"
MAX_BYTES: Final = 4096
SALT_BYTES: Final = 32
PSEUDONYM_BYTES: Final = 16
MAX_REASONS: Final = 8
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_PURPOSE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_QUESTION: Final = b"mz-question\x00"


class Predicate(IntEnum):
    """What was asked."""

    AUTHENTICITY = 0
    CERTIFICATE_VALID = 1
    REGISTERED_MARRIED = 2
    SPOUSES_MATCH = 3
    REGISTERED_DIVORCE_WITHIN = 4
    REGISTERED_BETWEEN = 5
    DOCUMENT_AUTHENTIC = 6
    DISCLOSED_FIELDS = 7


class Result(IntEnum):
    """The answer. UNDETERMINED is one, and never stands for "no"."""

    TRUE = 1
    FALSE = 2
    UNDETERMINED = 3


class Basis(IntEnum):
    """Legal basis on which it was given."""

    CONSENT = 1
    STATUTORY_DUTY = 2
    CONTRACT = 3
    POSSESSION = 4  # of the code or file itself


@dataclass(frozen=True, slots=True)
class AnswerClaims:
    """What is stated; see the module. Times in seconds UTC, `status_age` in seconds."""

    iss: str
    aud: str
    iat: int
    request_id: bytes
    predicate: Predicate
    result: Result
    purpose: str
    as_of: date | None
    known_at: int
    commitment: bytes
    pseudonym: bytes | None
    level: int
    status_age: int | None
    reasons: tuple[str, ...]
    basis: Basis
    catalogue: int

    def encode(self) -> bytes:
        """Payload bytes."""
        private: dict[int, Any] = {
            1: int(self.predicate),
            2: int(self.result),
            3: self.purpose,
            4: None if self.as_of is None else self.as_of.isoformat(),
            5: self.known_at,
            6: self.commitment,
            7: self.pseudonym,
            8: self.level,
            9: self.status_age,
            10: list(self.reasons),
            11: int(self.basis),
            12: self.catalogue,
        }
        public = {CWT_ISS: self.iss, CWT_AUD: self.aud, CWT_IAT: self.iat, CWT_CTI: self.request_id}
        return cbor.encode({**public, CWT_MZ: private})

    @classmethod
    def parse(cls, payload: bytes) -> AnswerClaims:
        """Parse a payload. Raises Malformed."""
        m = fields.mapping(FORMAT, cbor.decode(payload), (CWT_ISS, CWT_AUD, CWT_IAT, CWT_CTI, CWT_MZ))
        p = fields.mapping(FORMAT, m[CWT_MZ], range(1, 13))
        return cls(
            fields.uscc(FORMAT, m, CWT_ISS),
            fields.uscc(FORMAT, m, CWT_AUD),
            fields.time(FORMAT, m, CWT_IAT),
            fields.octets(FORMAT, m, CWT_CTI, 16),
            Predicate(fields.uint(FORMAT, p, 1, max(Predicate))),
            Result(_between(p, 2, min(Result), max(Result))),
            _matching(p, 3, _PURPOSE),
            None if p[4] is None else _day(p),
            fields.time(FORMAT, p, 5),
            fields.octets(FORMAT, p, 6, 32),
            None if p[7] is None else fields.octets(FORMAT, p, 7, PSEUDONYM_BYTES),
            fields.uint(FORMAT, p, 8, 5),
            None if p[9] is None else fields.time(FORMAT, p, 9),
            _reasons(p),
            Basis(_between(p, 11, min(Basis), max(Basis))),
            fields.uint(FORMAT, p, 12, (1 << 31) - 1),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed, *unverified* answer."""

    sign1: Sign1
    claims: AnswerClaims

    @classmethod
    def parse(cls, data: bytes) -> Answer:
        """Parse strictly. Raises Malformed or Unsupported."""
        sign1 = Sign1.parse(data, typ=TYP_ANSWER, max_bytes=MAX_BYTES)
        fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
        if sign1.unprotected or sign1.payload is None:
            raise Malformed(FORMAT, "structure")
        return cls(sign1, AnswerClaims.parse(sign1.payload))

    def check(self, trust: TrustBundle, at: int) -> Reason:
        """OK if an answer key of the service signed it while it was good; checked at `at`, seconds UTC.

        KEY_REVOKED: signed, as it says, before the key was revoked, which nothing but the key attests."""
        if not trust.issued_at - CLOCK_SKEW <= at < trust.expires:
            return Reason.TRUST_EXPIRED
        key = trust.answer_key(self.claims.iss, self.sign1.kid)
        known = any(k.uscc == self.claims.iss for k in trust.answers)
        reason = judge(self.sign1, key, self.claims.iat, at, signer_known=known)
        if reason is Reason.OK and key is not None and key.revoked_from is not None:
            return Reason.KEY_REVOKED
        return reason

    def opens(self, salt: bytes, question: bytes) -> bool:
        """Whether this question, with the salt that came beside the answer, is what was answered."""
        return question_commitment(salt, question) == self.claims.commitment

    def to_json(self) -> dict[str, Any]:
        """JSON form; times as RFC 3339 UTC, bytes in hexadecimal."""
        c = self.claims
        return {
            "request_id": c.request_id.hex(),
            "service": c.iss,
            "party": c.aud,
            "answered_at": iso(c.iat),
            "predicate": c.predicate.name,
            "result": c.result.name,
            "reasons": list(c.reasons),
            "purpose": c.purpose,
            "basis": c.basis.name,
            "catalogue": c.catalogue,
            "as_of": None if c.as_of is None else c.as_of.isoformat(),
            "known_at": iso(c.known_at),
            "level": f"L{c.level}" if c.level else None,
            "status_age_seconds": c.status_age,
            "pseudonym": None if c.pseudonym is None else c.pseudonym.hex(),
            "commitment": c.commitment.hex(),
        }


def question_commitment(salt: bytes, question: bytes) -> bytes:
    """32 bytes: HMAC-SM3 of the question under a salt of 32 random bytes. `question` is canonical CBOR. An unsalted
    hash of it would give an identity number away to whoever tries a county's 2·10⁷."""
    if len(salt) != SALT_BYTES:
        raise ValueError("the salt of a question has 32 bytes")
    return entry_commitment(salt, _QUESTION + question)


def _between(m: Mapping[Any, Any], key: int, low: int, high: int) -> int:
    value = fields.uint(FORMAT, m, key, high)
    if value < low:
        raise Malformed(FORMAT, "integer", f"key {key}")
    return value


def _matching(m: Mapping[Any, Any], key: int, form: re.Pattern[str]) -> str:
    value = fields.text(FORMAT, m, key, 64)
    if not form.fullmatch(value):
        raise Malformed(FORMAT, "code", f"key {key}")
    return value


def _day(m: Mapping[Any, Any]) -> date:
    text = fields.text(FORMAT, m, 4, 10)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed(FORMAT, "day") from None
    if day.isoformat() != text:  # 20270115 and 2027-W02-5 are the same day in other spellings
        raise Malformed(FORMAT, "day")
    return day


def _reasons(m: Mapping[Any, Any]) -> tuple[str, ...]:
    items = fields.array(FORMAT, m, 10, MAX_REASONS)
    if any(type(item) is not str or not _CODE.fullmatch(item) for item in items) or len(set(items)) != len(items):
        raise Malformed(FORMAT, "reasons")
    return tuple(items)
