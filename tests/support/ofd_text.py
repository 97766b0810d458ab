"""What stands where on the pages of an OFD, read from the file alone (tests/support/ofd_picture.py)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fontTools.ttLib import TTFont

from certs.documents import ofd
from certs.documents.view import Page
from tests.support import pages
from tests.support.ofd_picture import NS, OfdFile, distances, floats
from verifier import package

HOLDER_FILE = bytes(range(256)) * 9
CUSTOM = {"ZZMC": "结婚证", "ZZBH": "J990101-2025-000001"}
WHEN = 1_790_000_000


@dataclass(frozen=True)
class Run:
    """A stretch of text: left end, baseline and right end in millimetres, as the embedded font measures it."""

    page: int
    words: str
    x: float
    baseline: float
    end: float
    size: float
    font: str


def files_of(page: Page, **options: object) -> dict[str, bytes]:
    values = {"code": pages.code(), "holder_file": HOLDER_FILE, "custom": CUSTOM, "issued_at": WHEN, **options}
    return ofd.render(page, **values)  # type: ignore[arg-type]


def ofd_of(page: Page, **options: object) -> bytes:
    return package.write(files_of(page, **options))


def fonts_of(data: bytes) -> Mapping[str, TTFont]:
    return {number: TTFont(io.BytesIO(font)) for number, font in OfdFile(data).fonts.items()}


def runs(data: bytes) -> Iterator[Run]:
    """Upright text of all pages. Asserts that the distances are the embedded font's advances, evenly tracked."""
    file, fonts = OfdFile(data), fonts_of(data)
    for page in range(len(file.pages)):
        for each in file.objects(page):
            if each.tag != f"{NS}TextObject" or each.get("CTM"):
                continue
            left, top = floats(each.get("Boundary", ""))[:2]
            number, size = each.get("Font", ""), float(each.get("Size", ""))
            for code in each.iterfind(f"{NS}TextCode"):
                words = code.text or ""
                widths = _advances(fonts[number], words, size)
                steps = distances(code.get("DeltaX", ""))
                tracked = [step - width for step, width in zip(steps, widths[:-1], strict=True)]
                assert max(tracked, default=0) - min(tracked, default=0) < 0.0002, "distances are not the font's"
                x = left + float(code.get("X", ""))
                end = x + sum(steps) + widths[-1]
                yield Run(page, words, x, top + float(code.get("Y", "")), end, size, number)


def _advances(font: TTFont, words: str, size: float) -> list[float]:
    """Millimetres."""
    names, metrics = font.getBestCmap(), font["hmtx"]
    return [metrics[names[ord(character)]][0] * size / 1000 for character in words]
