"""Signed requests kept as proof: who asked for what, for whoever checks later, without believing the database.

    {1: signature base, 2: signature (64 bytes), 3: body}

in deterministic CBOR. The base holds method, authority, path, query, digest of the body, time, nonce and key id.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Final

from verifier import cbor, fields
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.httpsig import LABEL, SIGNATURE_BYTES, SignedRequest, Target

FORMAT: Final = "signed-request"
_NAMES: Final = ("@method", "@authority", "@path", "@query")


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

    def read(self) -> tuple[SignedRequest, Target]:
        """What was signed, in the terms of the request. Raises Malformed unless the base is exactly of its profile."""
        values = dict(line.partition(": ")[::2] for line in _text(self.base).split("\n"))
        signature = f"{LABEL}=:{base64.b64encode(self.signature).decode()}:"
        digest = values.get('"content-digest"')
        params = values.get('"@signature-params"', "")
        signed = SignedRequest.parse(f"{LABEL}={params}", signature, digest)
        method, authority, path, query = (values.get(f'"{name}"', "") for name in _NAMES)
        target = Target(method, authority, path, query.removeprefix("?"))
        if signed.base(target) != self.base:
            raise Malformed(FORMAT, "base")
        return signed, target

    def signed_by(self, key: CoseKey) -> bool:
        """Whether `key` made the signature, over this body. Raises Malformed."""
        signed, target = self.read()
        return signed.verify(key, target) and signed.holds(self.body)


def _text(base: bytes) -> str:
    try:
        return base.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(FORMAT, "base", "expected ASCII") from None
