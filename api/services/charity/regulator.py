"""What a regulator sees of all charities: what is overdue or breached, shares, related parties by name, gaps (C3).

Names of related parties are opened here and nowhere else, and each look at them is in the access log before it is
answered (Charity Law art. 103, 104 give the power; the log shows its use).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from api.db.repositories.charity_books import GENERAL
from api.db.repositories.parties import Party
from api.db.uow import Database, Work
from api.services.access import AccessLog
from api.services.charity.bankdays import BankDays, ComparedDay
from api.services.charity.obligations import Judged, Obligations
from api.services.charity.reconciling import Reconciliation
from api.services.charity.register import NAME
from api.services.parties import Principal
from certs.charity.bankdays import CLASSES as DAY_CLASSES
from certs.charity.bankdays import DIFFER, NO_TOTALS
from certs.charity.private import open_private
from certs.charity.reconcile import CLASSES, Finding
from certs.charity.rules import BAD, judge
from certs.charity.rules.shown import iso, obligation_shown, ratios_shown
from certs.errors import SealBroken
from certs.ports import Sealer
from verifier.charity.conduct import RelatedParty, Transaction

GAP_DAYS: Final = 92  # as far back as gaps are looked for
RELATIONS: Final[tuple[tuple[str, str], ...]] = (
    ("控制本组织", "controls the charity"),
    ("受本组织控制", "is controlled by it"),
    ("受同一主体控制", "has the same controller"),
    ("发起人", "founder"),
    ("主要捐赠人", "major donor"),
    ("管理人员", "manager"),
    ("管理人员的近亲属", "close relative of a manager"),
    ("其他关系", "other relation"),
)
KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("重大资产变动", "asset change"),
    ("投资", "investment"),
    ("交易", "transaction"),
    ("资金往来", "flow of funds"),
    ("接受捐赠", "donation received"),
    ("资助", "grant"),
    ("共同投资", "joint investment"),
    ("委托投资", "entrusted investment"),
)
Row = dict[str, Any]
UNREGISTERED: Final[Row] = {
    "rule": None,
    "title": {
        "zh": "设有项目基金而未登记组织信息：各项义务无从起算",
        "en": "has funds, but has not recorded its registration: nothing can be counted from it",
    },
    **dict.fromkeys(("subject", "aspect", "source", "due", "counted", "published", "recorded", "event", "missing")),
    "state": "unknown",
    "said": {"zh": "无法由系统判断", "en": "cannot be judged by software"},
    "days_off_known": False,
    "days_late": 0,
    "notes": [],
    "certainty": None,
    "bad": True,
}


@dataclass(frozen=True, slots=True)
class RegulatorParts:
    """What the lists are made with."""

    database: Database
    obligations: Obligations
    reconciliation: Reconciliation
    bank_days: BankDays
    access: AccessLog
    sealer: Sealer


class Regulator:
    def __init__(self, parts: RegulatorParts) -> None:
        self._parts = parts

    async def overdue(self) -> list[Row]:
        """What is overdue or does not comply, of every charity, the latest first."""
        rows = []
        async for found in self._every():
            for one in await asyncio.to_thread(judge, found.case):
                if one.state in BAD:
                    rows.append(_head(found) | obligation_shown(found.case, one))
        # Without its registration nothing can be due: keeping silent must not be the way off this list.
        rows += [_named(party) | UNREGISTERED for party in await self._unregistered()]
        return sorted(rows, key=lambda row: -row["days_late"])

    async def ratios(self) -> list[Row]:
        """Yearly shares of every charity, breaches first."""
        rows = [_head(found) | row async for found in self._every() for row in ratios_shown(found.case)]
        return sorted(rows, key=lambda row: (row["state"] != "breached", -row["year"]))

    async def related_parties(self, party: Principal) -> list[Row]:
        """Related parties by name, with what was done with them. Raises Unavailable, and then nothing was shown, if the
        access cannot be recorded."""
        rows = []
        async with self._parts.database.read() as work:
            async for found in self._in(work):
                names = await self._names(work, found)
                rows += [_head(found) | row for row in _parties(found, names)]
        await self._parts.access.office(party.uscc, party.token_id, "related-parties")
        return rows

    async def gaps(self) -> list[Row]:
        """Where banks and books do not agree, or a bank's totals and its statement, of the last months, the newest day
        first."""
        today = self._parts.obligations.today()
        rows = []
        heads = [_head(found) async for found in self._every()]
        for head in heads + [_named(party) for party in await self._unregistered()]:
            reconciled = await self._parts.reconciliation.of(head["charity"], today - GAP_DAYS, today)
            rows += [head | _gap(finding) for finding in reconciled.gaps()]
            compared = await self._parts.bank_days.compared(head["charity"], today - GAP_DAYS, today)
            rows += [head | _day_gap(one) for one in compared if one.code in (DIFFER, NO_TOTALS)]
        return sorted(rows, key=lambda row: row["day"], reverse=True)

    async def _every(self) -> AsyncIterator[Judged]:
        """Every charity with a general book, each in a transaction of its own: a writer never waits for all of them."""
        async with self._parts.database.read() as work:
            charities = await _charities(work)
        for uscc in charities:
            async with self._parts.database.read() as work:
                found = await self._parts.obligations.judged(work, uscc, self._parts.obligations.today())
            yield found

    async def _unregistered(self) -> list[Party]:
        """Charities that have funds here, and no general book."""
        async with self._parts.database.read() as work:
            books = await work.charity.books.every()
            silent = {book.charity for book in books} - set(await _charities(work))
            known = [await work.parties.get(uscc) for uscc in sorted(silent)]
        return [party for party in known if party is not None]

    async def _in(self, work: Work) -> AsyncIterator[Judged]:
        for uscc in await _charities(work):
            yield await self._parts.obligations.judged(work, uscc, self._parts.obligations.today())

    async def _names(self, work: Work, found: Judged) -> dict[bytes, str]:
        """Commitment to name. A name whose key was destroyed is absent."""
        names = {}
        for row in await work.charity.books.of_kinds(found.book_id, [RelatedParty.KIND]):
            event = found.case.events[row.seq]
            assert isinstance(event, RelatedParty)
            if row.sealed is None:
                continue
            notes = open_private(row.book_id, row.seq, row.sealed, self._parts.sealer).notes
            if NAME not in notes:
                raise SealBroken("a related party without its name")
            names[event.party] = notes[NAME]
        return names


async def _charities(work: Work) -> list[str]:
    return [book.charity for book in await work.charity.books.every() if book.kind == GENERAL]


def _head(found: Judged) -> Row:
    book = found.case.book
    return {"charity": found.party.uscc, "name": {"zh": book.name[0], "en": book.name[1]}}


def _named(party: Party) -> Row:
    return {"charity": party.uscc, "name": {"zh": party.name_zh, "en": party.name_en}}


def _parties(found: Judged, names: dict[bytes, str]) -> list[Row]:
    dealings: dict[bytes, list[Transaction]] = {}
    for entry in found.case.book.kept(Transaction):
        if entry.event.party is not None:
            dealings.setdefault(entry.event.party, []).append(entry.event)
    return [
        {
            "party": names.get(commitment),
            "commitment": commitment.hex(),
            "relation": _words(RELATIONS[party.relation - 1]),
            "important": party.important,
            "since": iso(party.since),
            "until": iso(ended),
            "dealings": len(dealings.get(commitment, ())),
            "what": [_words(KINDS[t.what - 1]) for t in dealings.get(commitment, ())],
            "amount": sum(t.amount for t in dealings.get(commitment, ())),
        }
        for commitment, (party, ended) in found.case.book.parties.items()
    ]


def _gap(finding: Finding) -> Row:
    row, item = finding.row, finding.item
    return {
        "day": iso(row.day if row is not None else item.day if item is not None else None),
        "code": finding.code,
        "what": _words(CLASSES[finding.code]),
        "bank": None if row is None else row.amount,
        "recorded": None if item is None else item.amount,
        "difference": (0 if row is None else row.amount) - (0 if item is None else item.amount),
        "book": None if item is None or item.source == "settlement" else item.place[0].hex(),
    }


def _day_gap(one: ComparedDay) -> Row:
    """A day whose totals are not those of its statement, or are missing; `bank` is the sum of its credits."""
    code = one.code or NO_TOTALS
    return {
        "day": iso(one.day),
        "code": code,
        "what": _words(DAY_CLASSES[code]),
        "bank": one.totals.credits,
        "recorded": None,
        "difference": None,
        "book": None,
    }


def _words(both: tuple[str, str]) -> dict[str, str]:
    return {"zh": both[0], "en": both[1]}
