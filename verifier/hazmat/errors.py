"""Errors of the primitives."""

from __future__ import annotations


class InvalidKey(ValueError):
    """Bytes that are no usable public key: wrong length or prefix, coordinate out of range, off the curve."""


class NativeFailure(Exception):
    """A libcrypto call failed for a reason other than its input (no memory, say).

    Never reaches a caller: the verification is then done again in pure Python, because "could not compute"
    must not be reported as "invalid signature".
    """


class BackendUnavailable(Exception):
    """The optional package that this primitive needs is not installed: nothing was checked, nothing is known."""
