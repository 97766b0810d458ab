"""Status indices: random, never used twice, in lists large enough to hide in.

Random, because consecutive indices would tie the two spouses of one registration together and date every
certificate. A list is left for a new one when half full: draws stay short, and the number in use stays a secret.
"""

from __future__ import annotations

from typing import Final

from certs.ports import Entropy, StatusListState, StatusStore
from verifier.status_list import MIN_ENTRIES

LIST_SIZE: Final = MIN_ENTRIES
"""Entries of a list, 131,072: 16 KiB uncompressed, a few hundred bytes while nearly all are valid."""


async def allocate(
    store: StatusStore, issuer: str, count: int, entropy: Entropy, *, size: int = LIST_SIZE
) -> list[tuple[int, int]]:
    """`count` fresh (list number, index) pairs of that issuer, in the transaction of `store`.

    `size` is a power of two, at least 131,072 in production.
    """
    result: list[tuple[int, int]] = []
    while len(result) < count:
        current = await store.current(issuer)
        if current is None or current.used >= current.size // 2:
            current = await store.open_list(issuer, size)
        wanted = min(count - len(result), current.size // 2 - current.used)
        result += [(current.number, index) for index in await _draw(store, current, wanted, entropy)]
    return result


async def _draw(store: StatusStore, state: StatusListState, wanted: int, entropy: Entropy) -> list[int]:
    random = entropy(4 * wanted)
    mask = state.size - 1
    drawn = [int.from_bytes(random[4 * i : 4 * i + 4], "big") & mask for i in range(wanted)]
    return list(await store.claim(state.number, list(dict.fromkeys(drawn))))
