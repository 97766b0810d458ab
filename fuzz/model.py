"""What a target is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from verifier.errors import VerifierError

Seeds = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Target:
    """`run` parses, and asserts what must hold of what was accepted. `refusals` are the errors by which it may refuse.

    `shape`: "cbor" lets the mutator change values inside well-formed CBOR, statements inside statements included.
    """

    name: str
    run: Callable[[bytes], object]
    seeds: Seeds
    refusals: tuple[type[Exception], ...] = (VerifierError,)
    shape: str = ""
    longest: int = 1 << 15  # bytes of an input


def attempt(target: Target, data: bytes) -> bool:
    """Whether `data` was accepted. Raises what is a fault."""
    try:
        target.run(data)
    except target.refusals:
        return False
    return True


def same(data: bytes, encoded: bytes) -> None:
    """What was accepted is the one encoding of what was read."""
    if encoded != data:
        raise AssertionError("accepted, and encodes to other bytes")
