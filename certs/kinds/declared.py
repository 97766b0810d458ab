"""Kinds with one holder, as tables: fields with type and slot, people, rules, validity.

    KIND = DeclaredKind(Declaration(number=8, name="cremation", …, fields=(…), people=(…), rules=(…)))

Every such kind has the columns `certificate_no` (the registry's number of the certificate, issued once), `replaces_no`
(empty, or the number of the holder's earlier certificate that this one replaces) and `issuer_uscc`, and the slots

    0 cert_identifier · 1 certificate_no · 2 replaces_no · 3 issuer_name · 4 issuer_uscc · 5 … the kind's own
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from certs.identifiers import parse_uscc
from certs.text import check_text

from .base import Claim, Kind, KindInfo, Names, Rejected, RowError, Slot, Stamp, Validity
from .fields import Field, Rule, Values
from .fieldtypes import Day, Document, Region, Value
from .legacy import LEGACY_ID, archive_cells
from .persons import Person, document_key, id_number_of, person_errors, person_terms
from .regions import region_notes
from .rows import RowReader, present

if TYPE_CHECKING:
    from certs.authority import Authority

NUMBER: Final = "certificate_no"
REPLACES: Final = "replaces_no"
ISSUER: Final = "issuer_uscc"
OWN: Final = (NUMBER, REPLACES, ISSUER)
_REPLACES_LABEL: Final = ("原证书编号", "replaces certificate number")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A kind as data.

    fields     the kind's own columns in the order of the file
    people     who is named; the first is the holder
    subject    prefix of the person whom a replaced certificate must name too; the holder by default
    rules      between cells
    issuing    (zh, en) of the issuing body on the certificate
    begins, ends   columns of the first and last day; None for a kind that does not end
    last_day   the last day as the code may say it in clear, from the one in `ends`
    messages   (zh, en) by code, of rules that no other kind has
    once       prefixes of people who have one certificate of the kind in force, whoever issues it
    """

    number: int
    version: int
    name: str
    zh: str
    en: str
    depth: int
    fields: tuple[Field, ...]
    people: tuple[Person, ...]
    rules: tuple[Rule, ...] = ()
    number_label: tuple[str, str] = ("证书编号", "certificate number")
    issuing: tuple[str, str] = ("发证机关", "issuing authority")
    begins: str | None = None
    ends: str | None = None
    last_day: Callable[[date], date] | None = None
    once: tuple[str, ...] = ()
    subject: str = ""
    notice: tuple[str, str] | None = None
    messages: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def info(self) -> KindInfo:
        """The kind's data. Raises ValueError if slots are not 0, 1, 2 … or do not fit the tree."""
        zh, en = self.issuing
        slots = [
            Slot(0, "cert_identifier", True, "电子证照标识", "certificate identifier"),
            Slot(1, NUMBER, True, *self.number_label),
            Slot(2, REPLACES, True, *_REPLACES_LABEL),
            Slot(3, "issuer_name", False, zh, en),
            Slot(4, ISSUER, False, f"{zh}代码", f"{en}'s code"),
        ]
        own = sorted((f for f in self.fields if f.slot is not None), key=lambda f: f.slot or 0)
        slots += [Slot(f.slot or 0, f.name, f.personal, f.zh, f.en, f.type.form, f.type.codes) for f in own]
        holder = self.people[0].prefix
        return KindInfo(
            number=self.number,
            version=self.version,
            name=self.name,
            zh=self.zh,
            en=self.en,
            depth=self.depth,
            slots=tuple(slots),
            columns=(*OWN, *(f.name for f in self.fields)),
            names=Names(
                holder=f"{holder}_name",
                document_type=f"{holder}_document_type",
                document=f"{holder}_document_number",
                valid_from=self.begins,
                valid_until=self.ends,
            ),
            notice=self.notice,
            messages=self.messages,
            headings={
                NUMBER: self.number_label,
                REPLACES: _REPLACES_LABEL,
                ISSUER: (f"{zh}代码", f"{en}'s code"),
                **{f.name: (f.zh, f.en) for f in self.fields},
            },
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A row that kept every rule of a declared kind."""

    kind_number: int
    business_id: str = field(repr=False)
    replaces: str | None = field(repr=False)
    issuer_uscc: str
    values: Values = field(repr=False)
    flags: tuple[RowError, ...] = ()
    """What an archive's row did not have in today's form."""


class DeclaredKind(Kind[Record]):
    """The rules of a `Declaration`."""

    def __init__(self, declaration: Declaration) -> None:
        super().__init__(declaration.info())
        self.declaration = declaration
        self._on_certificate = tuple(
            (f.slot, f.name) for f in sorted(declaration.fields, key=lambda f: f.slot or 0) if f.slot is not None
        )
        self._days = tuple(f.name for f in declaration.fields if isinstance(f.type, Day))
        self._documents = {f.name: f.type.of for f in declaration.fields if isinstance(f.type, Document)}

    def parse_row(self, row: Mapping[str, str], *, today: date) -> Record | Rejected:
        r = RowReader(row, self.info.columns, today=today)
        number = r.take(NUMBER, lambda v: check_text(v, field=NUMBER, maximum=64))
        replaces = r.take(REPLACES, lambda v: check_text(v, field=REPLACES, maximum=64), optional=True)
        issuer = r.take(ISSUER, lambda v: parse_uscc(v, field=ISSUER))
        if replaces is not None and replaces == number:
            r.note(REPLACES, "REPLACES_ITSELF")
        values: dict[str, Value] = {}
        for f in self.declaration.fields:
            value = f.type.read(r, f.name, not f.required)
            if value is not None:
                values[f.name] = value
        read = Values(values, today)
        for broken, code in self._broken(read):
            r.note(broken, code)
        if r.errors:
            return r.rejected()
        return Record(self.number, present(number), replaces, present(issuer), read)

    def parse_archive(self, row: Mapping[str, str], *, today: date) -> Record | Rejected:
        cells, old = archive_cells(row, self._days, self._documents)
        read = self.parse_row(cells, today=today)
        if isinstance(read, Rejected):
            return read
        return replace(read, flags=tuple(RowError(name, LEGACY_ID) for name in old))

    def _broken(self, values: Values) -> Iterator[tuple[str, str]]:
        for person in self.declaration.people:
            yield from person_errors(person, values)
        for rule in self.declaration.rules:
            yield from rule(values)

    def content(self, draft: Record) -> Sequence[str | int | bool | None]:
        own = (_wire(draft.values.get(f.name)) for f in self.declaration.fields)
        return (draft.business_id, draft.replaces, draft.issuer_uscc, *own)

    def roles(self, draft: Record) -> tuple[str, ...]:
        return ("holder",)

    def claims(self, draft: Record, role: str, stamp: Stamp) -> Sequence[Claim]:
        claims: list[Claim] = [(0, "cert_identifier", stamp.cert_identifier), (1, NUMBER, draft.business_id)]
        if draft.replaces is not None:
            claims.append((2, REPLACES, draft.replaces))
        claims += [(3, "issuer_name", stamp.issuer_name), (4, ISSUER, stamp.issuer_uscc)]
        for slot, name in self._on_certificate:
            value = _wire(draft.values.get(name))
            if value is not None:
                claims.append((slot, name, value))
        return claims

    def terms(self, draft: Record, role: str) -> tuple[tuple[str, str], ...]:
        found = [(NUMBER, _number_key(draft, draft.business_id))]
        if draft.replaces is not None:  # found under the earlier number too: a second replacement ends the first one
            found.append((NUMBER, _number_key(draft, draft.replaces)))
        for person in self.declaration.people:
            found += person_terms(person.prefix, draft.values)
        return tuple(found)

    def check_authority(self, draft: Record, authority: Authority) -> tuple[RowError, ...]:
        if not authority.regions:
            return ()
        return tuple(
            RowError(f.name, "REGION_FOR_OFFICE")
            for f in self.declaration.fields
            if isinstance(f.type, Region) and (draft.values.text(f.name) or "") not in authority.regions
        )

    def notes(self, draft: Record) -> tuple[RowError, ...]:
        regions = [f.name for f in self.declaration.fields if isinstance(f.type, Region)]
        found = [(name, draft.values.text(name)) for name in regions]
        for person in self.declaration.people:
            number = id_number_of(person.prefix, draft.values)
            found.append((f"{person.prefix}_document_number", None if number is None else number.value[:6]))
        return (*draft.flags, *region_notes(found))

    def validity(self, draft: Record) -> Validity:
        d = self.declaration
        last = draft.values.day(d.ends) if d.ends is not None else None
        # no first day: a row never lies in the future, so a certificate is never issued before it begins
        return Validity(None, d.last_day(last) if d.last_day is not None and last is not None else last)

    def own_terms(self) -> frozenset[str]:
        return frozenset({NUMBER})

    def exclusive_terms(self, draft: Record) -> tuple[tuple[str, str, str], ...]:
        return ((NUMBER, NUMBER, _number_key(draft, draft.business_id)),)

    def once_terms(self, draft: Record) -> tuple[tuple[str, str, str], ...]:
        keys = [(prefix, document_key(prefix, draft.values)) for prefix in self.declaration.once]
        return tuple((f"{prefix}_document_number", prefix, key) for prefix, key in keys if key is not None)

    def supersedes(self, draft: Record) -> tuple[str, str, str] | None:
        return None if draft.replaces is None else (REPLACES, NUMBER, _number_key(draft, draft.replaces))

    def witnesses(self, draft: Record) -> tuple[tuple[tuple[str, str], ...], ...]:
        subject = self.declaration.subject or self.declaration.people[0].prefix
        return (tuple(person_terms(subject, draft.values)),)


def _number_key(draft: Record, number: str) -> str:
    return f"{draft.issuer_uscc}:{number}"


def _wire(value: Value | None) -> str | int | bool | None:
    return value.isoformat() if isinstance(value, date) else value
