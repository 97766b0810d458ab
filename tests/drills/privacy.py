"""`make privacy-drill`: every identity number of a county against everything public, in every form that is tried.

About 2.2·10⁷ numbers and some twelve forms of each, once for certificates and once for charity, where everything of a
donation but its secret is known: many minutes on two cores. Ends with status 1 if one of them is found.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pytest

from tests.integration.test_privacy_of_answers import MAN, WOMAN, everything, heard_bytes
from tests.support import api_lab, charity_people, signing
from tests.support.dictionary import Haystack, More, attack_county
from tests.support.publicly import surface

YEARS = range(1949, 2009)  # sixty years of birth


async def gathered(directory: Path) -> tuple[Haystack, tuple[bytes, ...]]:
    """A service over which everything was asked, and what is public of it."""
    with pytest.MonkeyPatch.context() as patch:
        source = await api_lab.template(directory / "template", patch)
        async with api_lab.running(source, directory / "data") as lab:
            heard = await everything(lab)
            parts = [*(await surface(lab)).values(), *heard_bytes(heard)]
            known = (lab.service.identity.origin.encode(), signing.BANK.encode(), b"holder", b"access-subject\x1f")
            return Haystack.of(parts), known


async def given(directory: Path) -> tuple[Haystack, tuple[bytes, ...], More]:
    """The same of a charity's funds; and guesses at one donation, of which all but the secret is known."""
    with pytest.MonkeyPatch.context() as patch:
        source = await api_lab.template(directory / "template", patch)
        async with api_lab.running(source, directory / "data") as lab:
            made = await charity_people.giving(lab)
            parts = [*(await charity_people.public(lab)).values(), *(await surface(lab)).values()]
            known = made.details("man")
            leaf = (await lab.client.get(f"{made.funds[0].path}/in.bin")).content[5:37]
            return Haystack.of(parts), (known.book, known.donation), partial(charity_people.guesses, known, leaf)


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        hay, known = asyncio.run(gathered(Path(directory)))
    bad = attacked("certificates", hay, known)
    with tempfile.TemporaryDirectory() as directory:
        return attacked("charity", *asyncio.run(given(Path(directory)))) or bad


def attacked(name: str, hay: Haystack, known: tuple[bytes, ...], more: More = dict) -> int:
    """1 if a number was found, or too few were tried."""
    print(f"{name}: {hay.size} public bytes, {len(hay.windows)} runs of eight", flush=True)
    started = time.monotonic()
    names = (MAN["name"], WOMAN["name"])
    tried, hits = attack_county(hay, MAN["cert_num"][:6], YEARS, names, known, more=more)
    print(f"{tried} numbers in {time.monotonic() - started:.0f} s: {len(hits)} found {sorted(set(hits))}", flush=True)
    return 1 if hits or tried < 20_000_000 else 0


if __name__ == "__main__":
    sys.exit(main())
