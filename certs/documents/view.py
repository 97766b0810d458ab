"""What a page shows, before it is set as PDF or OFD: words, values and pictures in their order, no measures of type.

    page = page_for(kind_by_number(1), face, lang="zh-en", specimen=True)      # certs.documents.pages
    page.sections[0].rows[0]   Row(label=Words("持证人", "Holder"), value="𠮷示例", size="huge", wide=True, …)

Both writers take a `Page` and nothing else, so that the two files of one certificate say the same. Values are already
in the page's language; names, serials and remarks are the certificate's, character for character.
This module imports nothing of `certs.kinds`: the kinds' own page modules import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from certs.documents.annotation import Annotation
from certs.documents.photo import Photo

Lang = Literal["zh", "en", "zh-en"]
LANGUAGES: Final[tuple[Lang, ...]] = ("zh-en", "zh", "en")
"""The bilingual page is the default."""
Size = Literal["small", "normal", "large", "huge"]
Form = Literal["lead", "grid", "person", "amount"]
PAGE_MM: Final = (210.0, 297.0)
MARGIN_MM: Final = 15.0
"""Nothing that carries meaning stands nearer to the edge: the frame is at 11 mm, printers cut up to 5."""


@dataclass(frozen=True, slots=True)
class Words:
    """One saying in both languages."""

    zh: str
    en: str

    def pick(self, lang: Lang) -> tuple[str, ...]:
        """What the page's language prints: one text, or Chinese and then English."""
        return {"zh": (self.zh,), "en": (self.en,), "zh-en": (self.zh, self.en)}[lang]

    def text(self, lang: Lang, between: str = " ") -> str:
        """The same in one line, e.g. "男 male"."""
        return between.join(self.pick(lang))


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its value. `name`: the claim (or the first of several) that it shows, for errors and tests.
    wide: takes the section's whole width."""

    label: Words
    value: str = field(repr=False)
    name: str = ""
    size: Size = "normal"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together.

    form: "lead" one column beside the photo, larger; "grid" two columns; "person" one column with a heading, two
    neighbours of this form stand side by side; "amount" one column between two lines of the accent colour.
    """

    rows: tuple[Row, ...]
    form: Form = "grid"
    title: Words | None = None


@dataclass(frozen=True, slots=True)
class PhotoFrame:
    """Where a photograph belongs. Without a picture the frame is printed with its label. Millimetres."""

    label: Words
    width_mm: float
    height_mm: float
    picture: Photo | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SealPicture:
    """The picture of a seal. png: RGBA, transparent ground; svg: the same drawing for print. Millimetres on paper."""

    png: bytes = field(repr=False)
    svg: str = field(repr=False)
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Page:
    """One certificate's face.

    kind: number. lang: see Words.pick. accent: "#rrggbb" of title and rules. banner: what must not be overlooked, in
    a red box below the title. sections: in order, the first of form "lead" stands beside the photo. serial, issuer,
    issued_on: as printed, "" where the kind has none; they stand in a section already and are repeated here
    for the writers' own needs. notes: beside the code, what a scan proves. watermark: across the page, for
    specimens. footer: authority code and certificate identifier. seal: over the place of the authority's name.
    """

    kind: int
    title: Words
    lang: Lang
    accent: str
    sections: tuple[Section, ...]
    serial: str = field(default="", repr=False)
    issuer: str = ""
    issued_on: str = field(default="", repr=False)
    notes: tuple[Words, ...] = ()
    banner: Words | None = None
    photo: PhotoFrame | None = None
    seal: SealPicture | None = None
    watermark: Words | None = None
    annotation: Annotation | None = None
    footer: str = field(default="", repr=False)
