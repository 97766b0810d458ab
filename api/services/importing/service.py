"""Imports as parties and the operator ask for them: received, run, told of, ended."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, BinaryIO, Final

from api.db.repositories.imports import ImportJob, ImportRepository, Remark
from api.errors import BatchUnreadable, NotFound, RateLimited
from api.services.makers import Makers
from api.services.parties import OPERATOR, Principal
from api.settings import Limits
from certs.errors import SealBroken
from certs.kinds.base import Kind

from .deciding import ImportSuperseded, Mode
from .reading import Source
from .running import Progress, Relief, Tally, Task, run, stop, surveyed
from .spool import Spool

JOB: Final = 16
"""Bytes of a job's name."""
_WAIT: Final = 60
"""Seconds that a party with too many open imports is told to wait."""
_PAUSE: Final = 1.0
"""Seconds that an import waits for a log that lags behind."""


class ImportService:
    def __init__(self, makers: Makers, spool: Spool, limits: Limits, admit: Callable[[], Awaitable[None]]) -> None:
        self._makers, self._spool, self._limits, self._admit = makers, spool, limits, admit
        self._receiving: dict[bytes, str] = {}  # whose file each is
        self._tried: set[bytes] = set()  # began and did not end
        self._swept = False
        self.news = asyncio.Event()  # set when there is something to run

    # What the operator does, with a file in reach

    async def run_file(
        self,
        party: Principal,
        kind: Kind[Any],
        mode: Mode,
        source: Source,
        *,
        form: str,
        encoding: str,
        resume: bool,
        relieve: Relief,
        progress: Progress,
    ) -> Tally:
        """Import a file from its beginning or, with `resume`, from where an earlier run of the same file ended.

        Raises what `run` raises; of a file that cannot be read there is no job.
        """
        limit = self._limits.import_rows
        found = await surveyed(source, form, kind, encoding, limit, archive=mode.is_archive)
        job = await self._job(party, kind, mode, found.digest, resume=resume)
        task = Task(
            job=job,
            party=party,
            source=source,
            form=form,
            encoding=encoding,
            max_rows=self._limits.import_rows,
            per_transaction=self._limits.batch_transaction * _at_once(mode),
            admit=self._admit,
            relieve=relieve,
            progress=progress,
        )
        return await run(task, self._makers, found)

    async def _job(self, party: Principal, kind: Kind[Any], mode: Mode, digest: bytes, *, resume: bool) -> ImportJob:
        new = self._new(party, kind, mode, digest)
        async with self._makers.database.write() as work:
            imports = ImportRepository(work.connection)
            before = await imports.unfinished(new)
            if before is not None and resume:
                return before
            if before is not None:
                await imports.set_state(before.job_id, "stopped", self._makers.clock())
            await imports.add(new)
        return new

    def _new(self, party: Principal, kind: Kind[Any], mode: Mode, digest: bytes) -> ImportJob:
        now = self._makers.clock()
        return ImportJob(
            job_id=self._makers.registry.entropy(JOB),
            uscc=party.uscc,
            kind=kind.number,
            mode=mode.value,
            file_digest=self._makers.lookup.hmac(f"import-file\x1f{digest.hex()}"),
            state="received",
            position=0,
            rows=0,
            issued=0,
            existing=0,
            rejected=0,
            created_at=now,
            updated_at=now,
        )

    # What parties do over HTTP

    async def receive(
        self, party: Principal, kind: Kind[Any], mode: Mode, form: str, encoding: str, chunks: AsyncIterator[bytes]
    ) -> ImportJob:
        """Take a file; it is run later. The same file again, while it is not at its end, gives the same job.

        Raises RateLimited for a party with too many open imports, and what `chunks` raises; then nothing stays.
        """
        await self._admit()
        waiting = [job for job in await self._open(party.uscc) if self._spool.path(job.job_id).exists()]
        if len(waiting) + list(self._receiving.values()).count(party.uscc) >= self._limits.imports_open:
            raise RateLimited(_WAIT)
        job_id = self._makers.registry.entropy(JOB)
        self._receiving[job_id] = party.uscc
        try:
            digest = await self._spooled(job_id, f"{form} {encoding}", chunks)
            return await self._received(replace(self._new(party, kind, mode, digest), job_id=job_id))
        finally:
            del self._receiving[job_id]

    async def _spooled(self, job_id: bytes, about: str, chunks: AsyncIterator[bytes]) -> bytes:
        """SHA-256 of the file, once it is on disk, sealed and whole."""
        digest = hashlib.sha256()
        stream, writer = self._spool.create(job_id, about)
        try:
            async for chunk in chunks:
                digest.update(chunk)
                writer.write(chunk)
            writer.finish()
            await asyncio.to_thread(self._spool.keep, job_id, stream)
        except BaseException:
            self._spool.discard(job_id)
            raise
        finally:
            stream.close()
        return digest.digest()

    async def _received(self, job: ImportJob) -> ImportJob:
        async with self._makers.database.write() as work:
            imports = ImportRepository(work.connection)
            before = await imports.unfinished(job)
            if before is None:
                await imports.add(job)
            elif not self._spool.path(before.job_id).exists():  # of a command that was cut short
                await imports.set_state(before.job_id, "stopped", self._makers.clock())
                await imports.add(job)
                before = None
        if before is not None:
            self._spool.discard(job.job_id)
            return before
        self.news.set()
        return job

    async def _open(self, uscc: str | None = None) -> list[ImportJob]:
        async with self._makers.database.read() as work:
            return await ImportRepository(work.connection).open_jobs(uscc)

    async def get(self, party: Principal, job_id: bytes) -> ImportJob:
        """Raises NotFound, for another party's as for none."""
        async with self._makers.database.read() as work:
            job = await ImportRepository(work.connection).get(job_id)
        if job is None or not (party.role == OPERATOR or job.uscc == party.uscc):
            raise NotFound
        return job

    async def remarks(self, job_id: bytes) -> AsyncIterator[Remark]:
        """All of them, in order of line; a page at a time, so that a million of them fit."""
        after = (-1, -1)
        while True:
            async with self._makers.database.read() as work:
                page = await ImportRepository(work.connection).remarks(job_id, after)
            for remark in page:
                yield remark
            if not page:
                return
            after = (page[-1].line, page[-1].part)

    async def cancel(self, party: Principal, job_id: bytes) -> ImportJob:
        """End it. What its rows made so far stays made; a job at its end stays as it is. Raises NotFound."""
        await self.get(party, job_id)
        async with self._makers.database.write() as work:
            await ImportRepository(work.connection).set_state(job_id, "cancelled", self._makers.clock())
        self._spool.discard(job_id)
        return await self.get(party, job_id)

    # What the service does

    async def run_pending(self, progress: Progress = lambda _: None) -> int:
        """Run every received file to its end, one after the other; gives how many. Cut short, they go on next time.

        Raises what issuing raises; then the job waits for the next call.
        """
        self.news.clear()
        jobs = await self._open()
        if not self._swept:  # what a crash left
            self._spool.sweep({job.job_id for job in jobs} | self._receiving.keys())
            self._swept = True
        jobs = [job for job in jobs if self._spool.path(job.job_id).exists()]  # a command has its file itself
        for job in sorted(jobs, key=lambda job: job.job_id in self._tried):  # one that fails lets the others pass
            self._tried.add(job.job_id)
            # The job says so itself; a file that is gone meanwhile was cancelled
            with contextlib.suppress(BatchUnreadable, SealBroken, ImportSuperseded, FileNotFoundError):
                await self._run(job, progress)
            self._spool.discard(job.job_id)
            self._tried.discard(job.job_id)
        return len(jobs)

    async def _run(self, job: ImportJob, progress: Progress) -> None:
        try:
            task = self._task(job, progress)
        except SealBroken as error:
            await stop(self._makers, job.job_id, error)
            return
        await run(task, self._makers)

    def _task(self, job: ImportJob, progress: Progress) -> Task:
        form, _, encoding = self._spool.about(job.job_id).partition(" ")

        def source() -> AbstractContextManager[BinaryIO]:
            return self._spool.open(job.job_id)

        async def pause() -> None:
            await asyncio.sleep(_PAUSE)

        return Task(
            job=job,
            party=Principal(job.uscc, "", ""),
            source=source,
            form=form,
            encoding=encoding,
            max_rows=self._limits.import_rows,
            per_transaction=self._limits.served_transaction * _at_once(Mode(job.mode)),
            admit=self._admit,
            relieve=pause,
            progress=progress,
        )


def _at_once(mode: Mode) -> int:
    """Events of an archive are not signed: ten times as many take as long as certificates, and share one sync."""
    return 10 if mode.is_archive else 1
