"""What the embedded fonts cover, and that every word of the templates is covered."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import typst

from certs.documents.errors import MissingGlyph
from certs.documents.fonts import SANS, SERIF, character_map, font_directories, require_glyphs, sans_coverage

TEMPLATES = Path(str(files("certs.documents") / "templates"))


@pytest.mark.parametrize("character", ["𠮷", "𬭎", "𫘧", "㛃", "㐂", "䶮", "·", "É", "'", "匿", "¥"])
def test_characters_of_the_examples_have_glyphs(character: str) -> None:
    require_glyphs("holder_name", character)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("示\U00031350例", 1),  # Extension H: in no font of ours
        ("示例\ue000", 2),  # private use: means something in the sender's font only
        ("\u202e示例", 0),  # would print the rest backwards
        ("示\u200b例", 1),
        ("示\n例", 1),
        ("😀", 0),
    ],
)
def test_a_character_that_would_not_print_as_itself_is_named_by_place_only(text: str, position: int) -> None:
    with pytest.raises(
        MissingGlyph, match=f"holder_name: no embedded font has a glyph for character {position + 1}"
    ) as e:
        require_glyphs("holder_name", text)
    assert (e.value.field, e.value.position) == ("holder_name", position)
    assert text not in str(e.value)


def test_the_wheels_hold_the_fonts_that_the_templates_name() -> None:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[*font_directories()])
    assert {SANS, SERIF} <= set(fonts.families())


def test_every_character_of_the_templates_has_a_glyph() -> None:
    serif = character_map((font_directories()[1] / "NotoSerifSC-Regular.otf").read_bytes())
    for template in TEMPLATES.glob("*.typ"):
        used = {ord(character) for character in template.read_text(encoding="utf-8") if character > "\x7f"}
        assert used <= sans_coverage(), template.name
        assert used <= serif, template.name


def test_a_font_without_a_full_character_map_is_refused() -> None:
    with pytest.raises(ValueError, match="font without a character map"):
        character_map(b"\x00\x01\x00\x00" + bytes(8))
