"""Spreadsheets: what openpyxl writes is read; what hides, computes, rounds or inflates is named."""

from __future__ import annotations

import datetime
import io
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from api.errors import BatchUnreadable
from api.services.importing import xlsx_package, xlsx_strings
from api.services.importing.reading import XLSX, rows, survey
from api.services.importing.rows import BadRow, RawRow, Row
from api.services.importing.xlsx_cells import column_number
from certs.kinds import kind_by_name
from tests.support.spreadsheets import repacked, with_shared_strings, with_sheet, workbook

KIND = kind_by_name("marriage")
COLUMNS = KIND.info.columns
GOOD = {"record_no": "R-1", "name_man": "张示例", "cert_num_man": "990101199803070013", "remedy_flag": "0"}


def row(**cells: Any) -> list[Any]:
    return [(GOOD | cells).get(column) for column in COLUMNS]


def read(data: bytes) -> list[Row]:
    def source() -> io.BytesIO:
        return io.BytesIO(data)

    found = survey(source, XLSX, KIND, max_rows=1000)
    return list(rows(source, found, KIND))


def refused(data: bytes) -> tuple[str, int]:
    with pytest.raises(BatchUnreadable) as caught:
        read(data)
    return caught.value.code, caught.value.line


def codes(data: bytes) -> list[tuple[int, str, str]]:
    return [(bad.line, bad.field, bad.code) for row in read(data) if isinstance(row, tuple) for bad in row]


def test_text_cells_are_rows_with_the_numbers_beside_them() -> None:
    found = read(workbook([COLUMNS, row(), [], row(record_no="R-2", name_man="𠮷示例·样本")]))
    assert [item.line for item in found if isinstance(item, RawRow)] == [2, 4]
    assert (
        read(with_shared_strings(workbook([COLUMNS, row(), [], row(record_no="R-2", name_man="𠮷示例·样本")]))) == found
    )
    assert isinstance(found[1], RawRow)
    assert found[1].values == dict.fromkeys(COLUMNS, "") | GOOD | {"record_no": "R-2", "name_man": "𠮷示例·样本"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (
            "cert_num_man",
            990101199803070013,
            "xlsx-number",
        ),  # shown as 9.90101E+17, three digits lost
        ("cert_num_man", 1.1e17, "xlsx-number"),
        ("cert_num_woman", 35, "xlsx-number"),  # was 00000035
        ("record_no", 1, "xlsx-number"),
        ("op_date", datetime.date(2025, 5, 20), "xlsx-date"),
        ("op_date", 45797, "xlsx-number"),
        ("name_man", "=HYPERLINK(1)", "xlsx-formula"),
        ("remark", True, "xlsx-boolean"),
        ("remark", "#N/A", "xlsx-error-value"),
        ("remark", "a_x000D_b", "xlsx-escape"),
        ("nation_man", 1560, "xlsx-number"),
    ],
)
def test_a_cell_that_may_have_lost_something_is_named(field: str, value: Any, code: str) -> None:
    assert codes(workbook([COLUMNS, row(), row(**{field: value})])) == [(3, field, code)]


def test_flags_amounts_and_short_codes_may_be_numbers() -> None:
    (found,) = read(workbook([COLUMNS, row(remedy_flag=1, renew_flag=False, nation_man=156, cert_type_man=111)]))
    assert isinstance(found, RawRow)
    assert [found.values[c] for c in ("remedy_flag", "renew_flag", "nation_man", "cert_type_man")] == [
        "1", "0", "156", "111",
    ]  # fmt: skip


def test_every_bad_cell_of_a_row_is_named() -> None:
    assert codes(workbook([COLUMNS, row(record_no=7, op_date=45797)])) == [
        (2, "record_no", "xlsx-number"),
        (2, "op_date", "xlsx-number"),
    ]
    assert codes(workbook([COLUMNS, [*row(), "more"]])) == [(2, "", "column-count")]


def merge(sheet: Any) -> None:
    sheet.merge_cells("A3:A4")


def hide_column(sheet: Any) -> None:
    sheet.column_dimensions["C"].hidden = True


def another(sheet: Any) -> None:
    sheet.parent.create_sheet("more")


def hide_sheet(sheet: Any) -> None:
    sheet.parent.create_sheet("more").sheet_state = "veryHidden"


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (merge, "xlsx-merged-cells", 3),
        (hide_column, "xlsx-hidden-columns", 0),
        (another, "xlsx-sheets", 0),
        (hide_sheet, "xlsx-hidden-sheet", 0),
    ],
)
def test_what_nobody_sees_stops_the_file(change: Callable[[Any], None], code: str, line: int) -> None:
    assert refused(workbook([COLUMNS, row(), row(), row()], change)) == (code, line)


def test_a_hidden_row_is_named() -> None:
    def hide(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True

    assert codes(workbook([COLUMNS, row(), row()], hide)) == [(3, "", "xlsx-hidden-row")]


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ("xl/vbaProject.bin", "xlsx-macros"),
        ("xl/externalLinks/externalLink1.xml", "xlsx-external-links"),
        ("xl/embeddings/oleObject1.bin", "xlsx-embedded"),
        ("xl/connections.xml", "xlsx-external-links"),
    ],
)
def test_what_acts_or_links_stops_the_file(member: str, code: str) -> None:
    assert refused(repacked(workbook([COLUMNS, row()]), more={member: b"x"})) == (code, 0)


