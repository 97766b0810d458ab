"""The page: the plain one in grey; the deceased stands first, not the holder."""

from __future__ import annotations

from dataclasses import replace

from certs.documents.generic import generic_layout
from certs.documents.layout import Layout
from certs.kinds.base import KindInfo


def layout(info: KindInfo) -> Layout:
    return replace(generic_layout(info, subject="deceased_name"), accent="#3a3f47")
