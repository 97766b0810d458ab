"""Pictures of codes: clean, photographed badly, and as the stream of a camera."""

from __future__ import annotations

import io

import qrcode
from PIL import Image, ImageFilter


def code_image(text: str, pixels: int = 600) -> Image.Image:
    """A QR symbol with error correction M and a quiet zone of 4 modules, `pixels` square."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=10)
    code.add_data(text)
    code.make(fit=True)
    image = code.make_image().get_image().convert("L")
    return image.resize((pixels, pixels), Image.Resampling.LANCZOS)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photograph(text: str) -> bytes:
    """A JPEG as a phone would make it: turned, grey, blurred, with the code in a larger picture."""
    turned = code_image(text, 800).rotate(9, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    scene = Image.new("L", (1600, 1200), 190)
    scene.paste(turned.point([40 + v * 160 // 255 for v in range(256)]), (300, 120))
    out = io.BytesIO()
    scene.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=80)
    return out.getvalue()


def camera_stream(text: str, frames: int = 30) -> bytes:
    """Motion JPEG for Chromium's fake capture device: the code held before a 1280 x 720 camera."""
    scene = Image.new("RGB", (1280, 720), (150, 155, 160))
    scene.paste(code_image(text, 560).convert("RGB"), (360, 80))
    out = io.BytesIO()
    scene.save(out, "JPEG", quality=90)
    return out.getvalue() * frames
