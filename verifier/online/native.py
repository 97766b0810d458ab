"""Private-key operations of a relying party through the system's libcrypto (OpenSSL 3): sign, and open an envelope.

Bound only here: a verifier holds no secrets. Whoever has a hardware module brings a `Signer` of his own instead.
"""

from __future__ import annotations

import ctypes
import weakref
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_void_p
from functools import lru_cache
from typing import Any, Final

from ..hazmat import _libcrypto
from .errors import Misconfigured

_PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "BIO_new_mem_buf": (c_void_p, (c_char_p, c_int)),
    "BIO_free": (c_int, (c_void_p,)),
    "PEM_read_bio_PrivateKey": (c_void_p, (c_void_p, c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_is_a": (c_int, (c_void_p, c_char_p)),
    "EVP_PKEY_get_group_name": (c_int, (c_void_p, c_char_p, c_size_t, POINTER(c_size_t))),
    "EVP_PKEY_get_octet_string_param": (c_int, (c_void_p, c_char_p, c_char_p, c_size_t, POINTER(c_size_t))),
    "EVP_PKEY_CTX_new": (c_void_p, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_PKEY_decrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_decrypt": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_DigestSignInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_CIPHER_CTX_new": (c_void_p, ()),
    "EVP_CIPHER_CTX_free": (None, (c_void_p,)),
    "EVP_DecryptInit_ex": (c_int, (c_void_p, c_void_p, c_void_p, c_char_p, c_char_p)),
    "EVP_DecryptUpdate": (c_int, (c_void_p, c_char_p, POINTER(c_int), c_char_p, c_int)),
    "EVP_DecryptFinal_ex": (c_int, (c_void_p, c_char_p, POINTER(c_int))),
    "EVP_sm4_cbc": (c_void_p, ()),
    "EVP_sm3": (c_void_p, ()),
    "EVP_sha256": (c_void_p, ()),
    "ERR_clear_error": (None, ()),
}
_MAX_DER: Final = 80
_SM4_BLOCK: Final = 16


@lru_cache(maxsize=1)
def _lib() -> Any:
    name = _libcrypto._library_name()
    if name is None:
        raise Misconfigured("no libcrypto of OpenSSL 3 was found on this machine")
    lib = ctypes.CDLL(name)
    try:
        for symbol, (restype, argtypes) in _PROTOTYPES.items():
            function = getattr(lib, symbol)
            function.restype, function.argtypes = restype, argtypes
    except AttributeError as e:
        raise Misconfigured(f"this libcrypto cannot be used: {e}") from None
    return lib


class Refused(Exception):
    """libcrypto did not do it. Says no more: what a decryption fails at must not be told apart."""


def _good(result: Any) -> Any:
    if result is None or result <= 0:
        _lib().ERR_clear_error()  # else the thread's queue speaks of it in a later call
        raise Refused
    return result


class PrivateKey:
    """An SM2 or P-256 key inside libcrypto, freed, and thereby wiped, with this object."""

    def __init__(self, pointer: int, curve: str) -> None:
        self._pointer = pointer
        self.curve = curve
        weakref.finalize(self, _lib().EVP_PKEY_free, pointer).atexit = False

    @classmethod
    def from_pem(cls, pem: bytes, pin: bytes) -> PrivateKey:
        """From encrypted PKCS#8. Raises Misconfigured: with a key in the clear nobody signs questions about people."""
        if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in pem:
            raise Misconfigured("key: expected PEM with ENCRYPTED PRIVATE KEY (PKCS#8)")
        lib = _lib()
        bio = _good(lib.BIO_new_mem_buf(pem, len(pem)))
        try:
            pointer = lib.PEM_read_bio_PrivateKey(bio, None, None, pin)
        finally:
            lib.BIO_free(bio)
        if not pointer:
            lib.ERR_clear_error()
            raise Misconfigured("key: wrong PIN, or not a key")
        if lib.EVP_PKEY_is_a(pointer, b"SM2") == 1:
            return cls(pointer, "SM2")
        name = ctypes.create_string_buffer(64)
        length = c_size_t()
        if lib.EVP_PKEY_get_group_name(pointer, name, 64, byref(length)) == 1 and name.value == b"prime256v1":
            return cls(pointer, "P-256")
        lib.EVP_PKEY_free(pointer)
        raise Misconfigured("key: expected SM2 or P-256")

    def public(self) -> bytes:
        """65 bytes, 04 || x || y."""
        buffer = ctypes.create_string_buffer(65)
        length = c_size_t()
        found = _lib().EVP_PKEY_get_octet_string_param(self._pointer, b"pub", buffer, 65, byref(length))
        if found != 1 or length.value != 65 or buffer.raw[0] != 4:
            raise Misconfigured("key: expected an uncompressed point")
        return buffer.raw

    def sign(self, message: bytes, distinguishing_id: bytes) -> bytes:
        """DER of the signature: SM2 with SM3 and the id, or ECDSA with SHA-256. Raises Refused."""
        lib = _lib()
        sm2 = self.curve == "SM2"
        context = _good(lib.EVP_MD_CTX_new())
        key_context = None
        try:
            if sm2:
                key_context = _good(lib.EVP_PKEY_CTX_new(self._pointer, None))
                _good(lib.EVP_PKEY_CTX_set1_id(key_context, distinguishing_id, len(distinguishing_id)))
                lib.EVP_MD_CTX_set_pkey_ctx(context, key_context)  # does not take ownership
            digest = lib.EVP_sm3() if sm2 else lib.EVP_sha256()
            _good(lib.EVP_DigestSignInit(context, None, digest, None, self._pointer))
            buffer = ctypes.create_string_buffer(_MAX_DER)
            length = c_size_t(_MAX_DER)
            _good(lib.EVP_DigestSign(context, buffer, byref(length), message, len(message)))
        finally:
            lib.EVP_MD_CTX_free(context)
            if key_context is not None:
                lib.EVP_PKEY_CTX_free(key_context)
        return buffer.raw[: length.value]

    def decrypt(self, cipher: bytes) -> bytes:
        """What an SM2Cipher in DER (GB/T 35276 7.2) holds. Raises Refused."""
        lib = _lib()
        context = _good(lib.EVP_PKEY_CTX_new(self._pointer, None))
        try:
            _good(lib.EVP_PKEY_decrypt_init(context))
            length = c_size_t(len(cipher))
            buffer = ctypes.create_string_buffer(len(cipher) or 1)
            _good(lib.EVP_PKEY_decrypt(context, buffer, byref(length), cipher, len(cipher)))
        finally:
            lib.EVP_PKEY_CTX_free(context)
        return buffer.raw[: length.value]


def sm4_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """SM4-CBC with PKCS#7 padding. Raises Refused."""
    if len(key) != _SM4_BLOCK or len(iv) != _SM4_BLOCK or not data or len(data) % _SM4_BLOCK:
        raise Refused
    lib = _lib()
    context = _good(lib.EVP_CIPHER_CTX_new())
    try:
        _good(lib.EVP_DecryptInit_ex(context, lib.EVP_sm4_cbc(), None, key, iv))
        buffer = ctypes.create_string_buffer(len(data) + _SM4_BLOCK)
        first, last = c_int(), c_int()
        _good(lib.EVP_DecryptUpdate(context, buffer, byref(first), data, len(data)))
        rest = ctypes.create_string_buffer(2 * _SM4_BLOCK)
        _good(lib.EVP_DecryptFinal_ex(context, rest, byref(last)))
    finally:
        lib.EVP_CIPHER_CTX_free(context)
    return buffer.raw[: first.value] + rest.raw[: last.value]
