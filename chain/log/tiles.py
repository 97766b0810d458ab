"""C2SP tlog-tiles: paths and entry bundles. Pure.

tile/0/x001/x234/067        full tile 1234067 of level 0: 256 hashes, 8,192 bytes
tile/1/000.p/3              partial tile 0 of level 1: its first 3 hashes, 96 bytes
tile/entries/000.p/2        entry bundle: 2 entries, each with its length in 16 bits before it
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chain.log.model import MAX_BODY_BYTES, TILE_WIDTH
from verifier.errors import Malformed

MAX_LEVEL: Final = 5  # C2SP tlog-tiles: levels 0 to 5, which covers 2^48 entries
MAX_TILE_INDEX: Final = (1 << 40) - 1
_INDEX = re.compile(r"(?:x[0-9]{3}/){0,4}[0-9]{3}", re.ASCII)
_PARTIAL = re.compile(r"(?P<index>[x0-9/]+?)(?:\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Tile `n`, its first `width` hashes or entries (256: the full one)."""

    n: int
    width: int = TILE_WIDTH

    @property
    def start(self) -> int:
        """First hash or entry."""
        return self.n * TILE_WIDTH

    @property
    def stop(self) -> int:
        """One past the last hash or entry."""
        return self.start + self.width


def encode_index(n: int) -> str:
    """1234067 -> `x001/x234/067`."""
    groups = [f"{n % 1000:03d}"]
    while n >= 1000:
        n //= 1000
        groups.append(f"x{n % 1000:03d}")
    return "/".join(reversed(groups))


def encode_address(address: TileAddress) -> str:
    """`x001/x234/067` or, for a partial one, `x001/x234/067.p/5`."""
    suffix = "" if address.width == TILE_WIDTH else f".p/{address.width}"
    return encode_index(address.n) + suffix


def parse_address(text: str) -> TileAddress:
    """Inverse of `encode_address`. Accepts that one spelling only: a cache must never hold a tile under two
    names.
    """
    match = _PARTIAL.fullmatch(text)
    if match is None or _INDEX.fullmatch(match["index"]) is None:
        raise Malformed("tile-path", "syntax")
    n = int(match["index"].replace("x", "").replace("/", ""))
    width = TILE_WIDTH if match["width"] is None else int(match["width"])
    if n > MAX_TILE_INDEX or (match["width"] is not None and width >= TILE_WIDTH):
        raise Malformed("tile-path", "out-of-range")
    address = TileAddress(n, width)
    if encode_address(address) != text:
        raise Malformed("tile-path", "not-canonical")
    return address


def parse_level(text: str) -> int:
    """Tile level `0` to `5`, no leading zeros."""
    if not re.fullmatch("[0-5]", text, re.ASCII):
        raise Malformed("tile-path", "level")
    return int(text)


def encode_bundle(bodies: Sequence[bytes]) -> bytes:
    """Entries, each after its length as two bytes, big endian."""
    parts: list[bytes] = []
    for body in bodies:
        if len(body) > MAX_BODY_BYTES:
            raise Malformed("entry-bundle", "entry-too-long")
        parts.append(len(body).to_bytes(2, "big"))
        parts.append(body)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """Inverse of `encode_bundle`, at most 256 entries. Raises Malformed."""
    bodies: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data) or len(bodies) == TILE_WIDTH:
            raise Malformed("entry-bundle", "length")
        bodies.append(data[at + 2 : end])
        at = end
    return bodies


def split_hashes(data: bytes) -> list[bytes]:
    """The 32-byte hashes of a tile. Raises Malformed for another length."""
    if not data or len(data) % 32 or len(data) > 32 * TILE_WIDTH:
        raise Malformed("tile", "length")
    return [data[i : i + 32] for i in range(0, len(data), 32)]
