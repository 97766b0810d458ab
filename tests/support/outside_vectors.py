"""Other people's test vectors: read where they lie (MZ_VECTORS, or beside the repository), never copied into it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(os.environ.get("MZ_VECTORS") or Path(__file__).resolve().parents[3] / "shared" / "vectors")

needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="outsiders' vectors not found: set MZ_VECTORS to their folder"
)


def read_json(relative: str) -> Any:
    """The parsed file. Skips the calling module or test, with the reason, where the vectors are absent."""
    path = VECTORS / relative
    if not path.is_file():
        pytest.skip(f"vectors not found: {path} (set MZ_VECTORS)", allow_module_level=True)
    return json.loads(path.read_text(encoding="utf-8"))


def hex_lines(path: Path) -> bytes:
    """Bytes of the lines that are nothing but hexadecimal digits (the drafts' appendices mix them with prose)."""
    return bytes.fromhex("".join(re.findall(r"^[0-9a-f]+$", path.read_text(), re.MULTILINE)))
