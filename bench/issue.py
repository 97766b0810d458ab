"""Issuing: claims, signature, self-check, log append, durable; in batches of 100 on SQLite.

Measured from drafts (rows that kept every rule), and from the bytes of the file, which adds reading and checking it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from api.bootstrap import initialise, open_service
from api.services.parties import OPERATOR, Principal
from api.settings import for_directory
from bench.measure import Figure, openssl_sm2, rate
from certs.issue import RowOutcome, issue_batch
from certs.keys import SoftwareSigner
from certs.keys._evp import PrivateKey
from certs.kinds import kind_by_name
from certs.kinds.base import Draft, Rejected
from tests.support import kit
from verifier.assess import Verifier
from verifier.policy import TrustBundle
from verifier.report import Outcome

BATCH = 100
ROUNDS = 8
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


@dataclass(frozen=True, slots=True)
class _Rate:
    """Certificates per second: by the clock, and by the CPU time of all threads of this process."""

    wall: float
    cpu: float


async def _timed(work: Callable[[], Awaitable[int]]) -> _Rate:
    wall, cpu = time.perf_counter(), time.process_time()
    if await work() != BATCH:
        raise SystemExit("bench: a row was not issued")
    return _Rate(BATCH / (time.perf_counter() - wall), BATCH / (time.process_time() - cpu))


async def _rates(directory: Path) -> tuple[float, list[_Rate], list[_Rate]]:
    """(best OpenSSL signatures/s, rates from the bytes of a file, rates from drafts)."""
    settings = for_directory(directory)
    await initialise(settings, progress=lambda _: None)
    base, files, drafts = 0.0, [], []
    async with open_service(settings) as service:
        charity = next(o for o in service.institution.organisations if o.role == "charity")
        party = Principal(charity.uscc, OPERATOR, "bench")

        async def from_file(start: int) -> int:
            report = await service.issuing.issue_file(party, "donation", _file(start), per_transaction=BATCH)
            await service.ledger.sequence()
            return report.issued

        async def from_drafts(given: Sequence[Draft]) -> int:
            results = await issue_batch(given, service.makers.registry, service.makers.begin)
            await service.ledger.sequence()
            return sum(result.outcome is RowOutcome.ISSUED for result in results)

        for i in range(ROUNDS):
            start = 1 + 2 * i * BATCH
            files.append(await _timed(partial(from_file, start)))
            drafts.append(await _timed(partial(from_drafts, _drafts(start + BATCH))))
            base = max(base, openssl_sm2()[0])
    return base, files, drafts


def _drafts(start: int) -> list[Draft]:
    """Rows that kept every rule: what is left when a file has been read."""
    kind = kind_by_name("donation")
    lines = csv.DictReader(io.StringIO(_file(start).decode()))
    drafts = (kind.parse_row(line, today=date.max) for line in lines)
    return [draft for draft in drafts if not isinstance(draft, Rejected)]


def figures() -> Iterator[Figure]:
    """Clock time has signing on another core (the signer's process); CPU time is this process's alone."""
    with tempfile.TemporaryDirectory() as directory:
        base, files, drafts = asyncio.run(_rates(Path(directory) / "data"))
    file, draft, cpu = max(r.wall for r in files), max(r.wall for r in drafts), max(r.cpu for r in files)
    yield Figure("openssl speed sm2, signatures", base, "/s")
    yield Figure("issue, batches of 100, durable and logged", file, "/s", file / base, "openssl sign", "≥ 0.6")
    yield Figure("the same from drafts: the CSV file read before", draft, "/s", draft / base, "openssl sign", "≥ 0.6")
    yield Figure("by CPU time, without the signing process", cpu, "/s", cpu / base, "openssl sign")
    yield Figure("of which one certificate takes, on the issuing core", 1e6 / cpu, "µs")
    yield Figure("its signature, on the other core", 1e6 / rate(_signature()), "µs")
    yield Figure("the issuer's own check of it, within the first", 1e6 / rate(_check()), "µs")
    yield Figure("what 0.6 allows for all of it", 1e6 / (0.6 * base), "µs")


def _signature() -> Callable[[], int]:
    signer = SoftwareSigner(PrivateKey.generate(), process=False)
    message = kit.statement()

    def run() -> int:
        for _ in range(50):
            signer.sign(message)
        return 50

    return run


def _check() -> Callable[[], int]:
    verifier = Verifier(TrustBundle.parse(kit.signed_bundle()), [kit.status()])
    statement = kit.statement()

    def run() -> int:
        for _ in range(100):
            if verifier.assess(statement, at=kit.AT, level="L1").outcome is not Outcome.PASSED:
                raise SystemExit("bench: the statement did not pass")
        return 100

    return run
