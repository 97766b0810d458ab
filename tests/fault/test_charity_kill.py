"""`kill -9` during donations, acts and epochs: nothing is half done, and doing all again ends where it would have."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from api.bootstrap import open_service
from api.clock import system_clock
from api.db.uow import Work
from api.settings import for_directory
from tests.support.api_lab import template
from tests.support.charity_child import ROUNDS, ROWS
from tests.support.charity_child import work as work_off
from verifier.assess import Verifier
from verifier.charity.audit import audit_export, read_folder
from verifier.report import Outcome


def killed(directory: Path, count: int, when: str) -> None:
    """Do the work until the `count`-th commit of this run that changes the ledger."""
    command = [sys.executable, "-m", "tests.support.charity_child", str(directory), str(count), when]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -9, done.stderr


async def assert_whole(directory: Path, out: Path) -> None:
    """Done to its end, the tables add up to what the events say, and the public audit passes."""
    async with open_service(for_directory(directory)) as service:
        await work_off(service)
        charity = service.charity
        async with charity.books.change() as change:
            (row,) = await change.work.charity.books.every()
            book = await change.book(row.book_id)
            stored = await change.work.charity.books.balances(row.book_id)
            assert stored == dict(book.accounts.balances)
            assert book.accounts.conserve()
            assert (book.in_count, book.out_count) == await change.work.charity.lines.sizes(row.book_id)
            outs = await change.work.charity.lines.outflows(row.book_id, 0, book.out_count)
            assert [(o.acknowledged, o.returned, o.digest) for o in outs] == [tuple(s) for s in book.settlements]
            assert await donations(change.work) == (ROUNDS * ROWS, 0)
        await charity.epochs.run()
        await service.ledger.settle()
        await charity.export.write(out)
        report = audit_export(read_folder(out), Verifier(service.trust.bundle), at=system_clock() + 1)
        assert report.outcome is Outcome.PASSED, report
        async with service.database.read() as work:
            epochs = await work.charity.epochs.every(row.book_id)
            entries = [entry.body for entry in await work.log.entries(0, (await work.log.head()).size)]
        assert [entries.count(epoch.entry) for epoch in epochs] == [1] * len(epochs)


async def donations(work: Work) -> tuple[int, int]:
    """(how many, how many of them wait for a group though there are enough)."""
    found = await work.connection.exec_driver_sql("SELECT count(*) FROM charity_donation")
    return found.scalar_one(), len(await work.charity.donations.waiting_books(ROWS))


@pytest.mark.slow
def test_killed_three_times_nothing_is_half_done(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(template(directory, patch, system_clock))
    killed(directory, 2, "before")  # the first donations are written and not committed
    killed(directory, 6, "before")  # the first epoch, with its group, is signed and not committed
    killed(directory, 2, "after")  # the next donations are committed, and nobody was told their codes
    asyncio.run(assert_whole(directory, tmp_path / "export"))
