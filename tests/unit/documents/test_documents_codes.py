"""Pictures of codes: size, quiet zone, readability, and what must not be released."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from certs.documents import codes
from certs.documents.codes import code_png, picture, printed_code, read_code, reads_after
from certs.documents.errors import CodeTooDense, CodeTooLong, CodeUnreadable
from certs.documents.symbol import Symbol, make_symbol
from tests.unit.documents.conftest import statement
from verifier.code import encode_code, encode_url


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_png_has_300_pixels_or_more_whole_pixels_per_module_and_a_quiet_zone(base45_text: str) -> None:
    image = opened(code_png(base45_text))
    side = make_symbol(base45_text).size + 8
    assert image.width == image.height >= 300
    assert image.width % side == 0
    quiet = 4 * image.width // side
    for box in [(0, 0, image.width, quiet), (0, 0, quiet, image.height)]:
        assert image.convert("L").crop(box).getextrema() == (255, 255)
    assert image.convert("L").getpixel((quiet, quiet)) == 0


def test_png_reads_back_and_is_deterministic(url_text: str) -> None:
    png = code_png(url_text)
    assert read_code(opened(png)) == url_text
    assert png == code_png(url_text)


def test_png_carries_nothing_but_the_picture(base45_text: str) -> None:
    assert opened(code_png(base45_text)).info == {}


@pytest.mark.parametrize("form", ["base45", "url"])
def test_codes_survive_300_pixels_and_mild_blur(form: str) -> None:
    for seed in range(12):
        data = statement(276, seed)
        text = encode_code(data) if form == "base45" else encode_url("minzheng.example", data)
        assert reads_after(code_png(text), text, pixels=300, blur=1.0), seed


def test_heavy_blur_is_reported_as_unreadable(base45_text: str) -> None:
    assert not reads_after(code_png(base45_text), base45_text, pixels=300, blur=8.0)


def test_a_blurred_picture_of_another_code_does_not_count(base45_text: str, url_text: str) -> None:
    assert not reads_after(code_png(base45_text), url_text, pixels=300, blur=1.0)


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(CodeTooLong, match="1135 characters, at most 1134"):
        code_png("MZ1:" + "0" * 1131)


def test_a_picture_that_reads_as_something_else_is_not_released(
    base45_text: str, url_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_symbol(url_text)
    swapped = Symbol(base45_text, other.version, other.ecc, other.mask, other.rows)
    monkeypatch.setattr(codes, "make_symbol", lambda text, ecc: swapped)
    with pytest.raises(CodeUnreadable, match="reads back as another text"):
        code_png(base45_text)


def test_a_damaged_symbol_is_not_released(base45_text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = make_symbol(base45_text)
    rows = tuple(bytes(good.size) if 20 <= index < 45 else row for index, row in enumerate(good.rows))
    damaged = Symbol(good.text, good.version, good.ecc, good.mask, rows)
    monkeypatch.setattr(codes, "make_symbol", lambda text, ecc: damaged)
    with pytest.raises(CodeUnreadable, match="expected 1 symbol in the picture, found 0"):
        code_png(base45_text)


def test_a_picture_with_two_codes_is_ambiguous(base45_text: str, url_text: str) -> None:
    one, two = picture(make_symbol(base45_text)), picture(make_symbol(url_text))
    both = Image.new("L", (one.width + two.width, max(one.height, two.height)), 255)
    both.paste(one, (0, 0))
    both.paste(two, (one.width, 0))
    with pytest.raises(CodeUnreadable, match="found 2"):
        read_code(both)


@pytest.mark.parametrize("form", ["base45_text", "url_text"])
def test_paper_gets_level_q_with_modules_of_0_4_mm_or_more(form: str, request: pytest.FixtureRequest) -> None:
    code = printed_code(request.getfixturevalue(form), side_mm=42.0)
    assert code.symbol.ecc == "Q"
    assert code.module_mm == pytest.approx(42.0 / code.symbol.size)
    assert code.module_mm >= 0.4


def test_paper_falls_back_to_level_m_rather_than_to_tiny_modules(base45_text: str) -> None:
    code = printed_code(base45_text, side_mm=26.5)  # Q: 77 modules of 0.34 mm, M: 65 of 0.41 mm
    assert code.symbol.ecc == "M"
    assert code.module_mm >= 0.4


def test_too_small_a_square_is_refused(base45_text: str) -> None:
    with pytest.raises(CodeTooDense, match=r"65 modules on 25 mm: 0\.38 mm each, at least 0\.4"):
        printed_code(base45_text, side_mm=25.0)


def test_the_largest_code_allowed_still_prints() -> None:
    code = printed_code("MZ1:" + "0" * 1130, side_mm=42.0)
    assert (code.symbol.ecc, code.symbol.size) == ("M", 105)


def test_svg_draws_every_dark_module_once(base45_text: str) -> None:
    code = printed_code(base45_text, side_mm=42.0)
    path = code.svg.split('d="')[1].split('"')[0]
    drawn = set()
    for part in path.split("M")[1:]:
        place, run = part.split("h")[:2]
        x, y = map(int, place.split(" "))
        cells = {(x - 4 + step, y - 4) for step in range(int(run.split("v")[0]))}
        assert not cells & drawn
        drawn |= cells
    dark = {(x, y) for y, row in enumerate(code.symbol.rows) for x, module in enumerate(row) if module}
    assert drawn == dark
