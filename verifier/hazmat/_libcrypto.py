"""The system's libcrypto (OpenSSL 3) through ctypes: prototypes of the verification-side functions, nothing else.

`ec_functions()` and `evp_functions()` give a group of bound functions, or None where the library or one of the
symbols is missing (OpenSSL 4 drops the deprecated ones, RHEL builds leave curves out). Finding the symbols
proves nothing about what they do: the users test known answers before they trust them.

Every pointer crosses as an int in `c_void_p`; 0 comes back as None. Short calls go through PyDLL, which keeps
the GIL (releasing it costs more than the call); the multiplications go through CDLL and let other threads run.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# Versioned names only: the unversioned libcrypto of macOS aborts the process that loads it.
_NAMES = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll")
_OPENSSL_3 = 0x30000000

Pointer = int
Function = Callable[..., Any]

_PTR = ctypes.c_void_p
_INT = ctypes.c_int
_SIZE = ctypes.c_size_t
_BYTES = ctypes.c_char_p


@dataclass(frozen=True, slots=True)
class EcFunctions:
    """Curve arithmetic. Functions return 1 on success unless they return a pointer."""

    bn_new: Function
    bn_free: Function
    bn_bin2bn: Function  # (bytes, length, BIGNUM) -> BIGNUM
    bn_bn2binpad: Function  # (BIGNUM, char buffer, length) -> length or -1
    bn_ctx_new: Function
    bn_ctx_free: Function
    group_new_by_curve_name: Function
    group_free: Function
    group_set_generator: Function  # (group, point, order, cofactor or None)
    group_precompute_mult: Function  # (group, ctx)
    group_have_precompute_mult: Function
    point_new: Function
    point_free: Function
    point_oct2point: Function  # (group, point, bytes, length, ctx)
    point_mul: Function  # (group, result, scalar of the generator, point, scalar of the point, ctx)
    point_add: Function  # (group, result, a, b, ctx)
    point_get_jprojective: Function  # (group, point, x, y, z, ctx)
    err_clear_error: Function


@dataclass(frozen=True, slots=True)
class EvpFunctions:
    """Whole signature verifications. Functions return 1 on success unless they return a pointer."""

    d2i_pubkey: Function  # (None, in/out const unsigned char **, length) -> EVP_PKEY
    pkey_new_raw_public_key: Function  # (NID, None, bytes, length) -> EVP_PKEY
    pkey_free: Function
    pkey_ctx_new: Function  # (EVP_PKEY, None)
    pkey_ctx_free: Function
    pkey_ctx_set1_id: Function  # (EVP_PKEY_CTX, bytes, length)
    md_ctx_new: Function
    md_ctx_free: Function
    md_ctx_set_pkey_ctx: Function
    digest_verify_init: Function  # (EVP_MD_CTX, None, EVP_MD or None, None, EVP_PKEY)
    digest_verify: Function  # (EVP_MD_CTX, signature, length, message, length): 1 means valid
    md_sm3: Function
    md_sha256: Function
    err_clear_error: Function


@lru_cache(maxsize=1)
def _library_name() -> str | None:
    for name in _NAMES:
        try:
            version = ctypes.CDLL(name).OpenSSL_version_num
        except (OSError, AttributeError):
            continue
        version.restype, version.argtypes = ctypes.c_ulong, ()
        if version() >= _OPENSSL_3:
            return name
    return None


def _bind(library: ctypes.CDLL, name: str, restype: Any, *argtypes: Any) -> Function:
    function = library[name]
    function.restype, function.argtypes = restype, argtypes
    return function


@lru_cache(maxsize=1)
def ec_functions() -> EcFunctions | None:
    """Functions for table-driven multiplication, or None."""
    name = _library_name()
    if name is None:
        return None
    quick, slow = ctypes.PyDLL(name), ctypes.CDLL(name)
    try:
        return EcFunctions(
            bn_new=_bind(quick, "BN_new", _PTR),
            bn_free=_bind(quick, "BN_free", None, _PTR),
            bn_bin2bn=_bind(quick, "BN_bin2bn", _PTR, _BYTES, _INT, _PTR),
            bn_bn2binpad=_bind(quick, "BN_bn2binpad", _INT, _PTR, _PTR, _INT),
            bn_ctx_new=_bind(quick, "BN_CTX_new", _PTR),
            bn_ctx_free=_bind(quick, "BN_CTX_free", None, _PTR),
            group_new_by_curve_name=_bind(slow, "EC_GROUP_new_by_curve_name", _PTR, _INT),
            group_free=_bind(slow, "EC_GROUP_free", None, _PTR),
            group_set_generator=_bind(slow, "EC_GROUP_set_generator", _INT, _PTR, _PTR, _PTR, _PTR),
            group_precompute_mult=_bind(slow, "EC_GROUP_precompute_mult", _INT, _PTR, _PTR),
            group_have_precompute_mult=_bind(quick, "EC_GROUP_have_precompute_mult", _INT, _PTR),
            point_new=_bind(quick, "EC_POINT_new", _PTR, _PTR),
            point_free=_bind(quick, "EC_POINT_free", None, _PTR),
            point_oct2point=_bind(slow, "EC_POINT_oct2point", _INT, _PTR, _PTR, _BYTES, _SIZE, _PTR),
            point_mul=_bind(slow, "EC_POINT_mul", _INT, _PTR, _PTR, _PTR, _PTR, _PTR, _PTR),
            point_add=_bind(quick, "EC_POINT_add", _INT, _PTR, _PTR, _PTR, _PTR, _PTR),
            point_get_jprojective=_bind(
                quick, "EC_POINT_get_Jprojective_coordinates_GFp", _INT, _PTR, _PTR, _PTR, _PTR, _PTR, _PTR
            ),
            err_clear_error=_bind(quick, "ERR_clear_error", None),
        )
    except AttributeError:
        return None


@lru_cache(maxsize=1)
def evp_functions() -> EvpFunctions | None:
    """Functions for whole verifications through EVP, or None."""
    name = _library_name()
    if name is None:
        return None
    quick, slow = ctypes.PyDLL(name), ctypes.CDLL(name)
    try:
        return EvpFunctions(
            d2i_pubkey=_bind(slow, "d2i_PUBKEY", _PTR, _PTR, ctypes.POINTER(_BYTES), ctypes.c_long),
            pkey_new_raw_public_key=_bind(slow, "EVP_PKEY_new_raw_public_key", _PTR, _INT, _PTR, _BYTES, _SIZE),
            pkey_free=_bind(slow, "EVP_PKEY_free", None, _PTR),
            pkey_ctx_new=_bind(slow, "EVP_PKEY_CTX_new", _PTR, _PTR, _PTR),
            pkey_ctx_free=_bind(slow, "EVP_PKEY_CTX_free", None, _PTR),
            pkey_ctx_set1_id=_bind(slow, "EVP_PKEY_CTX_set1_id", _INT, _PTR, _BYTES, _INT),
            md_ctx_new=_bind(quick, "EVP_MD_CTX_new", _PTR),
            md_ctx_free=_bind(slow, "EVP_MD_CTX_free", None, _PTR),
            md_ctx_set_pkey_ctx=_bind(quick, "EVP_MD_CTX_set_pkey_ctx", None, _PTR, _PTR),
            digest_verify_init=_bind(slow, "EVP_DigestVerifyInit", _INT, _PTR, _PTR, _PTR, _PTR, _PTR),
            digest_verify=_bind(slow, "EVP_DigestVerify", _INT, _PTR, _BYTES, _SIZE, _BYTES, _SIZE),
            md_sm3=_bind(quick, "EVP_sm3", _PTR),
            md_sha256=_bind(quick, "EVP_sha256", _PTR),
            err_clear_error=_bind(quick, "ERR_clear_error", None),
        )
    except AttributeError:
        return None
