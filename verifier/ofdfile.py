"""What an OFD package says of itself: metadata, the holder's file, the one signature (GB/T 33190 clauses 7, 18, 20).

    OFD.xml                          DocBody: DocInfo (CustomDatas), DocRoot, Signatures
    Doc_0/Document.xml               Attachments
    Doc_0/Attachments.xml            Attachment certificate.mzc: FileLoc
    Doc_0/Signs/Signatures.xml       Signature BaseLoc
    Doc_0/Signs/Sign_0/Signature.xml SignedInfo (References with CheckValue, StampAnnot, Seal), SignedValue

Places lead from the root of the package (`/Doc_0/…`) or from the folder of the file they stand in, never upwards.
Pages are not read: what a page shows is bound by its digest and by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from . import fields, ofdxml
from .errors import Malformed, Unsupported
from .ofdxml import FORMAT, Element
from .package import MAX_MEMBERS, Package

ENTRY: Final = "OFD.xml"
HOLDER_FILE: Final = "certificate.mzc"
MAX_CUSTOM: Final = 64
MAX_STAMPS: Final = 64
_COPY_KEYS: Final = ("JZJZZSJ", "JZJZZZ", "JZJZZSY", "JZJJSF", "JZJYXQJZSJ")
"""When and by whom it was made, what for, for whom (no key of the standard), until when."""
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_SECOND: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SM3_NAMES: Final = frozenset({"1.2.156.10197.1.401", "SM3"})
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{1,4})?"  # not \d, which has the digits of every script
_BOX: Final = re.compile(rf"{_NUMBER} {_NUMBER} {_NUMBER} {_NUMBER}")
_PAGE: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Entry:
    """OFD.xml. custom: CustomDatas by name; document, signatures: names of members, the latter None if unsigned."""

    custom: Mapping[str, str] = field(repr=False)
    document: str
    signatures: str | None


@dataclass(frozen=True, slots=True)
class CopyMarks:
    """What an annotated copy (加注件) says of itself: made for one purpose and recipient, until when. Seconds UTC."""

    made_at: int
    made_by: str = field(repr=False)
    purpose: str = field(repr=False)
    recipient: str = field(repr=False)
    expires: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a seal's picture stands: number of the page, and x, y, width, height in millimetres."""

    page: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """Signature.xml. path: its own member; references: (member, SM3 digest) in order; seal, value: members.

    method: object identifier of the signature algorithm; made_at: SignatureDateTime as it stands.
    """

    path: str
    method: str
    made_at: str
    references: tuple[tuple[str, bytes], ...] = field(repr=False)
    stamps: tuple[Stamp, ...]
    seal: str
    value: str


def read_entry(package: Package) -> Entry:
    """Read OFD.xml. Raises Malformed."""
    root = ofdxml.parse(member(package, ENTRY), "OFD")
    if root.attribute("DocType") != "OFD":
        raise Malformed(FORMAT, "document-type")
    body = root.one("DocBody")
    custom: dict[str, str] = {}
    listed = body.one("DocInfo").maybe("CustomDatas")
    for data in () if listed is None else listed.all("CustomData"):
        name = data.attribute("Name")
        if name in custom or len(custom) == MAX_CUSTOM:
            raise Malformed(FORMAT, "custom-data")
        custom[name] = data.text
    signatures = body.maybe("Signatures")
    return Entry(
        custom,
        resolve(ENTRY, body.one("DocRoot").text),
        None if signatures is None else resolve(ENTRY, signatures.text),
    )


def copy_marks(entry: Entry) -> CopyMarks | None:
    """The marks of an annotated copy, under the standard's pinyin keys; None for an original.

    All of them or none: a copy that says of itself only half what it is was made by nobody of ours. Raises Malformed.
    """
    made_at, made_by, purpose, recipient, expires = (entry.custom.get(key) for key in _COPY_KEYS)
    if made_at is made_by is purpose is recipient is expires is None:
        return None
    if not (made_at and made_by and purpose and recipient and expires):
        raise Malformed(FORMAT, "copy-marks", "not all are there")
    marks = CopyMarks(_second(made_at), made_by, purpose, recipient, _second(expires))
    if marks.expires <= marks.made_at:
        raise Malformed(FORMAT, "copy-marks", "ends before it begins")
    return marks


