"""Write the golden vectors: `python -m tests.golden.generate`. Run it after a deliberate change, and read the diff.

One file a vector in assess/, because other implementations of the verifier (the browser's) run them too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.golden import (
    vectors_code,
    vectors_document,
    vectors_file,
    vectors_formats,
    vectors_proof,
    vectors_status,
    vectors_trust,
    vectors_witness,
)
from tests.golden.world import Vector

HERE = Path(__file__).parent
_MODULES = (
    vectors_code,
    vectors_trust,
    vectors_status,
    vectors_file,
    vectors_witness,
    vectors_proof,
    vectors_document,
)


def assess_vectors() -> Iterator[Vector]:
    for module in _MODULES:
        yield from module.vectors()


def files() -> dict[Path, str]:
    """Every file and its text."""
    found: dict[Path, str] = {}
    for v in assess_vectors():
        path = HERE / "assess" / f"{v['name']}.json"
        assert path not in found, f"two vectors are called {v['name']}"
        found[path] = _text(v)
    for name, content in vectors_formats.documents().items():
        found[HERE / "formats" / f"{name}.json"] = _text(content)
    return found


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    wanted = files()
    for path, text in wanted.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="ascii")
    for folder in ("assess", "formats"):
        for path in (HERE / folder).glob("*.json"):
            if path not in wanted:
                path.unlink()
    print(f"{len(wanted)} files")


if __name__ == "__main__":
    main()
