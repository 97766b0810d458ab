"""Names that look like markup, rare and missing characters, values of extreme length."""

from __future__ import annotations

from dataclasses import replace

import ofdkit
import pytest

from certs.documents.annotation import Annotation
from certs.documents.codes import read_code
from certs.documents.errors import MissingGlyph, RenderingFailed
from certs.documents.view import Page, Row, Section, Words
from tests.support import pages
from tests.support.ofd_picture import NS, OfdFile, page_picture
from tests.support.ofd_text import ofd_of, runs

HOSTILE = [
    "</ofd:TextCode><ofd:TextCode>x",
    "<!--", "]]>", "&amp;&#20;&x;", "<![CDATA[x]]>", "<?xml?>", "\"' onload='",
    "#panic()", "${x}", "%s {0}",
]  # fmt: skip


def with_value(value: str, **row: object) -> Page:
    """A page whose one section has this value between two others."""
    label = Words("值", "Value")
    rows = (Row(label, "前", "first"), Row(label, value, "tried", **row), Row(label, "后", "last"))  # type: ignore[arg-type]
    return replace(pages.page_of("marriage"), sections=(Section(rows),), footer="", photo=None)


def read_back(page: Page) -> list[str]:
    with ofdkit.open(ofd_of(page)) as document:
        return [run.text for each in document.pages for run in each.runs]


@pytest.mark.parametrize("value", HOSTILE)
def test_markup_in_a_value_is_printed_as_it_stands(value: str) -> None:
    page = with_value(value, wide=True)
    assert value in read_back(page)
    file = OfdFile(ofd_of(page))
    assert {each.tag.removeprefix(NS) for each in file.objects(0)} == {"TextObject", "PathObject", "ImageObject"}


def test_markup_in_the_marks_of_a_copy_and_in_the_foot_is_words() -> None:
    marks = Annotation("</ofd:Layer>", '"><x', "&lt;", 1_790_000_000, 1_791_000_000)
    page = replace(pages.page_of("donation", annotation=marks), footer="</ofd:Page>")
    said = "".join(read_back(page))
    assert all(each in said for each in ("</ofd:Layer>", '"><x', "&lt;", "</ofd:Page>"))


@pytest.mark.parametrize(
    "name", ["𠮷示例", "示例古丽·样㛃𬭎", "𬭎𬭎𬭎", "Ünïcödé Çelik-O’Neil", "e\u0301", "　全角　空格"]
)
def test_rare_characters_are_printed_code_point_for_code_point(name: str) -> None:
    data = ofd_of(with_value(name, size="large"))
    on_one_line = {run.baseline for run in runs(data) if run.words and run.words in name and run.words != " "}
    found = [run for run in runs(data) if run.baseline in on_one_line and run.size > 4]
    assert "".join(run.words for run in sorted(found, key=lambda run: run.x)) == name.strip(" ")


@pytest.mark.parametrize("bad", ["\U0001f600", "\ue000", "\u202e", "\u200b", "\x00", "\ud800", "\U0010ffff", "\n"])
def test_what_no_font_has_stops_the_page_at_its_place(bad: str) -> None:
    with pytest.raises(MissingGlyph) as caught:
        ofd_of(with_value(f"甲乙{bad}"))
    assert (caught.value.field, caught.value.position) == ("tried", 2)
    assert bad not in str(caught.value)


def test_a_label_without_a_glyph_stops_the_page_too() -> None:
    page = with_value("甲")
    section = Section((Row(Words("表情\U0001f600", "x"), "甲", "n"),))
    with pytest.raises(MissingGlyph):
        ofd_of(replace(page, sections=(section,)))


@pytest.mark.parametrize("form", ["lead", "grid", "person", "amount"])
def test_values_of_extreme_length_flow_over_pages_and_keep_every_character(form: str) -> None:
    value = "".join(chr(0x3400 + n) for n in range(150)) * 20
    page = with_value(value)
    page = replace(page, sections=(replace(page.sections[0], form=form),), photo=pages.page_of("marriage").photo)
    data = ofd_of(page)
    assert "".join(run.words for run in runs(data) if {*run.words} <= {*value}) == value
    last = len(OfdFile(data).pages) - 1
    assert last >= 1
    assert all(run.baseline < 286 for run in runs(data))
    assert read_code(page_picture(data, last, dots_per_inch=100)) == pages.CODE_TEXT


def test_later_pages_say_which_document_they_belong_to() -> None:
    page = pages.page_of("marriage", changes={"remark": "示例，" * 1200})
    data = ofd_of(page)
    count = len(OfdFile(data).pages)
    assert count > 1
    for number in range(count):
        said = "".join(run.words for run in runs(data) if run.page == number)
        assert page.serial in said
        assert f"第 {number + 1} 页，共 {count} 页" in said


def test_more_than_twenty_pages_are_refused() -> None:
    with pytest.raises(RenderingFailed):
        ofd_of(with_value("示例" * 20_000))


def test_a_photograph_needs_no_leading_section() -> None:
    page = replace(with_value("甲"), photo=pages.page_of("marriage").photo)
    assert "双方合影照片" in read_back(page)
    assert "甲" in read_back(page)


def test_a_long_foot_and_a_long_serial_stay_inside() -> None:
    page = pages.page_of("marriage", changes={"remark": "示例，" * 1200})
    page = replace(page, footer="签发机构代码 " + "W" * 400, serial="W" * 90)
    for run in runs(ofd_of(page)):
        assert 24 <= run.x <= run.end <= 186.1
        assert run.baseline < 285.5


def test_a_long_word_is_set_smaller_and_stays_inside() -> None:
    name = "Wolfeschlegelsteinhausenbergerdorff" * 2
    data = ofd_of(with_value(name, size="huge"))
    found = [run for run in runs(data) if run.words in name and run.size > 2]
    assert "".join(run.words for run in found) == name
    assert all(run.end <= 186.01 for run in found)
