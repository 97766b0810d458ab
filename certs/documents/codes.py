"""Pictures of the Minzheng code: PNG for screens, SVG for paper; each read back before it is released.

picture = code_png("MZ1:6BFOXN…")            # ≥ 300 pixels a side, level M, quiet zone 4
printed = printed_code("https://…/v#0oRY…", side_mm=42.0)
printed.svg, printed.module_mm, printed.symbol.ecc
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import ceil
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter

from certs.documents.errors import CodeTooDense, CodeTooLong, CodeUnreadable
from certs.documents.png import one_bit_png
from certs.documents.symbol import Ecc, Symbol, make_symbol

QUIET_ZONE: Final = 4  # modules, ISO/IEC 18004
MIN_PIXELS: Final = 300
MIN_MODULE_MM: Final = 0.4
_PRINT_DPI: Final = 200
_BIT_TO_GREY: Final = bytes([255, 0]) + bytes(254)
_QR_ONLY: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
MAX_CHARACTERS: Final = 1134  # base45 form: what V22-M holds


def picture(symbol: Symbol, min_pixels: int = MIN_PIXELS) -> Image.Image:
    """Black on white with quiet zone; whole pixels per module, so no edge is blurred. Mode "1"."""
    return _scaled(symbol, _scale(symbol, min_pixels))


def _scale(symbol: Symbol, min_pixels: int) -> int:
    return -(-min_pixels // (symbol.size + 2 * QUIET_ZONE))


def _scaled(symbol: Symbol, scale: int) -> Image.Image:
    side = symbol.size + 2 * QUIET_ZONE
    cells = b"".join(_with_quiet_zone(symbol)).translate(_BIT_TO_GREY)
    # to one bit before it is enlarged, not after: a tenth of the pixels
    small = Image.frombytes("L", (side, side), cells).convert("1", dither=None)
    return small if scale == 1 else small.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def _with_quiet_zone(symbol: Symbol) -> list[bytes]:
    empty = bytes(symbol.size + 2 * QUIET_ZONE)
    edge = bytes(QUIET_ZONE)
    return [*(empty,) * QUIET_ZONE, *(edge + row + edge for row in symbol.rows), *(empty,) * QUIET_ZONE]


def read_code(image: Image.Image) -> str:
    """The text of the one QR symbol in a picture. Raises CodeUnreadable: none, several, or damaged."""
    return _only(zxingcpp.read_barcodes(image.convert("L"), formats=_QR_ONLY))


def _only(found: list[zxingcpp.Barcode]) -> str:
    if len(found) != 1:
        raise CodeUnreadable(f"expected 1 symbol in the picture, found {len(found)}")
    return found[0].text


def _released(symbol: Symbol, image: Image.Image) -> None:
    """Our own picture is upright, dark on light and sharp: a reader that needs to try anything else has failed."""
    found = zxingcpp.read_barcodes(
        image.convert("L"), formats=_QR_ONLY, try_rotate=False, try_invert=False, try_downscale=False
    )
    if _only(found) != symbol.text:
        raise CodeUnreadable("the picture reads back as another text")


def code_png(text: str, *, ecc: Ecc = "M", min_pixels: int = MIN_PIXELS) -> bytes:
    """PNG of a code text. Raises CodeNotText, CodeTooLong, CodeUnreadable.

    Level M is for screens. The picture is at least `min_pixels` a side; deterministic for the same text.
    """
    _check_length(text)
    symbol = make_symbol(text, ecc)
    _released(symbol, picture(symbol, min_pixels))
    return one_bit_png(_with_quiet_zone(symbol), _scale(symbol, min_pixels))


def svg(symbol: Symbol) -> str:
    """The symbol as one black path on white, quiet zone included; one unit a module.

    One path and not a rectangle per module: renderers leave hairlines between shapes that touch.
    """
    side = symbol.size + 2 * QUIET_ZONE
    path = "".join(_row_path(row, index + QUIET_ZONE) for index, row in enumerate(symbol.rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )


def _row_path(row: bytes, y: int) -> str:
    parts = []
    start = row.find(1)
    while start >= 0:
        end = row.find(0, start)
        end = len(row) if end < 0 else end
        parts.append(f"M{start + QUIET_ZONE} {y}h{end - start}v1h-{end - start}z")
        start = row.find(1, end)
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A code for paper. side_mm: edge of the symbol without its quiet zone; module_mm: edge of one module."""

    symbol: Symbol
    side_mm: float
    module_mm: float

    @property
    def svg(self) -> str:
        """The symbol with its quiet zone, see `svg`."""
        return svg(self.symbol)

    @property
    def png(self) -> bytes:
        """The same, two pixels a module: a viewer that smooths pictures blurs no more than the edges of modules."""
        return one_bit_png(_with_quiet_zone(self.symbol), 2)

    def png_at(self, dots_per_inch: int) -> bytes:
        """The same with whole pixels a module, at least so many on paper: readers print pictures as they are."""
        return one_bit_png(_with_quiet_zone(self.symbol), ceil(dots_per_inch * self.module_mm / 25.4))


def printed_code(text: str, *, side_mm: float) -> PrintedCode:
    """A code for a printed square of `side_mm` (quiet zone outside it), read back at 200 dots per inch.

    Level Q for paper, which is folded and soiled; level M if Q's modules would be under 0.4 mm.
    Raises CodeNotText, CodeTooLong, CodeTooDense, CodeUnreadable.
    """
    return _printed(text, side_mm, 0)


def boxed_code(text: str, *, box_mm: float) -> PrintedCode:
    """The same for a square of `box_mm` that includes the quiet zone."""
    return _printed(text, box_mm, 2 * QUIET_ZONE)


def _printed(text: str, edge_mm: float, around: int) -> PrintedCode:
    """edge_mm: of the symbol and `around` more modules."""
    _check_length(text)
    symbol = _densest_allowed(text, edge_mm, around)
    module = edge_mm / (symbol.size + around)
    pixels = round((symbol.size + 2 * QUIET_ZONE) * module / 25.4 * _PRINT_DPI)
    _released(symbol, _scaled(symbol, 1).resize((pixels, pixels), Image.Resampling.NEAREST))
    return PrintedCode(symbol, module * symbol.size, module)


def _densest_allowed(text: str, edge_mm: float, around: int) -> Symbol:
    try:
        symbol = make_symbol(text, "Q")
    except CodeTooLong:
        symbol = make_symbol(text, "M")
    if edge_mm / (symbol.size + around) < MIN_MODULE_MM and symbol.ecc == "Q":
        symbol = make_symbol(text, "M")
    module = edge_mm / (symbol.size + around)
    if module < MIN_MODULE_MM:
        raise CodeTooDense(f"{symbol.size} modules on {edge_mm:g} mm: {module:.2f} mm each, at least {MIN_MODULE_MM}")
    return symbol


def _check_length(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise CodeTooLong(f"{len(text)} characters, at most {MAX_CHARACTERS}")


def reads_after(png: bytes, text: str, *, pixels: int, blur: float) -> bool:
    """Does a picture still read as `text` when shown `pixels` wide and blurred (Gaussian, radius in pixels)?

    What tests and the benchmark measure: a camera slightly out of focus before a small screen.
    """
    with Image.open(io.BytesIO(png)) as image:
        shown = image.convert("L").resize((pixels, pixels), Image.Resampling.BILINEAR)
    try:
        return read_code(shown.filter(ImageFilter.GaussianBlur(blur))) == text
    except CodeUnreadable:
        return False
