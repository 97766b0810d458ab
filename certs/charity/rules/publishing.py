"""Rules about how things are published: D17 and D21."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

from certs.errors import InvalidField
from certs.identifiers import parse_id_number
from verifier.charity.conduct import AMENDED, TO_PUBLIC, Disclosed
from verifier.charity.general import Entry
from verifier.charity.organisation import Registered

from .obligation import Case, Obligation, State, unknown

_REGULAR: Final = frozenset({"D4", "D5", "D7"})  # reports that come again: only the same period is the same entry
_OWN_ENTRY: Final = frozenset({"D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12"})
_ID: Final = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_MOBILE: Final = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_CARD: Final = re.compile(r"(?<![0-9A-Za-z])[3-6][0-9]{14,18}(?![0-9A-Za-z])")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def entries(case: Case) -> list[Obligation]:
    """D17: one document serves one entry, and what was published changes only with a note that says why."""
    rule = case.law.latest("D17")
    found: list[Obligation] = []
    documents: dict[bytes, str] = {}
    said: dict[tuple[object, ...], Entry[Disclosed]] = {}
    for entry in case.book.kept(Disclosed):
        event = entry.event
        if event.published_on < rule.since or event.channel != TO_PUBLIC or event.rule not in _OWN_ENTRY:
            continue
        if documents.setdefault(event.document, event.subject) != event.subject:
            found.append(_breach(event.subject, "separate-entry", entry))
        if event.rule in _REGULAR and event.period is None:
            continue
        before = said.setdefault((event.rule, event.subject, event.period), entry)
        if before.event.document != event.document and not _noted(before, event.published_on):
            found.append(_breach(event.subject, "correction-note", entry))
    return found or [Obligation("D17", case.charity, State.DONE)]


def _breach(subject: str, aspect: str, entry: Entry[Disclosed]) -> Obligation:
    return Obligation("D17", subject, State.BREACHED, aspect=aspect, entry=entry.seq)


def _noted(entry: Entry[Disclosed], by: int) -> bool:
    return any(note.effect == AMENDED and note.published_on <= by for _, note in entry.notes)


def secrets(case: Case) -> list[Obligation]:
    """D21: a search of every public text for identity, telephone, card numbers and mail addresses.

    A find is a breach. Finding nothing proves nothing: names and circumstances need a reader.
    """
    found = [
        Obligation("D21", case.charity, State.BREACHED, aspect=kind, entry=event.seq)
        for event in case.events
        for kind in sorted({kind for text in texts(event) for kind in personal(text)})
    ]
    return [*found, unknown("D21", case.charity, "reader")]


def personal(text: str) -> Iterator[str]:
    """Codes of what a text seems to hold: "identity-number", "telephone", "card-number", "mail-address"."""
    if any(_is_id(match[0]) for match in _ID.finditer(text)):
        yield "identity-number"
    if _MOBILE.search(text):
        yield "telephone"
    if any(_luhn(match[0]) for match in _CARD.finditer(text)):
        yield "card-number"
    if _MAIL.search(text):
        yield "mail-address"


def texts(event: Any) -> Iterator[str]:
    """Every free text in an event: not the codes that have a form of their own."""
    for member in fields(event):
        value = getattr(event, member.name)
        if is_dataclass(value):
            yield from texts(value)
        elif type(value) is str and not (isinstance(event, Registered) and member.name == "charity"):
            yield value
        elif type(value) is tuple and all(type(v) is str for v in value):
            yield from value


def _is_id(text: str) -> bool:
    try:
        parse_id_number(text)
    except InvalidField:
        return False
    return True


def _luhn(text: str) -> bool:
    digits = [int(c) for c in reversed(text)]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0
