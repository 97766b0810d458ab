"""Where fuzzing begins: the golden vectors, accepted and refused, and the examples."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUT = ROOT / "out" / "fuzz"
GOLDEN = ROOT / "tests" / "golden"


def golden(file: str, *members: str) -> list[bytes]:
    """Values of these members wherever they stand in a vector file: "x_b64" and "x_hex" decoded, others as UTF-8."""
    found = json.loads((GOLDEN / file).read_text("utf-8"))
    return list(dict.fromkeys(data for name, text in _members(found) if name in members for data in _bytes(name, text)))


def _members(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            many = inner if isinstance(inner, list) else [inner]
            yield from ((name, text) for text in many if isinstance(text, str))
            yield from _members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner)


def _bytes(name: str, text: str) -> list[bytes]:
    if name.endswith("b64"):
        return [b64decode(text)]
    return [bytes.fromhex(text)] if name.endswith("hex") else [text.encode("utf-8", "surrogatepass")]


def assessed(member: str, limit: int = 1 << 15) -> list[bytes]:
    """Inputs of the vectors of whole assessments: "input_b64", "input_text", "status_b64" …"""
    files = sorted((GOLDEN / "assess").glob("*.json"))
    every = (data for path in files for data in golden(f"assess/{path.name}", member))
    return list(dict.fromkeys(data for data in every if len(data) <= limit))


def example(name: str, lines: int = 6) -> bytes:
    """The first lines of an example file."""
    return b"".join((ROOT / "examples" / name).read_bytes().splitlines(keepends=True)[:lines])
