"""What an auditor expects of the kind's records (see certs.kinds.shape)."""

from __future__ import annotations

from typing import Final

from certs.kinds.shape import Opened, Shape, Terms


def _terms(v: Opened, issuer: str) -> Terms:
    receipt = [("receipt", f"{v['receipt_code']}:{v['receipt_number']}")] if "receipt_code" in v else []
    return [("donation_no", f"{issuer}:{v['donation_no']}"), *receipt]


SHAPE: Final = Shape(("donor",), None, "donation_no", _terms)
