"""Questions of relying parties, as every door hands them on, and what everybody gives who helps to answer one.

A question is asked for a purpose, by somebody at the party, for an item of its work (the five elements of national
calls; the fifth, the organisation, is whoever authenticated). `Question.encode` is what the signed answer commits to:

    dCBOR {1: 2, 2: "mortgage-joint-debt", 3: {"user": "0017", …},
           4: {"subjects": [["111", "990101…", "156", "张示例", ""]]}, 5: "2027-01-15", 6: h'…16'}

members: predicate, purpose, context, inputs, day asked for, consent transaction; what was not given is left out. A
subject whom the party did not name, but whose code it scanned, is [].
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol

from api.db.uow import Work
from certs.match import Finding, Subject
from certs.ports import LookupKey
from verifier import cbor
from verifier.answer import PSEUDONYM_BYTES, Predicate
from verifier.hazmat.sm3 import sm3

PREDICATE_NAMES: Final[Mapping[Predicate, str]] = {p: p.name.lower() for p in Predicate}
"""As in the catalogue and over HTTP: "registered_married"."""
OF_PEOPLE: Final = frozenset(
    {
        Predicate.REGISTERED_MARRIED,
        Predicate.SPOUSES_MATCH,
        Predicate.REGISTERED_DIVORCE_WITHIN,
        Predicate.REGISTERED_BETWEEN,
    }
)


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """Who at the party asks, for which item and case of its own, and why. Kept sealed in the access log."""

    user: str
    item_name: str
    item_code: str
    business_code: str
    use_cause: str

    def to_map(self) -> dict[str, str]:
        """Wire names."""
        return {
            "user": self.user,
            "item_name": self.item_name,
            "item_code": self.item_code,
            "business_code": self.business_code,
            "use_cause": self.use_cause,
        }


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Of people: `subjects`, and the days or months that the predicate takes; of a certificate:
    `presented`, a code's text or a file's bytes; of a document: `digest`, its SM3. `grant`: consent transaction.
    `shown`: the first subject is whoever the code of that transaction belongs to, whom the party did not name."""

    predicate: Predicate
    purpose: str
    context: QuestionContext = field(repr=False)
    subjects: tuple[Subject, ...] = field(default=(), repr=False)
    as_of: date | None = None
    months: int = 0
    first: date | None = None
    presented: bytes | str | None = field(default=None, repr=False)
    level: str | None = None
    digest: bytes | None = field(default=None, repr=False)
    grant: bytes | None = None
    shown: bool = False

    @property
    def name(self) -> str:
        """Of the predicate."""
        return PREDICATE_NAMES[self.predicate]

    def encode(self) -> bytes:
        """Canonical bytes, for the commitment. A file stands there as its SM3."""
        inputs: dict[str, Any] = {}
        if self.subjects:
            inputs["subjects"] = [_said(subject) for subject in self.subjects]
            if self.shown:  # the party gets these bytes, and a code carries no number, name or birth date
                inputs["subjects"][0] = []
        if self.months:
            inputs["months"] = self.months
        if self.first is not None:
            inputs["from"] = self.first.isoformat()
        if isinstance(self.presented, str):
            inputs["code"] = self.presented
        elif self.presented is not None:
            inputs["file_sm3"] = sm3(self.presented)
        if self.level is not None:
            inputs["level"] = self.level
        if self.digest is not None:
            inputs["sm3"] = self.digest
        question: dict[int, Any] = {1: int(self.predicate), 2: self.purpose, 3: self.context.to_map(), 4: inputs}
        if self.as_of is not None:
            question[5] = self.as_of.isoformat()
        if self.grant is not None:
            question[6] = self.grant
        return cbor.encode(question)


def _said(subject: Subject) -> list[str]:
    party = subject.party
    birth = party.birth.isoformat() if subject.birth_stated else ""
    return [party.document_type, party.document_number, party.nation, party.name, birth]


@dataclass(frozen=True, slots=True)
class Found:
    """What answering one question brought to light. `about`: tags of those whose access log it belongs in; `identity`:
    text that the party's pseudonym is made of, "" for none. `level`, `status_age`: of certificates."""

    finding: Finding
    about: tuple[bytes, ...] = field(default=(), repr=False)
    identity: str = field(default="", repr=False)
    level: int = 0
    status_age: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Grants(Protocol):
    """Consents of holders."""

    async def use(self, work: Work, uscc: str, question: Question, needs: str) -> bool:
        """Count one use of the consent that `question.grant` names, in the caller's transaction: of the first subject
        (`needs` "subject") or of both ("both"). It must have been given to that party for that purpose and for this
        very question: predicate, day, months or days, and the other person. False, and nothing counted, if there is
        none, or it was withdrawn, has expired or is used up. Which of these nobody hears."""
        ...


def pseudonym(lookup: LookupKey, uscc: str, identity: str) -> bytes:
    """What a person or certificate is called in answers to that party, and to no other one. 16 bytes."""
    return lookup.hmac(f"pseudonym\x1f{uscc}\x1f{identity}")[:PSEUDONYM_BYTES]


def base64_of(data: bytes) -> str:
    """Standard alphabet, padded: bytes in JSON."""
    return base64.b64encode(data).decode("ascii")
