"""The picture of a seal: the same every time, marked when it is a specimen, within its circle."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image, ImageChops

from certs.documents.errors import FaceInvalid, MissingGlyph
from certs.documents.sealpicture import MAX_NAME, SIZE_MM, seal_picture

NAME = "示例市甲区民政局"


def opened(name: str, *, specimen: bool = True) -> Image.Image:
    return Image.open(io.BytesIO(seal_picture(name, specimen=specimen).png)).convert("RGBA")


def test_forty_millimetres_at_300_dots_an_inch_on_clear_ground() -> None:
    picture = seal_picture(NAME)
    image = opened(NAME)
    assert (picture.width_mm, picture.height_mm) == (SIZE_MM, SIZE_MM) == (40.0, 40.0)
    assert image.size == (472, 472)
    for corner in ((0, 0), (471, 0), (0, 471), (471, 471), (236, 150)):
        assert image.getpixel(corner) == (0, 0, 0, 0)
    assert image.getpixel((236, 236)) == (200, 22, 29, 255)  # the star


def test_the_same_name_gives_the_same_bytes() -> None:
    first = seal_picture(NAME)
    seal_picture.cache_clear()
    again = seal_picture(NAME)
    assert hashlib.sha256(first.png).digest() == hashlib.sha256(again.png).digest()
    assert first.svg == again.svg
    assert first.png != seal_picture("示例市乙区民政局").png


def test_a_specimen_is_marked_and_is_the_default() -> None:
    marked, plain = opened(NAME), opened(NAME, specimen=False)
    box = ImageChops.difference(marked.getchannel("A"), plain.getchannel("A")).getbbox()
    assert box is not None
    left, upper, right, lower = box
    assert upper > 300  # below the star
    assert right - left > 150
    assert lower < 420


@pytest.mark.parametrize(
    "name",
    ["民政局", NAME, "示例古丽·样㛃𬭎民政局", "示" * MAX_NAME, "W" * MAX_NAME, "SPECIMEN Office of Civil Affairs"],
)
def test_letters_touch_neither_the_circle_nor_the_star(name: str) -> None:
    alpha = opened(name, specimen=False).getchannel("A")
    empty = opened("·", specimen=False).getchannel("A")
    letters = ImageChops.subtract(alpha, empty).point(lambda level: 255 if level > 60 else 0)
    middle, reach = 236.0, []
    for y in range(0, 472, 2):
        for x in range(0, 472, 2):
            if letters.getpixel((x, y)):
                reach.append(((x - middle) ** 2 + (y - middle) ** 2) ** 0.5 / 472 * 40)
    assert len(reach) > 50
    assert min(reach) > 10.5
    assert max(reach) < 18.9


@pytest.mark.parametrize("name", ["", "示" * (MAX_NAME + 1), "示\n例", "示\u202e例"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(FaceInvalid, match="issuer_name: breaks the rule"):
        seal_picture(name)


def test_a_letter_without_a_glyph_is_refused() -> None:
    with pytest.raises(MissingGlyph, match="issuer_name"):
        seal_picture("示\U00031350局")


def test_markup_in_a_name_is_drawn_and_never_run() -> None:
    assert len(seal_picture('示")]#panic("x').png) > 1000
