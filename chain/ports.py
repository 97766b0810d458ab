"""What the log and the anchorer need from outside. Whoever wires the service fills these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], int]
"""Now, in whole seconds since 1970-01-01 UTC. Never goes through a default: tests and audits set it."""


class LogSigner(Protocol):
    """A log's signing key. The private half never leaves the implementation (software, PKCS#11 …)."""

    @property
    def alg(self) -> int:
        """COSE algorithm number, e.g. -65537 for SM2 with SM3."""

    @property
    def public_key(self) -> bytes:
        """SM2 and P-256: 65 bytes `04 || x || y`; Ed25519: 32 bytes."""

    @property
    def kid(self) -> bytes:
        """8 bytes: start of SM3 over the deterministic COSE_Key."""

    def sign(self, message: bytes) -> bytes:
        """Raw 64-byte signature over the message itself (never over a digest made by the caller)."""
