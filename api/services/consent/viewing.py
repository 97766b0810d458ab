"""What is shown of transactions: to the party a state, to a holder what waits, what was, and who asked when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.db.repositories.consents import Transaction
from api.db.uow import Work
from api.errors import NotFound
from api.services.access import AccessLog, Use
from api.services.consent.opening import Opened, Say, open_one, opened, say_of
from api.services.holders.enrolled import Enrolled, Known
from api.services.makers import Makers
from certs.consent.machine import Decision, Role, State, WrongState, decided, told
from verifier.hazmat.sm3 import sm3

PAST: Final = 100
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Item:
    """One request as a holder sees it. `role`: "subject", "spouse" or "guardian"; `decision` is this person's own."""

    trx: bytes
    role: str
    state: str
    decision: str | None
    decided_at: int | None
    withdrawable: bool
    pending: bool
    notice: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SM3 of the notice, as it has to stand in the statement."""
        return sm3(self.notice.encode("utf-8"))


class ViewService:
    def __init__(self, makers: Makers, access: AccessLog) -> None:
        self._makers, self._access, self._enrolled = makers, access, Enrolled(makers)

    async def status(self, uscc: str, trx: bytes) -> tuple[str, int]:
        """(state as told, when it ends). Raises NotFound for what that party did not begin."""
        async with self._makers.database.read() as work:
            found = await own_transaction(work, uscc, trx, self._makers)
        return told(found.state(self._makers.clock())), found.row.expires_at

    async def items(self, holder: bytes) -> list[Item]:
        """Requests to this holder, to this holder as a spouse, and to wards, newest first. Raises NotFound."""
        now = self._makers.clock()
        async with self._makers.database.read() as work:
            caller = await self._enrolled.known(work, holder)
            found: list[tuple[Opened, Say]] = []
            for one in await self._concerning(work, caller):
                say = await say_of(work, caller, one, self._enrolled, now)
                if say is not None:
                    found.append((one, say))
        return [_item(one, say, now) for one, say in found]

    async def _concerning(self, work: Work, caller: Known) -> list[Opened]:
        rows: dict[bytes, Transaction] = {}
        wards = [await self._enrolled.known(work, ward) for ward in await work.holders.wards(caller.holder_id)]
        for person in (caller, *wards):
            for row in await work.consents.concerning([person.holder_id], person.tag, PAST):
                rows[row.trx] = row
        kept = sorted((r for r in rows.values() if r.sealed is not None), key=lambda r: r.created_at, reverse=True)
        decisions = await work.consents.decisions([row.trx for row in kept[:PAST]])
        return [opened(row, decisions, self._makers.registry.sealer) for row in kept[:PAST]]

    async def uses(self, holder: bytes, before: int | None) -> tuple[Sequence[Use], int | None]:
        """(who asked what and when, where to go on), newest first. Own uses only: events carry the tag of who showed
        the code, and of a spouse only what that spouse agreed to."""
        async with self._makers.database.read() as work:
            person = (await self._enrolled.known(work, holder)).person
        tag = self._access.tag(person.document_type, person.nation, person.number)
        found = await self._access.uses_of(tag, before=before, limit=PAGE)
        return [use for _, use in found], found[-1][0] if len(found) == PAGE else None

    async def names(self, usccs: Collection[str]) -> dict[str, str]:
        """Names of parties, for who is shown their codes."""
        async with self._makers.database.read() as work:
            found = [await work.parties.get(uscc) for uscc in sorted(set(usccs))]
        return {party.uscc: party.name_zh for party in found if party is not None}


async def own_transaction(work: Work, uscc: str, trx: bytes, makers: Makers) -> Opened:
    """The transaction, if that party began it. Raises NotFound, for "unknown" and "another's" alike."""
    found = await open_one(work, trx, makers.registry.sealer)
    if found.row.uscc != uscc:
        raise NotFound
    return found


def _item(found: Opened, say: Say, now: int) -> Item:
    mine = found.decision_of(say.holder.holder_id)
    words = {Decision.GRANT: "grant", Decision.REFUSE: "refuse"}
    return Item(
        found.row.trx,
        "guardian" if say.as_guardian else say.role.value,
        told(found.state(now)),
        None if mine is None else words[mine.decision],
        None if mine is None else mine.at,
        _may(found, say.role, Decision.WITHDRAW, now),
        mine is None and _may(found, say.role, Decision.GRANT, now),
        found.notice_for(say.role),
    )


def _may(found: Opened, role: Role, decision: Decision, now: int) -> bool:
    try:
        return decided(found.standing, role, decision, now) in State
    except WrongState:
        return False
