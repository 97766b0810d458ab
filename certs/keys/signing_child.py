"""The program of a signing process, `python -m certs.keys.signing_child`; signing_process.py alone starts it.

Standard input:   private scalar 32 bytes, public key 65 bytes, then digests of 32 bytes each, SM3(ZA || message)
Standard output:  for each digest, in order, r || s, 64 bytes

Ends when its input ends, so it cannot outlive its parent, however that one dies; ends without an answer when libcrypto
refuses, and the parent asks its own copy of the key, which says why.
"""

from __future__ import annotations

import os
import signal
from typing import Final

from certs.errors import KeyStoreError

from ._evp import POINT_BYTES, SCALAR_BYTES, PrivateKey, SigningContext
from .der import der_to_raw

DIGEST_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_STDIN: Final = 0
_STDOUT: Final = 1
_READ: Final = 4096


def _fill(buffer: bytearray) -> bool:
    """Read exactly this many bytes into place: no copy of a secret stays behind. False at the end of the input."""
    view = memoryview(buffer)
    at = 0
    while at < len(buffer):
        got = os.readv(_STDIN, [view[at:]])
        if got == 0:
            return False
        at += got
    return True


def _key() -> PrivateKey | None:
    scalar, public = bytearray(SCALAR_BYTES), bytearray(POINT_BYTES)
    try:
        if not (_fill(scalar) and _fill(public)):
            return None
        return PrivateKey.load(scalar, bytes(public))
    finally:
        scalar[:] = bytes(SCALAR_BYTES)


def _serve(context: SigningContext) -> None:
    waiting = b""
    while data := os.read(_STDIN, _READ):
        waiting += data
        whole = len(waiting) - len(waiting) % DIGEST_BYTES
        for at in range(0, whole, DIGEST_BYTES):
            # 64 bytes into a pipe go in one piece (POSIX: up to PIPE_BUF), so a killed child leaves no half signature
            os.write(_STDOUT, der_to_raw(context.sign_digest(waiting[at : at + DIGEST_BYTES])))
        waiting = waiting[whole:]


def main() -> int:
    """0 when the input ended, 1 when libcrypto refused."""
    # An interrupt at the terminal reaches every process there; the parent decides when a batch is given up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        key = _key()
        if key is not None:
            _serve(SigningContext(key))
    except BrokenPipeError:  # the parent went away while we answered
        return 0
    except KeyStoreError:
        return 1
    return 0


if __name__ == "__main__":
    # Nothing to tidy up, and an interpreter that closes down slowly would keep the parent waiting.
    os._exit(main())
