"""The structure of an OFD has not changed unnoticed: `python -m tests.golden.vectors_ofd` writes it anew."""

from __future__ import annotations

from tests.golden import vectors_ofd


def test_the_structure_is_the_golden_one() -> None:
    written = {path.stem: path.read_text(encoding="utf-8") for path in vectors_ofd.HERE.glob("*.txt")}
    assert vectors_ofd.documents() == written
