"""The sheet that says where a donation went: made for who has its receipt code, once the trace was checked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from api.db.uow import Database
from api.errors import NotFound
from api.services.charity.traces import TraceService
from api.services.trust import TrustService
from certs.documents.donation import Named, trace_sheet
from certs.documents.view import Lang, Words
from certs.errors import SelfCheckFailed
from certs.ports import Clock
from verifier.assess import Verifier
from verifier.charity.events import Opened, parse_event
from verifier.charity.opening import ReceiptCode
from verifier.charity.trace import check_trace
from verifier.report import Outcome


class SheetService:
    def __init__(self, database: Database, traces: TraceService, trust: TrustService, clock: Clock) -> None:
        self._database, self._traces, self._trust, self._clock = database, traces, trust, clock

    async def sheet(self, code: ReceiptCode, lang: Lang, host: str) -> bytes:
        """PDF. `host`: of the receipt code's address, e.g. "minzheng.example". Raises NotFound (also for a wrong
        secret, and while no epoch has the donation), SelfCheckFailed."""
        found = await self._traces.trace(code.donation, code.secret)
        if found.file is None:
            raise NotFound
        now = self._clock()
        report = await asyncio.to_thread(check_trace, found.file, Verifier(self._trust.bundle), at=now)
        if report.outcome is Outcome.FAILED:
            raise SelfCheckFailed(report.reason.value)
        titles = await self._titles({book for book, _, _ in report.as_of})
        named = Named(titles, found.unit)
        return await asyncio.to_thread(
            trace_sheet, report, code=code, host=host, trace=found.file, named=named, lang=lang, made_at=now
        )

    async def _titles(self, books: set[bytes]) -> Mapping[bytes, Words]:
        """As each fund was opened with."""
        async with self._database.read() as work:
            bodies = {book: await work.charity.books.bodies(book, 0, 1) for book in sorted(books)}
        opened = {book: parse_event(first) for book, (first, *_) in bodies.items()}
        return {book: Words(*first.title) for book, first in opened.items() if isinstance(first, Opened)}
