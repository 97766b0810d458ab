"""What a kind must say about itself, and the shapes that go in and come out of it.

Adding a kind: a package below `certs/kinds/` whose `KIND` is a subclass instance of `Kind`. The tree of salted claims
has `2^depth` slots in the order of `slots`; a slot number or name that was ever issued is never given another meaning,
a change makes a new `version`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from .messages import message

if TYPE_CHECKING:
    from certs.authority import Authority
    from certs.marriage.events import Registration

ClaimValue = str | int | bool
Claim = tuple[int, str, ClaimValue]
"""(slot, name, value)"""


@dataclass(frozen=True, slots=True)
class RowError:
    """One broken rule of one row. `field` is a column, `code` a stable rule name. Never holds the value."""

    field: str
    code: str

    def message(self, lang: str = "zh") -> str:
        """What is wrong, for the person who mends the row ("zh" or "en")."""
        return message(self.code, lang)


@dataclass(frozen=True, slots=True)
class Rejected:
    """All broken rules of a row, at least one."""

    errors: tuple[RowError, ...]


class Form(Enum):
    """How a claim's value is written: what a page or an export needs to know in order to show it."""

    TEXT = "text"
    NAME = "name"  # kept exactly, never translated
    DAY = "day"  # 2026-11-02
    MONTH = "month"  # 2026-12
    FEN = "fen"  # whole fen
    COUNT = "count"
    FLAG = "flag"
    CODE = "code"  # a value of `Slot.codes`
    REGION = "region"  # six digits of GB/T 2260


CodeList = Mapping[str, tuple[str, str]]
"""Code to (zh, en)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A claim's place in the commitment tree. `personal` decides what may never leave without the holder."""

    index: int
    name: str
    personal: bool
    zh: str
    en: str
    form: Form = Form.TEXT
    codes: CodeList | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Which claims say what every certificate says: its number, its holder, the days of its validity. None where a
    kind has no such claim. Exports (certs/metadata.py) read it."""

    number: str = "certificate_no"
    holder: str = "holder_name"
    document_type: str | None = "holder_document_type"
    document: str | None = "holder_document_number"
    issuer: str = "issuer_name"
    valid_from: str | None = None
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class Validity:
    """Days in Asia/Shanghai between which a certificate can be valid, both included; they stand in the code in clear.
    `last` is not always the day that the certificate names: see the kind."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the issuing authority adds to a draft's own data."""

    cert_identifier: str
    issuer_name: str
    issuer_uscc: str


class Draft(Protocol):
    """A row that kept every rule: the only thing that can be issued."""

    @property
    def kind_number(self) -> int: ...
    @property
    def business_id(self) -> str:
        """The registry's own number of this registration; one business id is issued once."""
        ...

    @property
    def issuer_uscc(self) -> str: ...


D = TypeVar("D", bound=Draft)


@dataclass(frozen=True, slots=True)
class KindInfo:
    """The data of a kind."""

    number: int
    version: int
    name: str
    zh: str
    en: str
    depth: int
    slots: tuple[Slot, ...]
    columns: tuple[str, ...]
    names: Names = Names()
    notice: tuple[str, str] | None = None  # what the certificate does not prove, (zh, en)
    headings: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # what people call the columns, (zh, en)
    messages: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # texts of rules of its own, (zh, en)

    def __post_init__(self) -> None:
        if [s.index for s in self.slots] != list(range(len(self.slots))) or len(self.slots) > 1 << self.depth:
            raise ValueError(f"kind {self.name}: slots must be 0, 1, 2 … and fit the tree")


class Kind(ABC, Generic[D]):
    """Rules of a kind. Methods are pure; nothing here reads a clock, a file or a configuration."""

    def __init__(self, info: KindInfo) -> None:
        self.info = info
        self.slot_of: Mapping[str, int] = {s.name: s.index for s in info.slots}
        self.package = ""  # where its folder's other parts are found; set by discovery

    @property
    def number(self) -> int:
        return self.info.number

    @property
    def name(self) -> str:
        return self.info.name

    @abstractmethod
    def parse_row(self, row: Mapping[str, str], *, today: date) -> D | Rejected:
        """A draft, or every rule that the row breaks. `today` is the civil date in Asia/Shanghai. Never raises."""

    @abstractmethod
    def content(self, draft: D) -> Sequence[str | int | bool | None]:
        """Everything the row said, in fixed order: equal content under one business id is the same request."""

    @abstractmethod
    def roles(self, draft: D) -> tuple[str, ...]:
        """One certificate is made per role."""

    @abstractmethod
    def claims(self, draft: D, role: str, stamp: Stamp) -> Sequence[Claim]:
        """The claims of one certificate, ascending by slot. An absent claim leaves its slot unused."""

    @abstractmethod
    def terms(self, draft: D, role: str) -> tuple[tuple[str, str], ...]:
        """(term, value) pairs by which the certificate can be found again; stored as keyed hashes only."""

    def check_authority(self, draft: D, authority: Authority) -> tuple[RowError, ...]:
        """Rules between the row and the authority that is to issue it."""
        return ()

    def notes(self, draft: D) -> tuple[RowError, ...]:
        """What looks odd but may be right, e.g. a region that the list does not have: said, never refused."""
        return ()

    def validity(self, draft: D) -> Validity:
        """When the certificate can be valid at all, for kinds that end by themselves."""
        return Validity()

    def own_terms(self) -> frozenset[str]:
        """Terms whose values are numbers of the issuer's own making: stored, and looked for, under its code."""
        return frozenset()

    def exclusive_terms(self, draft: D) -> tuple[tuple[str, str, str], ...]:
        """(field, term, value): numbers that no other business id of the same authority may already use."""
        return ()

    def once_terms(self, draft: D) -> tuple[tuple[str, str, str], ...]:
        """(field, term, value) of who or what has one certificate of this kind in force, whoever issues it: another one
        must replace it."""
        return ()

    def supersedes(self, draft: D) -> tuple[str, str, str] | None:
        """(field, term, value) of the certificates that this one replaces, None for a first issue."""
        return None

    def witnesses(self, draft: D) -> tuple[tuple[tuple[str, str], ...], ...]:
        """For each person, the terms of which the superseded certificates must carry at least one. A mistyped
        number, or one tried on purpose, must not end the certificates of strangers."""
        return ()

    def parse_archive(self, row: Mapping[str, str], *, today: date) -> D | Rejected:
        """As `parse_row`, for a row of an old book: legacy forms are taken, and the draft's registration flags them."""
        return self.parse_row(row, today=today)

    def registration(self, draft: D) -> Registration | None:
        """The event of civil status that is recorded with the certificates, None for kinds that change nobody's."""
        return None

    def ends(self, draft: D) -> tuple[tuple[tuple[int, str, str], ...], ...]:
        """For each person, (kind, term, value) of certificates that this registration ends: those of which all the
        persons have one, by any of their terms, and at least one person by the first: a namesake is not enough.
        A divorce ends both marriage certificates, also re-issued ones."""
        return ()

    def public(self, draft: D) -> tuple[str, int, int] | None:
        """What the code says in clear (donations: plan, fen, day since 1970-01-01), None for personal kinds."""
        return None
