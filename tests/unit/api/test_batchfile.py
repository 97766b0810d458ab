"""Reading batch files: what is a row, what is a bad row, what is no file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import BatchUnreadable
from api.services.batchfile import BadRow, RawRow, read_csv, read_ndjson

COLUMNS = ("a", "b")


def rows(data: bytes) -> list[RawRow | BadRow]:
    return list(read_csv(data, COLUMNS, 10))


def test_columns_may_stand_in_any_order_and_rows_know_their_line() -> None:
    assert rows(b'b,a\n2,1\n\n"two\nlines",3\nx,y\n') == [
        RawRow(2, {"b": "2", "a": "1"}),
        RawRow(4, {"b": "two\nlines", "a": "3"}),
        RawRow(6, {"b": "x", "a": "y"}),
    ]


def test_cells_are_kept_exactly() -> None:
    (row,) = rows("a,b\n 𠮷·示例 ,=1+1\n".encode())
    assert isinstance(row, RawRow)
    assert row.values == {"a": " 𠮷·示例 ", "b": "=1+1"}


@pytest.mark.parametrize(
    ("line", "code"),
    [(b"1", "column-count"), (b"1,2,3", "column-count"), (b'1,"2"x', "csv-syntax"), (b'1,"2', "csv-syntax")],
)
def test_a_row_that_cannot_be_read_is_reported(line: bytes, code: str) -> None:
    assert rows(b"a,b\n" + line) == [BadRow(2, "", code)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-header"),
        (b"a\n", "column-missing"),
        (b"a,b,c\n", "column-unknown"),
        (b"a,b,a\n", "column-repeated"),
        (b"a,b\n1,\x00\n", "nul-character"),
        ("a,b\n张,李\n".encode("gb18030"), "not-utf-8"),
        (b"a,b\n" + b"1,2\n" * 11, "too-many-rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BatchUnreadable, match=code):
        rows(data)


def test_an_unknown_column_s_name_is_not_repeated() -> None:
    with pytest.raises(BatchUnreadable) as caught:
        rows("a,b,张示例\n".encode())
    assert "张示例" not in str(caught.value)


@given(st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_rows_or_a_typed_error(data: bytes) -> None:
    for content in (data, b"a,b\n" + data):
        for read in (read_csv, read_ndjson):
            try:
                for row in read(content, COLUMNS, 10):
                    assert row.line >= 1
            except BatchUnreadable:
                pass


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=20).filter(lambda t: "\x00" not in t))))
def test_ndjson_round_trip(records: list[dict[str, str]]) -> None:
    records = records[:10]
    data = "\n".join(json.dumps(r, ensure_ascii=False) for r in records).encode("utf-8", "surrogatepass")
    found = [row for row in read_ndjson(data, COLUMNS, 10) if isinstance(row, RawRow)]
    assert [dict(row.values) for row in found] == [{"a": r.get("a", ""), "b": r.get("b", "")} for r in records]
