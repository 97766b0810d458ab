"""What a party may ask, for which purpose, on which legal basis, and whose consent it takes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

PREDICATES: Final = {
    "authenticity": 0,
    "certificate_valid": 1,
    "registered_married": 2,
    "spouses_match": 3,
    "registered_divorce_within": 4,
    "registered_between": 5,
    "document_authentic": 6,
}
"""Names in the catalogue, and the numbers of docs/formats/answer.md."""
BASES: Final = {"CONSENT": 1, "STATUTORY_DUTY": 2, "CONTRACT": 3, "POSSESSION": 4}
CONSENTS: Final = ("none", "subject", "both")
"""Whose consent a question takes, each more than the one before."""


@dataclass(frozen=True, slots=True)
class Options:
    """Bounds of a purpose.

    no_record       "no record found" may be answered as such; elsewhere it is UNDETERMINED
    face_to_face    of a code that its holder shows; not of a file that was sent
    months          how far `registered_divorce_within` may look back; 0: not at all
    retention_days  how long the party may keep what it was told, and how long a consent lives at most
    max_uses        answers that one consent is good for
    items           codes of the items for which it may be asked; None: every one
    """

    no_record: bool
    face_to_face: bool
    months: int
    retention_days: int
    max_uses: int
    items: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """`title` and `words` are what a holder reads; `law` is the legal basis as a clause. `predicates` and `fields` map
    what may be asked to whose consent it takes."""

    code: str
    title: Text
    words: Text
    law: Text
    basis: str
    categories: frozenset[str]
    predicates: Mapping[str, str]
    fields: Mapping[str, str]
    options: Options


@dataclass(frozen=True, slots=True)
class Refusal:
    """What these categories never get, whatever a purpose says: predicates by name, fields by pattern ("spouse_*").
    A document whose purposes say otherwise is not accepted."""

    code: str
    words: Text
    categories: frozenset[str]
    asked: tuple[str, ...]

    def meets(self, category: str, asked: str) -> bool:
        return category in self.categories and any(fnmatchcase(asked, pattern) for pattern in self.asked)


@dataclass(frozen=True, slots=True)
class Allowed:
    """`needs_consent`: "none", "subject" or "both". `version`: of the catalogue that allowed it."""

    purpose: Purpose
    needs_consent: str
    version: int

    @property
    def basis(self) -> str:
        return self.purpose.basis

    @property
    def basis_number(self) -> int:
        """As in docs/formats/answer.md."""
        return BASES[self.purpose.basis]

    @property
    def options(self) -> Options:
        return self.purpose.options


@dataclass(frozen=True, slots=True)
class Refused:
    """`code` is stable and documented in docs/purposes.md."""

    code: str


Decision = Allowed | Refused


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue in force. `digest`: SM3 of the document's bytes, 32 bytes."""

    version: int
    digest: bytes
    categories: Mapping[str, Text]
    purposes: Mapping[str, Purpose]
    refusals: tuple[Refusal, ...]

    def decide(
        self, category: str, purpose: str, predicate: str = "", fields: Collection[str] = (), item_code: str = ""
    ) -> Decision:
        """Whether a party of that category may ask this for that purpose: one predicate, or fields, or both.

        What is always refused is named first, so that the reason tells most. Everything that is not allowed is refused.
        """
        asked = [*([predicate] if predicate else []), *fields]
        for question in asked:
            for refusal in self.refusals:
                if refusal.meets(category, question):
                    return Refused(refusal.code)
        known = self.purposes.get(purpose)
        if known is None:
            return Refused("PURPOSE_UNKNOWN")
        if category not in known.categories:
            return Refused("CATEGORY_NOT_ENTITLED")
        if not asked:
            return Refused("NOTHING_ASKED")
        if predicate and predicate not in known.predicates:
            return Refused("PREDICATE_NOT_IN_PURPOSE")
        if not all(name in known.fields for name in fields):
            return Refused("FIELD_NOT_IN_PURPOSE")
        if known.options.items is not None and item_code not in known.options.items:
            return Refused("ITEM_NOT_LISTED")
        needs = [known.predicates[predicate]] if predicate else []
        needs += [known.fields[name] for name in fields]
        return Allowed(known, max(needs, key=CONSENTS.index), self.version)


REASONS: Final[Mapping[str, Text]] = {
    "PURPOSE_UNKNOWN": Text("目录中没有此用途。", "The catalogue has no such purpose."),
    "CATEGORY_NOT_ENTITLED": Text("此类机构不得为该用途查询。", "This category may not ask for this purpose."),
    "NOTHING_ASKED": Text("未提出任何问题。", "Nothing was asked."),
    "PREDICATE_NOT_IN_PURPOSE": Text("该用途不包括此问题。", "This purpose does not include this question."),
    "FIELD_NOT_IN_PURPOSE": Text("该用途不包括所要求的字段。", "This purpose does not include a field asked for."),
    "ITEM_NOT_LISTED": Text("事项目录未要求此项核验。", "The list of items does not require this for that item."),
}
"""Reasons that do not stand in a document. A document's own refusals come with words of their own."""
