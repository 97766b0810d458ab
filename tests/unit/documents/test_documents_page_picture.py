"""The printed page as a camera or scanner sees it."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from certs.documents.codes import read_code
from certs.documents.pdf import render_certificate_pdf, render_certificate_pictures
from tests.unit.documents.conftest import Face

A4_MM = 210.0


def page(face: Face, code: str, dpi: int) -> Image.Image:
    pictures = render_certificate_pictures(1, face, code_text=code, specimen=True, dots_per_inch=dpi)
    assert len(pictures) == 1
    return Image.open(io.BytesIO(pictures[0])).convert("L")


@pytest.mark.parametrize("dpi", [150, 200, 300])
@pytest.mark.parametrize("form", ["base45_text", "url_text"])
def test_the_code_reads_from_the_page(marriage_face: Face, form: str, dpi: int, request: pytest.FixtureRequest) -> None:
    code = request.getfixturevalue(form)
    assert read_code(page(marriage_face, code, dpi)) == code


def test_a_tilted_unsharp_grey_photograph_still_reads(marriage_face: Face, url_text: str) -> None:
    photo = page(marriage_face, url_text, 200).rotate(7, expand=True, fillcolor=200)
    worse = photo.filter(ImageFilter.GaussianBlur(1)).point(lambda level: 40 + level * 3 // 4)
    assert read_code(worse) == url_text


def test_the_code_stands_away_from_the_edges(marriage_face: Face, url_text: str) -> None:
    import zxingcpp

    image = page(marriage_face, url_text, 150)
    position = zxingcpp.read_barcodes(image)[0].position
    per_mm = image.width / A4_MM
    edge = min(position.top_left.x, position.top_left.y, image.height - position.bottom_left.y) / per_mm
    side = (position.top_right.x - position.top_left.x) / per_mm
    assert edge >= 20
    assert side == pytest.approx(42.0, abs=1.0)


@pytest.mark.parametrize("dpi", [150, 300])
def test_the_code_reads_from_the_pdf_in_another_renderer(
    donation_face: Face, url_text: str, tmp_path: Path, dpi: int
) -> None:
    renderer = shutil.which("pdftoppm")
    if renderer is None:
        pytest.skip("pdftoppm is not installed: the PDF was read through the typesetter's own renderer only")
    pdf = render_certificate_pdf(
        3, donation_face, code_text=url_text, holder_file=b"\xd2", issued_at=1_790_000_000, specimen=True
    )
    source, target = tmp_path / "a.pdf", tmp_path / "a"
    source.write_bytes(pdf)
    command = [renderer, "-r", str(dpi), "-gray", "-singlefile", "-png", str(source), str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert read_code(Image.open(target.with_suffix(".png"))) == url_text
