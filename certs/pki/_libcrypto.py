"""X509_verify_cert of the system's libcrypto (OpenSSL 3) through ctypes.

`openssl verify` cannot check a chain of SM2 with an intermediate: it sets the distinguishing identifier on the leaf
alone (openssl#23471). In process it is set on every certificate. Lists have no such call: their signatures would be
checked under an empty identifier, so revocation is checked in `chain`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ctypes import POINTER, c_char_p, c_int, c_long, c_ulong, c_void_p
from functools import lru_cache
from typing import Any, Final

from certs.errors import SignerUnavailable

from .errors import CertificateMalformed
from .names import USER_ID

_NAMES: Final = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll", "libcrypto-3-arm64.dll")
X509_STRICT: Final = 0x20
POLICY_CHECK: Final = 0x80
EXPLICIT_POLICY: Final = 0x100
CHECK_SS_SIGNATURE: Final = 0x4000
_PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "d2i_X509": (c_void_p, (c_void_p, POINTER(c_void_p), c_long)),
    "X509_free": (None, (c_void_p,)),
    "X509_set0_distinguishing_id": (None, (c_void_p, c_void_p)),
    "ASN1_OCTET_STRING_new": (c_void_p, ()),
    "ASN1_OCTET_STRING_set": (c_int, (c_void_p, c_char_p, c_int)),
    "X509_STORE_new": (c_void_p, ()),
    "X509_STORE_free": (None, (c_void_p,)),
    "X509_STORE_add_cert": (c_int, (c_void_p, c_void_p)),
    "X509_STORE_CTX_new": (c_void_p, ()),
    "X509_STORE_CTX_free": (None, (c_void_p,)),
    "X509_STORE_CTX_init": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p)),
    "X509_STORE_CTX_get0_param": (c_void_p, (c_void_p,)),
    "X509_STORE_CTX_get_error": (c_int, (c_void_p,)),
    "X509_STORE_CTX_get_error_depth": (c_int, (c_void_p,)),
    "X509_VERIFY_PARAM_set_time": (None, (c_void_p, c_long)),
    "X509_VERIFY_PARAM_set_flags": (c_int, (c_void_p, c_ulong)),
    "X509_VERIFY_PARAM_add0_policy": (c_int, (c_void_p, c_void_p)),
    "OBJ_txt2obj": (c_void_p, (c_char_p, c_int)),
    "X509_verify_cert": (c_int, (c_void_p,)),
    "OPENSSL_sk_new_null": (c_void_p, ()),
    "OPENSSL_sk_push": (c_int, (c_void_p, c_void_p)),
    "OPENSSL_sk_free": (None, (c_void_p,)),
    "ERR_clear_error": (None, ()),
}


@lru_cache(maxsize=1)
def _library() -> Any:
    for name in _NAMES:
        try:
            # With its own function objects: the prototypes of the signing side are set on another instance.
            lib = ctypes.CDLL(name)
            for symbol, (restype, argtypes) in _PROTOTYPES.items():
                function = getattr(lib, symbol)
                function.restype, function.argtypes = restype, argtypes
        except (OSError, AttributeError):
            continue
        return lib
    raise SignerUnavailable("no libcrypto of OpenSSL 3 that checks X.509 chains was found")


@contextmanager
def _certificate(lib: Any, der: bytes, user_id: bytes) -> Iterator[int]:
    """An X509 with its distinguishing identifier. Raises CertificateMalformed."""
    buffer = ctypes.create_string_buffer(der, len(der))
    start = ctypes.addressof(buffer)
    place = c_void_p(start)
    handle = lib.d2i_X509(None, ctypes.byref(place), len(der))
    if not handle:
        lib.ERR_clear_error()
        raise CertificateMalformed("libcrypto cannot read the certificate")
    try:
        if place.value != start + len(der):
            raise CertificateMalformed("data behind the certificate")
        name = lib.ASN1_OCTET_STRING_new()
        lib.ASN1_OCTET_STRING_set(name, user_id, len(user_id))
        lib.X509_set0_distinguishing_id(handle, name)  # takes `name`
        yield handle
    finally:
        lib.X509_free(handle)


def verify_chain(
    leaf: bytes,
    intermediates: Sequence[bytes],
    roots: Sequence[bytes],
    at: int,
    policies: Sequence[str],
    user_id: bytes = USER_ID,
) -> tuple[int, int]:
    """(error, depth) of X509_verify_cert at `at` (seconds UTC); error 0 is good. Raises CertificateMalformed.

    `policies`: object identifiers, of which the chain must allow one; none: policies are not asked for.
    """
    lib = _library()
    with ExitStack() as stack:
        store, stacked, context = lib.X509_STORE_new(), lib.OPENSSL_sk_new_null(), lib.X509_STORE_CTX_new()
        stack.callback(lib.X509_STORE_free, store)
        stack.callback(lib.OPENSSL_sk_free, stacked)
        for der in roots:
            lib.X509_STORE_add_cert(store, stack.enter_context(_certificate(lib, der, user_id)))
        for der in intermediates:
            lib.OPENSSL_sk_push(stacked, stack.enter_context(_certificate(lib, der, user_id)))
        handle = stack.enter_context(_certificate(lib, leaf, user_id))
        stack.callback(lib.X509_STORE_CTX_free, context)  # first of all: it refers to the others
        lib.X509_STORE_CTX_init(context, store, handle, stacked)
        parameters = lib.X509_STORE_CTX_get0_param(context)
        lib.X509_VERIFY_PARAM_set_time(parameters, at)
        flags = X509_STRICT | CHECK_SS_SIGNATURE
        for policy in policies:
            lib.X509_VERIFY_PARAM_add0_policy(parameters, lib.OBJ_txt2obj(policy.encode("ascii"), 1))
            flags |= POLICY_CHECK | EXPLICIT_POLICY
        lib.X509_VERIFY_PARAM_set_flags(parameters, flags)
        good = lib.X509_verify_cert(context) == 1
        error, depth = lib.X509_STORE_CTX_get_error(context), lib.X509_STORE_CTX_get_error_depth(context)
        lib.ERR_clear_error()
        return (0 if good else error or 1), depth
