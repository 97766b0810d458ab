"""Signature verification through libcrypto's EVP, shared by SM2, P-256 and Ed25519."""

from __future__ import annotations

import ctypes
import weakref

from ._libcrypto import EvpFunctions, Pointer, evp_functions
from .errors import NativeFailure

_FUNCTIONS = evp_functions()


def functions() -> EvpFunctions:
    """The bound functions. Raises NativeFailure where there is no libcrypto 3."""
    if _FUNCTIONS is None:
        raise NativeFailure("libcrypto 3 not found")
    return _FUNCTIONS


def _require(result: Pointer | None) -> Pointer:
    """The result of a call that gives a pointer or 1; None, 0 and negative values are failures."""
    if result is None or result <= 0:
        functions().err_clear_error()
        raise NativeFailure("libcrypto call failed")
    return result


class EvpKey:
    """A public key inside libcrypto, freed when this object is collected. Read-only, so threads may share it."""

    def __init__(self, pointer: Pointer | None) -> None:
        self.pointer = _require(pointer)
        # Not at exit: the library may be gone by then.
        weakref.finalize(self, functions().pkey_free, self.pointer).atexit = False

    @classmethod
    def from_public_key_info(cls, der: bytes) -> EvpKey:
        """From a SubjectPublicKeyInfo. Raises NativeFailure if libcrypto refuses it (curve not built in)."""
        position = ctypes.c_char_p(der)  # d2i moves the pointer that it is given
        return cls(functions().d2i_pubkey(None, ctypes.byref(position), len(der)))

    @classmethod
    def from_raw(cls, nid: int, raw: bytes) -> EvpKey:
        """From a raw public key (Ed25519). Raises NativeFailure if libcrypto refuses it."""
        return cls(functions().pkey_new_raw_public_key(nid, None, raw, len(raw)))

    def verify(
        self, digest: Pointer | None, signature: bytes, message: bytes, distinguishing_id: bytes | None = None
    ) -> bool:
        """Whether libcrypto accepts the signature. Raises NativeFailure if it could not be set up to tell."""
        f = functions()
        key_context: Pointer | None = None
        context = _require(f.md_ctx_new())
        try:
            if distinguishing_id is not None:
                key_context = _require(f.pkey_ctx_new(self.pointer, None))
                _require(f.pkey_ctx_set1_id(key_context, distinguishing_id, len(distinguishing_id)))
                f.md_ctx_set_pkey_ctx(context, key_context)  # does not take ownership
            _require(f.digest_verify_init(context, None, digest, None, self.pointer))
            verdict = f.digest_verify(context, signature, len(signature), message, len(message))
        finally:
            f.md_ctx_free(context)
            if key_context is not None:
                f.pkey_ctx_free(key_context)
        if verdict != 1:
            f.err_clear_error()  # a refused signature leaves entries in the thread's queue
        return bool(verdict == 1)
