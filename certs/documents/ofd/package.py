"""The files of an OFD package around its pages (GB/T 33190-2016 §7): entry, document, resources, attachments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

from certs.documents.ofd.glyphs import Source
from certs.documents.ofd.xml import Markup, document, element, numbers, text
from certs.documents.view import PAGE_MM

ENTRY: Final = "OFD.xml"
FOLDER: Final = "Doc_0/"
SIGNATURES: Final = "Doc_0/Signs/Signatures.xml"
HOLDER_FILE: Final = "Doc_0/Attachs/certificate.mzc"
PAPER: Final = (0.0, 0.0, *PAGE_MM)
_CREATOR: Final = "Minzheng Trust"
_CREATOR_VERSION: Final = "1"
_CHINA: Final = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Info:
    """What OFD.xml says of the document. title: the kind's name, never a person's. custom: the standard's pinyin
    keys. created_at: UTC seconds; printed as the day in China."""

    title: str
    author: str
    created_at: int
    custom: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture among the resources. number: its resource number."""

    number: int
    file: str
    format: Literal["PNG", "JPEG"]
    data: bytes


@dataclass(frozen=True, slots=True)
class Font:
    """An embedded subset. number: its resource number."""

    number: int
    source: Source
    file: str
    data: bytes


def assemble(
    info: Info,
    pages: Sequence[tuple[int, bytes]],
    fonts: Sequence[Font],
    pictures: Sequence[Picture],
    *,
    holder_file: bytes,
    last_id: int,
    sealed: bool,
) -> dict[str, bytes]:
    """Member name to bytes in the order of the file. pages: (page number, content). last_id: highest number in use."""
    inner: dict[str, bytes] = {
        "Doc_0/Document.xml": _document(pages, last_id, bool(pictures)),
        "Doc_0/PublicRes.xml": _fonts(fonts),
    }
    if pictures:
        inner["Doc_0/DocumentRes.xml"] = _pictures(pictures)
    for index, (_, content) in enumerate(pages):
        inner[f"Doc_0/Pages/Page_{index}/Content.xml"] = content
    inner |= {f"Doc_0/Res/{font.file}": font.data for font in fonts}
    inner |= {f"Doc_0/Res/{picture.file}": picture.data for picture in pictures}
    inner["Doc_0/Attachments.xml"] = _attachments(holder_file)
    inner[HOLDER_FILE] = holder_file
    return {ENTRY: _entry(info, _identifier(inner), sealed), **inner}


def _identifier(files: Mapping[str, bytes]) -> str:
    """32 hexadecimal digits that follow from the content: the same document has the same identifier everywhere."""
    digest = sha256()
    for name, data in files.items():
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:32]


def _entry(info: Info, identifier: str, sealed: bool) -> bytes:
    day = (datetime.fromtimestamp(info.created_at, UTC) + _CHINA).strftime("%Y-%m-%d")
    custom = [element("CustomData", text(value), Name=key) for key, value in info.custom.items()]
    body = [
        element(
            "DocInfo",
            element("DocID", text(identifier)),
            element("Title", text(info.title)),
            *([element("Author", text(info.author))] if info.author else []),
            element("CreationDate", text(day)),
            element("Creator", text(_CREATOR)),
            element("CreatorVersion", text(_CREATOR_VERSION)),
            *([element("CustomDatas", *custom)] if custom else []),
        ),
        element("DocRoot", text("Doc_0/Document.xml")),
    ]
    if sealed:
        body.append(element("Signatures", text(f"/{SIGNATURES}")))
    return document("OFD", element("DocBody", *body), Version="1.0", DocType="OFD")


def _document(pages: Sequence[tuple[int, bytes]], last_id: int, pictures: bool) -> bytes:
    resources = [element("PublicRes", text("PublicRes.xml"))]
    if pictures:
        resources.append(element("DocumentRes", text("DocumentRes.xml")))
    return document(
        "Document",
        element(
            "CommonData",
            element("MaxUnitID", text(str(last_id))),
            element("PageArea", element("PhysicalBox", numbers(*PAPER))),
            *resources,
        ),
        element(
            "Pages",
            *(
                element("Page", ID=number, BaseLoc=f"Pages/Page_{index}/Content.xml")
                for index, (number, _) in enumerate(pages)
            ),
        ),
        element("Attachments", text("Attachments.xml")),
    )


def _fonts(fonts: Sequence[Font]) -> bytes:
    return document("Res", element("Fonts", *map(_font, fonts)), BaseLoc="Res")


def _font(font: Font) -> Markup:
    source = font.source
    style = {"Serif": "true"} if source.serif else {}
    return element(
        "Font",
        element("FontFile", text(font.file)),
        ID=font.number,
        FontName=source.name,
        FamilyName=source.family,
        Charset="unicode",
        **style,
    )


def _pictures(pictures: Sequence[Picture]) -> bytes:
    media = [
        element("MultiMedia", element("MediaFile", text(each.file)), ID=each.number, Type="Image", Format=each.format)
        for each in pictures
    ]
    return document("Res", element("MultiMedias", *media), BaseLoc="Res")


def _attachments(holder_file: bytes) -> bytes:
    return document(
        "Attachments",
        element(
            "Attachment",
            element("FileLoc", text("Attachs/certificate.mzc")),
            ID="certificate",
            Name="certificate.mzc",
            Format="mzc",
            Size=len(holder_file) / 1000,
            Usage="none",
        ),
    )
