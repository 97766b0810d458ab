"""Running one import from wherever it stands to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from api.db.repositories.imports import FILE, ImportJob, ImportRepository, Remark
from api.errors import BatchUnreadable
from api.services.makers import Makers
from api.services.parties import Principal
from certs.errors import SealBroken
from certs.kinds import kind_by_number
from certs.kinds.base import Kind
from chain.errors import QueueFull

from .deciding import Decided, ImportSuperseded, Mode, Place, decide, maker_of
from .judging import Judge, ahead, blocks
from .reading import Source, Survey, rows, survey

CHINA: Final = timezone(timedelta(hours=8))  # registration days are civil days there; no daylight saving since 1992
RELIEVE: Final = 20_000
"""Certificates or events after which a run that has nobody beside it brings the log up to date."""


@dataclass(slots=True)
class Tally:
    """What a run did so far. `rows` is what the survey found, `position` what is decided, over all runs of the job."""

    job_id: bytes
    rows: int
    position: int
    issued: int
    existing: int
    rejected: int
    certificates: int = 0
    left_out: tuple[str, ...] = ()


Progress = Callable[[Tally], None]
Relief = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be run. `relieve`: called when the log lags behind, and between for a run without a service."""

    job: ImportJob
    party: Principal
    source: Source
    form: str
    encoding: str
    max_rows: int
    per_transaction: int
    admit: Callable[[], Awaitable[None]]
    relieve: Relief
    progress: Progress = lambda _: None


def civil_day(makers: Makers) -> date:
    return datetime.fromtimestamp(makers.clock(), UTC).astimezone(CHINA).date()


async def run(task: Task, makers: Makers, found: Survey | None = None) -> Tally:
    """To the end: the job is done, or stopped because the file cannot be read as a whole (raises BatchUnreadable).
    `found`: the file's survey, if it was made already.

    Raises ImportSuperseded, and what issuing raises (SelfCheckFailed, SigningFailed, Unavailable); then the job stands
    where the last transaction left it, and goes on from there when it is run again.
    """
    job, kind = task.job, kind_by_number(task.job.kind)
    try:
        if found is None:
            archive = Mode(job.mode).is_archive
            found = await surveyed(task.source, task.form, kind, task.encoding, task.max_rows, archive=archive)
        await _state(makers, job.job_id, "running", rows=found.rows)
        tally = Tally(job.job_id, found.rows, job.position, job.issued, job.existing, job.rejected)
        tally.left_out = found.left_out
        task.progress(tally)
        await _blocks(task, makers, kind, found, tally)
    except (BatchUnreadable, SealBroken) as error:
        await stop(makers, job.job_id, error)
        raise
    await _state(makers, job.job_id, "done", rows=tally.position)
    tally.rows = tally.position
    task.progress(tally)
    return tally


async def surveyed(
    source: Source, form: str, kind: Kind[Any], encoding: str, max_rows: int, *, archive: bool = False
) -> Survey:
    """In a thread, for a million rows take seconds, in which nobody else would be answered."""
    return await asyncio.to_thread(survey, source, form, kind, encoding=encoding, max_rows=max_rows, archive=archive)


async def _blocks(task: Task, makers: Makers, kind: Kind[Any], found: Survey, tally: Tally) -> None:
    mode = Mode(task.job.mode)
    make = maker_of(mode, kind)
    judge = Judge(kind, task.party, civil_day(makers), archive=mode.is_archive)
    source = blocks(rows(task.source, found, kind), judge, task.per_transaction, skip=tally.position)
    since = 0
    async with aclosing(ahead(source)) as coming:
        async for block in coming:
            await _admitted(task)
            place = Place(task.job.job_id, tally.position)
            for done in await decide(block, make, makers, place, keep=not mode.is_check):
                _count(tally, done)
                since += done.advance.issued
            if since >= RELIEVE:
                await task.relieve()
                since = 0
            task.progress(tally)
            await asyncio.sleep(0)  # signing holds the loop; others get their turn between two transactions


def _count(tally: Tally, done: Decided) -> None:
    tally.position += done.advance.rows
    tally.issued += done.advance.issued
    tally.existing += done.advance.existing
    tally.rejected += done.advance.rejected
    tally.certificates += done.certificates


async def _admitted(task: Task) -> None:
    try:
        await task.admit()
    except QueueFull:
        await task.relieve()
        await task.admit()


async def _state(makers: Makers, job_id: bytes, state: str, *, rows: int | None = None) -> None:
    """Raises ImportSuperseded if the job is at its end already."""
    async with makers.database.write() as work:
        if not await ImportRepository(work.connection).set_state(job_id, state, makers.clock(), rows=rows):
            raise ImportSuperseded("the job was ended")


async def stop(makers: Makers, job_id: bytes, error: BatchUnreadable | SealBroken) -> None:
    """The job's end, with the reason, for a file that cannot be read as a whole."""
    remark = Remark(0, FILE, "", "spool-damaged")
    if isinstance(error, BatchUnreadable):
        remark = Remark(error.line, FILE, error.field, error.code)
    async with makers.database.write() as work:
        imports = ImportRepository(work.connection)
        if await imports.set_state(job_id, "stopped", makers.clock()):
            await imports.remark(job_id, [remark])
