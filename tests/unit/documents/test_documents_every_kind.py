"""Every kind in every language, as a PDF reader of another make sees it."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from typing import Any

import pypdf
import pytest

from certs.documents.annotation import Annotation
from certs.documents.errors import AnnotationInvalid, FaceInvalid
from certs.documents.pages import layout_of, page_for
from certs.documents.pdf import render_certificate_pdf, render_pdf
from certs.documents.sealpicture import seal_picture
from certs.documents.view import LANGUAGES, Page
from certs.kinds import KINDS, kind_by_name
from certs.kinds.base import Form, Kind, KindInfo, Slot
from tests.support.pages import ANNOTATION, CODE_TEXT, KIND_NAMES, face_of, page_of

ISSUED_AT = 1_790_000_000
HOLDER_FILE = bytes(range(256)) * 12


def pdf_of(page: Page) -> bytes:
    return render_pdf(page, code_text=CODE_TEXT, holder_file=HOLDER_FILE, issued_at=ISSUED_AT)


def opened(page: Page) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf_of(page)), strict=True)


def text_of(reader: pypdf.PdfReader) -> str:
    return "".join(page.extract_text() for page in reader.pages).replace("\n", "")


def root_of(reader: pypdf.PdfReader) -> Any:
    root: Any = reader.trailer["/Root"]
    return root


def packet_of(reader: pypdf.PdfReader) -> str:
    packet: bytes = root_of(reader)["/Metadata"].get_data()
    return packet.decode()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", KIND_NAMES)
def test_every_value_is_on_the_one_page(name: str, lang: Any) -> None:
    page = page_of(name, lang=lang, seal=seal_picture("示例市甲区民政局"))
    reader = opened(page)
    text = text_of(reader)
    values = [row.value for section in page.sections for row in section.rows]
    assert len(values) >= 8
    for value in values:
        assert value.replace(" ", "") in text.replace(" ", ""), value
    assert len(reader.pages) == 1
    assert reader.attachments == {"certificate.mzc": [HOLDER_FILE]}
    packet = packet_of(reader)
    assert "<pdfaid:part>3</pdfaid:part>" in packet
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in packet
    assert "<pdfuaid:part>1</pdfuaid:part>" in packet
    assert root_of(reader)["/Lang"] == ("en-GB" if lang == "en" else "zh-CN")


@pytest.mark.parametrize("name", KIND_NAMES)
def test_a_page_of_one_language_has_no_label_of_the_other(name: str) -> None:
    zh, en = (text_of(opened(page_of(name, lang=lang, specimen=False))) for lang in ("zh", "en"))
    for value in sorted(map(str, face_of(name).values()), key=len, reverse=True):
        en = en.replace(value, "")
    for section in page_of(name).sections:
        for row in section.rows:
            assert row.label.zh in zh
            assert row.label.zh not in en
    assert "Minzheng code" in en
    assert "Minzheng" not in zh
    assert "民政码" not in en


@pytest.mark.parametrize("name", KIND_NAMES)
def test_no_claim_is_left_out_without_saying_so(name: str) -> None:
    kind = kind_by_name(name)
    layout = layout_of(kind)
    shown = {field.name for field in layout.fields()} | {n for f in layout.fields() for n in f.uses}
    assert {slot.name for slot in kind.info.slots} == (shown | {n for n, _ in layout.footer} | layout.left_out) - {
        n for n in shown if n not in kind.slot_of
    }
    assert layout.left_out <= {"holder_role", "donor_type", "notice"}


@pytest.mark.parametrize("name", KIND_NAMES)
def test_a_claim_that_the_kind_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(FaceInvalid, match="shoe_size: not part of this document"):
        page_of(name, changes={"shoe_size": "43"})


def test_identical_input_gives_identical_bytes_in_another_process() -> None:
    script = (
        "import hashlib\n"
        "from tests.unit.documents.test_documents_every_kind import everything\n"
        "print(hashlib.sha256(everything()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "America/New_York", "LANG": "C"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, env=environment, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(everything()).hexdigest()


def everything() -> bytes:
    """Two pages that use every part of the template, in the order of their making."""
    seal = seal_picture("示例市甲区民政局")
    return pdf_of(page_of("marriage", seal=seal, annotation=ANNOTATION)) + pdf_of(page_of("child-welfare", lang="en"))


def test_the_bytes_end_with_the_end_of_file_mark() -> None:
    pdf = pdf_of(page_of("cremation"))
    assert pdf.rstrip(b"\n").endswith(b"%%EOF")
    assert len(pdf) - len(pdf.rstrip(b"\n")) <= 1
    assert pdf.count(b"%%EOF") == 1


def test_each_of_several_sheets_names_its_certificate_and_their_number() -> None:
    long = {"remark": "备注" * 100, "holder_name": "示" * 60, "spouse_name": "例" * 60, "registrar": "样" * 60}
    reader = opened(page_of("marriage", changes=long))
    identifier = face_of("marriage")["cert_identifier"]
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert text.count(str(identifier)) == 1
        assert f"{number} / 2" in text
    assert len(reader.pages) == 2
    assert " / 1" not in text_of(opened(page_of("marriage")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_copy_says_so_on_every_page_and_in_its_metadata(lang: Any) -> None:
    long = {"remark": "备注" * 100, "holder_name": "示" * 60, "spouse_name": "例" * 60, "registrar": "样" * 60}
    reader = opened(page_of("marriage", lang=lang, annotation=ANNOTATION, changes=long))
    assert len(reader.pages) == 2
    for page in reader.pages:
        text = page.extract_text().replace("\n", "")
        for mark in (ANNOTATION.purpose, ANNOTATION.recipient, ANNOTATION.made_by, "2026-09-21 22:13"):
            assert mark in text
    assert reader.metadata is not None
    keywords = str(reader.metadata["/Keywords"])
    for key, value in ANNOTATION.standard().items():
        assert f"{key}={value}" in keywords
    assert "JZJYXQJZSJ=2026-10-14T17:46:40Z" in keywords


def test_without_marks_metadata_hold_no_word_of_the_face() -> None:
    reader = opened(page_of("marriage"))
    assert reader.metadata is not None
    packet = packet_of(reader)
    known = "".join(map(str, reader.metadata.values())) + packet
    for value in face_of("marriage").values():
        assert len(str(value)) < 4 or str(value) not in known


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": ""}, "purpose"),
        ({"purpose": "用" * 61}, "purpose"),
        ({"recipient": "示\u202e例"}, "recipient"),
        ({"made_by": " 示例"}, "made_by"),
        ({"purpose": "=1+1"}, "purpose"),
        ({"expires": ANNOTATION.made_at}, "expires"),
        ({"expires": ANNOTATION.made_at + 367 * 86400}, "expires"),
        ({"made_at": -1}, "made_at"),
        ({"made_at": True}, "made_at"),
    ],
)
def test_marks_that_break_a_rule_are_named_and_not_repeated(changes: dict[str, Any], field: str) -> None:
    marks = {name: getattr(ANNOTATION, name) for name in ("purpose", "recipient", "made_by", "made_at", "expires")}
    with pytest.raises(AnnotationInvalid) as e:
        Annotation(**{**marks, **changes})
    assert e.value.field == field
    assert "示" not in str(e.value)


@pytest.mark.parametrize("hostile", ['#panic("x")', '\\") #panic("x', "\\u{22}", "${{7*7}}", "</svg><script>", "”“‘’"])
def test_markup_in_any_place_is_printed_and_never_run(hostile: str) -> None:
    marks = Annotation(hostile, hostile, hostile, 1_790_000_000, 1_790_000_100)
    page = page_of("marriage", changes={"remark": hostile, "registrar": hostile}, annotation=marks)
    text = text_of(opened(page)).replace(" ", "")
    assert text.count(hostile.replace(" ", "")) == 5


def test_an_unknown_language_is_refused() -> None:
    lang: Any = "fr"
    with pytest.raises(FaceInvalid, match="lang: expected zh, en or zh-en"):
        page_for(KINDS[1], face_of("marriage"), lang=lang, specimen=True)


def test_the_short_way_is_the_long_way_without_extras() -> None:
    short = render_certificate_pdf(
        8, face_of("cremation"), code_text=CODE_TEXT, holder_file=HOLDER_FILE, issued_at=ISSUED_AT, specimen=True
    )
    assert short == pdf_of(page_of("cremation"))


class Plain(Kind[Any]):
    """A kind that says nothing about its page, in no folder."""

    def parse_row(self, row: Any, *, today: Any) -> Any:
        raise NotImplementedError

    content = roles = claims = terms = parse_row  # type: ignore[assignment]


PLAIN = Plain(
    KindInfo(
        number=9,
        version=1,
        name="plain",
        zh="示例证",
        en="sample certificate",
        depth=4,
        slots=(
            Slot(0, "cert_identifier", True, "电子证照标识", "certificate identifier"),
            Slot(1, "certificate_no", True, "证书编号", "certificate number", Form.TEXT),
            Slot(2, "holder_name", True, "持证人姓名", "holder's name", Form.NAME),
            Slot(3, "paid_fen", True, "已付（分）", "paid in fen", Form.FEN),
            Slot(4, "starts", True, "起始", "starts", Form.DAY),
            Slot(5, "ends", True, "终止", "ends", Form.DAY),
            Slot(6, "month", True, "月份", "month", Form.MONTH),
            Slot(7, "urgent", True, "加急", "urgent", Form.FLAG),
            Slot(8, "level", True, "级别", "level", Form.CODE, {"A": ("甲级", "first")}),
            Slot(9, "pieces", True, "件数", "pieces", Form.COUNT),
        ),
        columns=(),
    )
)
FACE: dict[str, str | int | bool] = {
    "cert_identifier": "1.2.156.3005.2.9", "certificate_no": "P-1", "holder_name": "示例", "paid_fen": 123456,
    "starts": "2026-11-02", "ends": "9999-12-31", "month": "2026-12", "urgent": True, "level": "A", "pieces": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["¥ 1,234.56", "已付（元）", "2026年11月2日", "长期", "2026年12月", "是", "甲级", "0"]),
        ("en", ["¥ 1,234.56", "Paid (CNY)", "2 November 2026", "long-term", "December 2026", "yes", "first", "0"]),
        ("zh-en", ["¥ 1,234.56", "长期 long-term", "是 yes", "甲级 first"]),
    ],
)
def test_a_kind_without_a_word_about_its_page_has_one(lang: Any, words: list[str]) -> None:
    text = text_of(opened(page_for(PLAIN, FACE, lang=lang, specimen=True)))
    for word in words:
        assert word in text, word


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"paid_fen": "1"}, "paid_fen"),
        ({"paid_fen": 2**53}, "paid_fen"),
        ({"starts": "20261102"}, "starts"),
        ({"starts": "2026-W45-1"}, "starts"),
        ({"starts": "2026-02-30"}, "starts"),
        ({"month": "2026-13"}, "month"),
        ({"urgent": 1}, "urgent"),
        ({"level": "B"}, "level"),
        ({"holder_name": 5}, "holder_name"),
    ],
)
def test_a_value_of_another_form_stops_the_page_by_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(FaceInvalid) as e:
        page_for(PLAIN, {**FACE, **changes}, specimen=True)
    assert e.value.field == field
