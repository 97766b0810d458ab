"""What an auditor expects of the kind's records (see certs.kinds.shape)."""

from __future__ import annotations

from typing import Final

from certs.kinds.shape import Opened, Shape, Terms, by_birth, zihao_key


def _terms(v: Opened, _issuer: str) -> Terms:
    old = [("zihao", zihao_key(v["original_zihao"]))] if "original_zihao" in v else []
    document = f"{v['holder_document_type']}:{v['holder_nationality']}:{v['holder_document_number']}"
    person = [("person", key) for _, key in by_birth(v, "holder")]
    return [("zihao", zihao_key(v["zihao"])), *old, ("holder", document), *person]


SHAPE: Final = Shape(("man", "woman"), "holder_role", None, _terms)
