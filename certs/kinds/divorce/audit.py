"""What an auditor expects of the kind's records (see certs.kinds.shape)."""

from __future__ import annotations

from typing import Final

from certs.kinds.shape import Opened, Shape, Terms, by_birth, zihao_key


def _terms(v: Opened, _issuer: str) -> Terms:
    numbers = [("zihao", zihao_key(v[name])) for name in ("zihao", "original_zihao") if name in v]
    document = ":".join(str(v[f"holder_{name}"]) for name in ("document_type", "nationality", "document_number"))
    return [*numbers, ("holder", document), *(("person", key) for _, key in by_birth(v, "holder"))]


SHAPE: Final = Shape(("man", "woman"), "holder_role", None, _terms)
