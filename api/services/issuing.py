"""Issuing one registration or a file of them, for the party that asks and under its code alone."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from api.db.repositories.idempotency import RememberedAnswer
from api.db.uow import Work
from api.errors import Forbidden, IdempotencyConflict
from api.services.batch import BatchReport
from api.services.importing.deciding import decide
from api.services.importing.judging import Judge, ahead, blocks
from api.services.importing.reading import CSV, rows
from api.services.importing.running import civil_day, surveyed
from api.services.makers import Makers, joining
from api.services.parties import Principal
from api.services.views import Answer, View
from api.settings import Limits
from certs.errors import InvalidField
from certs.issue import RowOutcome, RowResult, issue, issue_batch
from certs.kinds.base import Rejected

Progress = Callable[[BatchReport], None]


class IssuingService:
    def __init__(self, makers: Makers, view: View, limits: Limits, admit: Callable[[], Awaitable[None]]) -> None:
        """`admit` raises if the register must not grow; see `LedgerService.admit`."""
        self._makers, self._view, self._limits, self._admit = makers, view, limits, admit

    async def issue(self, party: Principal, kind_name: str, record: Mapping[str, str], key: str | None) -> Answer:
        """Issue one registration; the same again gives the same certificates. `key` is the caller's Idempotency-Key.

        Raises Forbidden (a kind or an office that is not the party's), InvalidField, Conflict, IdempotencyConflict,
        Unavailable.
        """
        kind = self._makers.kind_for(party, kind_name)
        draft = kind.parse_row(record, today=civil_day(self._makers))
        if isinstance(draft, Rejected):
            raise InvalidField(draft.errors[0].field, draft.errors[0].code)
        if not party.acts_for(draft.issuer_uscc):
            raise Forbidden
        await self._admit()
        tag = self._makers.lookup.hmac(f"request\x1f{kind_name}\x1f{json.dumps(sorted(record.items()))}")
        async with self._makers.begin() as work:
            remembered = await self._remembered(work, party, key, tag)
            if remembered is not None:
                return remembered
            result = await issue(draft, self._makers.registry, joining(work))
            answer = Answer(result.outcome is RowOutcome.ISSUED, await self._views(work, result), result.notes)
            await self._remember(work, party, key, tag, answer)
        return answer

    async def issue_file(
        self,
        party: Principal,
        kind_name: str,
        data: bytes,
        *,
        form: str = CSV,
        encoding: str = "auto",
        per_transaction: int | None = None,
        progress: Progress | None = None,
    ) -> BatchReport:
        """Issue every good row of a small file once, report every bad one. Several transactions: cut short, it can be
        run again. Larger files are imports (`api.services.importing`).

        Raises BatchUnreadable before anything was issued, Forbidden, SelfCheckFailed, Unavailable (and stops there).
        """
        kind = self._makers.kind_for(party, kind_name)
        found = await surveyed(lambda: io.BytesIO(data), form, kind, encoding, self._limits.batch_rows)
        report = BatchReport(kind.name)
        judge = Judge(kind, party, civil_day(self._makers))
        step = per_transaction or self._limits.batch_transaction
        async with aclosing(ahead(blocks(rows(lambda: io.BytesIO(data), found, kind), judge, step))) as coming:
            async for block in coming:
                await self._admit()
                for done in await decide(block, issue_batch, self._makers, None):
                    report.add(done)
                if progress is not None:
                    progress(report)
                await asyncio.sleep(0)  # signing holds the loop; others get their turn between two transactions
        return report

    async def _views(self, work: Work, result: RowResult) -> list[dict[str, Any]]:
        stored = [await work.certificates.get(cti) for cti in result.ctis]
        return [self._view(certificate) for certificate in stored if certificate is not None]

    async def _remembered(self, work: Work, party: Principal, key: str | None, tag: bytes) -> Answer | None:
        if key is None:
            return None
        found = await work.idempotency.get(party.uscc, self._key_tag(key))
        if found is None:
            return None
        if found.request_tag != tag:
            raise IdempotencyConflict
        answer = json.loads(found.response)
        return Answer(answer["created"], answer["certificates"], tuple(answer.get("notes", ())))

    async def _remember(self, work: Work, party: Principal, key: str | None, tag: bytes, answer: Answer) -> None:
        if key is not None:
            response = json.dumps(answer.to_json()).encode()
            kept = RememberedAnswer(tag, 201 if answer.created else 200, response)
            await work.idempotency.put(party.uscc, self._key_tag(key), kept, self._makers.clock())

    def _key_tag(self, key: str) -> bytes:
        return self._makers.lookup.hmac(f"idempotency-key\x1f{key}")
