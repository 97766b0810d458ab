"""What a batch does to the log, worked out without touching a store. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chain.log.model import IDEM_BYTES, MAX_BODY_BYTES, TILE_WIDTH, Entry, Head, Known, Staged, Tile, leaf_key
from verifier.errors import Malformed
from verifier.merkle import TreeHash


@dataclass(frozen=True, slots=True)
class Plan:
    """`entries` are new, `leaves` their leaf hashes; `known` holds the index of every staged key that has one after
    this batch; `consumed` and `parked` are tickets (see `Append`).
    """

    entries: tuple[Entry, ...]
    leaves: tuple[bytes, ...]
    known: Mapping[bytes, int]
    consumed: tuple[int, ...]
    parked: tuple[int, ...]


def check_entry(idem: bytes, body: bytes) -> None:
    """Bounds of a staged entry. Raises Malformed."""
    if len(idem) != IDEM_BYTES:
        raise Malformed("log-entry", "idem-length", "expected 16 bytes")
    if not 0 < len(body) <= MAX_BODY_BYTES:
        raise Malformed("log-entry", "body-length", "expected 1 to 65535 bytes")


def plan_entries(h: TreeHash, size: int, staged: Sequence[Staged], known: Mapping[bytes, Known]) -> Plan:
    """Give indices to what is new; same key and same body keeps its first index; same key and another body
    is parked.
    """
    seen = dict(known)
    entries: list[Entry] = []
    leaves: list[bytes] = []
    consumed: list[int] = []
    parked: list[int] = []
    for item in staged:
        check_entry(item.idem, item.body)
        first = seen.get(item.idem)
        if first is None:
            index = size + len(entries)
            leaf = h.leaf(item.body)
            leaves.append(leaf)
            entries.append(Entry(index, leaf_key(leaf), item.body, item.idem))
            seen[item.idem] = Known(index, item.body)
            consumed.append(item.ticket)
        elif first.body == item.body:
            consumed.append(item.ticket)
        else:
            parked.append(item.ticket)
    wanted = {item.idem for item in staged}
    return Plan(
        tuple(entries),
        tuple(leaves),
        {idem: place.index for idem, place in seen.items() if idem in wanted},
        tuple(consumed),
        tuple(parked),
    )


def advance(head: Head, leaves: Sequence[bytes]) -> Head:
    """The head after appending leaf hashes."""
    frontier = head.frontier.extend(leaves)
    return Head(frontier, frontier.root())


def perfect_root(h: TreeHash, hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [h.node(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def cut_tiles(h: TreeHash, level: int, start: int, hashes: Sequence[bytes]) -> list[Tile]:
    """The full tiles in a row of hashes of one level that begins at a tile boundary `start`."""
    tiles = []
    for at in range(0, len(hashes) - TILE_WIDTH + 1, TILE_WIDTH):
        row = hashes[at : at + TILE_WIDTH]
        tiles.append(Tile(level, (start + at) // TILE_WIDTH, b"".join(row), perfect_root(h, row)))
    return tiles
