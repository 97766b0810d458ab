"""What is kept of a line of a statement: its keyed reference, day, direction and amount in clear, its reference sealed.

    sealed     dCBOR {1: 1, 2: "reference"}

Who paid and what for stays in the charity's own file; the line's number leads there.
"""

from __future__ import annotations

from certs.errors import Erased, SealBroken
from certs.ports import Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed

_VERSION = 1


def bank_row_aad(reference: bytes) -> bytes:
    """What binds the sealed part to its row. `reference`: 32 bytes, keyed."""
    return b"mz-charity-bank-row/1\x00" + reference


def seal_reference(text: str, tag: bytes, sealer: Sealer) -> Sealed:
    """The reference as the bank wrote it, under the row's tag."""
    return sealer.seal(cbor.encode({1: _VERSION, 2: text}), bank_row_aad(tag))


def open_reference(tag: bytes, sealed: Sealed | None, sealer: Sealer) -> str:
    """Inverse of `seal_reference`. Raises Erased, SealBroken."""
    if sealed is None:
        raise Erased("the row's data key was destroyed")
    try:
        value = cbor.decode(sealer.open(sealed, bank_row_aad(tag)))
    except Malformed:
        raise SealBroken("the sealed reference has another format") from None
    if type(value) is not dict or value.get(1) != _VERSION or type(value.get(2)) is not str:
        raise SealBroken("the sealed reference has another format")
    return str(value[2])
