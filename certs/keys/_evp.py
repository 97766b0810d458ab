"""Signing side of the system's libcrypto (OpenSSL 3) through ctypes.

Only what signing and key generation need; verification has its own bindings below `verifier`. Functions that compute
(`EVP_PKEY_sign`, key generation) release the interpreter lock, so signatures of several threads run in parallel.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint, c_ulong, c_void_p
from functools import lru_cache
from typing import Any, Final

from certs.errors import SignerUnavailable, SigningFailed

# versioned names only: the unversioned libcrypto of macOS aborts the process that loads it
_NAMES: Final = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll", "libcrypto-3-arm64.dll")
_KEYPAIR: Final = 0x87  # EVP_PKEY_KEYPAIR: domain and other parameters, public key, private key
_PARAM_INTEGER: Final = 2  # OSSL_PARAM_UNSIGNED_INTEGER
_PARAM_UTF8: Final = 4
_PARAM_OCTETS: Final = 5
SCALAR_BYTES: Final = 32
POINT_BYTES: Final = 65
_DER_MAX: Final = 80  # bytes; a signature of two 33-byte INTEGERs takes 72


class OsslParam(Structure):
    """OSSL_PARAM of core.h."""

    _fields_ = (
        ("key", c_char_p),
        ("data_type", c_uint),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("return_size", c_size_t),
    )


_PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new_from_pkey": (c_void_p, (c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_fromdata_init": (c_int, (c_void_p,)),
    "EVP_PKEY_fromdata": (c_int, (c_void_p, POINTER(c_void_p), c_int, c_void_p)),
    "EVP_PKEY_keygen_init": (c_int, (c_void_p,)),
    "EVP_PKEY_generate": (c_int, (c_void_p, POINTER(c_void_p))),
    "EVP_PKEY_pairwise_check": (c_int, (c_void_p,)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_get_bn_param": (c_int, (c_void_p, c_char_p, POINTER(c_void_p))),
    "EVP_PKEY_get_octet_string_param": (c_int, (c_void_p, c_char_p, c_void_p, c_size_t, POINTER(c_size_t))),
    "EVP_PKEY_sign_init": (c_int, (c_void_p,)),
    "EVP_PKEY_sign": (c_int, (c_void_p, c_void_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "BN_bn2binpad": (c_int, (c_void_p, c_void_p, c_int)),
    "BN_clear_free": (None, (c_void_p,)),
    "ERR_clear_error": (None, ()),
    "OpenSSL_version_num": (c_ulong, ()),
}


@lru_cache(maxsize=1)
def library() -> Any:
    """The bound library. Raises SignerUnavailable where there is none of version 3 or a function is missing."""
    for name in _NAMES:
        try:
            lib = ctypes.CDLL(name)
        except OSError:
            continue
        try:
            for symbol, (restype, argtypes) in _PROTOTYPES.items():
                function = getattr(lib, symbol)
                function.restype, function.argtypes = restype, argtypes
        except AttributeError:
            continue
        return lib
    raise SignerUnavailable("no libcrypto of OpenSSL 3 with key generation and signing was found")


def _failed(what: str) -> SigningFailed:
    library().ERR_clear_error()  # the thread's error queue would otherwise speak of this failure in a later call
    return SigningFailed(f"libcrypto refused: {what}")


class PrivateKey:
    """An SM2 key pair inside libcrypto. Freed, and thereby wiped, when the object goes."""

    __slots__ = ("_lib", "handle")

    def __init__(self, handle: int) -> None:
        self._lib = library()
        self.handle = handle

    def __del__(self) -> None:
        self._lib.EVP_PKEY_free(self.handle)

    @classmethod
    def generate(cls) -> PrivateKey:
        """A fresh key from libcrypto's generator. Raises SignerUnavailable where SM2 is compiled out."""
        lib = library()
        ctx = lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
        if not ctx:
            lib.ERR_clear_error()
            raise SignerUnavailable("this libcrypto has no SM2")
        handle = c_void_p()
        try:
            if lib.EVP_PKEY_keygen_init(ctx) != 1 or lib.EVP_PKEY_generate(ctx, byref(handle)) != 1:
                raise _failed("key generation")
        finally:
            lib.EVP_PKEY_CTX_free(ctx)
        return cls(_address(handle))

    @classmethod
    def load(cls, scalar: bytearray, public: bytes) -> PrivateKey:
        """A key from its 32-byte scalar (big endian) and 65-byte public point; both must belong together.

        Raises SigningFailed otherwise. The caller wipes `scalar`.
        """
        lib = library()
        ctx = lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
        if not ctx:
            lib.ERR_clear_error()
            raise SignerUnavailable("this libcrypto has no SM2")
        native = (ctypes.c_ubyte * SCALAR_BYTES)(*reversed(scalar))  # OSSL_PARAM integers are in native order
        point = ctypes.create_string_buffer(public, len(public))
        params = (OsslParam * 4)(
            OsslParam(b"group", _PARAM_UTF8, ctypes.cast(c_char_p(b"SM2"), c_void_p), 3, 0),
            OsslParam(b"pub", _PARAM_OCTETS, ctypes.cast(point, c_void_p), len(public), 0),
            OsslParam(b"priv", _PARAM_INTEGER, ctypes.cast(native, c_void_p), SCALAR_BYTES, 0),
        )
        handle = c_void_p()
        try:
            if lib.EVP_PKEY_fromdata_init(ctx) != 1 or lib.EVP_PKEY_fromdata(ctx, byref(handle), _KEYPAIR, params) != 1:
                raise _failed("key data")
        finally:
            lib.EVP_PKEY_CTX_free(ctx)
            ctypes.memset(native, 0, SCALAR_BYTES)
        key = cls(_address(handle))
        key.check()
        return key

    def check(self) -> None:
        """Raises SigningFailed unless the public point is the scalar's."""
        ctx = self._lib.EVP_PKEY_CTX_new_from_pkey(None, self.handle, None)
        try:
            if self._lib.EVP_PKEY_pairwise_check(ctx) != 1:
                raise _failed("public and private key differ")
        finally:
            self._lib.EVP_PKEY_CTX_free(ctx)

    def public(self) -> bytes:
        """65 bytes, 04 || x || y."""
        buffer = ctypes.create_string_buffer(POINT_BYTES)
        length = c_size_t()
        ok = self._lib.EVP_PKEY_get_octet_string_param(self.handle, b"pub", buffer, POINT_BYTES, byref(length))
        if ok != 1 or length.value != POINT_BYTES or buffer.raw[0] != 4:
            raise _failed("public key")
        return buffer.raw

    def scalar(self) -> bytearray:
        """The private scalar, 32 bytes big endian, for the key file only. The caller wipes it."""
        number = c_void_p()
        if self._lib.EVP_PKEY_get_bn_param(self.handle, b"priv", byref(number)) != 1:
            raise _failed("private key")
        out = bytearray(SCALAR_BYTES)
        try:
            if self._lib.BN_bn2binpad(number, (ctypes.c_ubyte * SCALAR_BYTES).from_buffer(out), SCALAR_BYTES) < 0:
                raise _failed("private key")
        finally:
            self._lib.BN_clear_free(number)
        return out


