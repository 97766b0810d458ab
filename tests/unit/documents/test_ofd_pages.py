"""Every kind in every language: read back by an outsider, geometry, and the code read from the finished picture."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import combinations

import ofdkit
import pytest
from PIL import Image

from certs.documents import ofd
from certs.documents.codes import read_code
from certs.documents.placement import CODE_MM, PANEL_TOP
from certs.documents.sayings import marks
from certs.documents.view import LANGUAGES, Lang, Page, SealPicture
from tests.support import pages
from tests.support.ofd_picture import NS, OfdFile, floats, page_picture
from tests.support.ofd_text import WHEN, Run, ofd_of, runs
from verifier import package

EVERY = [(name, lang) for name in pages.KIND_NAMES for lang in LANGUAGES]
INNER = 11.0  # the frame
CODE_BOX = (24.0, 228.5, 24.0 + CODE_MM, 228.5 + CODE_MM)


def seal() -> SealPicture:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (200, 0, 0, 120)).save(out, "PNG")
    return SealPicture(png=out.getvalue(), svg="<svg/>", width_mm=40, height_mm=40)


def squeezed(text: str) -> str:
    return "".join(text.split())


def words_of(page: Page) -> Iterator[str]:
    """Everything that the page must say."""
    for section in page.sections:
        yield from section.title.pick(page.lang) if section.title else ()
        for row in section.rows:
            yield row.value
            yield from row.label.pick(page.lang)
    for note in page.notes:
        yield from note.pick(page.lang)
    yield from page.banner.pick(page.lang) if page.banner else ()
    yield page.footer


@pytest.mark.parametrize(("name", "lang"), EVERY)
def test_an_outside_reader_reads_every_word(name: str, lang: Lang) -> None:
    page = pages.page_of(name, lang=lang)
    with ofdkit.open(ofd_of(page)) as document:
        assert document.warnings == []
        assert len(document.pages) == 1
        said = squeezed("".join(run.text for run in document.pages[0].runs))
    for words in words_of(page):
        assert squeezed(words) in said
    if lang == "en":
        assert "持证人" not in said


@pytest.mark.parametrize(("name", "lang"), EVERY)
def test_nothing_stands_over_the_frame_or_on_other_words(name: str, lang: Lang) -> None:
    found = list(runs(ofd_of(pages.page_of(name, lang=lang, annotation=pages.ANNOTATION))))
    for run in found:
        assert INNER + 5 < run.x <= run.end < 210 - INNER - 5
        assert INNER + 2 < run.baseline - run.size < run.baseline < 297 - INNER - 2
        assert not _meets(run, CODE_BOX)
    for above, below in combinations(sorted(found, key=lambda run: run.baseline), 2):
        assert not _covers(above, below), (above, below)


def _meets(run: Run, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = box
    return run.x < right and run.end > left and run.baseline > top and run.baseline - run.size < bottom


def _covers(above: Run, below: Run) -> bool:
    """Type reaches 0.75 of its size above the line and 0.1 below it."""
    if above.baseline == below.baseline:
        return above.x < below.end - 0.01 and below.x < above.end - 0.01 and above.page == below.page
    reach = below.baseline - 0.75 * below.size < above.baseline + 0.1 * above.size
    return reach and above.x < below.end and below.x < above.end and above.page == below.page


@pytest.mark.parametrize("length", [0, 150, 250, 350, 450, 550])
def test_a_growing_remark_never_reaches_the_code(length: int) -> None:
    data = ofd_of(pages.page_of("marriage", lang="zh", changes={"remark": "示例" * length}))
    last = len(OfdFile(data).pages) - 1
    assert last == (length > 300)
    assert not [run for run in runs(data) if run.page == last and _meets(run, CODE_BOX)]


@pytest.mark.parametrize("dpi", [100, 200])
@pytest.mark.parametrize("options", [{}, {"annotation": pages.ANNOTATION}, {"lang": "en"}])
def test_the_code_reads_from_the_page(options: dict[str, object], dpi: int) -> None:
    data = ofd_of(pages.page_of("marriage", **options))
    assert read_code(page_picture(data, 0, dots_per_inch=dpi)) == pages.CODE_TEXT


def test_the_code_is_a_picture_of_whole_modules_in_the_shared_place() -> None:
    file = OfdFile(ofd_of(pages.page_of("marriage")))
    picture = next(each for each in file.objects(0) if each.tag == f"{NS}ImageObject")
    assert floats(picture.get("Boundary", "")) == [24, PANEL_TOP + 2.5, CODE_MM, CODE_MM]
    image = file.pictures[picture.get("ResourceID", "")]
    modules = pages.code().symbol.size + 8
    assert image.mode == "1"
    assert image.width % modules == 0
    assert image.width / (CODE_MM / 25.4) >= 300


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_annotated_copy_says_so_on_every_page(lang: Lang) -> None:
    page = pages.page_of("marriage", lang=lang, annotation=pages.ANNOTATION, changes={"remark": "示例备注，" * 200})
    with ofdkit.open(ofd_of(page)) as document:
        assert len(document.pages) > 1
        for each in document.pages:
            said = squeezed("".join(run.text for run in each.runs))
            for label, value in marks(pages.ANNOTATION, lang):
                assert squeezed(label + (":" if lang == "en" else "：") + value) in said


def test_the_seal_stands_in_its_column_above_the_day() -> None:
    page = pages.page_of("marriage", seal=seal())
    made = ofd.render_with_stamp(page, code=pages.code(), holder_file=b"x", custom={}, issued_at=WHEN, sealed=True)
    assert made.stamp is not None
    x, y, width, height = made.stamp.box
    assert (width, height) == (40, 40)
    assert 24 + CODE_MM < x < x + width <= 186
    assert PANEL_TOP < y < y + height < 277
    assert f'<ofd:Page ID="{made.stamp.page}"'.encode() in made.files["Doc_0/Document.xml"]
    below = [run for run in runs(package.write(made.files)) if run.x > x and run.baseline > y]
    assert [run.words for run in below] == [page.issued_on]
    assert y + height < below[0].baseline - below[0].size * 0.9


def test_an_unsealed_page_shows_the_seals_picture_where_the_seal_would_be() -> None:
    page = pages.page_of("marriage", seal=seal())
    made = ofd.render_with_stamp(page, code=pages.code(), holder_file=b"x", custom={}, issued_at=WHEN)
    assert made.stamp is not None
    file = OfdFile(package.write(made.files))
    boxes = [floats(each.get("Boundary", "")) for each in file.objects(0) if each.tag == f"{NS}ImageObject"]
    assert boxes[1:] == [list(made.stamp.box)]


def test_a_page_without_a_seal_has_no_place_for_one() -> None:
    page = pages.page_of("marriage")
    assert ofd.render_with_stamp(page, code=pages.code(), holder_file=b"", custom={}, issued_at=WHEN).stamp is None
