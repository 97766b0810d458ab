"""Where `AnchorRegistry` keeps `rootAt[originId][size]`: docs/formats/anchor-registry.md, storage layout."""

from __future__ import annotations

import hashlib
from typing import Final

from ..hazmat.keccak import keccak256

ROOT_AT_SLOT: Final = 4


def root_slot(origin: str, size: int) -> bytes:
    """Storage slot of the root anchored for that log at that size, 32 bytes."""
    origin_id = hashlib.sha256(origin.encode()).digest()
    mapping = keccak256(origin_id + ROOT_AT_SLOT.to_bytes(32, "big"))
    return keccak256(size.to_bytes(32, "big") + mapping)
