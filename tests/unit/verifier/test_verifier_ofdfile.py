"""What an OFD package says of itself: metadata, marks of a copy, the attached file."""

from __future__ import annotations

import pytest

from certs.documents.annotation import Annotation
from tests.support import seals
from tests.support.seals import tag, xml
from verifier import package
from verifier.errors import Malformed
from verifier.ofdfile import CopyMarks, copy_marks, holder_file, read_entry, read_signature
from verifier.package import Package

ANNOTATION = Annotation("办理贷款", "示例银行", "示例登记处", 1_790_000_000, 1_790_086_400)


def packed(**changes: bytes) -> Package:
    return package.read(package.write({**seals.plain_files(), **{n.replace("__", "/"): d for n, d in changes.items()}}))


def entry_of(body: str, attributes: str = ' Version="1.0" DocType="OFD"') -> Package:
    return packed(**{"OFD.xml": xml("OFD", body, attributes)})


def custom(values: dict[str, str]) -> Package:
    data = "".join(f'<ofd:CustomData Name="{key}">{value}</ofd:CustomData>' for key, value in values.items())
    info = tag("DocInfo", tag("DocID", "0") + tag("CustomDatas", data))
    return entry_of(tag("DocBody", info + tag("DocRoot", "Doc_0/Document.xml")))


def test_an_original_has_no_marks() -> None:
    entry = read_entry(custom({"ZZMC": "结婚证"}))
    assert dict(entry.custom) == {"ZZMC": "结婚证"}
    assert copy_marks(entry) is None
    assert entry.signatures is None
    assert read_signature(custom({}), entry) is None


def test_marks_of_a_copy_are_those_that_the_writer_puts() -> None:
    entry = read_entry(custom({"ZZMC": "结婚证", **ANNOTATION.standard()}))
    assert copy_marks(entry) == CopyMarks(1_790_000_000, "示例登记处", "办理贷款", "示例银行", 1_790_086_400)


@pytest.mark.parametrize("key", ANNOTATION.standard())
def test_half_of_the_marks_is_refused(key: str) -> None:
    rest = {k: v for k, v in ANNOTATION.standard().items() if k != key}
    for values in (rest, {**rest, key: ""}):
        with pytest.raises(Malformed, match="copy-marks"):
            copy_marks(read_entry(custom(values)))


@pytest.mark.parametrize(
    "time", ["2026-09-21", "2026-09-21T14:13:20", "2026-9-21T14:13:20Z", "2026-02-30T00:00:00Z", "2020-01-01T00:00:00Z"]
)
def test_times_of_a_copy(time: str) -> None:
    with pytest.raises(Malformed, match="copy-marks"):
        copy_marks(read_entry(custom({**ANNOTATION.standard(), "JZJYXQJZSJ": time})))


BODY = tag("DocBody", tag("DocInfo", tag("DocID", "0")) + tag("DocRoot", "Doc_0/Document.xml"))


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        (BODY, ' Version="1.0"'),
        (BODY, ' Version="1.0" DocType="OFD-A"'),
        (BODY * 2, ' DocType="OFD"'),
        ("", ' DocType="OFD"'),
        (BODY.replace("Doc_0/", "../"), ' DocType="OFD"'),
        (BODY.replace("</ofd:DocBody>", tag("Signatures", "a") * 2 + "</ofd:DocBody>"), ' DocType="OFD"'),
    ],
)
def test_entries_that_can_be_read_in_two_ways(body: str, attributes: str) -> None:
    with pytest.raises(Malformed):
        read_entry(entry_of(body, attributes))


def test_metadata_once_and_not_without_end() -> None:
    twice = '<ofd:CustomData Name="A">1</ofd:CustomData>' * 2
    for data in (twice, "".join(f'<ofd:CustomData Name="{i}">1</ofd:CustomData>' for i in range(65))):
        info = tag("DocInfo", tag("CustomDatas", data))
        with pytest.raises(Malformed, match="custom-data"):
            read_entry(entry_of(tag("DocBody", info + tag("DocRoot", "Doc_0/Document.xml"))))


def test_the_attached_file() -> None:
    assert holder_file(packed()) == b"\xd2holder's file"
    one = '<ofd:Attachment ID="a" Name="certificate.mzc">' + tag("FileLoc", "/OFD.xml") + "</ofd:Attachment>"
    elsewhere = packed(**{"Doc_0/Attachments.xml": xml("Attachments", one)})
    assert holder_file(elsewhere) == elsewhere.files["OFD.xml"]
    for listed in ("", one * 2, one.replace("/OFD.xml", "None"), one.replace("certificate", "other")):
        with pytest.raises(Malformed):
            holder_file(packed(**{"Doc_0/Attachments.xml": xml("Attachments", listed)}))
