"""Where the code stands: by computation, and measured on the finished page."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from certs.documents.codes import read_code
from certs.documents.errors import CodeMisplaced
from certs.documents.pdf import code_for_page, render_pictures
from certs.documents.placement import CODE_MM, Box, Placement, placement
from certs.documents.sealpicture import seal_picture
from tests.support.pages import ANNOTATION, CODE_TEXT, KIND_NAMES, page_of
from verifier.code import encode_code

GOOD = placement(module_mm=0.5, quiet=4, seal_mm=40.0, band_mm=12.0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"module_mm": 0.39}, r"modules of 0\.39 mm, at least 0\.4"),
        ({"quiet": 3}, "a quiet zone of 3 modules, at least 4"),
        ({"code": Box(14.9, 228.5, 46.5, 46.5)}, "nearer than 15 mm to the edge"),
        ({"code": Box(24.0, 240.0, 46.5, 46.5)}, "nearer than 15 mm to the edge"),
        ({"code": Box(24.0, 223.0, 46.5, 46.5)}, "covered by the text"),
        ({"code": Box(40.0, 228.5, 46.5, 46.5)}, "covered by the words"),
        ({"code": Box(24.0, 232.0, 46.5, 46.5)}, "covered by the foot"),
        ({"seal": Box(60.0, 229.0, 40.0, 46.0)}, "covered by the seal"),
    ],
)
def test_a_code_where_a_scanner_would_fail_is_refused(changes: dict[str, Any], reason: str) -> None:
    wrong: Placement = replace(GOOD, **changes)
    with pytest.raises(CodeMisplaced, match=reason):
        wrong.check()


@pytest.mark.parametrize("seal_mm", [None, 40.0])
@pytest.mark.parametrize("band_mm", [0.0, 30.0])
def test_the_page_s_own_boxes_keep_the_rules(seal_mm: float | None, band_mm: float) -> None:
    found = placement(module_mm=0.41, quiet=4, seal_mm=seal_mm, band_mm=band_mm)
    assert found.words.width > 50
    assert found.text.height > 150
    if found.seal is not None:
        assert not found.words.overlaps(found.seal)


def test_a_seal_too_wide_for_its_place_is_refused() -> None:
    with pytest.raises(CodeMisplaced, match="covered by the seal"):
        placement(module_mm=0.5, quiet=4, seal_mm=120.0, band_mm=0.0)


def page_picture(name: str, dpi: int, code: str = CODE_TEXT, **options: Any) -> Image.Image:
    pages = render_pictures(page_of(name, **options), code_text=code, dots_per_inch=dpi)
    return Image.open(io.BytesIO(pages[-1])).convert("L")


@pytest.mark.parametrize("name", KIND_NAMES)
def test_on_the_finished_page_the_code_has_its_size_place_and_white_ring(name: str) -> None:
    long: dict[str, Any] = {} if name in ("donation", "cremation") else {"annotation": ANNOTATION}
    image = page_picture(name, 150, seal=seal_picture("示例市甲区民政局"), **long)
    per_mm = image.width / 210
    [found] = zxingcpp.read_barcodes(image)
    assert found.text == CODE_TEXT
    code = code_for_page(CODE_TEXT)
    place = found.position
    left, top, right, bottom = place.top_left.x, place.top_left.y, place.bottom_right.x, place.bottom_right.y
    assert (right - left) / per_mm == pytest.approx(code.side_mm, abs=0.8)
    quiet = 4 * code.module_mm
    assert left / per_mm - quiet == pytest.approx(GOOD.code.x, abs=0.6)
    assert top / per_mm - quiet == pytest.approx(GOOD.code.y, abs=0.6)
    ring = quiet * per_mm - 3  # three pixels for the reader's own error
    whole = image.crop((int(left - ring), int(top - ring), int(right + ring), int(bottom + ring)))
    for side in (
        (0, 0, whole.width, int(ring - 3)),
        (0, whole.height - int(ring - 3), whole.width, whole.height),
        (0, 0, int(ring - 3), whole.height),
        (whole.width - int(ring - 3), 0, whole.width, whole.height),
    ):
        darkest, _ = whole.crop(side).getextrema()
        assert darkest == 255


@pytest.mark.parametrize(
    ("text", "spread_dots"), [(CODE_TEXT, 3), (encode_code(bytes(range(200))), 3), ("MZ1:" + "0" * 1130, 1)]
)
def test_the_code_reads_after_print_and_scan_at_300_dots_an_inch(text: str, spread_dots: int) -> None:
    """Ink that spreads, paper that is not white, a scanner out of focus and slightly askew. The largest code allowed,
    twice as dense as those we issue, no longer stands the spread of ink."""
    page = page_picture("marriage", 300, text, seal=seal_picture("示例市甲区民政局"))
    spread = page.filter(ImageFilter.MinFilter(spread_dots)).filter(ImageFilter.GaussianBlur(1.5))
    scan = spread.point(lambda level: 30 + level * 7 // 9).rotate(
        1.3, fillcolor=210, resample=Image.Resampling.BILINEAR
    )
    assert read_code(scan) == text


def test_the_largest_code_fills_the_same_square_with_modules_of_0_4_mm() -> None:
    code = code_for_page("MZ1:" + "0" * 1130)
    assert code.symbol.size == 105
    assert code.module_mm >= 0.4
    assert code.side_mm + 8 * code.module_mm == pytest.approx(CODE_MM)
