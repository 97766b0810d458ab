"""Imports: how far each came, and what was wrong with which row. Written in the transaction of the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import insert_rows
from api.db.import_tables import import_error, import_job

NOTE: Final = 1000
"""`part` of what is only said of a row, and did not keep it out, counts from here."""
FILE: Final = 1 << 20
"""`part` of what stopped the file as a whole; its line may have remarks of its own."""
OPEN: Final = ("received", "running")
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class ImportJob:
    """A row of `import_job`. `position`: rows that are decided; `rejected` counts rows, not reasons."""

    job_id: bytes
    uscc: str
    kind: int
    mode: str
    file_digest: bytes
    state: str
    position: int
    rows: int
    issued: int
    existing: int
    rejected: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Remark:
    """One reason (or, with `part` from NOTE on, one note) about one line. Line 0 is the file itself."""

    line: int
    part: int
    field: str
    code: str

    @property
    def is_note(self) -> bool:
        return NOTE <= self.part < FILE


@dataclass(frozen=True, slots=True)
class Advance:
    """What one transaction decided."""

    rows: int
    issued: int = 0
    existing: int = 0
    rejected: int = 0
    remarks: tuple[Remark, ...] = ()


class ImportRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, job: ImportJob) -> None:
        await self._connection.execute(insert(import_job).values(**{f: getattr(job, f) for f in _FIELDS}))

    async def get(self, job_id: bytes) -> ImportJob | None:
        return await self._one(import_job.c.job_id == job_id)

    async def unfinished(self, job: ImportJob) -> ImportJob | None:
        """A job of the same party, kind, mode and file that is not at its end, the newest."""
        c = import_job.c
        same = (c.uscc == job.uscc) & (c.kind == job.kind) & (c.mode == job.mode)
        return await self._one(same & (c.file_digest == job.file_digest) & c.state.in_(OPEN))

    async def open_jobs(self, uscc: str | None = None) -> list[ImportJob]:
        """Not at their end, in order of arrival; of one party, or of all."""
        c = import_job.c
        wanted = select(import_job).where(c.state.in_(OPEN)).order_by(c.created_at, c.job_id)
        if uscc is not None:
            wanted = wanted.where(c.uscc == uscc)
        return [_job(row) for row in await self._connection.execute(wanted)]

    async def set_state(self, job_id: bytes, state: str, now: int, *, rows: int | None = None) -> bool:
        """False if the job is at its end already. `rows`: how many the file has, once that is known."""
        values: dict[str, Any] = {"state": state, "updated_at": now} | ({} if rows is None else {"rows": rows})
        change = update(import_job).where(import_job.c.job_id == job_id, import_job.c.state.in_(OPEN))
        return (await self._connection.execute(change.values(**values))).rowcount == 1

    async def advance(self, job_id: bytes, position: int, step: Advance, now: int) -> bool:
        """Count what this transaction decided. False if the job does not run any more or stands elsewhere: then the
        caller undoes it all, for somebody cancelled, or another process does the same job."""
        c = import_job.c
        change = update(import_job).where(c.job_id == job_id, c.state == "running", c.position == position)
        values = {
            "position": c.position + step.rows,
            "issued": c.issued + step.issued,
            "existing": c.existing + step.existing,
            "rejected": c.rejected + step.rejected,
            "updated_at": now,
        }
        if (await self._connection.execute(change.values(**values))).rowcount != 1:
            return False
        await self.remark(job_id, step.remarks)
        return True

    async def remark(self, job_id: bytes, remarks: Sequence[Remark]) -> None:
        rows = [(job_id, r.line, r.part, r.field, r.code) for r in remarks]
        await insert_rows(self._connection, import_error, ("job_id", "line", "part", "field", "code"), rows)

    async def remarks(self, job_id: bytes, after: tuple[int, int] = (-1, -1)) -> list[Remark]:
        """A page of them, in order of line, behind (line, part)."""
        c = import_error.c
        behind = (c.line > after[0]) | ((c.line == after[0]) & (c.part > after[1]))
        wanted = select(import_error).where(c.job_id == job_id, behind).order_by(c.line, c.part).limit(_PAGE)
        return [Remark(r.line, r.part, r.field, r.code) for r in await self._connection.execute(wanted)]

    async def _one(self, condition: Any) -> ImportJob | None:
        wanted = select(import_job).where(condition).order_by(import_job.c.created_at.desc()).limit(1)
        row = (await self._connection.execute(wanted)).one_or_none()
        return None if row is None else _job(row)


_FIELDS: Final = tuple(ImportJob.__dataclass_fields__)


def _job(row: Any) -> ImportJob:
    return ImportJob(**{f: getattr(row, f) for f in _FIELDS})
