"""Photographs from outside: bounded before they are unpacked, and nothing but pixels leaves."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pypdf
import pytest
from PIL import Image

from certs.documents.errors import FaceInvalid, PhotoBroken, PhotoError, PhotoFormat, PhotoTooLarge, PhotoTooSmall
from certs.documents.pdf import render_pdf
from certs.documents.photo import MAX_BYTES, PRINTED_SIDE, photo
from certs.documents.view import Page
from tests.support.pages import CODE_TEXT, page_of


def picture(width: int = 500, height: int = 700, mode: str = "RGB") -> Image.Image:
    """Noise and a dark upper left corner."""
    image = Image.frombytes("L", (width, height), random.Random(1).randbytes(width * height)).convert(mode)
    image.paste(0, (0, 0, width // 2, height // 2))
    return image


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def read(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "RGBA", "P", "1", "I;16"])
def test_every_mode_becomes_plain_colour(form: str, mode: str) -> None:
    if (form, mode) in {("JPEG", "RGBA"), ("JPEG", "P"), ("JPEG", "I;16"), ("PNG", "CMYK")}:
        return  # the format has no such mode
    got = photo(saved(picture(mode="L").convert(mode), form))
    image = read(got.jpeg)
    assert (image.format, image.mode) == ("JPEG", "RGB")
    assert image.size == (got.width, got.height) == (457, PRINTED_SIDE)


def test_nothing_but_pixels_leaves() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    exif[0x8825] = {1: "N", 2: (39.0, 54.0, 20.0)}
    data = saved(picture(), "JPEG", exif=exif, comment=b"SECRET COMMENT", icc_profile=b"SECRET PROFILE")
    assert data.count(b"SECRET") == 3
    got = photo(data + b"SECRET TRAILER").jpeg
    assert b"SECRET" not in got
    assert read(got).info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_photograph_taken_sideways_is_printed_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by a quarter to see it upright
    got = photo(saved(picture(700, 500), "JPEG", exif=exif))
    assert (got.width, got.height) == (457, PRINTED_SIDE)
    dark = read(got.jpeg).convert("L").getpixel((got.width - 20, 20))
    assert isinstance(dark, int)
    assert dark < 30


def test_transparent_ground_becomes_white() -> None:
    clear = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    assert read(photo(saved(clear, "PNG")).jpeg).getpixel((150, 150)) == (255, 255, 255)


def test_the_same_file_gives_the_same_bytes() -> None:
    data = saved(picture(), "PNG")
    assert photo(data) == photo(data)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes that says it is `side` pixels wide and high."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1 << 16)))
        + chunk(b"IEND", b"")
    )


JPEG = saved(picture(), "JPEG")


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        (JPEG + bytes(MAX_BYTES), PhotoTooLarge, "PHOTO_TOO_LARGE"),
        (bomb(4097), PhotoTooLarge, "PHOTO_TOO_LARGE"),
        (bomb(12_000), PhotoTooLarge, "PHOTO_TOO_LARGE"),  # the decoder warns
        (bomb(30_000), PhotoTooLarge, "PHOTO_TOO_LARGE"),  # the decoder refuses
        (bomb(3500), PhotoTooLarge, "PHOTO_TOO_LARGE"),  # 12.25 million pixels
        (bomb(400), PhotoBroken, "PHOTO_BROKEN"),
        (saved(picture(119, 300), "PNG"), PhotoTooSmall, "PHOTO_TOO_SMALL"),
        (JPEG[: len(JPEG) // 2], PhotoBroken, "PHOTO_BROKEN"),
        (JPEG[:20], PhotoBroken, "PHOTO_BROKEN"),
        (saved(picture(), "GIF"), PhotoFormat, "PHOTO_FORMAT"),
        (saved(picture(), "BMP"), PhotoFormat, "PHOTO_FORMAT"),
        (saved(picture(), "TIFF"), PhotoFormat, "PHOTO_FORMAT"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PhotoFormat, "PHOTO_FORMAT"),
        (b"%PDF-1.7", PhotoFormat, "PHOTO_FORMAT"),
        (b"", PhotoFormat, "PHOTO_FORMAT"),
        (
            saved(picture(), "PNG", save_all=True, append_images=[picture().transpose(Image.Transpose.ROTATE_180)]),
            PhotoFormat,
            "PHOTO_FORMAT",
        ),
    ],
)
def test_what_is_not_a_photograph_is_named(data: bytes, error: type[PhotoError], code: str) -> None:
    with pytest.raises(error) as e:
        photo(data)
    assert type(e.value) is error
    assert e.value.code == code


def test_passes_without_end_are_not_made() -> None:
    """A progressive JPEG may go over its pixels as often as it likes: 26 bytes a pass, and 2 MiB took half an hour."""
    whole = saved(Image.new("L", (200, 200)), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    assert photo(whole)
    assert photo(whole[:-2] + last * 20 + whole[-2:])
    with pytest.raises(PhotoTooLarge):
        photo(whole[:-2] + last * 100 + whole[-2:])


def test_damaged_files_give_a_photograph_or_a_named_error() -> None:
    rng = random.Random(7)
    good = [saved(picture(150, 150), form) for form in ("JPEG", "PNG")]
    outcomes = set()
    for _ in range(150):
        data = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(8, len(data))] = rng.randrange(256)
        try:
            outcomes.add(type(photo(bytes(data))).__name__)
        except PhotoError as e:
            outcomes.add(type(e).__name__)
    assert "PhotoBroken" in outcomes


def pdf_of(page: Page) -> pypdf.PdfReader:
    return pypdf.PdfReader(
        io.BytesIO(render_pdf(page, code_text=CODE_TEXT, holder_file=b"\xd2", issued_at=1_790_000_000)), strict=True
    )


def test_the_page_carries_the_photograph_in_place_of_its_label() -> None:
    got = photo(JPEG)
    empty, filled = pdf_of(page_of("marriage")), pdf_of(page_of("marriage", photo=got))
    assert "双方合影照片" in empty.pages[0].extract_text()
    assert "双方合影照片" not in filled.pages[0].extract_text()
    sizes = {image.image.size for image in filled.pages[0].images if image.image is not None}
    assert (got.width, got.height) in sizes


@pytest.mark.parametrize("name", ["donation", "cremation"])
def test_a_kind_without_a_photograph_refuses_one(name: str) -> None:
    with pytest.raises(FaceInvalid, match="photo: this kind has no photograph"):
        page_of(name, photo=photo(JPEG))


def test_every_photo_error_has_a_code_and_words_in_both_languages() -> None:
    kinds: list[type[PhotoError]] = PhotoError.__subclasses__()
    assert len({PhotoError.code} | {kind.code for kind in kinds}) == len(kinds) + 1 == 5
    for kind in kinds:
        assert kind.zh != PhotoError.zh
        assert kind.en != PhotoError.en
        assert kind.en.isascii()
