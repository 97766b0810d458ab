"""Lines: none too wide, none lost, no punctuation where a Chinese line may not have it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.documents.ofd.typeface import Style, sans
from certs.documents.ofd.wrap import widest_unit, wrap


def one(_: str) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("words", "width", "lines"),
    [
        ("婚姻登记处", 3, ["婚姻登", "记处"]),
        ("婚姻登，记处", 3, ["婚姻", "登，记", "处"]),
        ("甲（乙丙）丁", 3, ["甲（乙", "丙）丁"]),
        ("甲乙丙《丁戊", 4, ["甲乙丙", "《丁戊"]),
        ("甲乙丙）丁", 3, ["甲乙", "丙）丁"]),
        ("阿依古丽·买买提", 4, ["阿依古", "丽·买买", "提"]),
        ("the verified certificate", 12, ["the verified", "certificate"]),
        ("the  verified", 5, ["the", "verif", "ied"]),
        ("于2025年登记", 5, ["于2025", "年登记"]),
        ("a", 1, ["a"]),
        ("", 5, [""]),
        ("。。。。。", 2, ["。。", "。。", "。"]),
        ("e\u0301e\u0301e\u0301", 3, ["e\u0301", "e\u0301", "e\u0301"]),
        ("   甲", 2, ["甲"]),
    ],
)
def test_lines(words: str, width: float, lines: list[str]) -> None:
    assert wrap(words, one, width) == lines


def test_closing_marks_that_cannot_stand_elsewhere_are_not_lost() -> None:
    assert "".join(wrap("甲" + "，" * 40 + "乙", one, 7)) == "甲" + "，" * 40 + "乙"


@given(st.text(alphabet="甲乙丙，。（）《》 ab-0\u0301·", max_size=60), st.integers(1, 12))
def test_nothing_but_spaces_is_lost_and_nothing_is_too_wide(words: str, width: int) -> None:
    lines = wrap(words, one, width)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert all(len(line) <= width or _only_marks(line, width) for line in lines)


def _only_marks(line: str, width: int) -> bool:
    """A base with its marks is never parted."""
    return all(character == "\u0301" for character in line[width:])


@given(st.text(alphabet="甲乙丙丁戊，。；》）", min_size=1, max_size=60), st.integers(8, 20))
def test_no_line_begins_with_closing_punctuation_if_that_can_be(words: str, width: int) -> None:
    """It can unless that many marks stand in a row that no line holds them and a character."""
    if widest_unit(words, one) <= width:
        assert all(line[0] in "甲乙丙丁戊" for line in wrap(words, one, width)[1:])


def test_a_long_latin_name_is_set_smaller_before_it_is_cut() -> None:
    style = Style(sans(), 10, "#000000")
    name = "Wolfeschlegelsteinhausenbergerdorff"
    fitted = style.fitted(name, style.width(name) * 0.8)
    assert fitted.size == pytest.approx(8)
    assert fitted.lines(name, style.width(name) * 0.8) == [name]
    assert style.fitted(name, 5).size == pytest.approx(6)
    assert "".join(style.fitted(name, 5).lines(name, 5)) == name
    assert style.fitted("示例" * 50, 20) == style
