"""The printable certificates as a PDF reader of another make sees them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdf
import pytest
from pypdf.generic import DictionaryObject

from certs.documents.errors import CodeTooLong, FaceInvalid, MissingGlyph
from certs.documents.pdf import render_certificate_pdf
from tests.unit.documents.conftest import Face

ISSUED_AT = 1_790_000_000  # 2026-09-21T14:13:20Z
HOLDER_FILE = bytes(range(256)) * 12

Render = Callable[..., pypdf.PdfReader]


@pytest.fixture
def render(url_text: str) -> Render:
    def call(kind: int, face: Face, *, specimen: bool = True) -> pypdf.PdfReader:
        pdf = render_certificate_pdf(
            kind, face, code_text=url_text, holder_file=HOLDER_FILE, issued_at=ISSUED_AT, specimen=specimen
        )
        return pypdf.PdfReader(io.BytesIO(pdf), strict=True)

    return call


def text_of(reader: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def test_marriage_page_shows_both_spouses_and_the_registration(render: Render, marriage_face: Face) -> None:
    reader = render(1, marriage_face)
    text = text_of(reader)
    for expected in [
        "结婚证", "𠮷示例", "示例古丽·样㛃𬭎", "J990101-2025-000003", "2025年6月18日", "990101199410100074",
        "X00000017",
        "男", "女", "中国 China", "美国 United States", "1994年10月10日", "示例市甲区民政局婚姻登记处", "样例登记员甲",
        "扫码仅验证证书真伪与是否有效", "婚姻状况", "SPECIMEN · Synthetic data",
    ]:  # fmt: skip
        assert expected in text, expected
    assert len(reader.pages) == 1


def test_donation_page_is_not_a_receipt_and_says_so(render: Render, donation_face: Face) -> None:
    text = text_of(render(3, donation_face))
    for expected in [
        "捐 赠 证 书", "非捐赠票据", "not the fiscal donation receipt", "𠮷示例", "200.50", "人民币贰佰元伍角整",
        "53990000MJ9T00037AA26001", "示例慈善基金会", "2026年2月14日", "票据号码 0000000005",
    ]:  # fmt: skip
        assert expected in text, expected


def test_an_anonymous_donor_stays_so(render: Render, donation_face: Face) -> None:
    del donation_face["donor_name"]
    text = text_of(render(3, donation_face))
    assert "匿名" in text
    assert "𠮷" not in text


def test_only_specimens_are_marked(render: Render, marriage_face: Face) -> None:
    assert "SPECIMEN" not in text_of(render(1, marriage_face, specimen=False))


def fonts_of(reader: pypdf.PdfReader) -> list[DictionaryObject]:
    found = []
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            found += [entry.get_object() for entry in font.get_object()["/DescendantFonts"]]
    return found


def test_every_font_is_embedded(render: Render, marriage_face: Face) -> None:
    fonts = fonts_of(render(1, marriage_face))
    assert len(fonts) >= 2
    for font in fonts:
        descriptor = font["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor), font["/BaseFont"]


def test_the_holders_file_is_attached_as_it_is(render: Render, marriage_face: Face) -> None:
    assert render(1, marriage_face).attachments == {"certificate.mzc": [HOLDER_FILE]}


def test_metadata_name_no_person(render: Render, marriage_face: Face) -> None:
    reader = render(1, marriage_face)
    assert reader.metadata is not None
    assert reader.metadata.title == "结婚证 Marriage certificate"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.timestamp() == ISSUED_AT
    packet = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "示例" not in packet
    assert "<pdfaid:part>3</pdfaid:part>" in packet


def test_identical_input_gives_identical_bytes(marriage_face: Face, url_text: str) -> None:
    def once(face: Face, when: int = ISSUED_AT) -> bytes:
        return render_certificate_pdf(
            1, face, code_text=url_text, holder_file=HOLDER_FILE, issued_at=when, specimen=True
        )

    first = once(marriage_face)
    other = once(marriage_face | {"registrar": "样例登记员乙"})
    assert first == once(dict(reversed(marriage_face.items())))
    assert first != other
    assert first != once(marriage_face, ISSUED_AT + 1)


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        "$x^2$",
        "*示* _例_",
        "\\ \"quoted\" 'single'",
        "#sys.inputs.data",
        "]#[{}<a>@b`c`//",
        "#{1+1}= - + /",
    ],
)
def test_markup_in_a_name_is_printed_and_never_run(render: Render, donation_face: Face, name: str) -> None:
    donation_face["donor_name"] = name
    assert name in text_of(render(3, donation_face))


def test_a_character_without_a_glyph_stops_the_page(render: Render, marriage_face: Face) -> None:
    marriage_face["spouse_name"] = "示例\U00031350"
    with pytest.raises(MissingGlyph, match="spouse_name: no embedded font has a glyph for character 3"):
        render(1, marriage_face)


def test_extreme_lengths_flow_to_a_second_page_and_keep_every_word(render: Render, marriage_face: Face) -> None:
    marriage_face |= {"holder_name": "示" * 60, "remark": "备" * 200, "registrar": "样" * 60, "spouse_name": "W" * 60}
    text = text_of(render(1, marriage_face)).replace("\n", "")
    assert text.count("备") == 200 + 1  # and the label
    assert "W" * 60 in text


def test_unknown_kinds_have_no_page(render: Render, marriage_face: Face) -> None:
    with pytest.raises(FaceInvalid, match="kind: no printable document"):
        render(99, marriage_face)


def test_a_code_that_cannot_be_printed_stops_the_page(marriage_face: Face) -> None:
    code = "MZ1:" + "0" * 1131
    with pytest.raises(CodeTooLong, match="1135 characters, at most 1134"):
        render_certificate_pdf(1, marriage_face, code_text=code, holder_file=b"", issued_at=0, specimen=True)
