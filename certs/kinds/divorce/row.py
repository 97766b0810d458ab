"""Rules of a divorce registration row (Civil Code 1076–1078, 1080; 婚姻登记条例).

The row comes when both have appeared after the thirty days and the registration is complete. The application before,
the days of cooling-off and a withdrawal are nobody's status, and not registered here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from certs.kinds.base import Rejected
from certs.kinds.codes import OP_DIVORCE, OP_REISSUE_DIVORCE
from certs.kinds.couplerows import Booklet, CoupleReader

from .claims import COLUMNS
from .draft import DivorceDraft

OPERATIONS: Final = {
    OP_DIVORCE: Booklet("L", frozenset({"J", "BJ"})),
    OP_REISSUE_DIVORCE: Booklet("BL", frozenset({"L", "BL"}), required=True),
}


def parse_divorce_row(row: Mapping[str, str], *, today: date, archive: bool = False) -> DivorceDraft | Rejected:
    """A draft, or every broken rule."""
    reader = CoupleReader(row, COLUMNS, today=today, archive=archive)
    values = reader.read(OPERATIONS)
    op_date, effective = values["op_date"], values["effective_from"]
    if op_date is not None and effective is not None:
        if effective > op_date:
            reader.cells.note("effective_from", "EFFECTIVE_AFTER_REGISTRATION")
        elif values["op_type"] == OP_DIVORCE and effective != op_date:
            reader.cells.note("effective_from", "DIVORCE_FROM_REGISTRATION")
    done = reader.done(values)
    return done if isinstance(done, Rejected) else DivorceDraft(**done)
