"""The page: the plain one with the holder's photograph."""

from __future__ import annotations

from dataclasses import replace

from certs.documents.generic import generic_layout
from certs.documents.layout import PORTRAIT, Layout
from certs.kinds.base import KindInfo


def layout(info: KindInfo) -> Layout:
    return replace(generic_layout(info), accent="#1e5f73", photo=PORTRAIT)
