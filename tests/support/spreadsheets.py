"""XLSX files as openpyxl writes them, and the same with something changed inside."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook


def workbook(rows: Sequence[Sequence[Any]], change: Callable[[Any], None] = lambda _: None) -> bytes:
    """A workbook with one sheet of these rows; `change` is given its sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(
    data: bytes,
    change: Callable[[str, bytes], bytes | None] = lambda _, content: content,
    more: dict[str, bytes] | None = None,
) -> bytes:
    """The same archive with members changed (None: left out) and added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def with_sheet(data: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with `old` in its sheet's XML replaced."""

    def change(name: str, content: bytes) -> bytes:
        if not name.startswith("xl/worksheets/sheet"):
            return content
        assert old in content
        return content.replace(old, new)

    return repacked(data, change)


def with_shared_strings(data: bytes, head: bytes = b"") -> bytes:
    """The same workbook with its texts in a part of their own, as most programs write them; `head` before that part."""
    texts: list[bytes] = []

    def share(match: re.Match[bytes]) -> bytes:
        texts.append(match[2])
        return b"<c" + match[1] + b't="s"' + b"><v>%d</v></c>" % (len(texts) - 1)

    def change(name: str, content: bytes) -> bytes:
        if name.startswith("xl/worksheets/sheet"):
            return _INLINE.sub(share, content)
        if name == "xl/_rels/workbook.xml.rels":
            return content.replace(b"</Relationships>", _STRINGS + b"</Relationships>")
        return content

    changed = repacked(data, change)
    items = b"".join(b"<si><r><t>" + text + b"</t></r><rPh><t>hint</t></rPh></si>" for text in texts)
    return repacked(changed, more={"xl/sharedStrings.xml": head + b"<sst>" + items + b"</sst>"})


_INLINE = re.compile(rb'<c([^>]*)t="inlineStr"[^>]*><is><t[^>]*>(.*?)</t></is></c>', re.DOTALL)
_STRINGS = (
    b'<Relationship Id="rId99" Target="/xl/sharedStrings.xml" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
)
