"""What a relying party asks: the context of every question, people as it knows them, and the six predicates' inputs.

Context("0017", "个人住房贷款", "990000-LOAN-01", "2027-000123", "核对共同借款人")
spouses_match(Person("111", "990101199803070013", "张示例"), Person("111", "990101199911110026", "李样本"))
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from ..answer import Predicate
from ..hazmat.sm3 import sm3

_SHORT_ID: Final = 15


@dataclass(frozen=True, slots=True)
class Context:
    """Four of the five elements of a national call, and the cause; the fifth is who signs. `user`: a staff number."""

    user: str
    item_name: str
    item_code: str
    business_code: str
    use_cause: str

    def to_json(self) -> dict[str, str]:
        """Wire form."""
        names = ("user", "item_name", "item_code", "business_code", "use_cause")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the party knows him. `cert_type` as in GA/T 517 ("111": resident identity card); personal, so never
    in a repr. `birth` is needed for documents whose number does not tell it."""

    cert_type: str = field(repr=False)
    cert_num: str = field(repr=False)
    name: str = field(repr=False)
    nation: str = field(default="156", repr=False)
    birth: date | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, str]:
        """Wire form."""
        found = {"cert_type": self.cert_type, "cert_num": self.cert_num, "nation": self.nation, "name": self.name}
        return found if self.birth is None else {**found, "birth": self.birth.isoformat()}

    def is_said(self, said: Any) -> bool:
        """Whether the question that was answered names this person: [type, number, nation, name, birth or ""]. The
        service writes an old number of 15 digits with 18."""
        number = self.cert_num.upper()
        if not isinstance(said, list) or len(said) != 5 or not all(isinstance(item, str) for item in said):
            return False
        same = said[1] == number or (
            len(number) == _SHORT_ID and said[1][:-1] in (f"{number[:6]}{c}{number[6:]}" for c in ("18", "19"))
        )
        birth = "" if self.birth is None else self.birth.isoformat()
        return same and [said[0], said[2], said[3], said[4]] == [self.cert_type, self.nation, self.name, birth]


@dataclass(frozen=True, slots=True)
class Asked:
    """A predicate with its inputs. `inputs` goes on the wire; `said` is what the answered question must hold."""

    predicate: Predicate
    inputs: Mapping[str, Any] = field(repr=False)
    people: tuple[Person, ...] = field(default=(), repr=False)
    said: Mapping[str, Any] = field(default_factory=dict, repr=False)
    last: date | None = None

    @property
    def name(self) -> str:
        """As on the wire, "registered_married"."""
        return self.predicate.name.lower()

    def is_answered_by(self, inputs: Any) -> bool:
        """Whether the inputs of the answered question are these."""
        if not isinstance(inputs, dict):
            return False
        people = inputs.get("subjects", [])
        if not isinstance(people, list) or len(people) != len(self.people):
            return False
        same = all(person.is_said(said) for person, said in zip(self.people, people, strict=True))
        return same and {k: v for k, v in inputs.items() if k != "subjects"} == dict(self.said)


def presented(source: bytes | str, level: str | None = None) -> dict[str, Any]:
    """A code (str) or a file (bytes) on the wire."""
    named = {"code": source} if isinstance(source, str) else {"file": base64.b64encode(source).decode()}
    return named if level is None else {**named, "level": level}


def _said_of(source: bytes | str, level: str | None) -> dict[str, Any]:
    named: dict[str, Any] = {"code": source} if isinstance(source, str) else {"file_sm3": sm3(source)}
    return named if level is None else {**named, "level": level}


def authenticity(source: bytes | str, level: str | None = None) -> Asked:
    """Is this code or file genuine and still valid?"""
    return Asked(Predicate.AUTHENTICITY, presented(source, level), said=_said_of(source, level))


def certificate_valid(source: bytes | str, level: str | None = None) -> Asked:
    """The same as a predicate."""
    return Asked(Predicate.CERTIFICATE_VALID, presented(source, level), said=_said_of(source, level))


def registered_married(subject: Person) -> Asked:
    """Is this person registered as married on the day?"""
    return Asked(Predicate.REGISTERED_MARRIED, {"subject": subject.to_json()}, (subject,))


def spouses_match(a: Person, b: Person) -> Asked:
    """Are these two registered as married to each other on the day?"""
    return Asked(Predicate.SPOUSES_MATCH, {"a": a.to_json(), "b": b.to_json()}, (a, b))


def registered_divorce_within(subject: Person, months: int) -> Asked:
    """Did a divorce of this person take effect in the `months` before the day?"""
    inputs = {"subject": subject.to_json(), "months": months}
    return Asked(Predicate.REGISTERED_DIVORCE_WITHIN, inputs, (subject,), {"months": months})


def registered_between(subject: Person, first: date, last: date) -> Asked:
    """Was a marriage of this person registered from `first` to `last`, both included?"""
    inputs = {"subject": subject.to_json(), "from": first.isoformat(), "to": last.isoformat()}
    return Asked(Predicate.REGISTERED_BETWEEN, inputs, (subject,), {"from": first.isoformat()}, last)


def document_authentic(document: bytes) -> Asked:
    """Did an issuer state these bytes? Only their SM3 is sent."""
    digest = sm3(document)
    return Asked(Predicate.DOCUMENT_AUTHENTIC, {"sm3": digest.hex()}, said={"sm3": digest})
