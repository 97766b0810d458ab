"""Software signer: SM2 through the system's libcrypto, never through a pure-Python library.

SM2 signs e = SM3(ZA || message) with id 1234567812345678 (GB/T 32918.2 clause 6.1); ZA depends on the key alone and is
absorbed once. Nonces come from libcrypto's generator and its constant-time ladder.

A signature is *not* verified here: a computation fault could leak the key through a wrong signature, so everything that
releases one checks it first (certs/issue.py through verifier.assess, certs/status and certs/revoke.py directly).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Final

from certs.errors import SignerUnavailable
from verifier.cose import CoseKey
from verifier.hazmat._sm2_params import DEFAULT_ID, message_hasher
from verifier.labels import ALG_SM2, CRV_SM2

from ._evp import PrivateKey, SigningContext
from .der import der_to_raw

_CHUNK: Final = 8  # signatures a worker makes before it hands over: about 2 ms
WORKERS: Final = 2
"""Threads of `sign_many`. After a signature each waits until the caller lets go of the interpreter lock; a second
thread signs meanwhile (batches on two cores under load: 1,470 certificates/s with one, 1,940 with two)."""
_PROBE: Final = b"signer probe"


class SoftwareSigner:
    """Signs with a key held in libcrypto. Thread-safe: every thread gets its own signing context.

    `workers` threads sign ahead in `sign_many`; libcrypto releases the interpreter lock while it computes.
    """

    alg: Final = ALG_SM2

    def __init__(self, key: PrivateKey, *, workers: int = WORKERS) -> None:
        self._key = key
        self._public = CoseKey(CRV_SM2, key.public())
        self._hash = message_hasher(self._public.public, DEFAULT_ID)
        self._local = threading.local()
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None
        self._pool_lock = threading.Lock()
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

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s over `message`. Raises SigningFailed."""
        return der_to_raw(self._context().sign_digest(self._hash(message)))

    def sign_many(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """Signatures in order, made in chunks by the pool while the caller works on the first ones."""
        if self._workers == 0 or len(messages) <= 2:
            return map(self.sign, messages)
        pool = self._executor()
        futures = [pool.submit(self._chunk, messages[i : i + _CHUNK]) for i in range(0, len(messages), _CHUNK)]
        return _in_order(futures)

    def close(self) -> None:
        """Stop the pool. The key is freed with the object."""
        with self._pool_lock:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
                self._pool = None

    def _chunk(self, messages: Sequence[bytes]) -> list[bytes]:
        return [self.sign(m) for m in messages]

    def _context(self) -> SigningContext:
        context: SigningContext | None = getattr(self._local, "context", None)
        if context is None:
            context = self._local.context = SigningContext(self._key)
        return context

    def _executor(self) -> ThreadPoolExecutor:
        with self._pool_lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="sm2-sign")
            return self._pool


def _in_order(futures: Sequence[Future[list[bytes]]]) -> Iterator[bytes]:
    for future in futures:
        yield from future.result()


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
