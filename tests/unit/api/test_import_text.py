"""CSV and NDJSON of any origin: which encoding, which columns, which rows; and bytes of nobody's making."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import BatchUnreadable
from api.services.importing import headings
from api.services.importing.headings import names_of
from api.services.importing.reading import CSV, NDJSON, rows, survey
from api.services.importing.rows import MAX_LINE, BadRow, RawRow, Row
from certs.kinds import kind_by_name
from certs.kinds.base import Kind

MARRIAGE = kind_by_name("marriage")
DONATION = kind_by_name("donation")
HEAD = ",".join(MARRIAGE.info.columns)
WIRE = HEAD.upper().replace("RECORD_NO", "ID").replace("REG_OFFICE_USCC", "DEPT_CODE").replace("REGISTRAR", "OPERATOR")
WIRE = WIRE.replace("OLD_ZIHAO", "OLD_CERT_NO").replace("ZIHAO", "CERT_NO")


def line(**cells: str) -> str:
    return ",".join(cells.get(column, "") for column in MARRIAGE.info.columns)


def read(data: bytes, form: str = CSV, kind: Kind[Any] = MARRIAGE, encoding: str = "auto") -> list[Row]:
    def source() -> io.BytesIO:
        return io.BytesIO(data)

    found = survey(source, form, kind, encoding=encoding, max_rows=1000)
    return list(rows(source, found, kind))


def refused(data: bytes, form: str = CSV, encoding: str = "auto") -> tuple[str, int]:
    with pytest.raises(BatchUnreadable) as caught:
        read(data, form, encoding=encoding)
    return caught.value.code, caught.value.line


def names(found: Sequence[Row]) -> list[str]:
    return [row.values["name_man"] for row in found if isinstance(row, RawRow)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_names_come_out_of_both_encodings_as_they_went_in(encoding: str, mark: str) -> None:
    people = ["张示例", "𠮷示例", "䶮样本", "样本买买提·示例江", "欧阳示例文"]
    text = mark + "\r\n".join([HEAD, *(line(name_man=name) for name in people)])
    assert names(read(text.encode(encoding))) == people


def test_a_row_pasted_from_another_file_is_named() -> None:
    gb = [line(name_man="张示例", registrar="样例登记员甲").encode("gb18030")] * 3
    utf8 = line(name_man="李样例", registrar="样例登记员甲").encode()
    assert refused(b"\n".join([HEAD.encode(), *gb, utf8, *gb])) == ("encoding-mixed", 5)
    assert refused(b"\n".join([HEAD.encode(), *[utf8] * 3, gb[0]])) == ("encoding-mixed", 5)
    even = line(name_man="张示例样").encode()  # valid GB18030 too, as it happens; three bytes a character betray it
    assert even.decode("gb18030")
    assert refused(b"\n".join([HEAD.encode(), *gb, even])) == ("encoding-mixed", 5)
    assert names(read(b"\n".join([HEAD.encode(), gb[0], even]), encoding="gb18030"))[0] == "张示例"


def test_what_fits_both_encodings_is_not_guessed() -> None:
    few = f"{HEAD}\n{line(name_man='张三')}".encode()
    assert few.decode("gb18030") != few.decode()
    assert refused(few) == ("encoding-ambiguous", 2)
    assert names(read(few, encoding="utf-8")) == ["张三"]
    assert names(read(b"\xef\xbb\xbf" + few)) == ["张三"]
    many = f"{HEAD}\n{line(name_man='张示例样', remark='甲乙丙丁戊己庚辛壬癸子丑寅卯')}".encode()
    assert many.decode("gb18030")
    assert names(read(many)) == ["张示例样"]


def test_a_chinese_header_decides() -> None:
    headings = {column: name for name, column in names_of(MARRIAGE).items() if not name.isascii()}
    head = ",".join(headings.get(column, column) for column in MARRIAGE.info.columns)
    for encoding in ("utf-8", "gb18030"):
        assert names(read(f"{head}\n{line(name_man='张三')}".encode(encoding))) == ["张三"]


def test_the_interface_s_own_names_are_columns_and_what_is_not_taken_is_said() -> None:
    cells = {"name_man": "张示例", "record_no": "R-1"}
    data = f"{WIRE},JOB_MAN,FOLK_WOMAN\n{line(**cells)},教师,01\n".encode()
    (row,) = read(data)
    assert isinstance(row, RawRow)
    assert row.values == dict.fromkeys(MARRIAGE.info.columns, "") | cells
    found = survey(lambda: io.BytesIO(data), CSV, MARRIAGE, max_rows=10)
    assert found.left_out == ("JOB_MAN", "FOLK_WOMAN")
    assert refused(data.replace(b"JOB_MAN", b"JOB_MANN")) == ("column-unknown", 1)


def test_old_books_have_no_day_of_effect() -> None:
    columns = [column for column in MARRIAGE.info.columns if column != "effective_from"]
    data = f"{','.join(columns)}\n{','.join('x' for _ in columns)}\n".encode()
    found = survey(lambda: io.BytesIO(data), CSV, MARRIAGE, max_rows=10, archive=True)
    (row,) = rows(lambda: io.BytesIO(data), found, MARRIAGE)
    assert isinstance(row, RawRow)
    assert (row.values["effective_from"], row.values["op_date"]) == ("", "x")
    assert refused(data) == ("column-missing", 1)


@pytest.mark.parametrize(
    ("data", "code", "line_number"),
    [
        (b"", "no-header", 0),
        (b"record_no\n", "column-missing", 1),
        (HEAD.encode() + b",remark\n", "column-repeated", 1),
        (HEAD.encode() + ",张示例\n".encode(), "column-unknown", 1),
        (HEAD.encode() + b"\n1,\x00\n", "nul-character", 2),
        (HEAD.encode() + b"\n" + b"x" * (MAX_LINE + 1), "line-too-long", 2),
        (HEAD.encode() + b"\n\xff\xff\n", "encoding-invalid", 2),
        (HEAD.encode("utf-16"), "encoding-unsupported", 0),
        ((HEAD + "\n") .encode() * 1002, "too-many-rows", 0),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_its_line(data: bytes, code: str, line_number: int) -> None:
    assert refused(data) == (code, line_number)


def test_a_declared_encoding_is_held_to() -> None:
    data = f"{HEAD}\n{line(name_man='张示例')}".encode("gb18030")
    assert refused(data, encoding="utf-8") == ("encoding-invalid", 2)
    assert refused(b"\xef\xbb\xbf" + HEAD.encode(), encoding="gb18030") == ("encoding-invalid", 1)


def test_an_unknown_column_s_name_is_not_repeated() -> None:
    with pytest.raises(BatchUnreadable) as caught:
        read(f"{HEAD},张示例\n".encode())
    assert "张示例" not in str(caught.value)


@pytest.mark.parametrize(
    ("bad", "code"),
    [(b"1", "column-count"), (b'1,"2"x', "csv-syntax"), (b'1,"2', "csv-syntax"), (b'"' + b"\n" * 40, "csv-syntax")],
)
def test_a_broken_row_costs_itself_and_no_other(bad: bytes, code: str) -> None:
    good = line(name_man="张示例").encode()
    found = read(b"\n".join([HEAD.encode(), good, bad, *[good] * 40]))
    assert found[1] == (BadRow(3, "", code),)
    assert len(names(found)) == 41


def test_rows_know_their_line_and_cells_are_kept_exactly() -> None:
    first = line(name_man='"two\nlines"', remark=" =1+1 ")
    found = read(f"{HEAD}\n\n{first}\n{line(name_man='x')}".encode())
    assert [row.line for row in found if isinstance(row, RawRow)] == [3, 5]
    assert isinstance(found[0], RawRow)
    assert (found[0].values["name_man"], found[0].values["remark"]) == ("two\nlines", " =1+1 ")


def test_ndjson_by_any_name_of_a_column_once() -> None:
    lines = [
        {"NAME_MAN": "张示例", "remedy_flag": True, "renew_flag": 0},
        {"name_man": "张示例", "NAME_MAN": "李样例"},
        {"name_man": 1.5},
        {"nobody": "x"},
    ]
    found = read("\n".join(json.dumps(item, ensure_ascii=False) for item in lines).encode(), NDJSON)
    assert isinstance(found[0], RawRow)
    assert (found[0].values["name_man"], found[0].values["remedy_flag"]) == ("张示例", "1")
    assert found[1:] == [
        (BadRow(2, "name_man", "column-repeated"),),
        (BadRow(3, "name_man", "type"),),
        (BadRow(4, "", "column-unknown"),),
    ]


def test_a_heading_of_endless_marks_is_not_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Normalising takes the square of their number, with the interpreter's lock held: 40,000 took seven seconds."""
    lengths: list[int] = []
    normalize = unicodedata.normalize

    def counting(form: Any, text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(headings.unicodedata, "normalize", counting)
    marks = "\u0301\u0323" * 500
    assert refused(f"{HEAD},{marks}\n".encode(), encoding="utf-8") == ("column-unknown", 1)
    assert read(json.dumps({marks: ""}).encode(), NDJSON) == [(BadRow(1, "", "column-unknown"),)]
    assert max(lengths) < 300


@given(st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_rows_or_a_typed_error(data: bytes) -> None:
    for content in (data, HEAD.encode() + b"\n" + data):
        for form in (CSV, NDJSON):
            try:
                for row in read(content, form):
                    assert (row.line if isinstance(row, RawRow) else row[0].line) >= 1
            except BatchUnreadable:
                pass


@given(st.lists(st.text(max_size=20).filter(lambda t: "\x00" not in t), max_size=8))
def test_ndjson_round_trip(texts: list[str]) -> None:
    data = "\n".join(json.dumps({"name_man": text}) for text in texts).encode()
    assert names(read(data, NDJSON)) == texts
