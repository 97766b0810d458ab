"""Documents over generated input."""

from __future__ import annotations

import io
from typing import Final

import pypdf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from certs.documents.amounts import MAX_FEN, capitals, yuan
from certs.documents.codes import code_png, read_code
from certs.documents.errors import MissingGlyph
from certs.documents.pdf import render_certificate_pdf
from verifier.code import encode_code, encode_url, parse_code

_DIGIT: Final = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
_SMALL: Final = {"拾": 10, "佰": 100, "仟": 1000}


def whole_of(words: str) -> int:
    """A reader of Chinese numerals that shares nothing with the writer: split at the largest unit first."""
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            head, tail = words.rsplit(unit, 1)
            return whole_of(head) * size + whole_of(tail)
    total = digit = 0
    for character in words:
        if character in _SMALL:
            total += digit * _SMALL[character]
            digit = 0
        else:
            digit = _DIGIT[character]
    return total + digit


def fen_of(words: str) -> int:
    head, _, rest = words.removeprefix("人民币").rpartition("元")
    fen = whole_of(head) * 100
    digit = 0
    for character in rest.removesuffix("整"):
        if character in "角分":
            fen += digit * {"角": 10, "分": 1}[character]
        else:
            digit = _DIGIT[character]
    return fen


@given(
    st.integers(1, MAX_FEN)
    | st.integers(1, 10**7)
    | st.builds(lambda n, e: n * 10**e, st.integers(1, 999), st.integers(0, 12))
)
def test_capitals_and_digits_read_back_as_the_amount(fen: int) -> None:
    words = capitals(fen)
    assert fen_of(words) == fen
    assert "零零" not in words
    assert int(yuan(fen).replace(",", "").replace(".", "")) == fen


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.booleans())
def test_a_released_picture_gives_the_statement_back(statement: bytes, as_url: bool) -> None:
    text = encode_url("minzheng.example", statement) if as_url else encode_code(statement)
    with Image.open(io.BytesIO(code_png(text))) as image:
        assert parse_code(read_code(image)) == statement


_FACE: Final[dict[str, str | int]] = {
    "donation_no": "DN-1", "charity_name": "示例慈善基金会", "charity_uscc": "53990000MJ9T00037A",
    "plan_filing_no": "53990000MJ9T00037AA26001", "project": "示例", "purpose": "示例", "amount_fen": 1,
    "received_on": "2026-02-14", "channel": "现金", "handler": "样例",
}  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Z", "M"]), min_size=1, max_size=8))
def test_a_name_is_printed_exactly_or_refused(name: str) -> None:
    try:
        pdf = render_certificate_pdf(
            3, _FACE | {"donor_name": name}, code_text="MZ1:00", holder_file=b"", issued_at=0, specimen=False
        )
    except MissingGlyph:
        return
    text = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert name in text
