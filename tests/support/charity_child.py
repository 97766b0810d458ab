"""A child process that takes in donations, records acts and signs epochs, and kills itself at a moment of its choice.

python -m tests.support.charity_child DATA_DIRECTORY COUNT before|after
Killed at the COUNT-th commit of the ledger: before it, or after it and before anybody was told.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from api.bootstrap import open_service
from api.db.uow import Database, Work
from api.services.charity.commands import NewFund
from api.services.parties import Principal
from api.services.service import Service
from api.settings import for_directory
from tests.support.charity_lab import DIGEST, donation
from verifier.charity.eventform import Restriction

CHARITY = "53990000MJ9T00037A"
ROUNDS = 2
ROWS = 40


def rows(turn: int) -> list[dict[str, Any]]:
    """Donations of one turn, the same in every run; some want no single amount shown."""
    return [donation(turn * ROWS + n, 100 + n, group=n % 5 == 0) for n in range(ROWS)]


async def work(service: Service) -> None:
    """The whole of it; safe to repeat."""
    party, charity = Principal(CHARITY, "charity", ""), service.charity
    opened = await charity.commands.open_fund(party, CHARITY, "fund", NewFund(("示", "e"), Restriction(), None, None))
    book = opened.book
    act = charity.commands.act
    for turn in range(ROUNDS):
        await charity.intake.take(party, book, rows(turn))
        allocate = {"kind": "allocated", "project": "p", "purpose": "q", "amount": 2_000, "decision": DIGEST}
        made = await act(party, book, f"a{turn}", allocate, {})
        pay = {"kind": "reserved", "allocation": made.no, "amount": 1_500, "cost_class": "admin", "payee_type": "staff"}
        number = (await act(party, book, f"r{turn}", pay, {})).no
        await act(party, book, f"p{turn}", {"kind": "paid", "no": number, "voucher": DIGEST}, {})
        back = {"kind": "payment_returned", "no": number, "amount": 300, "reason": {"code": "over-paid"}}
        await act(party, book, f"b{turn}", back, {})
        await charity.epochs.run()
    await service.ledger.sequence()


def armed(count: int, when: str) -> None:
    """From now on the process ends with SIGKILL at the `count`-th commit that changed a book."""
    honest, done = Database.write, 0

    @asynccontextmanager
    async def write(self: Database) -> AsyncIterator[Work]:
        nonlocal done
        async with honest(self) as work:
            before = await _events(work)
            yield work
            changed = await _events(work) != before
            done += changed
            if changed and when == "before" and done == count:
                os.kill(os.getpid(), signal.SIGKILL)
        if changed and when == "after" and done == count:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.write = write  # type: ignore[method-assign]


async def _events(work: Work) -> tuple[int, ...]:
    """What tells whether a transaction changed the ledger."""
    query = "SELECT (SELECT count(*) FROM charity_event), (SELECT count(*) FROM charity_epoch)"
    return tuple((await work.connection.exec_driver_sql(query)).one())


async def main(directory: str, count: int, when: str) -> None:
    async with open_service(for_directory(Path(directory))) as service:
        armed(count, when)
        await work(service)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
