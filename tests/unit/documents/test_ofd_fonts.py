"""The embedded subsets: readable by an outsider, true to their source, no larger than the document needs."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from certs.documents.ofd.glyphs import RARE, SANS, SERIF, Outlines, Source, outlines
from certs.documents.ofd.opentype import subset
from certs.documents.ofd.typeface import sans, serif
from tests.support import pages
from tests.support.ofd_text import fonts_of, ofd_of

WORDS = "结婚证示例甲乙 Holder 0123·，。（）"


def font_of(source: Source, words: str) -> TTFont:
    face = outlines(source)
    return TTFont(io.BytesIO(subset(source.name, source.family, {c: face.glyph(c) for c in words})))


Shape = list[tuple[str, tuple[tuple[int, int], ...]]]


def drawn(glyphs: Any, name: str) -> Shape:
    pen = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(pen)
    return [
        (step, tuple((round(x), round(y)) for x, y in points))
        for step, points in pen.value
        if step not in ("closePath", "endPath")
    ]


@pytest.mark.parametrize("source", [SANS, SERIF, RARE], ids=lambda source: source.name)
def test_outlines_and_advances_are_the_sources(source: Source) -> None:
    words = WORDS if source is not RARE else WORDS + "𠮷𬭎"
    font = font_of(source, words)
    ours, mine = font.getBestCmap(), font.getGlyphSet()
    assert set(ours) == set(map(ord, words))
    with TTFont(str(files(source.package) / source.file), fontNumber=source.face, lazy=True) as origin:
        names = origin.getBestCmap()
        wanted = origin.getGlyphSet(location={"wght": source.weight} if source.weight else None)
        for character in "证例Ho0，" + words[-1]:
            name = names[ord(character)]
            assert font["hmtx"][ours[ord(character)]][0] == round(wanted[name].width)
            assert _same_shape(drawn(mine, ours[ord(character)]), drawn(wanted, name)), character


def _same_shape(one: Shape, other: Shape) -> bool:
    """Equal up to lines of no length, and to a thousandth of the type size where a variable font was rounded."""
    points = [[point for _, step in shape for point in step] for shape in (one, other)]
    if len(points[0]) != len(points[1]):
        return {*points[0]} == {*points[1]}
    return all(abs(x - u) <= 1 and abs(y - v) <= 1 for (x, y), (u, v) in zip(*points, strict=True))


def test_every_table_is_readable_and_the_checksums_are_right() -> None:
    data = subset("Name", "Family", {c: outlines(SANS).glyph(c) for c in WORDS})
    font = TTFont(io.BytesIO(data), checkChecksums=2)
    font.ensureDecompiled()
    assert font["head"].unitsPerEm == 1000
    count = len(set(WORDS)) + 1
    assert font["maxp"].numGlyphs == count
    assert font["CFF "].cff[0].charset == [".notdef", *(f"cid{number:05d}" for number in range(1, count))]
    assert sum(int.from_bytes(data[at : at + 4]) for at in range(0, len(data), 4)) & 0xFFFFFFFF == 0xB1B0AFBA
    tag, name = str(font["name"].getDebugName(6)).split("+")
    assert (len(tag), tag.isupper(), name) == (6, True, "Name")
    assert "Open Font License" in str(font["name"].getDebugName(13))


def test_a_subset_is_the_same_whatever_the_order_of_its_characters() -> None:
    face = outlines(SANS)
    one = subset("N", "F", {c: face.glyph(c) for c in WORDS})
    assert one == subset("N", "F", {c: face.glyph(c) for c in reversed(WORDS)})
    assert one != subset("N", "F", {c: face.glyph(c) for c in WORDS + "乙丙"})


@pytest.mark.parametrize("words", ["", "A", "\uffee", "𠮷", "A𠮷", "\U00020000\U00020001"])
def test_small_and_wide_subsets_keep_their_character_map(words: str) -> None:
    known = {c: outlines(SANS).glyph("A") for c in words}
    font = TTFont(io.BytesIO(subset("N", "F", known)))
    assert set(font.getBestCmap() or {}) == set(map(ord, words))
    assert font["maxp"].numGlyphs == len(words) + 1


def test_rare_characters_come_from_the_large_font_and_stand_alone() -> None:
    assert [(source.name, run) for source, run in sans().runs("甲𠮷𠮷乙")] == [
        (SANS.name, "甲"),
        (RARE.name, "𠮷"),
        (RARE.name, "𠮷"),
        (SANS.name, "乙"),
    ]
    assert [source.name for source, _ in serif().runs("a𠮷")] == [SERIF.name, RARE.name]
    with pytest.raises(KeyError):
        sans().source_of("\U0001f600")


def test_threads_draw_what_one_would() -> None:
    words = "".join(chr(0x4E00 + n) for n in range(120))
    shared, alone = Outlines(SANS), Outlines(SANS)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shared.glyph, words * 4))
    assert found == [alone.glyph(character) for character in words] * 4


def test_a_document_embeds_what_it_prints_and_little_more() -> None:
    data = ofd_of(pages.page_of("marriage", lang="zh", specimen=False))
    values = fonts_of(data)["1"].getBestCmap()
    assert {*map(ord, "样例甲")} <= set(values)
    assert len(values) < 120
    assert len(data) < 100_000
