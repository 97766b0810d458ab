"""What belongs to a public event and is not public: payees' names, account numbers, names of documents.

    sealed     dCBOR {1: 1, 2: SM3 of the request 32, 3: {"payee": "…", …}}

The digest says whether the charity's same number comes with the same request. It is sealed, for a request can be
guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from certs.errors import SealBroken
from certs.ports import Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed

from .keyed import charity_event_aad

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class PrivatePart:
    """`request`: SM3 of what was asked for, 32 bytes; `notes`: the charity's own, by name."""

    request: bytes = field(repr=False)
    notes: Mapping[str, str] = field(default_factory=dict, repr=False)


def seal_private(book_id: bytes, seq: int, part: PrivatePart, sealer: Sealer) -> Sealed:
    """The sealed part of event `seq`."""
    plain = cbor.encode({1: _VERSION, 2: part.request, 3: dict(part.notes)})
    return sealer.seal(plain, charity_event_aad(book_id, seq))


def open_private(book_id: bytes, seq: int, sealed: Sealed, sealer: Sealer) -> PrivatePart:
    """Inverse of `seal_private`. Raises SealBroken."""
    try:
        m: dict[int, Any] = cbor.decode(sealer.open(sealed, charity_event_aad(book_id, seq)))
        if m[1] != _VERSION or len(m[2]) != 32 or not isinstance(m[3], dict):
            raise SealBroken("the sealed event has another format")
        return PrivatePart(m[2], m[3])
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed event has another format") from None
