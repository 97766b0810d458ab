"""How a kind's claims are laid out, as data: a kind's folder may have `page.py` with `layout(info) -> Layout`.

    def layout(info: KindInfo) -> Layout:
        return replace(generic_layout(info), accent="#24507a", photo=PORTRAIT)

Whatever does not fit is refused: a claim that is signed but not printed, or printed but not signed, would make page and
certificate two different documents. So each claim stands in a field, in the footer, or among those left out on purpose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from certs.documents.errors import FaceInvalid
from certs.documents.reading import Reader
from certs.documents.values import Show, by_name
from certs.documents.view import Form, Lang, PhotoFrame, Row, Section, Size, Words

_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
PORTRAIT: Final = PhotoFrame(Words("照片", "Photograph"), 25.0, 35.0)
"""One person, one inch (25 mm by 35 mm)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A row of the page.

    name: the claim. show: how its value is printed. absent: what stands there without the claim; None leaves the
    row out. uses: further claims that `show` looks at; with them it runs even if `name` is absent. required: an
    absent claim stops the page.
    """

    name: str
    label: Words
    show: Show | None = None
    size: Size = "normal"
    wide: bool = False
    absent: Words | None = None
    uses: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that become a `Section`; one without rows is left out."""

    fields: tuple[Field, ...]
    form: Form = "grid"
    title: Words | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The page of a kind.

    footer: claims printed at the foot with their label. left_out: claims that the page says in other words. serial,
    issuer, issued_on: claims that `Page` repeats; "" for none. notes: beside the code; banner: in a red box.
    """

    groups: tuple[Group, ...]
    accent: str = "#6b4a2b"
    notes: tuple[Words, ...] = ()
    banner: Words | None = None
    photo: PhotoFrame | None = None
    serial: str = ""
    issuer: str = ""
    issued_on: str = ""
    footer: tuple[tuple[str, Words], ...] = ()
    left_out: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not _COLOUR.fullmatch(self.accent):
            raise ValueError("an accent is #rrggbb, lower case")

    def fields(self) -> tuple[Field, ...]:
        return tuple(field for group in self.groups for field in group.fields)

    def known(self) -> frozenset[str]:
        """Claims that have their place."""
        shown = {name for field in self.fields() for name in (field.name, *field.uses)}
        return frozenset(shown | {name for name, _ in self.footer} | self.left_out)


def sections(layout: Layout, read: Reader, lang: Lang) -> tuple[Section, ...]:
    """The layout filled in. Raises FaceInvalid, naming the claim."""
    _check_names(layout, read)
    found = []
    for group in layout.groups:
        rows = tuple(row for field in group.fields if (row := _row(field, read, lang)) is not None)
        if rows:
            found.append(Section(rows, group.form, group.title))
    return tuple(found)


def footer(layout: Layout, read: Reader, lang: Lang) -> str:
    """The claims at the foot of each page, e.g. "签发机构代码 1199…    电子证照标识 1.2.156…"."""
    parts = [f"{label.text(lang)} {read.text(name)}" for name, label in layout.footer if read.has(name)]
    return "    ".join(parts)


def _check_names(layout: Layout, read: Reader) -> None:
    for field in layout.fields():
        if field.required and not read.has(field.name):
            raise FaceInvalid(field.name, "missing")
    for name in sorted(read.face.keys() - layout.known()):
        raise FaceInvalid(name, "not part of this document")


def _row(field: Field, read: Reader, lang: Lang) -> Row | None:
    if not read.has(field.name) and not any(map(read.has, field.uses)):
        if field.absent is None:
            return None
        value = field.absent.text(lang)
    else:
        value = (field.show or by_name(field.name))(read, field.name, lang)
    if not value:
        return None
    return Row(field.label, value, field.name, field.size, field.wide)
