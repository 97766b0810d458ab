"""Issuing: a row of a file to a durable, logged, self-checked certificate, in batches of 100 on SQLite."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from api.bootstrap import initialise, open_service
from api.services.parties import OPERATOR, Principal
from api.settings import for_directory
from bench.measure import Figure, openssl_sm2

BATCH = 100
ROUNDS = 6
HEAD = (
    "donation_no,charity_uscc,plan_filing_no,project,donor_type,donor_name,anonymous,amount_fen,received_on,purpose,"
    "channel,handler,receipt_status,receipt_code,receipt_number\n"
)


def _file(start: int) -> bytes:
    rows = [
        f"DN-2026-{i:06d},53990000MJ9T00037A,53990000MJ9T00037AA26001,示例儿童阅读角,1,张示例,0,10000,2026-01-05,"
        f"用于示例乡小学购置图书,银行转账,样例经办人甲,ISSUED,99050126,{i:010d}\n"
        for i in range(start, start + BATCH)
    ]
    return (HEAD + "".join(rows)).encode()


async def _rates(directory: Path) -> tuple[float, list[tuple[float, float]]]:
    """(best OpenSSL signatures/s, [(certificates per second by the clock, by CPU time)])."""
    settings = for_directory(directory)
    await initialise(settings, progress=lambda _: None)
    base, found = 0.0, []
    async with open_service(settings) as service:
        charity = next(o for o in service.institution.organisations if o.role == "charity")
        party = Principal(charity.uscc, OPERATOR, "bench")
        for i in range(ROUNDS):
            data = _file(1 + i * BATCH)
            wall, cpu = time.perf_counter(), time.process_time()
            report = await service.issuing.issue_file(party, "donation", data, csv=True, per_transaction=BATCH)
            await service.ledger.sequence()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if report.issued != BATCH:
                raise SystemExit("bench: a row was not issued")
            found.append((BATCH / wall, BATCH / cpu))
            base = max(base, openssl_sm2()[0])
    return base, found


def figures() -> Iterator[Figure]:
    """Clock time uses both cores (the signer's threads); CPU time counts them together."""
    with tempfile.TemporaryDirectory() as directory:
        base, found = asyncio.run(_rates(Path(directory) / "data"))
    wall, cpu = max(w for w, _ in found), max(c for _, c in found)
    yield Figure("openssl speed sm2, signatures", base, "/s")
    yield Figure("issue, batches of 100, durable and logged", wall, "/s", wall / base, "openssl sign", "≥ 0.6")
    yield Figure("the same by CPU time of all threads", cpu, "/s", cpu / base, "openssl sign")
