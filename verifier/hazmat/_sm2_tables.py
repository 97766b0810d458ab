"""SM2 verification with libcrypto's fixed-base tables, one for G and one for each issuer key: 3.4 × plain EVP.

libcrypto multiplies fast only by a group's generator, and an issuer's key signs thousands of certificates:
so each key gets a copy of the group with *that key as generator* and a table (`EC_GROUP_precompute_mult`,
0.6 ms, some 60 kB), and s·G + t·P is two table multiplications and one addition.

The copies then get an unknown cofactor (0 in libcrypto). For a group of known order and cofactor, a lone
multiplication of the generator goes through the constant-time ladder, which ignores the table; with an unknown
cofactor libcrypto takes its general wNAF path, which uses it. The usual way round, a second term with a zero
scalar, costs two field inversions for each verification (2.4 × instead of 3.4 ×). libcrypto leaves the cofactor
unknown only for a tiny order, hence `order = 2` after the table has been built from the true one. Scalars are
integers in [1, n) throughout and are never reduced by a group's order, and the wNAF addition chain is complete,
so the results are exact; the known-answer test at import catches a library where that no longer holds.
The final coordinates are read as Jacobian and compared as x·Z² = X, which saves the third inversion.

All values are public, hence the variable-time path. Tables are read-only after construction and shared by
threads; a scratch set belongs to one verification at a time.
"""

from __future__ import annotations

import ctypes
import weakref
from functools import lru_cache

from . import _sm2_pure
from ._libcrypto import EcFunctions, Pointer, ec_functions
from ._sm2_params import CACHED_KEYS, CURVE, expected_x
from .errors import NativeFailure

_NID_SM2 = 1172
_GENERATOR = b"\x04" + CURVE.gx.to_bytes(32, "big") + CURVE.gy.to_bytes(32, "big")
_P = CURVE.p
_N = CURVE.n


_FUNCTIONS = ec_functions()


def _functions() -> EcFunctions:
    if _FUNCTIONS is None:
        raise NativeFailure("libcrypto has no table multiplication")
    return _FUNCTIONS


def _require(result: Pointer | None) -> Pointer:
    """The result of a call that gives a pointer or 1; None and 0 are failures."""
    if not result:
        _functions().err_clear_error()
        raise NativeFailure("libcrypto call failed")
    return result


class _Native:
    """Owner of libcrypto objects, freed when it is collected (not at exit: the library may be gone by then)."""

    def own(self, free: object, pointer: Pointer | None) -> Pointer:
        pointer = _require(pointer)
        assert callable(free)
        weakref.finalize(self, free, pointer).atexit = False
        return pointer


class _Scratch(_Native):
    """What one verification writes to."""

    def __init__(self) -> None:
        f = _functions()
        group = self.own(f.group_free, f.group_new_by_curve_name(_NID_SM2))
        self.ctx = self.own(f.bn_ctx_free, f.bn_ctx_new())
        self.s = self.own(f.bn_free, f.bn_new())
        self.t = self.own(f.bn_free, f.bn_new())
        self.x = self.own(f.bn_free, f.bn_new())
        self.z = self.own(f.bn_free, f.bn_new())
        self.sum = self.own(f.point_free, f.point_new(group))
        self.term = self.own(f.point_free, f.point_new(group))
        self.out = (ctypes.c_char * 64)()
        self.out_x = ctypes.addressof(self.out)
        self.out_z = self.out_x + 32


class _Table(_Native):
    """The curve with one point as its generator, and that point's table."""

    def __init__(self, encoded: bytes) -> None:
        f = _functions()
        ctx = self.own(f.bn_ctx_free, f.bn_ctx_new())
        order, one, two = (self.own(f.bn_free, f.bn_bin2bn(v.to_bytes(32, "big"), 32, None)) for v in (_N, 1, 2))
        self.group = self.own(f.group_free, f.group_new_by_curve_name(_NID_SM2))
        point = self.own(f.point_free, f.point_new(self.group))
        _require(f.point_oct2point(self.group, point, encoded, len(encoded), ctx))
        _require(f.group_set_generator(self.group, point, order, one))
        _require(f.group_precompute_mult(self.group, ctx))
        _require(f.group_set_generator(self.group, point, two, None))
        _require(f.group_have_precompute_mult(self.group))


@lru_cache(maxsize=CACHED_KEYS)
def _table(encoded: bytes) -> _Table:
    return _Table(encoded)


@lru_cache(maxsize=1)
def _generator_table() -> _Table:
    return _Table(_GENERATOR)


# Sets not in use. A verification takes one out and puts it back, so that neither another thread nor a signal
# handler that verifies can write to it meanwhile (list.pop and list.append are atomic).
_spare: list[_Scratch] = []


def sum_has_x(public_key: bytes, s: int, t: int, x: int) -> bool:
    """Whether s·G + t·P is finite with x-coordinate x modulo n. Raises NativeFailure if libcrypto cannot tell."""
    try:
        scratch = _spare.pop()
    except IndexError:
        scratch = _Scratch()
    # Held to the end: another thread may push it out of the cache, and libcrypto would free it under our hands.
    table = _table(public_key)
    jacobian_x, z = _sum(scratch, _generator_table().group, table.group, s, t)
    _spare.append(scratch)
    if z == 0:  # the point at infinity
        return False
    zz = z * z % _P
    return x * zz % _P == jacobian_x or (x + _N < _P and (x + _N) * zz % _P == jacobian_x)


def _sum(scratch: _Scratch, generator: Pointer, key: Pointer, s: int, t: int) -> tuple[int, int]:
    """Jacobian X and Z of s·G + t·P; Z is 0 at infinity."""
    f = _functions()
    ctx, total, term = scratch.ctx, scratch.sum, scratch.term
    f.bn_bin2bn(s.to_bytes(32, "big"), 32, scratch.s)
    f.bn_bin2bn(t.to_bytes(32, "big"), 32, scratch.t)
    if not (
        f.point_mul(generator, total, scratch.s, None, None, ctx)
        and f.point_mul(key, term, scratch.t, None, None, ctx)
        and f.point_add(generator, total, total, term, ctx)
        and f.point_get_jprojective(generator, total, scratch.x, None, scratch.z, ctx)
        and f.bn_bn2binpad(scratch.x, scratch.out_x, 32) == 32
        and f.bn_bn2binpad(scratch.z, scratch.out_z, 32) == 32
    ):
        _require(0)
    out = scratch.out.raw
    return int.from_bytes(out[:32], "big"), int.from_bytes(out[32:], "big")


def probe() -> None:
    """Raise NativeFailure where libcrypto cannot do this. Says nothing about whether its answers are right."""
    _generator_table()


def accepts(public_key: bytes, signature: tuple[int, int, int], message: bytes, distinguishing_id: bytes) -> bool:
    """Whether (r, s, t = r + s mod n), already range-checked, is a signature (GB/T 32918.2 §7.1 B4 to B7)."""
    r, s, t = signature
    x = expected_x(public_key, distinguishing_id, message, r)
    try:
        return sum_has_x(public_key, s, t, x)
    except NativeFailure:
        return _sm2_pure.sum_has_x(public_key, s, t, x)
