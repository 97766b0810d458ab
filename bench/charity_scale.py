"""A fund of many donations and payments in the service: what a restart, an act, an epoch, a trace, the overview and the
public audit of it cost.

Rows are put in by the service's own transactions, without HTTP; of each batch one donation is whole, and traced later.
Of the others the private side (tags, sealed bytes) is random or another's: nothing that is measured reads it. Then a
fresh server is started on it, as after a restart. BENCH_CHARITY_FUND tells how many donations (default 100,000, on
SQLite; 1000000 takes some four minutes of CPU), with 15 payments for each thousand.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from api.bootstrap import initialise, open_service
from api.db.repositories.charity_donations import DonationRow
from api.services.charity.books import Change
from api.services.charity.commands import NewFund
from api.services.charity.donations import Prepared
from api.services.parties import Principal
from api.services.service import Service
from bench import http_rig
from bench.charity_rig import ROWS
from bench.charity_service import BATCH, DIGEST, Client, served, today
from bench.measure import Figure
from verifier.assess import Verifier
from verifier.charity import events as e
from verifier.charity.audit import audit_export
from verifier.charity.book import Book
from verifier.charity.export import FILES, INDEX
from verifier.charity.state import Batch
from verifier.policy import TrustBundle
from verifier.report import Outcome

DONATIONS: Final = int(os.environ.get("BENCH_CHARITY_FUND", "100000"))
PAYMENTS: Final = 30  # of each batch, of nine tenths of its money
EPOCHS: Final = 20
NEWS: Final = 1000  # donations of the epoch that is measured
TRACES: Final = 200


@dataclass(frozen=True, slots=True)
class Made:
    """`donations`: ids of those that have a whole record."""

    book: bytes
    donations: list[bytes]
    payments: int


class _Builder:
    def __init__(self, service: Service, party: Principal) -> None:
        self._service, self._party = service, party
        self.donations: list[bytes] = []

    async def run(self, count: int) -> Made:
        charity = self._service.charity
        book_id = await self._open()
        batches = max(1, count // BATCH)
        for number in range(batches):
            prepared = await self._prepared(book_id, number)
            async with charity.books.change() as change:
                await self._grow(change, await change.book(book_id), number, prepared)
            if number % max(1, batches // EPOCHS) == 0 or number == batches - 1:
                await charity.epochs.run()
                await self._service.ledger.sequence()
        return Made(book_id, self.donations, batches * PAYMENTS)

    async def _open(self) -> bytes:
        fund = NewFund(("示例基金", "Example fund"), e.Restriction(), None, None)
        return (await self._service.charity.commands.open_fund(self._party, self._party.uscc, "scale", fund)).book

    async def _prepared(self, book_id: bytes, number: int) -> Prepared:
        charity, terms = await self._service.charity.intake.terms(self._party, book_id)
        (one,) = self._service.charity.intake.prepare(charity, book_id, terms, [row(number * BATCH, "S")])
        assert isinstance(one, Prepared)
        self.donations.append(one.record.donation_id)
        return one

    async def _grow(self, change: Change, book: Book, number: int, whole: Prepared) -> None:
        """A batch of donations, the first of them whole, and its payments, acknowledged."""
        first, serial, day = book.in_count, book.in_total, whole.record.day
        records = [replace(whole.record, idx=first), *(_like(whole.record, first + n) for n in range(1, BATCH))]
        amount = sum(record.amount for record in records)
        event = e.Received(book.size, change.day, first, BATCH, amount)
        change.record(book, event, batch=Batch(BATCH, amount, day))
        leaves = []
        for idx, record in enumerate(records, first):
            leaves.append((book.book, idx, 1, day, record.commitment, record.amount, serial, event.seq))
            serial += record.amount
        change.add_leaves(leaves)
        await change.work.charity.donations.add(records)
        each, digest = amount * 9 // 10 // PAYMENTS, bytes.fromhex(DIGEST)
        change.record(book, e.Allocated(book.size, change.day, number + 1, "p", "q", each * PAYMENTS, digest))
        for no in range(number * PAYMENTS + 1, (number + 1) * PAYMENTS + 1):
            change.record(book, e.Reserved(book.size, change.day, no, number + 1, each, 1, 3))
            change.record(book, e.Paid(book.size, change.day, no, digest))
            change.record(book, e.Acknowledged(book.size, change.day, no, each, digest, None, 2))


def _like(record: DonationRow, n: int) -> DonationRow:
    random = os.urandom(16 + 4 * 32)
    commitment, number, bank, donor = (random[at : at + 32] for at in range(16, len(random), 32))
    return DonationRow(
        random[:16], record.book_id, n, None, 100 + n * 7919 % 90_000, record.day, commitment, number, bank, donor,
        record.published, record.recorded_at, record.sealed,
    )  # fmt: skip


def row(n: int, prefix: str) -> dict[str, object]:
    """A donation as a charity sends it."""
    return {
        "donation_no": f"{prefix}-{n:08d}", "amount_fen": 100 + n * 7919 % 90_000, "donor_type": "1",
        "donor_name": f"样例捐赠人{n}", "donor_ref": f"D{n % 50_000}", "received_on": today(), "channel": "银行转账",
        "handler": "样例经办人甲", "receipt_status": "WAIVED", "bank_reference": f"{prefix}-BANK-{n:010d}",
    }  # fmt: skip


async def _build(directory: Path) -> Made:
    settings = http_rig.settings_of(directory)
    await initialise(settings, progress=lambda _: None)
    async with open_service(settings) as service:
        token = (directory / "tokens" / "charity-990001.token").read_text()
        party = await service.parties.authenticate(token)
        return await _Builder(service, party).run(DONATIONS)


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place) / "fund"
        start = time.perf_counter()
        made = asyncio.run(_build(directory))
        spent, size = time.perf_counter() - start, len(made.donations) * BATCH
        name = f"fund of {size:,}/{made.payments:,}"
        yield Figure(f"{name} built", spent, "s", note=f"{_database(directory) >> 20:,} MB of database")
        with served(directory, None, prepared=True) as client:
            yield from _restarted(client, made, name)
            yield from _traced(client, made, name)
            yield from _audited(client, made, name)


def _database(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.db"))


class _Timed:
    """Clock and the server's CPU of one request."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def figure(self, name: str, ask: Callable[[], object], note: str = "") -> Figure:
        start, used = time.perf_counter(), self._client.cpu()
        ask()
        seconds, cpu = time.perf_counter() - start, self._client.cpu() - used
        return Figure(name, 1000 * seconds, "ms", note=f"{1000 * cpu:,.0f} ms of CPU{note}")


