"""From a certificate's claims to its page.

page = page_for(kind_by_number(1), face, lang="zh-en", specimen=True)
page = page_for(kind, face, lang="zh", specimen=False, photo=photo(upload), annotation=Annotation(…))
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from certs.documents.annotation import Annotation
from certs.documents.errors import FaceInvalid
from certs.documents.generic import generic_layout
from certs.documents.layout import Layout, footer, sections
from certs.documents.photo import Photo
from certs.documents.reading import Face, Reader
from certs.documents.values import by_name
from certs.documents.view import LANGUAGES, Lang, Page, SealPicture, Words
from certs.kinds.base import Kind

SPECIMEN: Final = Words("示例", "SPECIMEN")


@lru_cache(maxsize=64)
def layout_of(kind: Kind[Any]) -> Layout:
    """The kind's own layout, from `page.py` in its folder, else the generic one.

    Raises ValueError if the layout leaves a slot of the kind without a place: found when the kind is added, not when
    the first certificate with that claim is printed.
    """
    name = f"{kind.package}.page"
    own = kind.package and importlib.util.find_spec(name) is not None
    layout: Layout = importlib.import_module(name).layout(kind.info) if own else generic_layout(kind.info)
    missing = {slot.name for slot in kind.info.slots} - layout.known()
    if missing:
        raise ValueError(f"kind {kind.name}: no place on the page for {', '.join(sorted(missing))}")
    return layout


def page_for(
    kind: Kind[Any],
    face: Face,
    *,
    lang: Lang = "zh-en",
    specimen: bool,
    photo: Photo | None = None,
    annotation: Annotation | None = None,
    seal: SealPicture | None = None,
) -> Page:
    """The page of one certificate.

    face: claim name to value, exactly the certificate's claims. specimen: 示例 SPECIMEN across the page; callers set
    it for region 990000. photo: for kinds that have one. seal: picture of the issuer's seal.
    Raises FaceInvalid: a claim is missing, unknown, of the wrong form; a photo for a kind without one.
    """
    if lang not in LANGUAGES:
        raise FaceInvalid("lang", "expected zh, en or zh-en")
    layout = layout_of(kind)
    if photo is not None and layout.photo is None:
        raise FaceInvalid("photo", "this kind has no photograph")
    read = Reader(face)
    return Page(
        kind=kind.number,
        title=_title(kind),
        lang=lang,
        accent=layout.accent,
        sections=sections(layout, read, lang),
        serial=_shown(layout.serial, read, lang),
        issuer=_shown(layout.issuer, read, lang),
        issued_on=_shown(layout.issued_on, read, lang),
        notes=layout.notes,
        banner=layout.banner,
        photo=layout.photo and replace(layout.photo, picture=photo),
        seal=seal,
        watermark=SPECIMEN if specimen else None,
        annotation=annotation,
        footer=footer(layout, read, lang),
    )


def _title(kind: Kind[Any]) -> Words:
    return Words(kind.info.zh, kind.info.en[:1].upper() + kind.info.en[1:])


def _shown(name: str, read: Reader, lang: Lang) -> str:
    return by_name(name)(read, name, lang) if name and read.has(name) else ""
