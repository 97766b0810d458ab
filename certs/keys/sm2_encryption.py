"""SM2 public-key encryption (GB/T 32918.4) through the system's libcrypto, in the DER of GB/T 35276 clause 7.2.

    SM2Cipher ::= SEQUENCE { XCoordinate INTEGER, YCoordinate INTEGER, HASH OCTET STRING (32), CipherText OCTET STRING }

    3079 0220 …x 0221 00…y 0420 …SM3(x2 || M || y2) 0410 …16 bytes

Keys that sign must not decrypt: a party's key for answers is another one than its signing key.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_void_p
from functools import lru_cache
from typing import Any, Final

from certs.errors import DecryptionFailed, SignerUnavailable, SigningFailed

from ._evp import POINT_BYTES, OsslParam, PrivateKey, library

_PUBLIC: Final = 0x86  # EVP_PKEY_PUBLIC_KEY: domain and other parameters, public key
_PARAM_UTF8: Final = 4
_PARAM_OCTETS: Final = 5
_CRYPT: Final = (c_int, (c_void_p, c_void_p, POINTER(c_size_t), c_char_p, c_size_t))
_PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "EVP_PKEY_encrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_encrypt": _CRYPT,
    "EVP_PKEY_decrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_decrypt": _CRYPT,
}


@lru_cache(maxsize=1)
def _library() -> Any:
    lib = library()
    try:
        for symbol, (restype, argtypes) in _PROTOTYPES.items():
            function = getattr(lib, symbol)
            function.restype, function.argtypes = restype, argtypes
    except AttributeError:
        raise SignerUnavailable("this libcrypto has no public-key encryption") from None
    return lib


def encrypt_to(public: bytes, message: bytes) -> bytes:
    """`message` for whoever holds the private half of `public` (65 bytes, 04 || x || y). DER.

    Raises SigningFailed for a point that is not on the curve, and where libcrypto refuses.
    """
    lib = _library()
    with _public_key(lib, public) as key:
        done = _run(lib, key, message, "encrypt")
    if done is None:
        raise SigningFailed("libcrypto refused: encryption")
    return done


def decrypt(key: PrivateKey, cipher: bytes) -> bytes:
    """Inverse of `encrypt_to`. Raises DecryptionFailed, for every fault alike."""
    done = _run(_library(), key.handle, cipher, "decrypt")
    if done is None:
        raise DecryptionFailed("the key does not open it, or it was altered")
    return done


def _run(lib: Any, key: int, data: bytes, what: str) -> bytes | None:
    ctx = lib.EVP_PKEY_CTX_new_from_pkey(None, key, None)
    try:
        if not ctx or getattr(lib, f"EVP_PKEY_{what}_init")(ctx) != 1:
            return None
        run, length = getattr(lib, f"EVP_PKEY_{what}"), c_size_t()
        if run(ctx, None, byref(length), data, len(data)) != 1:
            return None
        buffer = ctypes.create_string_buffer(length.value)
        if run(ctx, buffer, byref(length), data, len(data)) != 1:
            return None
        return buffer.raw[: length.value]
    finally:
        lib.ERR_clear_error()
        lib.EVP_PKEY_CTX_free(ctx)


@contextmanager
def _public_key(lib: Any, public: bytes) -> Iterator[int]:
    ctx = lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    if not ctx:
        lib.ERR_clear_error()
        raise SignerUnavailable("this libcrypto has no SM2")
    point = ctypes.create_string_buffer(public, POINT_BYTES)
    params = (OsslParam * 3)(
        OsslParam(b"group", _PARAM_UTF8, ctypes.cast(c_char_p(b"SM2"), c_void_p), 3, 0),
        OsslParam(b"pub", _PARAM_OCTETS, ctypes.cast(point, c_void_p), POINT_BYTES, 0),
    )
    handle = c_void_p()
    try:
        ready = len(public) == POINT_BYTES and lib.EVP_PKEY_fromdata_init(ctx) == 1
        if not ready or lib.EVP_PKEY_fromdata(ctx, byref(handle), _PUBLIC, params) != 1 or not handle.value:
            lib.ERR_clear_error()
            raise SigningFailed("libcrypto refused: public key")
        yield handle.value
    finally:
        lib.EVP_PKEY_CTX_free(ctx)
        lib.EVP_PKEY_free(handle)