def _second(text: str) -> int:
    """`2026-09-21T14:13:20Z`, in that form only."""
    try:
        moment = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise Malformed(FORMAT, "copy-marks", "time") from None
    if _SECOND.fullmatch(text) is None:
        raise Malformed(FORMAT, "copy-marks", "time")
    return int(moment.timestamp())


def holder_file(package: Package) -> bytes:
    """The attached certificate.mzc, the one that a reader of OFD would save. Raises Malformed."""
    document_path = read_entry(package).document
    document = ofdxml.parse(member(package, document_path), "Document")
    list_path = resolve(document_path, document.one("Attachments").text)
    attachments = ofdxml.parse(member(package, list_path), "Attachments")
    found = [a for a in attachments.all("Attachment") if a.attribute("Name") == HOLDER_FILE]
    if len(found) != 1:
        raise Malformed(FORMAT, "holder-file", "expected one attachment of that name")
    return member(package, resolve(list_path, found[0].one("FileLoc").text))


def read_signature(package: Package, entry: Entry) -> SignatureFile | None:
    """The one signature; None if there is none. Raises Malformed, Unsupported; SeveralSignatures for more than one."""
    if entry.signatures is None:
        return None
    listed = ofdxml.parse(member(package, entry.signatures), "Signatures")
    listed.only(("MaxSignId", "Signature"))
    signatures = listed.all("Signature")
    if not signatures:
        return None
    if len(signatures) > 1:
        raise SeveralSignatures(FORMAT, "several-signatures")
    signature = signatures[0]
    signature.only((), ("ID", "Type", "BaseLoc"))
    if signature.attributes.get("Type", "Seal") != "Seal":
        raise Unsupported("OFD: a signature without a seal")
    path = resolve(entry.signatures, signature.attribute("BaseLoc"))
    return _signature_file(path, ofdxml.parse(member(package, path), "Signature"))


class SeveralSignatures(Malformed):
    """More than one signature: which of them seals what would be the reader's guess."""


def member(package: Package, path: str) -> bytes:
    """Contents of a member. Raises Malformed if there is none of that name."""
    found = package.files.get(path)
    if found is None:
        raise Malformed(FORMAT, "missing-member")
    return found


def resolve(base: str, place: str) -> str:
    """Name of the member that a place in the file `base` means."""
    path = place[1:] if place.startswith("/") else f"{base.rpartition('/')[0]}/{place}".removeprefix("/")
    if not path or any(part in ("", ".", "..") for part in path.split("/")):
        raise Malformed(FORMAT, "place")
    return path


def _signature_file(path: str, root: Element) -> SignatureFile:
    root.only(("SignedInfo", "SignedValue"))
    info = root.one("SignedInfo")
    info.only(("Provider", "SignatureMethod", "SignatureDateTime", "References", "StampAnnot", "Seal"))
    stamps = info.all("StampAnnot")
    if len(stamps) > MAX_STAMPS:
        raise Malformed(FORMAT, "stamps")
    return SignatureFile(
        path,
        info.one("SignatureMethod").text,
        info.one("SignatureDateTime").text,
        _references(path, info.one("References")),
        tuple(map(_stamp, stamps)),
        resolve(path, info.one("Seal").one("BaseLoc").text),
        resolve(path, root.one("SignedValue").text),
    )


def _references(path: str, listed: Element) -> tuple[tuple[str, bytes], ...]:
    listed.only(("Reference",), ("CheckMethod",))
    if listed.attribute("CheckMethod") not in _SM3_NAMES:
        raise Unsupported("OFD: check method not SM3")
    found: dict[str, bytes] = {}
    if len(listed.children) > MAX_MEMBERS:
        raise Malformed(FORMAT, "references")
    for reference in listed.children:
        reference.only(("CheckValue",), ("FileRef",))
        name = resolve(path, reference.attribute("FileRef"))
        digest = fields.base64_text(FORMAT, reference.one("CheckValue").text)
        if name in found or len(digest) != 32:
            raise Malformed(FORMAT, "reference")
        found[name] = digest
    return tuple(found.items())


def _stamp(element: Element) -> Stamp:
    element.only((), ("ID", "PageRef", "Boundary"))
    page, box = element.attribute("PageRef"), element.attribute("Boundary")
    if _PAGE.fullmatch(page) is None or _BOX.fullmatch(box) is None:
        raise Malformed(FORMAT, "stamp")
    x, y, width, height = map(float, box.split(" "))
    return Stamp(int(page), (x, y, width, height))
