"""The dictionary attack: every identity number that a county can have, in every form in which careless systems publish
one, looked for in everything that a stranger can get.

A county has 365 days × 60 years × 999 orders ≈ 2.2·10⁷ numbers: an unsalted hash of one is the number itself, spelled
differently. The eight first bytes of every guess are compared with every run of eight bytes that is public, wherever it
stands and whatever it is meant to be.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing import get_context

WINDOW = 8
_PLAIN = re.compile(rb"(?=([0-9]{17}[0-9X]))")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
Form = Callable[[bytes], bytes]
More = Callable[[], dict[str, Form]]


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def _behind(prefix: bytes, name: str = "sm3") -> Form:
    """number -> hash(prefix || number). The prefix is absorbed once: looking a hash up by name costs three hashes."""
    base = hashlib.new(name, prefix)

    def digest(number: bytes) -> bytes:
        state = base.copy()
        state.update(number)
        return state.digest()

    return digest


def _before(suffix: bytes) -> Form:
    plain = _behind(b"")
    return lambda number: plain(number + suffix)


def _under(key: bytes) -> Form:
    """HMAC-SM3 with something public in the key's place (RFC 2104)."""
    block = (key if len(key) <= 64 else sm3(key)).ljust(64, b"\0")
    inner, outer = _behind(bytes(b ^ 0x36 for b in block)), _behind(bytes(b ^ 0x5C for b in block))
    return lambda number: outer(inner(number))


def forms(names: Iterable[str], known: Iterable[bytes]) -> dict[str, Form]:
    """Ways to turn a number into bytes: hashed, hashed with what is guessable or public beside it. `known`:
    public values that somebody could take for a salt or a key."""
    made: dict[str, Form] = {
        "sm3": _behind(b""),
        "sha256": _behind(b"", "sha256"),
        "sm3 of type:nation:number": _behind(b"111:156:"),
    }
    made |= {f"sm3 with name {i}": _before(name.encode()) for i, name in enumerate(names)}
    for i, salt in enumerate(known):
        made |= {f"sm3 behind public value {i}": _behind(salt), f"hmac under public value {i}": _under(salt)}
    return made


def numbers(region: str, first: date, last: date) -> Iterator[bytes]:
    """Every number of GB 11643 of a region whose birth date lies in [first, last]."""
    day = first
    while day <= last:
        head = f"{region}{day:%Y%m%d}"
        partial = sum(int(c) * w for c, w in zip(head, _WEIGHTS, strict=False))
        for order in range(1, 1000):
            tail = f"{order:03}"
            total = partial + sum(int(c) * w for c, w in zip(tail, _WEIGHTS[14:], strict=True))
            yield f"{head}{tail}{_CHECK[total % 11]}".encode()
        day += timedelta(days=1)


@dataclass(frozen=True)
class Haystack:
    """Everything public, as its runs of eight bytes; and the runs of 18 that could be a number, as they are."""

    windows: frozenset[bytes]
    plain: frozenset[bytes] = frozenset()
    size: int = field(default=0)

    @classmethod
    def of(cls, parts: Iterable[bytes]) -> Haystack:
        whole = list(parts)
        runs = {part[at : at + WINDOW] for part in whole for at in range(len(part) - WINDOW + 1)}
        plain = {number for part in whole for number in _PLAIN.findall(part)}
        return cls(frozenset(runs), frozenset(plain), sum(len(part) for part in whole))


def attack(hay: Haystack, candidates: Iterable[bytes], made: dict[str, Form]) -> tuple[int, list[str]]:
    """How many numbers were tried, and the forms that hit; never the number itself."""
    tried, hits = 0, []
    windows, tries = hay.windows, list(made.items())
    for number in candidates:
        tried += 1
        if number in hay.plain:
            hits.append("plain")
        hits += [name for name, form in tries if form(number)[:WINDOW] in windows]
    return tried, hits


def _year(job: tuple[Haystack, str, int, tuple[str, ...], tuple[bytes, ...], More]) -> tuple[int, list[str]]:
    hay, region, year, names, known, more = job
    return attack(hay, numbers(region, date(year, 1, 1), date(year, 12, 31)), forms(names, known) | more())


def attack_county(
    hay: Haystack,
    region: str,
    years: Iterable[int],
    names: tuple[str, ...],
    known: tuple[bytes, ...],
    jobs: int = 2,
    more: More = dict,
) -> tuple[int, list[str]]:
    """As `attack`, with every number of those birth years, in processes. `more`: makes further forms, in each."""
    with get_context("fork").Pool(jobs) as pool:
        done = pool.map(_year, [(hay, region, year, names, known, more) for year in years], chunksize=1)
    return sum(tried for tried, _ in done), [hit for _, hits in done for hit in hits]
