"""What a charity must publish and when, whether it did, and whether it may raise funds: for everybody.

Judged from its general book as it stands, by the checks of `certs/charity/rules`, which anybody can run on the export.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.db.repositories.charity_books import FUND
from api.db.repositories.parties import Party
from api.db.uow import Database, Work
from api.errors import NotFound
from api.services.charity.register import GeneralEvents
from certs.charity.rules import Case, FundFigures, case_of, judge
from certs.charity.rules.calendar import day_of
from certs.charity.rules.raising import designated
from certs.charity.rules.shown import (
    bank_days_shown,
    corrections_shown,
    iso,
    limits_shown,
    obligation_shown,
    ratios_shown,
)
from certs.ports import Clock
from verifier.charity.events import Opened, parse_event
from verifier.charity.general import Plan


@dataclass(frozen=True, slots=True)
class Judged:
    """A charity's book as of a day. `signed`: how many of its events the last epoch covers."""

    party: Party
    book_id: bytes
    case: Case
    signed: int


@dataclass(frozen=True, slots=True)
class _Days:
    """First and last day of a fund's donations, of so many leaves."""

    size: int
    first: int | None
    last: int | None


class Obligations:
    def __init__(
        self,
        database: Database,
        events: GeneralEvents,
        clock: Clock,
        platforms: Mapping[str, tuple[int, int | None]] | None = None,
    ) -> None:
        self._database, self._events, self._clock, self._platforms = database, events, clock, platforms
        self._days: dict[bytes, _Days] = {}
        self._plans: dict[bytes, str | None] = {}
        self._answers: dict[str, tuple[object, dict[str, Any]]] = {}  # today's, by charity

    def today(self) -> int:
        """The civil day in China."""
        return day_of(self._clock())

    async def of(self, uscc: str, day: int | None = None) -> dict[str, Any]:
        """Everything about one charity. `day`: as it could be known on that day. Raises NotFound."""
        async with self._database.read() as work:
            found = await self.judged(work, uscc, self.today() if day is None else day)
        if found.case.book.registered is None:  # before it recorded anything
            raise NotFound
        tag = len(found.case.events), found.case.day, found.signed, tuple(found.case.funds)
        known = self._answers.get(uscc)
        if known is not None and known[0] == tag:
            return known[1]
        answer = await self._answer(uscc, found)
        if day is None:
            self._answers[uscc] = tag, answer
        return answer

    async def _answer(self, uscc: str, found: Judged) -> dict[str, Any]:
        case = found.case
        return {
            "charity": uscc,
            "name": {"zh": case.book.name[0], "en": case.book.name[1]},
            "book": found.book_id.hex(),
            "day": iso(case.day),
            "events": len(case.events),
            "signed_events": found.signed,
            "obligations": [obligation_shown(case, one) for one in await asyncio.to_thread(judge, case)],
            "ratios": ratios_shown(case),
            "limits": limits_shown(case),
            "bank_days": bank_days_shown(case),
            "corrections": corrections_shown(case),
        }

    async def qualification(self, uscc: str, plan: str | None, platform: str | None, day: int | None) -> dict[str, Any]:
        """Whether a charity may raise funds on a day, under a plan, on a platform: what a platform must know (Charity
        Law art. 27). An unknown plan is an invalid one. Raises NotFound for no charity of ours."""
        async with self._database.read() as work:
            found = await self.judged(work, uscc, self.today() if day is None else day)
        book, on = found.case.book, found.case.day
        qualification = None if book.ended is not None and book.ended.ended_on <= on else book.qualified_on(on)
        answer: dict[str, Any] = {
            "charity": uscc,
            "day": iso(on),
            "stated_by": "charity",  # in its public, signed book; the registrar's own platform is the authority
            "qualified": qualification is not None,
            "certificate_no": None if qualification is None else qualification.certificate_no,
            "valid_to": None if qualification is None else iso(qualification.valid_to),
            "plan": None,
            "platform_designated": None,  # null without a platform, and where nobody has the list
        }
        if plan is not None:
            answer["plan"] = _plan_shown(plan, book.plans.get(plan), on, platform)
        if platform is not None and self._platforms is not None:
            answer["platform_designated"] = designated(self._platforms.get(platform), on, on)
        valid = answer["plan"] is None or answer["plan"]["valid"]
        may = qualification is not None and valid and answer["platform_designated"] is not False
        return answer | {"may_raise": may}

    async def judged(self, work: Work, uscc: str, day: int) -> Judged:
        """A charity's case as of a day. Raises NotFound."""
        party, row = await work.parties.get(uscc), await work.charity.books.general(uscc)
        if party is None or row is None:
            raise NotFound
        events = await self._events.of(work, row.book_id)
        epoch = await work.charity.epochs.last(row.book_id)
        case = case_of(events, day, await self._funds(work, uscc), platforms=self._platforms)
        return Judged(party, row.book_id, case, 0 if epoch is None else epoch.events)

    async def _funds(self, work: Work, uscc: str) -> list[FundFigures]:
        found = []
        for book in await work.charity.books.every(uscc):
            if book.kind == FUND:
                plan = await self._plan(work, book.book_id)
                days = await self._received(work, book.book_id)
                found.append(FundFigures(book.book_id, plan, days.first, days.last))
        return found

    async def _plan(self, work: Work, book_id: bytes) -> str | None:
        """Filing number of the fund's plan: said by its first event, and for good."""
        if book_id not in self._plans:
            (body,) = await work.charity.books.bodies(book_id, 0, 1)
            opened = parse_event(body)
            assert isinstance(opened, Opened)
            self._plans[book_id] = opened.plan
        return self._plans[book_id]

    async def _received(self, work: Work, book_id: bytes) -> _Days:
        """Days of a fund's donations. Lines only grow: only what is new is read."""
        known = self._days.get(book_id, _Days(0, None, None))
        size, _ = await work.charity.lines.sizes(book_id)
        if size > known.size:
            first, last = await work.charity.lines.donation_days(book_id, known.size, size)
            days = [day for day in (known.first, known.last, first, last) if day is not None]
            known = self._days[book_id] = _Days(size, min(days, default=None), max(days, default=None))
        return known


def _plan_shown(number: str, plan: Plan | None, day: int, platform: str | None) -> dict[str, Any]:
    """A plan on a day. `valid`: filed, begun, not over; and, where one is named, the platform is one of its own."""
    if plan is None:
        return {"filing_no": number, "valid": False, "known": False}
    terms = plan.terms_on(day)
    named = platform is None or platform in terms.platforms
    return {
        "filing_no": number,
        "known": True,
        "valid": plan.on(day) and named,
        "platform_named": None if platform is None else named,
        "starts_on": iso(terms.starts_on),
        "ends_on": iso(min(terms.ends_on, plan.last_day)),
        "title": {"zh": terms.title[0], "en": terms.title[1]},
    }
