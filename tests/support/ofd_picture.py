"""An OFD page as a picture, drawn from the file alone: its embedded fonts, its distances, its paths and pictures.

    image = page_picture(data, 0, dots_per_inch=150)

Written from GB/T 33190-2016 and not from the writer: it knows what the standard says of Boundary, CTM, TextCode,
AbbreviatedData and ImageObject, reads the container with the standard library, and fails on what it does not know.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from posixpath import dirname, join, normpath

from PIL import Image, ImageDraw, ImageFont

NS = "{http://www.ofdspec.org/2016}"
Matrix = tuple[float, float, float, float, float, float]


def floats(text: str) -> list[float]:
    return [float(part) for part in text.split()]


def distances(text: str) -> list[float]:
    """DeltaX with its short form "g count value"."""
    parts, out = text.split(), []
    while parts:
        if parts[0] == "g":
            out += [float(parts[2])] * int(parts[1])
            parts = parts[3:]
        else:
            out.append(float(parts.pop(0)))
    return out


class OfdFile:
    """Just enough of a reader to find pages and resources."""

    def __init__(self, data: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        entry = self.xml("OFD.xml")
        self.root = entry.findtext(f"{NS}DocBody/{NS}DocRoot", "").lstrip("/")
        self.document = self.xml(self.root)
        self.fonts: dict[str, bytes] = {}
        self.pictures: dict[str, Image.Image] = {}
        common = self.document.find(f"{NS}CommonData")
        assert common is not None
        self.box = floats(common.findtext(f"{NS}PageArea/{NS}PhysicalBox", ""))
        for kind in ("PublicRes", "DocumentRes"):
            for name in common.findall(f"{NS}{kind}"):
                self._resources(self.path(self.root, name.text or ""))
        self.pages = [
            self.path(self.root, each.get("BaseLoc", "")) for each in self.document.iterfind(f"{NS}Pages/{NS}Page")
        ]

    def read(self, name: str) -> bytes:
        return self._zip.read(name)

    def xml(self, name: str) -> ET.Element:
        return ET.fromstring(self.read(name))

    @staticmethod
    def path(base: str, location: str) -> str:
        return normpath(location.lstrip("/") if location.startswith("/") else join(dirname(base), location))

    def _resources(self, name: str) -> None:
        root = self.xml(name)
        folder = self.path(name, root.get("BaseLoc", "")) + "/x"
        for font in root.iter(f"{NS}Font"):
            self.fonts[font.get("ID", "")] = self.read(self.path(folder, font.findtext(f"{NS}FontFile", "")))
        for media in root.iter(f"{NS}MultiMedia"):
            data = self.read(self.path(folder, media.findtext(f"{NS}MediaFile", "")))
            self.pictures[media.get("ID", "")] = Image.open(io.BytesIO(data))

    def objects(self, page: int) -> Iterator[ET.Element]:
        """Graphic objects, the lower layers first."""
        layers = list(self.xml(self.pages[page]).iterfind(f"{NS}Content/{NS}Layer"))
        order = {"Background": 0, "Body": 1, "Foreground": 2}
        for layer in sorted(layers, key=lambda each: order[each.get("Type", "Body")]):
            yield from layer


def page_picture(data: bytes, page: int, *, dots_per_inch: int = 150) -> Image.Image:
    ofd = OfdFile(data)
    painter = _Painter(ofd, dots_per_inch / 25.4)
    for each in ofd.objects(page):
        painter.draw(each)
    return painter.image


class _Painter:
    def __init__(self, ofd: OfdFile, scale: float) -> None:
        self.ofd, self.scale = ofd, scale
        self.image = Image.new("RGB", (round(ofd.box[2] * scale), round(ofd.box[3] * scale)), "white")
        self._faces: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}

    def draw(self, each: ET.Element) -> None:
        kind = each.tag.removeprefix(NS)
        box = floats(each.get("Boundary", ""))
        ctm = floats(each.get("CTM", "1 0 0 1 0 0"))
        matrix: Matrix = (ctm[0], ctm[1], ctm[2], ctm[3], ctm[4] + box[0], ctm[5] + box[1])
        {"TextObject": self._text, "PathObject": self._path, "ImageObject": self._picture}[kind](each, matrix)

    def _at(self, matrix: Matrix, x: float, y: float) -> tuple[float, float]:
        a, b, c, d, e, f = matrix
        return (a * x + c * y + e) * self.scale, (b * x + d * y + f) * self.scale

    def _color(self, each: ET.Element, name: str) -> tuple[int, ...]:
        found = each.find(f"{NS}{name}")
        assert found is not None
        return tuple(int(part) for part in floats(found.get("Value", "")))

    def _face(self, number: str, pixels: int) -> ImageFont.FreeTypeFont:
        key = number, pixels
        if key not in self._faces:
            data = io.BytesIO(self.ofd.fonts[number])
            self._faces[key] = ImageFont.truetype(data, pixels, layout_engine=ImageFont.Layout.BASIC)
        return self._faces[key]

    def _text(self, each: ET.Element, matrix: Matrix) -> None:
        fine = 4  # whole pixels only: draw larger, then shrink
        pixels = max(1, round(float(each.get("Size", "")) * self.scale * fine))
        face, color = self._face(each.get("Font", ""), pixels), self._color(each, "FillColor")
        for code in each.iterfind(f"{NS}TextCode"):
            x, y = float(code.get("X", "")), float(code.get("Y", ""))
            words = code.text or ""
            steps = distances(code.get("DeltaX", ""))
            assert len(steps) == len(words) - 1, "a distance for each character but the last"
            for character, step in zip(words, [*steps, 0.0], strict=True):
                self._glyph(face, character, matrix, (x, y), color, fine)
                x += step

    def _glyph(
        self, face: ImageFont.FreeTypeFont, character: str, matrix: Matrix, at: tuple[float, float],
        color: tuple[int, ...], fine: int,
    ) -> None:  # fmt: skip
        left, top, right, bottom = face.getbbox(character, anchor="ls")
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
        ImageDraw.Draw(mask).text((1 - left, 1 - top), character, 255, face, anchor="ls")
        a, b, c, d, _, _ = matrix
        x, y = self._at(matrix, *at)
        reach = int(max(mask.size) / fine * 1.5) + 2
        size = (2 * reach, 2 * reach)
        det = a * d - b * c
        inverse = (d / det * fine, -c / det * fine, -b / det * fine, a / det * fine)
        px, py = int(x) - reach, int(y) - reach
        dx, dy = px - x, py - y
        data = (
            inverse[0], inverse[1], inverse[0] * dx + inverse[1] * dy + 1 - left,
            inverse[2], inverse[3], inverse[2] * dx + inverse[3] * dy + 1 - top,
        )  # fmt: skip
        blurred = mask.reduce(1) if fine == 1 else mask
        large = blurred.transform((size[0] * 2, size[1] * 2), Image.Transform.AFFINE,
                                  (data[0] / 2, data[1] / 2, data[2], data[3] / 2, data[4] / 2, data[5]),
                                  Image.Resampling.BILINEAR)  # fmt: skip
        self.image.paste(color, (px, py), large.resize(size, Image.Resampling.BOX))

    def _path(self, each: ET.Element, matrix: Matrix) -> None:
        tokens = (each.findtext(f"{NS}AbbreviatedData") or "").split()
        points: list[tuple[float, float]] = []
        while tokens:
            step = tokens.pop(0)
            if step in "ML":
                points.append(self._at(matrix, float(tokens.pop(0)), float(tokens.pop(0))))
            elif step != "C":
                raise ValueError(f"a path with {step}")
        pen = ImageDraw.Draw(self.image)
        if each.get("Fill", "false") == "true":
            xs, ys = [x for x, _ in points], [y for _, y in points]
            assert len(points) == 4, "a rectangle"
            pen.rectangle(
                (round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys))), self._color(each, "FillColor")
            )
        if each.get("Stroke", "true") == "true":
            width = max(1, round(float(each.get("LineWidth", "0.353")) * self.scale))
            pen.line([*points, points[0]], self._color(each, "StrokeColor"), width)

    def _picture(self, each: ET.Element, matrix: Matrix) -> None:
        a, b, c, d, e, f = matrix
        assert (b, c) == (0, 0), "a picture that stands upright"
        size = round(a * self.scale), round(d * self.scale)
        at = round(e * self.scale), round(f * self.scale)
        shown = self.ofd.pictures[each.get("ResourceID", "")].convert("RGBA").resize(size, Image.Resampling.BOX)
        self.image.paste(shown, at, shown)
