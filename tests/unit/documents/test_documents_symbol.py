"""The QR matrix: what the standard and the package behind it say, against our own mask choice."""

from __future__ import annotations

import random

import pytest
import zxingcpp
from qrcode import QRCode, util
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q

from certs.documents.codes import picture, read_code
from certs.documents.codewords import codewords, segment
from certs.documents.errors import CodeNotText, CodeTooLong
from certs.documents.penalty import penalty
from certs.documents.symbol import Ecc, make_symbol

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LEVEL = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}


def base45_like(length: int) -> str:
    return "MZ1:" + "".join(random.Random(length).choices(ALPHABET, k=length - 4))


@pytest.mark.parametrize(("length", "version"), [(419, 12), (420, 13), (483, 13), (484, 14), (1134, 22)])
def test_base45_codes_use_alphanumeric_mode_so_capacity_is_that_of_the_standard(length: int, version: int) -> None:
    assert make_symbol(base45_like(length)).version == version


def test_a_url_goes_in_byte_mode() -> None:
    # V12-M holds 287 bytes (ISO/IEC 18004 table 7); the same length in alphanumeric mode would fit V9
    assert make_symbol("https://minzheng.example/v#" + "a" * 260).version == 12
    assert make_symbol("https://minzheng.example/v#" + "a" * 261).version == 13


@pytest.mark.parametrize("ecc", ["M", "Q"])
@pytest.mark.parametrize("length", [30, 187, 331, 419])
def test_modules_are_the_packages_under_the_mask_of_lowest_penalty(length: int, ecc: Ecc) -> None:
    """The package scores its candidates without format information; the standard scores the complete symbol."""
    text = base45_like(length)
    theirs = QRCode(error_correction=LEVEL[ecc])
    theirs.add_data(util.QRData(text.encode(), mode=util.MODE_ALPHA_NUM), optimize=0)
    theirs.make()
    complete = []
    for mask in range(8):
        theirs.makeImpl(False, mask)
        complete.append([[bool(module) for module in row] for row in theirs.modules])
    scores = [util.lost_point(matrix) for matrix in complete]
    ours = make_symbol(text, ecc)
    assert ours.mask == scores.index(min(scores))
    assert [[bool(module) for module in row] for row in ours.rows] == complete[ours.mask]


@pytest.mark.parametrize("text", ["MZ1:" + "0" * 1130, "0" * 400, "a" * 300])
def test_blocks_of_equal_bytes_are_encoded_too(text: str) -> None:
    """The package's own encoder divides by zero on a block of zero bits."""
    symbol = make_symbol(text)
    assert read_code(picture(symbol)) == text


@pytest.mark.parametrize("level", [ERROR_CORRECT_M, ERROR_CORRECT_Q])
def test_codewords_are_those_of_the_package_at_every_version(level: int) -> None:
    for version in range(1, 23):
        count = util.BIT_LIMIT_TABLE[level][version] // 8 - 4
        for text in (base45_like(count), "https://" + "x" * max(1, count - 8)):
            mode = util.MODE_ALPHA_NUM if text.startswith("MZ1:") else util.MODE_8BIT_BYTE
            expected = util.create_data(version, level, [util.QRData(text.encode(), mode=mode)])
            assert codewords(segment(text), version, level) == expected, (version, text[:4])


@pytest.mark.parametrize("seed", range(4))
def test_penalty_counts_as_the_package_counts(seed: int) -> None:
    size = 21 + 4 * seed
    rng = random.Random(seed)
    matrix = [[rng.random() < 0.5 for _ in range(size)] for _ in range(size)]
    bits = sum(1 << (row * (size + 1) + column) for row in range(size) for column in range(size) if matrix[row][column])
    assert penalty(bits, size) == util.lost_point(matrix)


def test_the_same_text_gives_the_same_symbol() -> None:
    assert make_symbol(base45_like(300)) == make_symbol(base45_like(300))


def test_beyond_version_22_is_refused() -> None:
    with pytest.raises(CodeTooLong, match="above version 22 at level M"):
        make_symbol(base45_like(1135))


@pytest.mark.parametrize("text", ["", "MZ1:中", "é"])
def test_text_outside_ascii_is_refused(text: str) -> None:
    with pytest.raises(CodeNotText, match="expected ASCII"):
        make_symbol(text)


GOLDEN = """\
#######..#.##.#######
#.....#.##....#.....#
#.###.#..##.#.#.###.#
#.###.#..##.#.#.###.#
#.###.#.###.#.#.###.#
#.....#...#.#.#.....#
#######.#.#.#.#######
.........####........
#.#.#.#..#.#....#..#.
..##...#####...#.#...
.##.###..#..##....#.#
.#.###..#..#..##.###.
#.#.#.#.###.#.#.##..#
........####.#.#.#.#.
#######..#....####.##
#.....#..#.....#.#...
#.###.#.#.####.#.#...
#.###.#..##.#......#.
#.###.#.#....##.....#
#.....#......#...####
#######.#.#.#.###...#
"""


def test_the_sample_of_the_format_page_is_this_symbol() -> None:
    symbol = make_symbol("MZ1:RRQXO8O60TBKJ1")
    assert "".join("".join("#" if module else "." for module in row) + "\n" for row in symbol.rows) == GOLDEN


@pytest.mark.parametrize("ecc", ["M", "Q"])
@pytest.mark.parametrize("length", [94, 331, 418, 754])
def test_another_encoder_draws_the_same_symbol_under_the_same_mask(length: int, ecc: Ecc) -> None:
    letters = random.Random(length).choices(
        ALPHABET[10:], k=length
    )  # it would put runs of digits in a segment of their own
    ours = make_symbol("".join(letters), ecc)
    options = f"ecLevel={ecc},dataMask={ours.mask},version={ours.version}"
    theirs = zxingcpp.create_barcode(ours.text, zxingcpp.BarcodeFormat.QRCode, options=options)
    picture = memoryview(theirs.to_image(scale=1, add_quiet_zones=False))
    side = range(ours.size)
    assert picture.shape == (ours.size, ours.size)
    assert tuple(bytes(picture[row, column] == 0 for column in side) for row in side) == ours.rows
