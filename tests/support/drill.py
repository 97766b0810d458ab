"""How often a thing is tried: in the suite, which is run before every commit is shared, and in a drill (`make fault`).

MZ_TEST_DRILLS=1 asks for the drill.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

DRILLS: Final = os.environ.get("MZ_TEST_DRILLS") == "1"

only_drilled = pytest.mark.skipif(not DRILLS, reason="a drill of its own: make fault")


def times(suite: int, drill: int) -> int:
    """How often to try something."""
    return drill if DRILLS else suite
