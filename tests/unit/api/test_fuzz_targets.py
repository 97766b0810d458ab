"""The fuzz targets without a fuzzer: every one runs on its seeds, on pieces of them, and on what once was a fault."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import islice

import pytest

from fuzz.model import Target, attempt, same
from fuzz.mutator import mutated
from fuzz.targets import TARGETS
from verifier import cbor
from verifier.cose import Sign1
from verifier.labels import TYP_CASE

NEVER_ACCEPTED = {"mpt"}  # a proof's root and key are its caller's
A_FEW = 40  # seeds of a target with very many


_SIGNED = Sign1(b"", {1: -65537, 4: bytes(8), 16: TYP_CASE}, {}, None, bytes(64))
_CLAIMS = {1: "x", 6: 0, 7: bytes(16)}
_WITNESS = next(line for line in TARGETS["policy-file"].seeds() if line.startswith(b"witness")).split(b" http")[0]
FOUND: dict[str, tuple[str, bytes]] = {
    "a witness's address opens a bracket": ("policy-file", _WITNESS + b" http://[::1\nquorum none\n"),
    "a witness's address has no port": ("policy-file", _WITNESS + b" http://a:x\nquorum none\n"),
    "what goes with a record is a string": ("case-logged", cbor.encode({1: bytes(32), 2: b"x", 3: b"", 4: []})),
    "what goes with a record is a text": ("case-logged", cbor.encode({1: bytes(32), 2: b"x", 3: [], 4: ""})),
    "what goes with a record is a map": ("case-logged", cbor.encode({1: bytes(32), 2: b"x", 3: {b"k": 1}, 4: []})),
    "the members of a case are a map": ("case-manifest", cbor.encode({**_CLAIMS, -65600: {1: {}}})),
    "the members of a case are a string": ("case-manifest", cbor.encode({**_CLAIMS, -65600: {1: b""}})),
}
"""What fuzzing found once. For a statement it is the payload, under the headers it must have."""


def few(data: Iterable[bytes]) -> list[bytes]:
    return list(islice(data, A_FEW))


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_there_and_none_is_a_fault(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert seeds
    accepted = [attempt(target, data) for data in seeds]
    assert any(accepted) or name in NEVER_ACCEPTED


@pytest.mark.parametrize("name", TARGETS)
def test_pieces_of_seeds_are_no_faults(name: str) -> None:
    """Cut short, doubled, one byte changed: deterministic, and a second at most in all."""
    target, rng = TARGETS[name], random.Random(name)
    for data in few(sorted(target.seeds(), key=len))[:6]:
        at = rng.randrange(len(data) + 1)
        changed = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        for other in (data[:at], data + data, changed, b""):
            attempt(target, other)


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_is_refused(name: str) -> None:
    target, data = FOUND[name]
    if target == "case-manifest":
        protected = cbor.encode(dict(_SIGNED.headers))
        data = cbor.encode(cbor.Tag(18, [protected, {}, data, _SIGNED.signature]))
    assert not attempt(TARGETS[target], data)


def test_a_target_that_finds_something_says_so() -> None:
    """Else a fuzzer could run for a year over a wrapper that swallows everything."""

    def careless(data: bytes) -> None:
        if data.startswith(b"\x80"):
            raise IndexError
        same(data, b"")

    target = Target("careless", careless, lambda: [b""])
    assert attempt(target, b"")
    for data, error in ((b"\x80", IndexError), (b"x", AssertionError)):
        with pytest.raises(error):
            attempt(target, data)


def test_the_mutator_changes_values_behind_their_lengths() -> None:
    """What it makes of a statement is mostly a statement, with something else inside."""
    data = next(iter(TARGETS["credential"].seeds()))
    made = [mutated(data, 1 << 15, seed, lambda some, _: some[::-1]) for seed in range(60)]
    whole = 0
    for other in made:
        try:
            whole += isinstance(cbor.decode(other), cbor.Tag) and other != data
        except Exception:  # noqa: BLE001 - the share is what is asked for
            continue
    assert whole > 20
    assert len(set(made)) > 30
