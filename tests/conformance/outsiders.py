"""Where the outsiders' vectors lie: MZ_VECTORS, or beside the repository. They are never copied into it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
VECTORS = Path(os.environ.get("MZ_VECTORS") or _ROOT.parent / "shared" / "vectors")

needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="outsiders' vectors not found: set MZ_VECTORS to their folder"
)


def hex_lines(path: Path) -> bytes:
    """Bytes of the lines that are nothing but hexadecimal digits (the drafts' appendices mix them with prose)."""
    return bytes.fromhex("".join(re.findall(r"^[0-9a-f]+$", path.read_text(), re.MULTILINE)))
