"""Pictures of the Minzheng code: PNG for screens, SVG for paper; each read back before it is released.

picture = code_png("MZ1:6BFOXN…")            # ≥ 300 pixels a side, level M, quiet zone 4
printed = printed_code("https://…/v#0oRY…", side_mm=42.0)
printed.svg, printed.module_mm, printed.symbol.ecc
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter

from certs.documents.errors import CodeTooDense, CodeTooLong, CodeUnreadable
from certs.documents.symbol import Ecc, Symbol, make_symbol

QUIET_ZONE: Final = 4  # modules, ISO/IEC 18004
MIN_PIXELS: Final = 300
MIN_MODULE_MM: Final = 0.4
_BIT_TO_GREY: Final = bytes([255, 0]) + bytes(254)
_QR_ONLY: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
MAX_CHARACTERS: Final = 1134  # base45 form: what V22-M holds


def picture(symbol: Symbol, min_pixels: int = MIN_PIXELS) -> Image.Image:
    """Black on white with quiet zone; whole pixels per module, so no edge is blurred. Mode "1"."""
    side = symbol.size + 2 * QUIET_ZONE
    scale = -(-min_pixels // side)
    margin = bytes(side)
    rows = [bytes(QUIET_ZONE) + row + bytes(QUIET_ZONE) for row in symbol.rows]
    cells = b"".join([margin * QUIET_ZONE, *rows, margin * QUIET_ZONE]).translate(_BIT_TO_GREY)
    small = Image.frombytes("L", (side, side), cells)
    return small.resize((side * scale, side * scale), Image.Resampling.NEAREST).convert("1", dither=None)


def read_code(image: Image.Image) -> str:
    """The text of the one QR symbol in a picture. Raises CodeUnreadable: none, several, or damaged."""
    found = zxingcpp.read_barcodes(image.convert("L"), formats=_QR_ONLY)
    if len(found) != 1:
        raise CodeUnreadable(f"expected 1 symbol in the picture, found {len(found)}")
    return found[0].text


def _released(symbol: Symbol, image: Image.Image) -> None:
    if read_code(image) != symbol.text:
        raise CodeUnreadable("the picture reads back as another text")


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def code_png(text: str, *, ecc: Ecc = "M", min_pixels: int = MIN_PIXELS) -> bytes:
    """PNG of a code text. Raises CodeNotText, CodeTooLong, CodeUnreadable.

    Level M is for screens. The picture is at least `min_pixels` a side; deterministic for the same text.
    """
    _check_length(text)
    symbol = make_symbol(text, ecc)
    image = picture(symbol, min_pixels)
    _released(symbol, image)
    return _png(image)


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
    svg: str


def printed_code(text: str, *, side_mm: float) -> PrintedCode:
    """A code for a printed square of `side_mm` (quiet zone outside it), read back at 200 dots per inch.

    Level Q for paper, which is folded and soiled; level M if Q's modules would be under 0.4 mm.
    Raises CodeNotText, CodeTooLong, CodeTooDense, CodeUnreadable.
    """
    _check_length(text)
    symbol = _densest_allowed(text, side_mm)
    pixels = round((symbol.size + 2 * QUIET_ZONE) / symbol.size * side_mm / 25.4 * 200)
    _released(symbol, picture(symbol).convert("L").resize((pixels, pixels), Image.Resampling.BILINEAR))
    return PrintedCode(symbol, side_mm, side_mm / symbol.size, svg(symbol))


def _densest_allowed(text: str, side_mm: float) -> Symbol:
    try:
        symbol = make_symbol(text, "Q")
    except CodeTooLong:
        symbol = make_symbol(text, "M")
    if side_mm / symbol.size < MIN_MODULE_MM and symbol.ecc == "Q":
        symbol = make_symbol(text, "M")
    module = side_mm / symbol.size
    if module < MIN_MODULE_MM:
        raise CodeTooDense(f"{symbol.size} modules on {side_mm:g} mm: {module:.2f} mm each, at least {MIN_MODULE_MM}")
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
