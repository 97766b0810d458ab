"""A page as the template's data: strings, numbers and pictures, nothing that the typesetter could take for markup.

data = sheet_data(page, code, holder_file=mzc)
source = typst_source(data)      # '#import "page.typ": sheet\n#sheet(json(bytes("{\"accent\":…}")))'
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from certs.documents import placement as places
from certs.documents import sayings
from certs.documents.annotation import Annotation
from certs.documents.codes import QUIET_ZONE, PrintedCode
from certs.documents.fonts import require_glyphs
from certs.documents.placement import Placement, placement
from certs.documents.view import PAGE_MM, Lang, Page, PhotoFrame, Row, Section, Size, Words

_LATIN: Final = re.compile("[!-\u024f]{12,}")
_EMS: Final[Mapping[Size, float]] = {"small": 20.0, "normal": 17.5, "large": 14.5, "huge": 15.5}
"""Width of the narrowest line in which a value of the size stands, in ems."""
_WIDE_LETTERS: Final = frozenset("MWmw@%\u00c6\u0152")
_TITLE_MM: Final = 158.0
_DECIMAL: Final = [str(value) for value in range(256)]
_SEAL: Final = Words("电子印章图样", "Picture of the e-seal")
_KEYWORDS: Final = ("电子证照", "e-certificate")


def sheet_data(page: Page, code: PrintedCode, *, holder_file: bytes, sheets: int = 1) -> dict[str, object]:
    """sheets: how many there will be; the line of identifiers is on each. Raises MissingGlyph, CodeMisplaced."""
    for name, text in _strings(page):
        require_glyphs(name, text)
    lang, marks = page.lang, page.annotation
    place = placement(
        module_mm=code.module_mm,
        quiet=QUIET_ZONE,
        seal_mm=page.seal.width_mm if page.seal else None,
        band_mm=_band_height(marks, lang) if marks else 0.0,
    )
    return {
        "lang": "en" if lang == "en" else "zh",
        "region": "gb" if lang == "en" else "cn",
        "name": page.title.text(lang),
        "keywords": [*_KEYWORDS, *(_keywords(marks) if marks else ())],
        "description": _description(page),
        "title": _said(page.title, lang),
        "title-size": _title_size(page.title, lang),
        "subtitle": _said(sayings.SUBTITLE, lang),
        "accent": page.accent,
        "banner": _said(page.banner, lang) if page.banner else None,
        "watermark": sayings.across(page.watermark) if page.watermark else None,
        "specimen": _said(sayings.specimen(page.watermark), lang) if page.watermark else None,
        "band": _band(marks, lang) if marks else None,
        "sections": list(_sections(page.sections, lang)),
        "photo": _photo(page.photo, lang) if page.photo else None,
        "notes": [_said(note, lang) for note in page.notes],
        "seal": _seal(page),
        "footer": page.footer,
        "sheets": sheets,
        "file": _numbers(holder_file),
        "code": _numbers(code.png),
        "code_alt": sayings.CODE.text(lang),
        "code_label": _said(sayings.CODE, lang),
        **_measures(place),
    }


def typst_source(data: Mapping[str, object]) -> bytes:
    """The main file: all data are in string literals, in which only backslash and quote mean anything.

    File and code stand apart: to find a call in its cache the typesetter looks at all of its arguments.
    Not `sys.inputs`: the typesetter's cache drops everything when an input changes, layout of constant parts included.
    """
    page = {name: value for name, value in data.items() if name not in ("file", "code")}
    source = f"""#import "page.typ": attached, sheet
#attached(json(bytes("{data["file"]}")))
#sheet({_json(page)}, json(bytes("{data["code"]}")))
"""
    return source.encode()


def _numbers(data: bytes) -> str:
    """As JSON, [137,80,78,…]: what the template's language can make bytes of."""
    return f"[{','.join(map(_DECIMAL.__getitem__, data))}]"


def _json(data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    literal = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'json(bytes("{literal}"))'


def _said(words: Words, lang: Lang) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en} if lang == "zh-en" else {lang: words.text(lang)}


def _sections(sections: tuple[Section, ...], lang: Lang) -> Iterator[dict[str, object]]:
    """People who follow each other become one section of two columns."""
    for form, group in groupby(sections, key=lambda section: section.form):
        set_ones = [_section(section, lang) for section in group]
        if form == "person":
            yield {"form": form, "people": set_ones}
        else:
            yield from ({"form": form, **one} for one in set_ones)


def _section(section: Section, lang: Lang) -> dict[str, object]:
    return {
        "title": _said(section.title, lang) if section.title else None,
        "rows": list(_rows(section, lang)),
    }


