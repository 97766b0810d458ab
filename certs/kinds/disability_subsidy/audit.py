"""What an auditor expects of the kind's records (see certs.kinds.shape)."""

from __future__ import annotations

from typing import Final

from certs.kinds.shape import Opened, Shape, Terms, by_birth, by_document, day_in, numbered


def _terms(v: Opened, issuer: str) -> Terms:
    return [*numbered(v, issuer), *by_document(v, "holder"), *by_birth(v, "holder")]


SHAPE: Final = Shape(("holder",), None, "certificate_no", _terms, day_in("valid_until"))
