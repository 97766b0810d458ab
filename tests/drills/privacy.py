"""`make privacy-drill`: every identity number of a county against everything public, in every form that is tried.

About 2.2·10⁷ numbers and some twelve forms of each: minutes on two cores. Ends with status 1 if one of them is found.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.integration.test_privacy_of_answers import MAN, WOMAN, everything, heard_bytes
from tests.support import api_lab, signing
from tests.support.dictionary import Haystack, attack_county
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


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        hay, known = asyncio.run(gathered(Path(directory)))
    print(f"{hay.size} public bytes, {len(hay.windows)} runs of eight", flush=True)
    started = time.monotonic()
    tried, hits = attack_county(hay, MAN["cert_num"][:6], YEARS, (MAN["name"], WOMAN["name"]), known)
    print(f"{tried} numbers in {time.monotonic() - started:.0f} s: {len(hits)} found {sorted(set(hits))}")
    return 1 if hits or tried < 20_000_000 else 0


if __name__ == "__main__":
    sys.exit(main())