def _rows(section: Section, lang: Lang) -> Iterator[dict[str, object] | None]:
    """In a grid an empty place, None, before a wide row that would else begin in the second column."""
    place = 0
    for row in section.rows:
        if section.form == "grid" and row.wide and place % 2:
            yield None
            place += 1
        yield _row(row, lang)
        place += 2 if row.wide else 1


def _row(row: Row, lang: Lang) -> dict[str, object]:
    return {
        "label": _said(row.label, lang),
        "value": row.value,
        "size": row.size,
        "wide": row.wide,
        "tight": any(_ems(word) > _EMS[row.size] for word in _LATIN.findall(row.value)),
    }


def _ems(word: str) -> float:
    """An upper bound of a Latin word's width; digits and most letters are 0.56 em, capitals up to 0.8."""
    return sum(1.0 if c in _WIDE_LETTERS else 0.58 if c.isdigit() or c.islower() else 0.8 for c in word)


def _title_size(title: Words, lang: Lang) -> float:
    """Points: a title stays on one line."""
    ems = 0.6 * len(title.en) if lang == "en" else 1.3 * len(title.zh)
    return round(min(25.0 if lang == "en" else 30.0, _TITLE_MM / 25.4 * 72 / ems), 1)


def _photo(frame: PhotoFrame, lang: Lang) -> dict[str, object]:
    found: dict[str, object] = {"width": frame.width_mm, "height": frame.height_mm, "label": _said(frame.label, lang)}
    if frame.picture is not None:
        picture = frame.picture
        body = base64.b64encode(picture.jpeg).decode("ascii")
        found["alt"] = frame.label.text(lang)
        found["svg"] = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {picture.width} {picture.height}"><image '
            f'width="{picture.width}" height="{picture.height}" href="data:image/jpeg;base64,{body}"/></svg>'
        )
    return found


def _seal(page: Page) -> dict[str, object] | None:
    if page.seal is None:
        return None
    return {
        "width": page.seal.width_mm,
        "svg": page.seal.svg,
        "alt": f"{_SEAL.text(page.lang)} {page.issuer}",
        "day": page.issued_on,
    }


def _band(marks: Annotation, lang: Lang) -> dict[str, object]:
    lines = [{"label": label, "value": value} for label, value in sayings.marks(marks, lang)]
    return {"title": sayings.COPY.text(lang), "lines": lines, "top": places.BAND_TOP}


def _band_height(marks: Annotation, lang: Lang) -> float:
    """Millimetres, an upper bound: its words in lines of 145 mm."""
    words = [sayings.COPY.text(lang), *(word for mark in sayings.marks(marks, lang) for word in mark)]
    half_ems = sum(2 if ord(character) > 0x2E7F else 1.25 for word in words for character in word)
    return 3.2 + 3.8 * math.ceil((half_ems + 2 * len(words)) * 1.34 / 145)


def _keywords(marks: Annotation) -> list[str]:
    return [f"{key}={value}" for key, value in marks.standard().items()]


def _description(page: Page) -> str:
    return sayings.SUBTITLE.text(page.lang) + (f" · {sayings.COPY.text(page.lang)}" if page.annotation else "")


def _measures(place: Placement) -> dict[str, object]:
    """Boxes as the template needs them: from the panel's corner."""
    panel_x = place.text.x
    return {
        "margins": {"top": place.text.y, "bottom": PAGE_MM[1] - places.TEXT_END},
        "panel": {
            "height": places.PANEL_HEIGHT,
            "drop": places.PANEL_TOP + places.PANEL_HEIGHT - places.TEXT_END,
            "code": place.code.width,
            "code_x": place.code.x - panel_x,
            "code_y": place.code.y - places.PANEL_TOP,
            "text_x": place.words.x - panel_x,
            "text_width": place.words.width,
            "foot_y": place.foot.y - places.PANEL_TOP,
            "foot": place.foot.height,
            "foot_up": PAGE_MM[1] - place.foot.y - place.foot.height,
        },
    }


def _strings(page: Page) -> Iterator[tuple[str, str]]:
    """Everything that came from outside, with the claim's name for the error."""
    for section in page.sections:
        yield from ((row.name, row.value) for row in section.rows)
    yield from (("issuer", page.issuer), ("issued_on", page.issued_on), ("footer", page.footer))
    if page.annotation is not None:
        marks = page.annotation
        yield from (("purpose", marks.purpose), ("recipient", marks.recipient), ("made_by", marks.made_by))
