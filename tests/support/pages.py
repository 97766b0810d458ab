"""A page of every kind, made as the service makes them: from a row, through the kind's claims."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

from certs.documents.annotation import Annotation
from certs.documents.codes import PrintedCode, boxed_code
from certs.documents.pages import page_for
from certs.documents.placement import CODE_MM
from certs.documents.reading import Face
from certs.documents.view import Page
from certs.kinds import KINDS, kind_by_name
from certs.kinds.base import Stamp
from tests.simulators.holders import HOLDER_ROWS
from tests.simulators.office import divorce_row, donation_row, draft, marriage_row
from verifier.code import encode_url

IDENTIFIER = "1.2.156.3005.2.11990000MB9T00011H001.11990000MB9T010142.J9901012025000001.001.N"
STAMP = Stamp(IDENTIFIER, "示例市甲区民政局婚姻登记处", "11990000MB9T010142")
ANNOTATION = Annotation(
    "申请公积金贷款核验婚姻状况", "示例银行股份有限公司", "示例市民政局", 1_790_000_000, 1_792_000_000
)
CODE_TEXT = encode_url("minzheng.example", random.Random(1).randbytes(276))
KIND_NAMES = sorted(kind.name for kind in KINDS.values())


def face_of(name: str) -> Face:
    """The claims of the kind's first certificate."""
    rows = {"marriage": marriage_row, "divorce": lambda: divorce_row(1), "donation": donation_row, **HOLDER_ROWS}
    kind = kind_by_name(name)
    made = draft(name, rows[name]())
    return {claim: value for _, claim, value in kind.claims(made, kind.roles(made)[0], STAMP)}


def page_of(name: str, *, changes: Face | None = None, **options: Any) -> Page:
    """Its page; `changes` to the claims, `options` of `page_for`."""
    return page_for(kind_by_name(name), {**face_of(name), **(changes or {})}, **{"specimen": True, **options})


@lru_cache(maxsize=1)
def code() -> PrintedCode:
    return boxed_code(CODE_TEXT, box_mm=CODE_MM)
