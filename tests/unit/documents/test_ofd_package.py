"""The package: what stands in which file, that references lead somewhere, that equal input gives equal bytes."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import ofdkit
import pytest

from certs.documents.errors import RenderingFailed
from certs.documents.photo import Photo
from certs.documents.view import SealPicture
from tests.support import pages
from tests.support.ofd_picture import NS, OfdFile
from tests.support.ofd_text import CUSTOM, HOLDER_FILE, files_of, ofd_of
from verifier import ofdfile, package

JPEG = Photo(b"\xff\xd8\xff not looked at", 640, 480)
SEAL = SealPicture(png=b"\x89PNG not looked at", svg="<svg/>", width_mm=40, height_mm=40)
# GB/T 33190-2016: the elements that this writer uses, with their children in the standard's order
ORDER = {
    "OFD": ["DocBody"],
    "DocBody": ["DocInfo", "DocRoot", "Signatures"],
    "DocInfo": ["DocID", "Title", "Author", "CreationDate", "Creator", "CreatorVersion", "CustomDatas"],
    "CustomDatas": ["CustomData"],
    "Document": ["CommonData", "Pages", "Attachments"],
    "CommonData": ["MaxUnitID", "PageArea", "PublicRes", "DocumentRes"],
    "PageArea": ["PhysicalBox"],
    "Pages": ["Page"],
    "Res": ["Fonts", "MultiMedias"],
    "Fonts": ["Font"],
    "Font": ["FontFile"],
    "MultiMedias": ["MultiMedia"],
    "MultiMedia": ["MediaFile"],
    "Page": ["Area", "Content"],
    "Area": ["PhysicalBox"],
    "Content": ["Layer"],
    "Layer": ["TextObject", "PathObject", "ImageObject"],
    "TextObject": ["FillColor", "TextCode"],
    "PathObject": ["StrokeColor", "FillColor", "AbbreviatedData"],
    "Attachments": ["Attachment"],
    "Attachment": ["FileLoc"],
}


def test_members_stand_in_this_order_and_the_strict_reader_takes_them() -> None:
    data = ofd_of(page := pages.page_of("marriage"))
    assert list(package.read(data).files) == [
        "OFD.xml",
        "Doc_0/Document.xml",
        "Doc_0/PublicRes.xml",
        "Doc_0/DocumentRes.xml",
        "Doc_0/Pages/Page_0/Content.xml",
        "Doc_0/Res/font_1.otf",
        "Doc_0/Res/font_2.otf",
        "Doc_0/Res/code.png",
        "Doc_0/Attachments.xml",
        "Doc_0/Attachs/certificate.mzc",
    ]
    assert package.write(package.read(data).files) == data == ofd_of(page)


@pytest.mark.parametrize("name", pages.KIND_NAMES)
def test_elements_follow_the_order_of_the_standard(name: str) -> None:
    page = pages.page_of(name, annotation=pages.ANNOTATION, seal=SEAL)
    for member, data in files_of(page, sealed=True).items():
        if member.endswith(".xml"):
            _check_order(ET.fromstring(data))


def _check_order(root: ET.Element) -> None:
    for each in root.iter():
        assert each.tag.startswith(NS)
        children = [child.tag.removeprefix(NS) for child in each]
        allowed = ORDER.get(each.tag.removeprefix(NS), [])
        assert set(children) <= set(allowed)
        if allowed != ORDER["Layer"]:  # a choice, in any order
            assert children == sorted(children, key=allowed.index)


def test_numbers_are_used_once_and_rise_in_the_order_of_drawing() -> None:
    data = ofd_of(pages.page_of("divorce", changes={"remark": "示例备注。" * 200}, annotation=pages.ANNOTATION))
    file = OfdFile(data)
    assert len(file.pages) > 1
    drawn = [[int(each.get("ID", "")) for each in file.objects(page)] for page in range(len(file.pages))]
    assert all(page == sorted(page) for page in drawn)
    roots = [ET.fromstring(body) for name, body in package.read(data).files.items() if name.endswith(".xml")]
    numbers = [int(each.get("ID", "")) for r in roots for each in r.iter() if each.get("ID", "").isdigit()]
    assert len(set(numbers)) == len(numbers)
    assert int(file.document.findtext(f"{NS}CommonData/{NS}MaxUnitID", "")) == max(numbers)


def test_every_resource_that_a_page_uses_is_there_and_is_used() -> None:
    data = ofd_of(pages.page_of("marriage", photo=JPEG, seal=SEAL, changes={"holder_name": "𠮷示例"}))
    members = package.read(data).files
    declared = {
        each.get("ID")
        for name in ("PublicRes", "DocumentRes")
        for each in ET.fromstring(members[f"Doc_0/{name}.xml"]).iter()
        if each.get("ID")
    }
    content = ET.fromstring(members["Doc_0/Pages/Page_0/Content.xml"])
    used = {each.get("Font") or each.get("ResourceID") for each in content.iter()} - {None}
    assert used == declared
    files = {f"Doc_0/Res/{name}" for name in ("font_3.otf", "photo.jpg", "seal.png", "code.png")}
    assert files <= members.keys()
    assert members["Doc_0/Res/photo.jpg"] == JPEG.jpeg


def test_an_outside_reader_finds_metadata_and_the_marks_of_a_copy() -> None:
    with ofdkit.open(ofd_of(pages.page_of("marriage", annotation=pages.ANNOTATION))) as document:
        info = document.info
        assert document.warnings == []
    assert info.title == "结婚证 Marriage certificate"
    assert info.author == "示例市甲区民政局婚姻登记处"
    assert info.creation_date == "2026-09-21"
    assert info.custom_data == {**CUSTOM, **pages.ANNOTATION.standard()}


def test_the_day_of_creation_is_the_day_in_china() -> None:
    late = ofd_of(pages.page_of("donation"), issued_at=1_790_006_400)  # 2026-09-21T16:00:00Z
    with ofdkit.open(late) as document:
        assert document.info.creation_date == "2026-09-22"


def test_the_holders_file_is_attached_as_it_is() -> None:
    assert ofdfile.holder_file(package.read(ofd_of(pages.page_of("cremation")))) == HOLDER_FILE


def test_only_a_document_to_be_sealed_names_a_list_of_signatures() -> None:
    page = pages.page_of("marriage", seal=SEAL)
    plain, sealed = (package.Package(files_of(page, sealed=flag), b"", b"") for flag in (False, True))
    assert ofdfile.read_entry(plain).signatures is None
    assert ofdfile.read_entry(sealed).signatures == "Doc_0/Signs/Signatures.xml"
    # the reader draws the seal from the signature; a picture on the page would be a second one
    assert "Doc_0/Res/seal.png" in plain.files
    assert "Doc_0/Res/seal.png" not in sealed.files


def test_identifiers_follow_the_content() -> None:
    page = pages.page_of("marriage")
    one, same, other = (
        ofdkit.open(ofd_of(each)).info.doc_id for each in (page, page, replace(page, footer="签发机构代码"))
    )
    assert one == same != other


def test_another_process_writes_the_same_bytes() -> None:
    program = (
        "from hashlib import sha256; from tests.support import pages; from tests.support.ofd_text import ofd_of;"
        "print(sha256(ofd_of(pages.page_of('child-welfare', lang='en', annotation=pages.ANNOTATION))).hexdigest())"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={"PYTHONHASHSEED": "99", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = ofd_of(pages.page_of("child-welfare", lang="en", annotation=pages.ANNOTATION))
    assert done.stdout.strip() == sha256(here).hexdigest()


@pytest.mark.parametrize("value", ["\x00", "\x1f", "\ud800", "\ufffe"])
def test_metadata_that_xml_cannot_carry_stop_the_document(value: str) -> None:
    with pytest.raises(RenderingFailed):
        files_of(pages.page_of("marriage"), custom={"ZZMC": value})


def test_metadata_cannot_become_markup() -> None:
    hostile = "</ofd:CustomData><ofd:Signatures>x</ofd:Signatures>&amp;\"'\n"
    with ofdkit.open(ofd_of(pages.page_of("marriage"), custom={'K"><x y="': hostile})) as document:
        assert document.info.custom_data == {'K"><x y="': hostile.strip()}
