"""Status lists of a million certificates: bytes, and the time from a revocation to the signed list that says so."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import insert

from api.bootstrap import initialise, open_service
from api.db.bulk import insert_rows
from api.db.tables import status_entry, status_list
from api.services.service import Service
from api.settings import for_directory
from bench.measure import Figure
from certs.status import LIST_SIZE
from verifier.status_list import pack_bits

MILLION = 1 << 20
_PER_LIST = LIST_SIZE // 2  # a list is left for a new one when half full


def _one_list() -> int:
    """Compressed bytes of one list of a million entries, one in a hundred not valid."""
    chosen = random.Random(38540).sample(range(MILLION), MILLION // 100)
    return len(pack_bits(MILLION, sorted(chosen)))


async def _fill(service: Service, issuer: str) -> None:
    """Lists as a million issued certificates leave them, 1 % not valid."""
    rng = random.Random(38541)
    async with service.database.write() as work:
        first = len(await work.statuses.lists()) + 1
        for number in range(first, first + MILLION // _PER_LIST):
            values = {"number": number, "issuer": issuer, "size": LIST_SIZE, "used": _PER_LIST}
            await work.connection.execute(insert(status_list).values(**values))
            chosen = sorted(rng.sample(range(LIST_SIZE), _PER_LIST))  # in order: the filling is not what is measured
            rows = [(number, idx, int(rng.random() < 0.01)) for idx in chosen]
            await insert_rows(work.connection, status_entry, ("number", "idx", "invalid"), rows)


async def _publish(directory: Path) -> tuple[float, float, float, int]:
    """(seconds for all lists, for none that changed, for one that changed, bytes of all lists)."""
    settings = for_directory(directory)
    await initialise(settings, progress=lambda _: None)
    async with open_service(settings) as service:
        issuer = next(o.uscc for o in service.institution.organisations if o.kinds)
        await _fill(service, issuer)
        seconds = []
        for change in (False, False, True):
            if change:
                async with service.database.write() as work:
                    taken = await work.statuses.claim(1, range(8))
                    await work.statuses.set_invalid(1, taken[0])
            start = time.perf_counter()
            await service.publishing.publish()
            seconds.append(time.perf_counter() - start)
        async with service.database.read() as work:
            tokens = [await work.statuses.token(state.number) for state in await work.statuses.lists()]
    return seconds[0], seconds[1], seconds[2], sum(len(token) for token in tokens if token)


def figures() -> Iterator[Figure]:
    """Publication is signing, checking and storing; the service looks every MZ_PUBLISH_SECONDS and when one ended."""
    yield Figure("one list of 1,048,576 entries, 1 % not valid", _one_list() / 1000, "kB", target="≤ 20")
    with tempfile.TemporaryDirectory() as directory:
        everything, nothing, one, size = asyncio.run(_publish(Path(directory) / "data"))
    yield Figure("1,048,576 certificates in lists of 131,072: all lists", size / 1000, "kB")
    yield Figure("publish all of them", everything, "s")
    yield Figure("publish when nothing changed", nothing, "s")
    yield Figure("publish when one certificate ended", one, "s")
