"""Other people's test vectors: read where they lie (next to the repository, or MZ_VECTORS), never copied in."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_NEXT_TO_REPOSITORY = Path(__file__).resolve().parents[3] / "shared" / "vectors"


def read_json(relative: str) -> Any:
    """The parsed file. Skips the calling module or test, with the reason, where the vectors are absent."""
    path = Path(os.environ.get("MZ_VECTORS", _NEXT_TO_REPOSITORY)) / relative
    if not path.is_file():
        pytest.skip(f"vectors not found: {path} (set MZ_VECTORS)", allow_module_level=True)
    return json.loads(path.read_text(encoding="utf-8"))
