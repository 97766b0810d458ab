"""A private key inside a PKCS#11 token: found by its URI, used through one session, found again when that is lost.

One signature at a time: a session has one operation, and a token that is reset must be logged into once. A refused PIN
is never tried again by this process: three tries lock most tokens, and a service tries its work many times a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final, TypeVar

from certs.errors import KeyFileMalformed, KeyStoreError, PinRefused, SigningFailed, TokenKeyMissing, TokenUnavailable

from . import _cryptoki
from ._cryptoki import CKA_EC_PARAMS, CKA_EC_POINT, CKA_ID, CKA_LABEL, CKO_PRIVATE, CKO_PUBLIC, GONE, Refused
from .keyfile import read_private, wipe
from .pkcs11_uri import TokenKey

T = TypeVar("T")
POINT_BYTES: Final = 65
_OCTETS: Final = b"\x04\x41"  # DER OCTET STRING of 65 bytes


class TokenSession:
    """Signs digests with one key of one token. Thread-safe."""

    def __init__(self, key: TokenKey) -> None:
        """Raises TokenUnavailable, TokenKeyMissing, PinRefused, KeyFileUnsafe (of the PIN's file)."""
        self._key = key
        self._lock = Lock()
        self._module = _cryptoki.module(key.module)
        self._session: int | None = None
        self._handle = 0
        self._refused = False
        self.parameters, self.point = self._guarded(self._connect)

    def sign(self, digest: bytes) -> bytes:
        """The token's signature over `digest`, as it gives it. Raises SigningFailed, TokenUnavailable.

        A session that was lost (the token was pulled, reset, logged out by another) is opened again, once.
        """
        with self._lock:
            if self._session is not None:
                try:
                    return self._sign(digest)
                except Refused as refused:
                    if refused.code not in GONE:
                        raise SigningFailed(f"the token refused to sign: {refused}") from None
            if self._guarded(self._connect) != (self.parameters, self.point):
                self._drop()
                raise TokenKeyMissing("the token came back with another key of that name")
            return self._guarded(lambda: self._sign(digest))

    def close(self) -> None:
        """End the session. The next signature would open one again."""
        with self._lock:
            self._drop()

    def _sign(self, digest: bytes) -> bytes:
        assert self._session is not None
        return self._module.sign(self._session, self._handle, self._key.mechanism, digest)

    def _guarded(self, step: Callable[[], T]) -> T:
        """A step that must succeed: a session that was half made ready is not left for the next signature to use."""
        try:
            return step()
        except Refused as refused:
            self._drop()
            raise TokenUnavailable(f"the token does not answer as it must: {refused}") from None
        except KeyStoreError:
            self._drop()
            raise

    def _connect(self) -> tuple[bytes, bytes]:
        """Slot, session, login, both halves of the key; gives curve parameters and public point."""
        self._drop()
        self._module.initialize()  # a child of a fork has to
        slots = [slot for slot, label in self._module.tokens().items() if label == self._key.token]
        if len(slots) != 1:
            raise TokenUnavailable(f"{len(slots)} tokens of that name are there")
        self._session = self._module.open_session(slots[0])
        self._login(self._session)
        self._handle = self._one(CKO_PRIVATE, "private")
        public = self._one(CKO_PUBLIC, "public")
        parameters = self._module.attribute(self._session, public, CKA_EC_PARAMS)
        point = self._module.attribute(self._session, public, CKA_EC_POINT)
        if len(point) == POINT_BYTES + 2 and point.startswith(_OCTETS):
            point = point[2:]  # as the standard has it; some vendors give the bare point
        if len(point) != POINT_BYTES or point[0] != 4:
            raise TokenKeyMissing("the token's public key is no uncompressed point of 65 bytes")
        return parameters, point

    def _login(self, session: int) -> None:
        if self._refused:
            raise PinRefused("the token refused its PIN before; start the service again with the right one")
        pin = _pin(self._key)
        try:
            self._module.login(session, pin)
        except Refused as refused:
            if refused.code in _cryptoki.PIN_REFUSED:
                self._refused = True
                raise PinRefused(f"the token refuses the PIN: {refused}") from None
            raise
        finally:
            wipe(pin)

    def _one(self, kind: int, word: str) -> int:
        assert self._session is not None
        wanted = {} if self._key.label is None else {CKA_LABEL: self._key.label.encode()}
        if self._key.id is not None:
            wanted[CKA_ID] = self._key.id
        found = self._module.find(self._session, kind, wanted)
        if len(found) != 1:
            many = "no" if not found else "more than one"
            raise TokenKeyMissing(f"the token has {many} {word} key of that name")
        return found[0]

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                self._module.close_session(session)
            except Refused:  # it is gone already
                return


def _pin(key: TokenKey) -> bytearray:
    """Of a file that nobody but the service can read. Raises KeyFileUnsafe, KeyFileMalformed."""
    pin = bytearray(read_private(key.pin_file))
    while pin and pin[-1] in b"\r\n":
        del pin[-1]
    if not pin:
        raise KeyFileMalformed("the PIN's file is empty")
    return pin
