"""BLS12-381 signer of a witness that takes part in aggregated signatures. Needs the optional extra `bls` (arkworks).

The same ciphersuite as `verifier.hazmat.bls`. Signing is deterministic, so no nonce can repeat. arkworks' scalar
multiplication is not hardened against timing: a witness signs public texts that it saw first, at the pace of
checkpoints, and this key signs nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from certs.errors import KeyFileMalformed, SignerUnavailable
from certs.ports import Entropy
from verifier.hazmat.bls import KEY_BYTES, POSSESSION_DOMAIN, SIGNATURE_DOMAIN

from .keyfile import SCRYPT_N, load_secret, save_secret, wipe

try:
    import py_arkworks_bls12381 as _ark
except ImportError:
    _ark = None  # type: ignore[assignment]

FORMAT: Final = "mzt-bls12381-key/1"
_ORDER: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
_SECRET_BYTES: Final = 32


class BlsSigner:
    """Signs with a secret scalar, 32 bytes big endian, 0 < scalar < order."""

    def __init__(self, secret: bytes) -> None:
        if _ark is None:
            raise SignerUnavailable("BLS keys need the extra `bls`")
        self._scalar: Any = _ark.Scalar.from_be_bytes(secret)
        self.public_key = bytes((_ark.G1Point() * self._scalar).to_compressed_bytes())

    @property
    def possession(self) -> bytes:
        """Proof of possession, 96 bytes: goes wherever the key goes."""
        return self._sign(self.public_key, POSSESSION_DOMAIN)

    def sign(self, message: bytes) -> bytes:
        """96 bytes over `message` itself."""
        return self._sign(message, SIGNATURE_DOMAIN)

    def _sign(self, message: bytes, domain: bytes) -> bytes:
        return bytes((_ark.G2Point.hash_to_curve(message, domain) * self._scalar).to_compressed_bytes())


def create_bls_key(path: Path, passphrase: str, entropy: Entropy, *, n: int = SCRYPT_N) -> BlsSigner:
    """Make a key, keep it in a new file (see keyfile.py), open it. Raises KeyStoreError, SignerUnavailable."""
    drawn = int.from_bytes(entropy(48), "big") % (_ORDER - 1) + 1  # 48 bytes: the bias is below 2^-128
    secret = bytearray(drawn.to_bytes(_SECRET_BYTES, "big"))
    try:
        signer = BlsSigner(bytes(secret))
        save_secret(path, FORMAT, signer.public_key, secret, passphrase, entropy, n=n)
    finally:
        wipe(secret)
    return signer


def open_bls_key(path: Path, passphrase: str) -> BlsSigner:
    """The signer of a key file. Raises KeyFileUnsafe, KeyFileMalformed, KeyFileLocked, SignerUnavailable."""
    public, secret = load_secret(path, FORMAT, KEY_BYTES, passphrase)
    try:
        signer = BlsSigner(bytes(secret))
    except ValueError:
        raise KeyFileMalformed("the key file holds no scalar") from None
    finally:
        wipe(secret)
    if signer.public_key != public:
        raise KeyFileMalformed("the key file's two halves do not belong together")
    return signer
