"""Who signs for a relying party: `Signer` is what the client needs, `SoftwareSigner` a key file with a PIN.

openssl genpkey -algorithm SM2 | openssl pkcs8 -topk8 -scrypt -out bank.key        # asks for the PIN
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkcs8 -topk8 -scrypt -out bank.key
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from .. import der
from ..cose import CoseKey
from ..errors import VerifierError
from ..hazmat.sm2 import DEFAULT_ID
from ..httpsig import ALGORITHMS
from ..inputs import UsageError, read_file
from ..labels import CRV_P256, CRV_SM2
from .errors import BadAnswer, Misconfigured
from .native import PrivateKey, Refused

MAX_KEY_BYTES: Final = 1 << 16
_NAMES: Final = {number: name for name, number in ALGORITHMS.items()}


class Signer(Protocol):
    """A key that signs requests: a file, a card, a hardware module."""

    @property
    def key(self) -> CoseKey:
        """The public half, as the service knows it."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s: SM2 with SM3 and the default id, or ECDSA P-256 with SHA-256."""


class Opener(Protocol):
    """A key that answers are encrypted to."""

    def decrypt(self, cipher: bytes) -> bytes:
        """What an SM2Cipher in DER holds. Raises BadAnswer."""


class SoftwareSigner:
    """A key in an encrypted PKCS#8 file, used through libcrypto. It signs, and opens envelopes if it is of SM2."""

    def __init__(self, pem: bytes, pin: str) -> None:
        if "\0" in pin:
            raise Misconfigured("key: wrong PIN, or not a key")
        self._private = PrivateKey.from_pem(pem, pin.encode())
        curve = CRV_SM2 if self._private.curve == "SM2" else CRV_P256
        self._key = CoseKey(curve, self._private.public())
        self.sign(b"")  # a library that cannot sign is found out now, and not at the first question

    @classmethod
    def open(cls, path: str | Path, pin: str | Callable[[], str]) -> SoftwareSigner:
        """From a file; `pin` may be what asks for it. Raises Misconfigured."""
        try:
            pem = read_file(Path(path), MAX_KEY_BYTES)
        except UsageError as e:
            raise Misconfigured(f"key: {e}") from None
        return cls(pem, pin if isinstance(pin, str) else pin())

    @property
    def key(self) -> CoseKey:
        """The public half."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s. Raises Misconfigured if libcrypto signs nothing that holds."""
        try:
            signature = _r_s(self._private.sign(message, DEFAULT_ID))
        except (Refused, VerifierError):
            raise Misconfigured("key: libcrypto did not sign") from None
        if not self._key.verify(signature, message):  # by other code than that which signed
            raise Misconfigured("key: libcrypto's signature does not hold")
        return signature

    def decrypt(self, cipher: bytes) -> bytes:
        """What an SM2Cipher in DER holds. Raises BadAnswer."""
        try:
            return self._private.decrypt(cipher)
        except Refused:
            raise BadAnswer("envelope: not for this key, or damaged") from None


def keyid(key: CoseKey) -> str:
    """How requests name a key: 16 hexadecimal digits."""
    return key.kid.hex()


def algorithm(key: CoseKey) -> str:
    """The signature's algorithm as RFC 9421 has it: "sm2-sm3" (local to this project) or "ecdsa-p256-sha256"."""
    if key.alg not in _NAMES:
        raise Misconfigured("key: expected SM2 or P-256")
    return _NAMES[key.alg]


def _r_s(signature: bytes) -> bytes:
    fields = der.Fields("signature", der.parse(signature))
    r, s = fields.take(der.INTEGER).integer(), fields.take(der.INTEGER).integer()
    fields.end()
    if not (0 < r < 1 << 256 and 0 < s < 1 << 256):
        raise Refused
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