def _address(handle: c_void_p) -> int:
    if handle.value is None:
        raise _failed("no key")
    return handle.value


class SigningContext:
    """EVP_PKEY_CTX made ready once. Not thread-safe: one per thread."""

    __slots__ = ("_buffer", "_ctx", "_key", "_length", "_lib")

    def __init__(self, key: PrivateKey) -> None:
        self._lib = library()
        self._key = key  # keeps the EVP_PKEY alive as long as the context
        self._ctx = self._lib.EVP_PKEY_CTX_new_from_pkey(None, key.handle, None)
        if not self._ctx or self._lib.EVP_PKEY_sign_init(self._ctx) != 1:
            raise _failed("signing context")
        self._buffer = ctypes.create_string_buffer(_DER_MAX)
        self._length = c_size_t()

    def __del__(self) -> None:
        self._lib.EVP_PKEY_CTX_free(self._ctx)

    def sign_digest(self, digest: bytes) -> bytes:
        """DER signature over SM3(ZA || message). Internal: no caller outside this package may choose a digest."""
        self._length.value = _DER_MAX
        if self._lib.EVP_PKEY_sign(self._ctx, self._buffer, byref(self._length), digest, len(digest)) != 1:
            raise _failed("signature")
        return self._buffer.raw[: self._length.value]
