"""Software signer: SM2 through the system's libcrypto, never through a pure-Python library.

SM2 signs e = SM3(ZA || message) with id 1234567812345678 (GB/T 32918.2 clause 6.1); ZA depends on the key alone and is
absorbed once. Nonces come from libcrypto's generator and its constant-time ladder.

A signature is *not* verified here: a computation fault could leak the key through a wrong signature, so everything that
releases one checks it first (certs/issue.py through verifier.assess, certs/status and certs/revoke.py directly).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from certs.errors import SignerUnavailable
from verifier.cose import CoseKey
from verifier.hazmat._sm2_params import DEFAULT_ID, message_hasher
from verifier.labels import ALG_SM2, CRV_SM2

from ._evp import PrivateKey, SigningContext
from .der import der_to_raw
from .signing_process import SigningProcess

_WORTH_STARTING: Final = 16  # messages; starting a process takes 0.15 s, once
_WORTH_ASKING: Final = 3  # messages, when it runs already
_STARTS: Final = 3
"""Processes that a signer starts in its life: one that was killed is replaced, one that cannot live is not tried for
ever. Without one the calling thread signs: slower, and otherwise the same."""
_PROBE: Final = b"signer probe"


class SoftwareSigner:
    """Signs with a key held in libcrypto. Thread-safe: every thread gets its own signing context.

    `process`: whether `sign_many` may have a process of its own sign ahead (see signing_process.py).
    """

    alg: Final = ALG_SM2

    def __init__(self, key: PrivateKey, *, process: bool = True) -> None:
        self._key = key
        self._public = CoseKey(CRV_SM2, key.public())
        self._hash = message_hasher(self._public.public, DEFAULT_ID)
        self._local = threading.local()
        self._wanted = process
        self._starts_left = _STARTS if process else 0
        self._process: SigningProcess | None = None
        self._process_lock = threading.Lock()
        self_test()

    @property
    def public_key(self) -> bytes:
        """65 bytes, 04 || x || y."""
        return self._public.public

    @property
    def kid(self) -> bytes:
        """8 bytes."""
        return self._public.kid

    @property
    def cose_key(self) -> CoseKey:
        """The public key as trust bundles carry it."""
        return self._public

    @property
    def without_process(self) -> bool:
        """Whether it has used up every process that it may start, so that the calling thread signs from now on."""
        with self._process_lock:
            running = self._process is not None and self._process.alive
            return self._wanted and self._starts_left == 0 and not running

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s over `message`. Raises SigningFailed."""
        return self._sign_digest(self._hash(message))

    def sign_many(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """Signatures in order, made by the signing process while the caller works on the first ones.

        What that process cannot answer, for it died or never started, the calling thread signs. Raises SigningFailed,
        when the signature is asked for.
        """
        process = self._running(len(messages))
        if process is None:
            return map(self.sign, messages)
        return process.submit(list(map(self._hash, messages)), self._sign_digest)

    def close(self) -> None:
        """End the signing process. The key is freed with the object."""
        with self._process_lock:
            if self._process is not None:
                self._process.close()
                self._process = None

    def _sign_digest(self, digest: bytes) -> bytes:
        context: SigningContext | None = getattr(self._local, "context", None)
        if context is None:
            context = self._local.context = SigningContext(self._key)
        return der_to_raw(context.sign_digest(digest))

    def _running(self, count: int) -> SigningProcess | None:
        """The process that is to sign `count` messages, started if they are worth it."""
        with self._process_lock:
            if self._process is not None and self._process.alive:
                return self._process if count >= _WORTH_ASKING else None
            if count < _WORTH_STARTING or self._starts_left == 0:
                return None
            self._starts_left -= 1
            try:
                self._process = SigningProcess(self._key)
            except OSError:  # no memory or no process left: nothing that signing here would not get over
                return None
            return self._process


@lru_cache(maxsize=1)
def self_test() -> None:
    """Feature test, once a process: a fresh key signs and the verifier accepts, and refuses another message.

    Libraries of the RHEL lineage and Alpine lack the curve. Raises SignerUnavailable.
    """
    key = PrivateKey.generate()
    public = CoseKey(CRV_SM2, key.public())
    digest = message_hasher(public.public, DEFAULT_ID)(_PROBE)
    signature = der_to_raw(SigningContext(key).sign_digest(digest))
    if not public.verify(signature, _PROBE) or public.verify(signature, _PROBE + b"\x00"):
        raise SignerUnavailable("libcrypto's SM2 signatures do not verify")
