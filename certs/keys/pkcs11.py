"""SM2 in a hardware token: `pkcs11:` URIs. The token sees the digest e = SM3(ZA || message) and answers r and s.

ZA is computed here, from the public key that the token shows: PKCS#11 has no parameter for it, and vendors who hash
inside disagree about it. The vendor's mechanism must therefore be the one that signs a given digest.

As with a software key, whoever releases a signature verifies it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from certs.errors import SignerUnavailable, SigningFailed
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.hazmat._sm2_params import DEFAULT_ID, message_hasher
from verifier.labels import ALG_SM2, CRV_SM2

from .der import ORDER, der_to_raw
from .pkcs11_uri import TokenKey
from .token import TokenSession

SM2_CURVE: Final = bytes.fromhex("06082a811ccf5501822d")
"""DER of the curve's OID 1.2.156.10197.1.301 (GM/T 0006)."""


class Pkcs11Signer:
    """Signs with a key that never leaves its token. Thread-safe; one signature at a time."""

    alg: Final = ALG_SM2

    def __init__(self, key: TokenKey) -> None:
        """Raises SignerUnavailable for a key of another curve, and as `TokenSession`."""
        self._session = TokenSession(key)
        if self._session.parameters != SM2_CURVE:
            self._session.close()
            raise SignerUnavailable("the token's key is not on the SM2 curve")
        try:
            self._public = CoseKey(CRV_SM2, self._session.point)
        except VerifierError:
            self._session.close()
            raise SignerUnavailable("the token's public key is no point of the SM2 curve") from None
        self._hash = message_hasher(self._public.public, DEFAULT_ID)

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
        """64 bytes r || s. Raises SigningFailed, TokenUnavailable, TokenKeyMissing, PinRefused."""
        return _raw(self._session.sign(self._hash(message)))

    def sign_many(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """Signatures in order, each made when it is asked for."""
        return map(self.sign, messages)

    def close(self) -> None:
        """End the session with the token."""
        self._session.close()


def _raw(signature: bytes) -> bytes:
    """r || s as PKCS#11 has it, or the DER that some vendors give. Raises SigningFailed."""
    if len(signature) != 64:
        return der_to_raw(signature)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not 1 <= r < ORDER or not 1 <= s < ORDER or (r + s) % ORDER == 0:
        raise SigningFailed("signature out of range")
    return signature
