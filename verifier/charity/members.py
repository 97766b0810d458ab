"""How the members of a public event are read and written: one wire form for every value, and nothing else accepted.

A public event is a map in deterministic CBOR whose members are numbered in the order of the dataclass: `{1: kind, 2:
day, 3: first member, …}`. Every member is always there, an absent one as null: one event has one encoding. Texts that
people read come in both languages, `["赈灾", "Disaster relief"]`. Amounts are whole fen, 0 … 2^53-1.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from .. import fields
from ..errors import Malformed

FORMAT: Final = "charity-general"
MAX_AMOUNT: Final = (1 << 53) - 1
MAX_DAY: Final = 376_200  # the year 2999
Both: TypeAlias = tuple[str, str]
"""A text in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member's two directions. `read` raises Malformed; `write` gives what CBOR can hold."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = lambda value: value


def number(low: int, high: int) -> Member:
    """A whole number in [low, high]."""

    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Malformed(FORMAT, "number", f"{low} to {high}")
        return value

    return Member(read)


def _octets(length: int) -> Member:
    return Member(lambda value: fields.octets(FORMAT, {0: value}, 0, length))


def blob(maximum: int) -> Member:
    """A byte string of 1 to `maximum` bytes."""

    def read(value: Any) -> bytes:
        if type(value) is not bytes or not 0 < len(value) <= maximum:
            raise Malformed(FORMAT, "bytes", f"1 to {maximum}")
        return value

    return Member(read)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise Malformed(FORMAT, "flag")
    return value


def text(maximum: int) -> Member:
    """A text of 1 to `maximum` characters, NFC, without control characters."""

    def read(value: Any) -> str:
        found = fields.text(FORMAT, {0: value}, 0, maximum)
        if not unicodedata.is_normalized("NFC", found) or any(unicodedata.category(c) in {"Cc", "Cs"} for c in found):
            raise Malformed(FORMAT, "text")
        return found

    return Member(read)


def both(maximum: int) -> Member:
    """A text in both languages."""
    one = text(maximum)

    def read(value: Any) -> Both:
        if type(value) is not list or len(value) != 2:
            raise Malformed(FORMAT, "both-languages")
        return one.read(value[0]), one.read(value[1])

    return Member(read, list)


def many(member: Member, maximum: int) -> Member:
    """A list of at most `maximum` values, each once and ascending: one set has one encoding."""

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) > maximum:
            raise Malformed(FORMAT, "list")
        found = tuple(member.read(v) for v in value)
        if list(found) != sorted(set(found)):
            raise Malformed(FORMAT, "order")
        return found

    return Member(read, list)


def exactly(member: Member, count: int) -> Member:
    """A list of exactly `count` values."""

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != count:
            raise Malformed(FORMAT, "list")
        return tuple(member.read(v) for v in value)

    return Member(read, list)


def optional(member: Member) -> Member:
    """A value or null."""
    return Member(
        lambda value: None if value is None else member.read(value),
        lambda value: None if value is None else member.write(value),
    )


def group(cls: type[Any], members: Sequence[Member]) -> Member:
    """A dataclass as a list of its members in order."""

    def read(value: Any) -> Any:
        if type(value) is not list or len(value) != len(members):
            raise Malformed(FORMAT, "group")
        return cls(*(m.read(v) for m, v in zip(members, value, strict=True)))

    def write(value: Any) -> list[Any]:
        return [m.write(getattr(value, n)) for m, n in zip(members, cls.__slots__, strict=True)]

    return Member(read, write)


def _filing_no(value: Any) -> str:
    found = fields.text(FORMAT, {0: value}, 0, 24)
    tail = found[18:]
    fields.uscc(FORMAT, {0: found[:18]}, 0)
    if len(tail) != 6 or tail[0] != "A" or not (tail[1:].isascii() and tail[1:].isdigit()):
        raise Malformed(FORMAT, "filing-number")
    return found


def _region(value: Any) -> str:
    found = fields.text(FORMAT, {0: value}, 0, 6)
    if len(found) != 6 or not found.isascii() or not found.isdigit():
        raise Malformed(FORMAT, "region")
    return found


def _url(value: Any) -> str:
    found = fields.text(FORMAT, {0: value}, 0, 300)
    if not found.startswith("https://") or not found.isascii() or any(c <= " " or c in '"<>\\^`{|}' for c in found):
        raise Malformed(FORMAT, "url")  # it is shown as a link: nothing but https
    return found


DAY: Final = number(0, MAX_DAY)
AMOUNT: Final = number(0, MAX_AMOUNT)
POSITIVE: Final = number(1, MAX_AMOUNT)
COUNT: Final = number(0, 1 << 31)
YEAR: Final = number(2000, 2999)
DIGEST: Final = _octets(32)
FLAG: Final = Member(_flag)
CODE: Final = text(64)
"""A name that the charity chose: of a project, a transaction, a trust, an emergency."""
TITLE: Final = both(120)
WORDS: Final = both(1000)
USCC: Final = Member(lambda value: fields.uscc(FORMAT, {0: value}, 0))
FILING_NO: Final = Member(_filing_no)
REGION: Final = Member(_region)
URL: Final = Member(_url)
