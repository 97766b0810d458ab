"""What is kept of a line of a statement: its keyed reference, day, direction and amount in clear, its reference sealed.

    sealed     dCBOR {1: 1, 2: "reference", 3: [line, day, direction, amount]}

The columns are sealed once more, so that whoever can write to the table cannot move an amount from row to row.

Who paid and what for stays in the charity's own file; the line's number leads there.
"""

from __future__ import annotations

from typing import Any

from certs.errors import Erased, SealBroken
from certs.ports import Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed

_VERSION = 1


def bank_row_aad(reference: bytes) -> bytes:
    """What binds the sealed part to its row. `reference`: 32 bytes, keyed."""
    return b"mz-charity-bank-row/1\x00" + reference


Said = tuple[int, int, int, int]
"""(line, day, direction, amount) as in the row's columns."""


def seal_reference(text: str, tag: bytes, said: Said, sealer: Sealer) -> Sealed:
    """The reference as the bank wrote it, under the row's tag."""
    return sealer.seal(cbor.encode({1: _VERSION, 2: text, 3: list(said)}), bank_row_aad(tag))


def open_row(tag: bytes, sealed: Sealed | None, sealer: Sealer) -> tuple[str, Said]:
    """Inverse of `seal_reference`. Raises Erased, SealBroken."""
    if sealed is None:
        raise Erased("the row's data key was destroyed")
    try:
        m: dict[int, Any] = cbor.decode(sealer.open(sealed, bank_row_aad(tag)))
        line, day, direction, amount = m[3]
        if m[1] != _VERSION or type(m[2]) is not str:
            raise SealBroken("the sealed reference has another format")
        return m[2], (line, day, direction, amount)
    except (Malformed, KeyError, TypeError, ValueError):
        raise SealBroken("the sealed reference has another format") from None


def open_reference(tag: bytes, sealed: Sealed | None, sealer: Sealer) -> str:
    """The reference alone. Raises Erased, SealBroken."""
    return open_row(tag, sealed, sealer)[0]
