"""Issuing one registration or a file of them, for the party that asks and under its code alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from api.db.repositories.idempotency import RememberedAnswer
from api.db.uow import Work
from api.errors import Forbidden, IdempotencyConflict
from api.services.batch import BatchReport
from api.services.batchfile import BadRow, RawRow, read_csv, read_ndjson
from api.services.makers import Makers, joining
from api.services.parties import Principal
from api.services.views import Answer, View
from api.settings import Limits
from certs.errors import AmountOverflow, InvalidField, StoreConflict
from certs.issue import RowOutcome, RowResult, issue, issue_batch
from certs.kinds import kind_by_name
from certs.kinds.base import Draft, Kind, Rejected, RowError

CHINA = timezone(timedelta(hours=8))  # registration days are civil days there; no daylight saving since 1992
NOT_YOURS = "not-yours"
Progress = Callable[[BatchReport], None]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    draft: Draft


class IssuingService:
    def __init__(self, makers: Makers, view: View, limits: Limits, admit: Callable[[], Awaitable[None]]) -> None:
        """`admit` raises if the register must not grow; see `LedgerService.admit`."""
        self._makers, self._view, self._limits, self._admit = makers, view, limits, admit

    async def issue(self, party: Principal, kind_name: str, record: Mapping[str, str], key: str | None) -> Answer:
        """Issue one registration; the same again gives the same certificates. `key` is the caller's Idempotency-Key.

        Raises Forbidden (a kind or an office that is not the party's), InvalidField, Conflict, IdempotencyConflict,
        Unavailable.
        """
        kind = self._kind(party, kind_name)
        draft = kind.parse_row(record, today=self._today())
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
            answer = Answer(result.outcome is RowOutcome.ISSUED, await self._views(work, result))
            await self._remember(work, party, key, tag, answer)
        return answer

    async def issue_file(
        self,
        party: Principal,
        kind_name: str,
        data: bytes,
        *,
        csv: bool,
        per_transaction: int | None = None,
        progress: Progress | None = None,
    ) -> BatchReport:
        """Issue every good row once, report every bad one. Several transactions: cut short, it can be run again.

        Raises BatchUnreadable before anything was issued, Forbidden, SelfCheckFailed, Unavailable (and stops there).
        """
        kind = self._kind(party, kind_name)
        read = read_csv if csv else read_ndjson
        # Read to the end first: a file that turns out to be too long or unreadable issues nothing.
        # In a thread, for 100,000 rows take seconds, in which nobody else would be answered.
        rows = await asyncio.to_thread(lambda: list(read(data, kind.info.columns, self._limits.batch_rows)))
        report = BatchReport(kind.name, rows=len(rows))
        drafts = await asyncio.to_thread(lambda: list(self._drafts(party, kind, rows, report)))
        if progress is not None:
            progress(report)
        step = per_transaction or self._limits.batch_transaction
        for start in range(0, len(drafts), step):
            await self._admit()
            await self._issue_rows(drafts[start : start + step], report)
            if progress is not None:
                progress(report)
            await asyncio.sleep(0)  # signing holds the loop; others get their turn between two transactions
        report.rejected.sort(key=lambda bad: bad.line)
        return report

    def _kind(self, party: Principal, name: str) -> Kind[Any]:
        kind = kind_by_name(name)
        authorities = self._makers.authorities.values()
        if not any(party.acts_for(a.uscc) and kind.number in a.type_codes for a in authorities):
            raise Forbidden
        return kind

    def _today(self) -> date:
        return datetime.fromtimestamp(self._makers.clock(), UTC).astimezone(CHINA).date()

    def _drafts(
        self, party: Principal, kind: Kind[Any], rows: Iterable[RawRow | BadRow], report: BatchReport
    ) -> Iterable[_Row]:
        today = self._today()
        for row in rows:
            if isinstance(row, BadRow):
                report.rejected.append(row)
                continue
            draft = kind.parse_row(row.values, today=today)
            if isinstance(draft, Rejected):
                report.rejected.extend(_bad(row.line, draft.errors))
            elif not party.acts_for(draft.issuer_uscc):
                report.rejected.append(BadRow(row.line, "issuer", NOT_YOURS))
            else:
                yield _Row(row.line, draft)

    async def _issue_rows(self, rows: list[_Row], report: BatchReport) -> None:
        drafts = [row.draft for row in rows]
        registry = self._makers.registry
        try:
            results = await issue_batch(drafts, registry, self._makers.begin)
        except AmountOverflow:  # a plan's total would leave the exact range: that row's fault, and not its neighbours'
            if len(rows) == 1:
                report.rejected.append(BadRow(rows[0].line, "amount_fen", "AMOUNT"))
            else:
                for row in rows:
                    await self._issue_rows([row], report)
            return
        except StoreConflict:  # somebody took an index or a business id meanwhile; repeating is what the port asks for
            results = await issue_batch(drafts, registry, self._makers.begin)
        for row, result in zip(rows, results, strict=True):
            report.issued += result.outcome is RowOutcome.ISSUED
            report.existing += result.outcome is RowOutcome.ALREADY
            report.certificates += len(result.ctis) if result.outcome is RowOutcome.ISSUED else 0
            report.rejected.extend(_bad(row.line, result.errors))

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
        return Answer(answer["created"], answer["certificates"])

    async def _remember(self, work: Work, party: Principal, key: str | None, tag: bytes, answer: Answer) -> None:
        if key is not None:
            response = json.dumps(answer.to_json()).encode()
            kept = RememberedAnswer(tag, 201 if answer.created else 200, response)
            await work.idempotency.put(party.uscc, self._key_tag(key), kept, self._makers.clock())

    def _key_tag(self, key: str) -> bytes:
        return self._makers.lookup.hmac(f"idempotency-key\x1f{key}")


def _bad(line: int, errors: Iterable[RowError]) -> list[BadRow]:
    return [BadRow(line, error.field, error.code) for error in errors]
