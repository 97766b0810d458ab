"""What was wrong with which row, as CSV or NDJSON in Chinese or English. Never the value: it may be somebody's number.

line,field,code,message,severity
5,birth_man,UNDER_AGE,未达法定婚龄（男22周岁，女20周岁）,error
"""

from __future__ import annotations

import csv
import io
import json
from typing import Final

from api.db.repositories.imports import Remark
from api.services.messages import reason_of

FIELDS: Final = ("line", "field", "code", "message", "severity")
FORMATS: Final = ("csv", "ndjson")
MARK: Final = "\ufeff"
"""A spreadsheet program takes a CSV without it for the machine's own encoding."""


def head(form: str) -> str:
    """What stands before the first row."""
    return MARK + _csv(FIELDS) if form == "csv" else ""


def line_of(remark: Remark, form: str, lang: str) -> str:
    """One line of the report, with its end. Line 0 is the file as a whole."""
    message = reason_of(remark.code, lang)
    row = (remark.line, remark.field, remark.code, message, "note" if remark.is_note else "error")
    if form == "csv":
        return _csv(row)
    return json.dumps(dict(zip(FIELDS, row, strict=True)), ensure_ascii=False) + "\n"


def _csv(row: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(row)
    return out.getvalue()
