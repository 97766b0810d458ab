"""Personal data at rest: SM4-GCM (GB/T 32907, RFC 8998) with one random data key per record.

    key  = 0x01 || kek id (4) || nonce (12) || SM4-GCM(kek, data key, aad) || tag (16)     49 bytes
    body = 0x01 || nonce (12) || SM4-GCM(data key, plaintext, aad) || tag (16)

Both layers bind `aad`, which names the record: a body or key moved to another record does not open. Erasing a record
is dropping `key`; nothing else in the system can open `body`. Rotating the key-encryption key rewraps 49 bytes and
leaves bodies alone (docs/runbooks/sealing.md).

A data key encrypts once, and a key-encryption key stays far below the 2^32 random nonces that GCM allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from verifier.hazmat.sm3 import prefixed, sm3

from .errors import SealBroken, SealingKeyMissing
from .ports import Entropy, Sealed

KEY_BYTES: Final = 16
_VERSION: Final = b"\x01"
_NONCE: Final = 12
_TAG: Final = 16
_KEK_ID: Final = 4
WRAPPED_BYTES: Final = 1 + _KEK_ID + _NONCE + KEY_BYTES + _TAG
MIN_LOOKUP_KEY: Final = 32
_BLOCK: Final = 64  # bytes of an SM3 block


def sm4_gcm_encrypt(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Ciphertext followed by its 16-byte tag."""
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def sm4_gcm_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Inverse of `sm4_gcm_encrypt`. Raises SealBroken."""
    if len(sealed) < _TAG:
        raise SealBroken("sealed data is truncated")
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG:])).decryptor()
    decryptor.authenticate_additional_data(aad)
    try:
        return decryptor.update(sealed[:-_TAG]) + decryptor.finalize()
    except InvalidTag:
        raise SealBroken("authentication failed") from None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key-encryption keys at hand, 16 bytes each: `current` seals, every one opens. Raises ValueError."""

    current: bytes = field(repr=False)
    retired: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if any(len(kek) != KEY_BYTES for kek in (self.current, *self.retired)):
            raise ValueError("a key-encryption key has 16 bytes")

    def by_id(self) -> dict[bytes, bytes]:
        """Every key under its `kek_id`."""
        return {kek_id(kek): kek for kek in (*self.retired, self.current)}


class Sm4Sealer:
    """Seals under the ring's current key, opens under any of the ring.

    The ring is asked for before every sealing, so that a rotation by another process is taken up at once, and again
    when a record names a key that is not known yet: whoever rotates need not stop or tell the service.
    """

    def __init__(self, current: bytes, entropy: Entropy, *, retired: tuple[bytes, ...] = ()) -> None:
        """Over a ring that stays as it is. Raises ValueError."""
        ring = KeyRing(current, retired)
        self._source: Callable[[], KeyRing] = lambda: ring
        self._entropy = entropy
        self._take(ring)

    @classmethod
    def following(cls, source: Callable[[], KeyRing], entropy: Entropy) -> Sm4Sealer:
        """Over a ring that may change: `source` gives the newest, the same object while nothing changed."""
        ring = source()
        made = cls(ring.current, entropy)
        made._source = source
        made._take(ring)
        return made

    def seal(self, plaintext: bytes, aad: bytes) -> Sealed:
        """Encrypt under a fresh data key. Raises what the ring's source raises, and then nothing was sealed."""
        random = self._entropy(KEY_BYTES + 2 * _NONCE)
        data_key = random[:KEY_BYTES]
        nonce = random[KEY_BYTES : KEY_BYTES + _NONCE]
        body = _VERSION + nonce + sm4_gcm_encrypt(data_key, nonce, plaintext, aad)
        return Sealed(self._wrap(data_key, random[KEY_BYTES + _NONCE :], aad), body)

    def open(self, sealed: Sealed, aad: bytes) -> bytes:
        """Decrypt. Raises SealBroken if anything about key, body or aad is not what was sealed, and its subclass
        SealingKeyMissing if the record's key-encryption key is not in the ring."""
        data_key = self._unwrap(sealed.key, aad)
        body = sealed.body
        if len(body) < 1 + _NONCE + _TAG or body[:1] != _VERSION:
            raise SealBroken("sealed body has another format")
        return sm4_gcm_decrypt(data_key, body[1 : 1 + _NONCE], body[1 + _NONCE :], aad)

    def rewrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """A record's wrapped data key under the current key-encryption key. Raises as `open`."""
        return self._wrap(self._unwrap(wrapped, aad), self._entropy(_NONCE), aad)

    def _take(self, ring: KeyRing) -> None:
        self._ring, self._keys = ring, ring.by_id()
        self._head = _VERSION + kek_id(ring.current)

    def _refresh(self) -> None:
        ring = self._source()
        if ring is not self._ring:
            self._take(ring)

    def _wrap(self, data_key: bytes, nonce: bytes, aad: bytes) -> bytes:
        self._refresh()
        return self._head + nonce + sm4_gcm_encrypt(self._ring.current, nonce, data_key, aad)

    def _unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        name = wrapping_key(wrapped)
        if name not in self._keys:
            self._refresh()
        kek = self._keys.get(name)
        if kek is None:
            raise SealingKeyMissing(name)
        start = 1 + _KEK_ID
        return sm4_gcm_decrypt(kek, wrapped[start : start + _NONCE], wrapped[start + _NONCE :], aad)


def wrapping_key(wrapped: bytes) -> bytes:
    """`kek_id` of the key that a wrapped data key is under. Raises SealBroken."""
    if len(wrapped) != WRAPPED_BYTES or wrapped[:1] != _VERSION:
        raise SealBroken("wrapped key has another format")
    return wrapped[1 : 1 + _KEK_ID]


def kek_id(kek: bytes) -> bytes:
    """4 bytes that name a key-encryption key without telling anything about it."""
    return sm3(b"mz-kek-id\x00" + kek)[:_KEK_ID]


class HmacLookupKey:
    """HMAC-SM3 look-up key, at least 32 bytes. An unkeyed hash of an ID number falls to 2·10⁷ guesses per county.

    The two keyed states of HMAC (RFC 2104) are absorbed once: a certificate takes five of these.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_LOOKUP_KEY:
            raise ValueError("a look-up key has at least 32 bytes")
        block = (key if len(key) <= _BLOCK else sm3(key)).ljust(_BLOCK, b"\x00")
        self._inner = prefixed(bytes(b ^ 0x36 for b in block))
        self._outer = prefixed(bytes(b ^ 0x5C for b in block))

    def hmac(self, text: str) -> bytes:
        """32 bytes."""
        return self._outer(self._inner(text.encode("utf-8")))
