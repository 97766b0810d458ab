"""What an auditor expects of the kind's records (see certs.kinds.shape)."""

from __future__ import annotations

from datetime import date
from typing import Final

from certs.kinds.shape import Opened, Shape, Terms, by_birth, by_document, numbered


def _terms(v: Opened, issuer: str) -> Terms:
    child = [*by_document(v, "holder"), *by_birth(v, "holder")]
    return [*numbered(v, issuer), *child, *by_document(v, "guardian")]


def _last_day(v: Opened) -> date:
    """31 December of the year in which it ends: the very day would tell a birthday."""
    return date(int(str(v["valid_until"])[:4]), 12, 31)


SHAPE: Final = Shape(("holder",), None, "certificate_no", _terms, _last_day)
