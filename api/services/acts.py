"""Signed requests kept as proof: who asked for what, for whoever checks later, without believing the database.

    {1: signature base, 2: signature (64 bytes), 3: body}

in deterministic CBOR. The base holds method, authority, path, query, digest of the body, time, nonce and key id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from verifier import cbor, fields
from verifier.cose import CoseKey
from verifier.httpsig import SIGNATURE_BYTES

FORMAT: Final = "signed-request"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A request, as it was signed. `base` are the exact bytes under the signature."""

    base: bytes
    signature: bytes = field(repr=False)
    body: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode({1: self.base, 2: self.signature, 3: self.body})

    @classmethod
    def parse(cls, data: bytes) -> Evidence:
        """Raises Malformed."""
        m = fields.mapping(FORMAT, cbor.decode(data), (1, 2, 3), ())
        return cls(
            fields.octets(FORMAT, m, 1),
            fields.octets(FORMAT, m, 2, SIGNATURE_BYTES),
            fields.octets(FORMAT, m, 3),
        )

    def signed_by(self, key: CoseKey) -> bool:
        """Whether `key` made the signature. Says nothing of what is in the base: see `verifier.httpsig`."""
        return key.verify(self.signature, self.base)
