"""One transaction of an import: certificates or registration events, the job's progress and its remarks, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from api.db.repositories.imports import NOTE, Advance, ImportRepository, Remark
from api.db.uow import Work
from api.errors import ServiceError
from api.services.donations import add_to_totals
from api.services.makers import Makers, joining
from certs.errors import AmountOverflow, StoreConflict
from certs.issue import RowOutcome, RowResult, issue_batch
from certs.kinds.base import Draft, Kind
from certs.marriage.record import record_registrations
from certs.ports import Begin
from certs.registry import Registry

from .judging import Block, Judged
from .rows import BadRow

_FAILED: Final = (RowOutcome.REJECTED, RowOutcome.CONFLICT)
_AMOUNT: Final = "AMOUNT"


class Mode(Enum):
    """What becomes of a good row. The value stands in the database; a check is undone at its end."""

    ISSUE = "issue"
    ARCHIVE = "archive"
    ISSUE_CHECK = "issue-check"
    ARCHIVE_CHECK = "archive-check"

    @property
    def is_check(self) -> bool:
        return self in (Mode.ISSUE_CHECK, Mode.ARCHIVE_CHECK)

    @property
    def is_archive(self) -> bool:
        return self in (Mode.ARCHIVE, Mode.ARCHIVE_CHECK)

    @classmethod
    def of(cls, *, archive: bool, check: bool) -> Mode:
        return cls(("archive" if archive else "issue") + ("-check" if check else ""))


class ImportSuperseded(ServiceError):
    """The job was cancelled, or another run of it is further: what this transaction did is undone."""


Maker = Callable[[Sequence[Draft], Registry, Begin], Awaitable[list[RowResult]]]


def maker_of(mode: Mode, kind: Kind[Any]) -> Maker:
    """Old registrations are recorded without certificates; of kinds that register nothing, certificates are issued."""
    registers = type(kind).registration is not Kind.registration
    return record_registrations if mode.is_archive and registers else issue_batch


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a block. `certificates`: how many were made."""

    advance: Advance
    certificates: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands: its id, and how many rows were decided before this block."""

    job_id: bytes
    position: int


async def decide(block: Block, make: Maker, makers: Makers, place: Place | None, *, keep: bool = True) -> list[Decided]:
    """Issue or archive a block in one transaction, together with the job's progress.

    A donation whose amount no total can hold is that row's fault and not its neighbours': then each row gets its own
    transaction. `place` None: there is no job to keep. Not to be kept (a check), all is done and undone, and only the
    progress stays. Raises ImportSuperseded, and what the maker raises; then nothing of the block happened.
    """
    try:
        return [await _attempted(block, make, makers, place, keep)]
    except AmountOverflow:
        if len(block) == 1:
            bad = (BadRow(block[0].line, "amount_fen", _AMOUNT),)
            return [await _attempted((Judged(block[0].line, None, bad),), make, makers, place, keep)]
    done: list[Decided] = []
    for n, row in enumerate(block):
        here = None if place is None else Place(place.job_id, place.position + n)
        done += await decide((row,), make, makers, here, keep=keep)
    return done


async def _attempted(block: Block, make: Maker, makers: Makers, place: Place | None, keep: bool) -> Decided:
    try:
        return await _once(block, make, makers, place, keep)
    except StoreConflict:  # somebody took an index or a business id meanwhile; repeating is what the port asks for
        return await _once(block, make, makers, place, keep)


async def _once(block: Block, make: Maker, makers: Makers, place: Place | None, keep: bool) -> Decided:
    tried = None if keep else await _undone(block, make, makers)
    async with makers.begin() as work:
        decided = tried or await made(block, make, makers, work)
        imports = ImportRepository(work.connection)
        now, done = makers.clock(), decided.advance
        if place is not None and not await imports.advance(place.job_id, place.position, done, now):
            raise ImportSuperseded("the job was ended or is done by another process")
    return decided


async def _undone(block: Block, make: Maker, makers: Makers) -> Decided:
    async with makers.database.write() as work:
        decided = await made(block, make, makers, work)
        await add_to_totals(work, work.certificates.inserted)  # which may overflow
        await work.connection.rollback()
    return decided


async def made(block: Block, make: Maker, makers: Makers, work: Work) -> Decided:
    """Do it within a transaction that somebody else ends."""
    drafts = [row.draft for row in block if row.draft is not None]
    results = iter(await make(drafts, makers.registry, joining(work)) if drafts else [])
    remarks: list[Remark] = []
    issued = existing = certificates = 0
    for row in block:
        errors, notes = row.bad, tuple((note.field, note.code) for note in row.notes)
        if row.draft is not None:
            result = next(results)
            errors = tuple(BadRow(row.line, error.field, error.code) for error in result.errors)
            notes += tuple(("", note) for note in result.notes)
            known = result.outcome is RowOutcome.ALREADY
            existing += known
            issued += not known and result.outcome not in _FAILED
            certificates += len(result.ctis) if result.outcome is RowOutcome.ISSUED else 0
        remarks += [Remark(row.line, part, bad.field, bad.code) for part, bad in enumerate(errors)]
        remarks += [Remark(row.line, NOTE + part, *note) for part, note in enumerate(notes)]
    rejected = len(block) - issued - existing
    return Decided(Advance(len(block), issued, existing, rejected, tuple(remarks)), certificates)
