"""What an auditor expects of the kind's records (see certs.kinds.shape)."""

from __future__ import annotations

from typing import Final

from certs.kinds.shape import Opened, Shape, Terms, by_birth, by_document, numbered


def _terms(v: Opened, issuer: str) -> Terms:
    deceased = [*by_document(v, "deceased"), *by_birth(v, "deceased")]
    return [*numbered(v, issuer), *by_document(v, "applicant"), *deceased]


SHAPE: Final = Shape(("holder",), None, "certificate_no", _terms)