def _restarted(client: Client, made: Made, name: str) -> Iterator[Figure]:
    """The first of everything, then again."""
    timed, path, memory = _Timed(client), f"/v1/charity/books/{made.book.hex()}", client.memory()
    allocate = {"kind": "allocated", "project": "p", "purpose": "q", "amount": 1, "decision": DIGEST}
    yield timed.figure(f"{name}: first act after a restart", lambda: client.act(f"{path}/events", "x1", **allocate))
    yield timed.figure(f"{name}: next act", lambda: client.act(f"{path}/events", "x2", **allocate))
    yield timed.figure(f"{name}: first epoch", lambda: client.post("/bench/epoch", b"{}"))
    rows = {"donations": [row(n, "N") for n in range(NEWS)]}
    taken = client.post(f"{path}/donations", json.dumps(rows).encode())["donations"]
    if any(one["state"] != "recorded" for one in taken):
        raise SystemExit("bench: not every donation was recorded")
    yield timed.figure(f"{name}: epoch of {NEWS:,} new donations", lambda: client.post("/bench/epoch", b"{}"))
    for which in ("first", "next"):
        yield timed.figure(f"{name}: {which} overview", lambda: client.get(f"{path}/overview"))
        yield timed.figure(f"{name}: {which} page of payments", lambda: client.get(f"{path}/payments.json"))
    yield Figure(f"{name}: memory of it", (client.memory() - memory) / (1 << 20), "MB")


def _traced(client: Client, made: Made, name: str) -> Iterator[Figure]:
    """Donations from all over the line, each once; beside the same route's way with nothing to do."""
    times, least = [], []
    chosen = [made.donations[n * len(made.donations) // TRACES] for n in range(min(TRACES, len(made.donations)))]
    used = 0.0
    for donation in chosen:
        start, before = time.perf_counter(), client.cpu()
        if client.post("/v1/charity/trace", json.dumps({"donation": donation.hex()}).encode())["trace"] is None:
            raise SystemExit("bench: a donation has no trace")
        times.append(1000 * (time.perf_counter() - start))
        used += client.cpu() - before
        start = time.perf_counter()
        client.post(ROWS, b'{"donations": []}')
        least.append(1000 * (time.perf_counter() - start))
    times.sort()
    least.sort()
    middle = len(times) // 2
    note = f"p99 {times[int(0.99 * len(times))]:.1f} ms, {1000 * used / len(times):.1f} ms of CPU"
    ratio = times[middle] / least[middle]
    yield Figure(f"{name}: trace by API", times[middle], "ms", ratio, "an empty request", "≤ 10 ms", note)


def _audited(client: Client, made: Made, name: str) -> Iterator[Figure]:
    """The public files over HTTP, and their audit by a stranger with the trust bundle."""
    time.sleep(3)  # the last epoch is in the log by then
    path = f"/v1/charity/books/{made.book.hex()}"
    start, used = time.perf_counter(), client.cpu()
    files = {file: client.get(f"{path}/{file}") for file in FILES}
    seconds, cpu = time.perf_counter() - start, client.cpu() - used
    size = sum(len(data) for data in files.values()) / (1 << 20)
    yield Figure(f"{name}: public files read", seconds, "s", note=f"{size:,.1f} MB, {cpu:,.1f} s of CPU")
    files[INDEX] = client.get("/v1/charity/index.json")
    trust = TrustBundle.parse(client.get("/v1/trust-bundle"))
    at = int(time.time()) + 1
    begun = time.process_time()
    report = audit_export(lambda file: files[file.rpartition("/")[2]], Verifier(trust), at=at)
    spent = time.process_time() - begun
    if report.outcome is not Outcome.PASSED:
        raise SystemExit(f"bench: the export does not pass: {report.findings[:1]}")
    yield Figure(f"{name}: public audit", spent, "s of CPU", target="≤ 30 s", note=f"{report.donations:,} donations")
