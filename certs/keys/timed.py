"""A key signs within its time and not a second longer.

What an expired key signs, no verifier believes; it would be found by the self-check of whoever releases it, later and
under another name. So the refusal stands before the signature, at the one place that every signature passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from certs.errors import KeyOutOfTime
from certs.ports import Clock, Signer


class LogKey(Protocol):
    """What signs checkpoints and receipts: SM2 or Ed25519."""

    @property
    def alg(self) -> int: ...
    @property
    def public_key(self) -> bytes: ...
    @property
    def kid(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


class HeldKey(Signer, Protocol):
    """A signer that holds something open: a process, a session with a token."""

    def close(self) -> None: ...


class TimedLogKey:
    """Signs in [not_before, not_after), seconds UTC."""

    def __init__(self, key: LogKey, not_before: int, not_after: int, clock: Clock) -> None:
        self._key, self._clock = key, clock
        self._not_before, self._not_after = not_before, not_after

    @property
    def alg(self) -> int:
        return self._key.alg

    @property
    def public_key(self) -> bytes:
        return self._key.public_key

    @property
    def kid(self) -> bytes:
        return self._key.kid

    def sign(self, message: bytes) -> bytes:
        """Raises KeyOutOfTime, SigningFailed."""
        self._within()
        return self._key.sign(message)

    def close(self) -> None:
        """End what the key started: an SM2 key its signing process, a key in a token its session."""
        closing = getattr(self._key, "close", None)
        if closing is not None:
            closing()

    def _within(self) -> None:
        now = self._clock()
        if not self._not_before <= now < self._not_after:
            word = "ran out" if now >= self._not_after else "is not yet valid"
            raise KeyOutOfTime(f"key {self._key.kid.hex()} {word}: `mzt keys rotate`")


class TimedSigner(TimedLogKey):
    """The same for keys that sign certificates: `certs.ports.Signer`."""

    def __init__(self, key: Signer, not_before: int, not_after: int, clock: Clock) -> None:
        super().__init__(key, not_before, not_after, clock)
        self._signer = key

    def sign_many(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """Raises KeyOutOfTime, SigningFailed."""
        self._within()
        return self._signer.sign_many(messages)

    @property
    def without_process(self) -> bool:
        """See `SoftwareSigner.without_process`; keys of other sorts have none to lose."""
        return bool(getattr(self._signer, "without_process", False))
