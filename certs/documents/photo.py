"""A registry's photograph for the page: checked, re-encoded, without anything but its pixels.

    picture = photo(upload)            # JPEG or PNG bytes → Photo

The bytes come from outside. The format is told by the first bytes and by nothing that a caller says; size and pixels
are bounded before anything is unpacked (a small file may unpack to gigabytes); what is printed is a new file made of
the pixels, so that place, time and camera in the metadata, and whatever else a file can carry, never leave.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageOps

from certs.documents.errors import PhotoBroken, PhotoFormat, PhotoTooLarge, PhotoTooSmall

MAX_BYTES: Final = 2 << 20
MAX_SIDE: Final = 4096  # pixels
MAX_PIXELS: Final = 12_000_000
MIN_SIDE: Final = 120  # pixels: less is a smudge on paper
PRINTED_SIDE: Final = 640  # pixels of the longer side on the page: 300 dots per inch at 53 mm
MAX_SCANS: Final = 64  # passes over a JPEG's pixels; usual are 1 to 10, and one more costs its writer 26 bytes
_QUALITY: Final = 85
_DECODER: Final = (OSError, SyntaxError, ValueError, LookupError, EOFError, TypeError, struct.error, zlib.error)
"""What the decoder raises on a file that is cut short or forged."""
_SIGNATURES: Final = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph that is fit for the page. jpeg: baseline JPEG, RGB, no metadata; width and height in pixels."""

    jpeg: bytes = field(repr=False)
    width: int
    height: int


def photo(data: bytes) -> Photo:
    """The photograph in a JPEG or PNG file, upright and at most 640 pixels a side.

    Raises PhotoTooLarge (2 MiB, 4096 pixels a side, 12 million in all, 64 passes), PhotoFormat, PhotoTooSmall,
    PhotoBroken.
    """
    if len(data) > MAX_BYTES:
        raise PhotoTooLarge(f"{len(data)} bytes, at most {MAX_BYTES}")
    form = next((name for start, name in _SIGNATURES.items() if data.startswith(start)), None)
    if form is None:
        raise PhotoFormat("expected a JPEG or PNG file")
    if form == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise PhotoTooLarge(f"more than {MAX_SCANS} passes over the picture")
    try:
        with Image.open(io.BytesIO(data), formats=[form]) as image:
            _check_size(*image.size)
            if getattr(image, "n_frames", 1) != 1:
                raise PhotoFormat("expected one picture, found an animation")
            pixels = _upright(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoTooLarge("the picture unpacks to more pixels than a photograph has") from None
    except _DECODER:
        # its message may quote the file
        raise PhotoBroken("the file does not hold a whole picture") from None
    return _encoded(pixels)


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PhotoTooLarge(f"{width} by {height} pixels, at most {MAX_SIDE} a side and {MAX_PIXELS} in all")
    if min(width, height) < MIN_SIDE:
        raise PhotoTooSmall(f"{width} by {height} pixels, at least {MIN_SIDE} a side")


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        ground = Image.new("RGBA", turned.size, "white")
        ground.alpha_composite(turned.convert("RGBA"))
        turned = ground
    plain = turned.convert("RGB")
    plain.thumbnail((PRINTED_SIDE, PRINTED_SIDE), Image.Resampling.LANCZOS)
    return plain


def _encoded(pixels: Image.Image) -> Photo:
    bare = Image.frombytes("RGB", pixels.size, pixels.tobytes())  # nothing but pixels: no EXIF, ICC or comment
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY, optimize=False, progressive=False, subsampling=0)
    return Photo(out.getvalue(), *bare.size)
