"""Signed requests whose body is read as it comes: the signature first, the digest that it covers when the body ends.

What is asked line by line is read only: an answer goes to whoever holds the connection, which TLS has settled, and the
nonce is used up. A body that turns out to be another one than was signed is told at the end, and proves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated, Any

from cryptography.hazmat.primitives import hashes
from fastapi import Depends, Request

from api.errors import Forbidden, SignatureRefused
from api.http.signed import Caller, client_certificate, has_signature, target_of
from api.http.state import service_of
from verifier.errors import Malformed
from verifier.httpsig import SignedRequest


class BodyDigest:
    """A Content-Digest field (RFC 9530, one of "sm3" and "sha-256"), held against what comes."""

    def __init__(self, said: str) -> None:
        """`said` is one that `SignedRequest.parse` took: "sm3=:…:"."""
        name, _, value = said.partition("=")
        self._expected = base64.b64decode(value.strip(":"))
        self._sm3 = hashes.Hash(hashes.SM3()) if name == "sm3" else None
        self._sha = None if name == "sm3" else hashlib.sha256()

    def update(self, piece: bytes) -> None:
        """The next bytes of the body."""
        if self._sm3 is not None:
            self._sm3.update(piece)
        elif self._sha is not None:
            self._sha.update(piece)

    def matches(self) -> bool:
        """Whether what came is what was signed; asked once, at the end."""
        found = self._sm3.finalize() if self._sm3 is not None else self._sha.digest() if self._sha is not None else b""
        return hmac.compare_digest(found, self._expected)


@dataclass(frozen=True, slots=True)
class StreamingParty:
    """Who asks. `digest`: what the body is to be held to; None where TLS proved the party."""

    caller: Caller
    digest: BodyDigest | None = field(default=None, repr=False)


async def _streaming(request: Request) -> StreamingParty:
    clients = service_of(request).clients
    certificate = None if has_signature(request) else client_certificate(request)
    if certificate is not None:
        return _verifier(StreamingParty(await clients.by_certificate(hashlib.sha256(certificate).hexdigest())))
    said = {name: request.headers.getlist(name) for name in ("signature-input", "signature", "content-digest")}
    if not said["signature"]:
        raise SignatureRefused("signature-missing")
    try:
        inputs, signature, digest = (", ".join(lines) for lines in said.values())
        signed = SignedRequest.parse(inputs, signature, digest or None)
    except Malformed:
        raise SignatureRefused("signature-malformed") from None
    caller = await clients.by_signature(signed, target_of(request), None)
    return _verifier(StreamingParty(caller, None if signed.digest is None else BodyDigest(signed.digest)))


def _verifier(party: StreamingParty) -> StreamingParty:
    if party.caller.kind != "party" or party.caller.role != "verifier":
        raise Forbidden
    return party


Streaming = Annotated[StreamingParty, Depends(_streaming)]


async def with_digest(
    answers: AsyncGenerator[dict[str, Any], None], digest: BodyDigest | None
) -> AsyncGenerator[dict[str, Any], None]:
    """The answers, the last one with what became of the digest: "match", "mismatch", or null over TLS alone."""
    async with aclosing(answers) as items:
        async for item in items:
            if "end" in item:
                state = None if digest is None else "match" if digest.matches() else "mismatch"
                item = {"end": {**item["end"], "digest": state}}
            yield item
