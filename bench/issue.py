"""Issuing: claims, signature, self-check, log append, durable; in batches of 100 on SQLite and PostgreSQL.

Measured from drafts (rows that kept every rule), and from the bytes of the file, which adds reading and checking it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from api.bootstrap import initialise, open_service
from api.http.schemas import MARRIAGE_EXAMPLE
from api.services.parties import OPERATOR, Principal
from api.settings import Settings, for_directory
from bench.ledger_rig import postgres_server
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
        raise SystemExit("bench: a certificate was not issued")
    return _Rate(BATCH / (time.perf_counter() - wall), BATCH / (time.process_time() - cpu))


@dataclass(frozen=True, slots=True)
class _Found:
    """Best OpenSSL signatures a second; rates of donations from a file, of donations and marriages from drafts."""

    base: float
    files: list[_Rate]
    drafts: list[_Rate]
    marriages: list[_Rate]


async def _rates(settings: Settings) -> _Found:
    await initialise(settings, progress=lambda _: None)
    found = _Found(0.0, [], [], [])
    base = 0.0
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
            return sum(len(result.ctis) for result in results if result.outcome is RowOutcome.ISSUED)

        for i in range(ROUNDS):
            start = 1 + 2 * i * BATCH
            found.files.append(await _timed(partial(from_file, start)))
            found.drafts.append(await _timed(partial(from_drafts, _drafts(start + BATCH))))
            found.marriages.append(await _timed(partial(from_drafts, _marriages(1 + i * BATCH // 2))))
            base = max(base, openssl_sm2()[0])
    return replace(found, base=base)


def _marriages(start: int) -> list[Draft]:
    """Fifty couples, a hundred certificates, with the registration's record."""
    kind = kind_by_name("marriage")
    rows = [
        MARRIAGE_EXAMPLE
        | {"record_no": f"MR-B-{i:06d}", "zihao": f"J990101-2025-{i:06d}", "name_man": f"示例甲{chr(0x4E00 + i)}",
           "name_woman": f"样例乙{chr(0x5E00 + i)}", "cert_num_man": id_number("19950102", 2 * (i % 400) + 1),
           "cert_num_woman": id_number("19960304", 2 * (i % 400) + 2), "birth_man": "1995-01-02",
           "birth_woman": "1996-03-04"}
        for i in range(start, start + BATCH // 2)
    ]  # fmt: skip
    drafts = [kind.parse_row(row, today=date.max) for row in rows]
    good = [draft for draft in drafts if not isinstance(draft, Rejected)]
    if len(good) != len(rows):
        raise SystemExit("bench: a registration breaks a rule")
    return good


def id_number(birth: str, order: int) -> str:
    """A synthetic identity number of region 990101."""
    digits = f"990101{birth}{order:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11]


def _drafts(start: int) -> list[Draft]:
    """Rows that kept every rule: what is left when a file has been read."""
    kind = kind_by_name("donation")
    lines = csv.DictReader(io.StringIO(_file(start).decode()))
    drafts = (kind.parse_row(line, today=date.max) for line in lines)
    return [draft for draft in drafts if not isinstance(draft, Rejected)]


def figures() -> Iterator[Figure]:
    """Clock time has signing on another core (the signer's process); CPU time is this process's alone."""
    with tempfile.TemporaryDirectory() as directory:
        found = asyncio.run(_rates(for_directory(Path(directory) / "data")))
    base = found.base
    yield Figure("openssl speed sm2, signatures", base, "/s")
    yield from _of(found, "SQLite")
    with postgres_server() as server, tempfile.TemporaryDirectory() as directory:
        if server is not None:
            settings = replace(for_directory(Path(directory) / "data"), database_url=server.url(server.create()))
            yield from _of(asyncio.run(_rates(settings)), "PostgreSQL")
    cpu = max(r.cpu for r in found.files)
    yield Figure("by CPU time, without the signing process", cpu, "/s", cpu / base, "openssl sign")
    yield Figure("of which one certificate takes, on the issuing core", 1e6 / cpu, "µs")
    yield Figure("its signature, on the other core", 1e6 / rate(_signature()), "µs")
    yield Figure("the issuer's own check of it, within the first", 1e6 / rate(_check()), "µs")
    yield Figure("what 0.7 allows for all of it", 1e6 / (0.7 * base), "µs")


def _of(found: _Found, name: str) -> Iterator[Figure]:
    """Against the signatures of the same minutes."""
    target = "≥ 2,000 or 0.7"
    for what, rates in (
        ("donations from a file", found.files),
        ("donations from drafts", found.drafts),
        ("marriage certificates from drafts", found.marriages),
    ):
        best = max(r.wall for r in rates)
        yield Figure(f"{name}: {what}, by 100", best, "/s", best / found.base, "openssl sign", target)


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
