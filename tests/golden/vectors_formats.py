from __future__ import annotations

from typing import Any


def documents() -> dict[str, Any]:
    return {}
