"""The ninth kind of docs/adding-a-kind.md: its code is taken from the page, so that what the page shows works."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certs.kinds
from certs.kinds import kind_by_number, refresh
from certs.kinds.base import Kind

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-kind.md"
_FILE = re.compile(r"^`([a-z_]+/[a-z_]+\.py)`\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROWS = re.compile(r"^```csv\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files() -> dict[str, str]:
    """Path below certs/kinds to source, as on the page."""
    return dict(_FILE.findall(PAGE.read_text(encoding="utf-8")))


def row() -> dict[str, str]:
    """The page's sample row."""
    (text,) = _ROWS.findall(PAGE.read_text(encoding="utf-8"))
    (found,) = csv.DictReader(io.StringIO(text))
    return dict(found)


@contextmanager
def ninth_kind(directory: Path, *, without: str = "") -> Iterator[Kind[object]]:
    """The kind, in a folder of its own that belongs to the package while the context lasts; `without` a file."""
    for name, source in files().items():
        if name.rpartition("/")[2] != without:
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
    certs.kinds.__path__.append(str(directory))
    try:
        refresh()
        yield kind_by_number(9)
    finally:
        certs.kinds.__path__.remove(str(directory))
        for name in [n for n in sys.modules if n.startswith("certs.kinds.adoption")]:
            del sys.modules[name]
        refresh()