def test_documents_of_other_kinds_are_no_spreadsheets() -> None:
    good = workbook([COLUMNS, row()])
    assert refused(b"record_no,op_type") == ("xlsx-zip", 0)
    assert refused(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)) == ("xlsx-old-or-encrypted", 0)
    assert refused(repacked(good, lambda n, c: None if n == "xl/workbook.xml" else c)) == ("xlsx-part", 0)
    assert refused(repacked(good, lambda n, c: c.replace(b"main+xml", b"main.macroEnabled+xml"))) == ("xlsx-macros", 0)
    assert refused(workbook([])) == ("no-header", 0)
    for cut in range(30, len(good), 401):
        with pytest.raises(BatchUnreadable):
            read(good[:cut])


def test_xml_with_entities_or_rows_out_of_order_is_refused() -> None:
    good = workbook([COLUMNS, row(), row()])
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    assert refused(with_shared_strings(good, bomb)) == ("xlsx-xml", 0)
    assert refused(with_sheet(good, b'<row r="3"', b'<row r="2"')) == ("xlsx-xml", 0)


def test_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    good = workbook([COLUMNS, row()])
    zeros = with_sheet(good, b"</sheetData>", b"</sheetData>" + b" " * (8 << 20))
    assert refused(zeros) == ("xlsx-bomb", 0)
    assert refused(repacked(good, more={f"xl/{n}.xml": b"" for n in range(300)})) == ("xlsx-bomb", 0)
    monkeypatch.setattr(xlsx_package, "MAX_TOTAL", 1000)
    assert refused(good) == ("xlsx-bomb", 0)


def test_a_number_format_of_endless_brackets_is_not_searched() -> None:
    """A pattern that looks for the end of each takes the square of their number, with the interpreter's lock held."""

    def format_code(sheet: Any) -> None:
        sheet["A1"].number_format = "[" * 256

    assert refused(workbook([COLUMNS, row()], format_code)) == ("xlsx-bomb", 0)


def test_a_reference_of_endless_letters_is_not_counted() -> None:
    assert [column_number(text) for text in ("A1", "AB7", "XFD1048576")] == [0, 27, 16_383]

    class Letters(str):
        __slots__ = ()

        def __iter__(self) -> Iterator[str]:
            raise AssertionError("a number as long as the text")

        def rstrip(self, chars: str | None = None, /) -> Letters:
            return self

    for wrong in ("", "7", "XFE1", "a1", Letters("A" * 100_000)):
        with pytest.raises(ValueError, match="no cell reference"):
            column_number(wrong)


def test_a_tag_without_end_is_not_gathered() -> None:
    """Stored, so that the ratio says nothing: expat would hold it whole, and begin anew with every block."""
    good = workbook([COLUMNS, row()])
    for opened in (b'<row r="', b"<!--"):
        noise = os.urandom(1 << 20).hex().encode()
        assert refused(with_sheet(good, b"</sheetData>", opened + noise)) == ("xlsx-bomb", 0)


def test_a_second_directory_is_not_read() -> None:
    """Readers that know ZIP64 believe it, and hold as many members as it lists."""
    good = workbook([COLUMNS, row()])
    at = good.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<10xHII2x", good[at:])
    end = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    assert refused(good[:at] + end + locator + good[at:]) == ("xlsx-zip", 0)


def test_places_that_are_nowhere_are_refused() -> None:
    good = bytearray(workbook([COLUMNS, row(), row()]))
    struct.pack_into("<I", good, good.rindex(b"PK\x05\x06") + 16, 0xFFFFFFF0)
    assert refused(bytes(good)) == ("xlsx-zip", 0)
    assert refused(with_sheet(workbook([COLUMNS, row()]), b'<row r="2"', b'<row r="9223372036854775808"')) == (
        "xlsx-xml",
        0,
    )


def test_many_strings_go_to_a_sealed_file_and_come_back() -> None:
    texts = [f"{n} 张示例" * (n % 7) for n in range(20_000)]
    xml = "<sst>" + "".join(f"<si><t>{text}</t><rPh><t>hint</t></rPh></si>" for text in texts) + "</sst>"
    with closing(xlsx_strings.read_strings(iter([xml.encode()]), max_memory=100_000)) as strings:
        assert strings.on_disk
        file = strings._file
        assert file is not None
        file.seek(0)
        assert "张示例".encode() not in file.read()
        assert [strings.get(n) for n in (0, 19_999, 5, 6, 4)] == [texts[n] for n in (0, 19_999, 5, 6, 4)]
        assert [strings.get(n) for n in range(len(strings))] == texts
        with pytest.raises(BatchUnreadable):
            strings.get(20_000)


def test_a_bad_cell_says_its_line_only() -> None:
    assert read(workbook([COLUMNS, row(record_no=7)])) == [(BadRow(2, "record_no", "xlsx-number"),)]
