"""Ed25519 signer (RFC 8032) for witnesses and for logs of the SHA-256 profile; the `cryptography` package signs.

Certificates are signed with SM2 only. Here Ed25519 is what C2SP notes and cosignatures ask for. Signing is
deterministic: no nonce can repeat. A signature is not verified here; whoever releases one checks it first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.errors import KeyFileMalformed
from certs.ports import Entropy
from verifier.cose import CoseKey
from verifier.labels import ALG_EDDSA, CRV_ED25519

from .keyfile import SCRYPT_N, load_secret, save_secret, wipe

FORMAT: Final = "mzt-ed25519-key/1"
PUBLIC_BYTES: Final = 32
SEED_BYTES: Final = 32


class Ed25519Signer:
    """Signs with a key held by the `cryptography` package. Thread-safe."""

    alg: Final = ALG_EDDSA

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = CoseKey(CRV_ED25519, key.public_key().public_bytes_raw())

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self._public.public

    @property
    def kid(self) -> bytes:
        """8 bytes: start of SM3 over the COSE_Key."""
        return self._public.kid

    @property
    def cose_key(self) -> CoseKey:
        """The public key as trust bundles carry it."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """64 bytes over `message` itself."""
        return self._key.sign(message)


def create_ed25519_key(path: Path, passphrase: str, entropy: Entropy, *, n: int = SCRYPT_N) -> Ed25519Signer:
    """Make a key from 32 bytes of `entropy`, keep it in a new file (see keyfile.py), open it. Raises KeyStoreError."""
    seed = bytearray(entropy(SEED_BYTES))
    try:
        signer = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(seed)))
        save_secret(path, FORMAT, signer.public_key, seed, passphrase, entropy, n=n)
    finally:
        wipe(seed)
    return signer


def open_ed25519_key(path: Path, passphrase: str) -> Ed25519Signer:
    """The signer of a key file. Raises KeyFileUnsafe, KeyFileMalformed, KeyFileLocked."""
    public, seed = load_secret(path, FORMAT, PUBLIC_BYTES, passphrase)
    try:
        signer = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(seed)))
    finally:
        wipe(seed)
    if signer.public_key != public:
        raise KeyFileMalformed("the key file's two halves do not belong together")
    return signer
