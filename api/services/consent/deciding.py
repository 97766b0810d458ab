"""What holders, guardians and counters do with a request: grant, refuse, withdraw, each by a signed statement.

The signature is over the very text that was read, for this party and this transaction only. Nothing else that a client
says about a decision is believed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from api.db.repositories.clients import HOLDER, PARTY, SIGN
from api.db.uow import Work
from api.errors import NotFound, StatementRefused
from api.services.clients import CURVES
from api.services.consent.opening import Opened, Say, open_one, say_of, spouse_tag
from api.services.holders.enrolled import Enrolled
from api.services.holders.showing import CardService
from api.services.makers import Makers
from api.services.webhooks import Event, Notice, enqueue_in
from certs.commitment import ENTRY_SALT
from certs.consent.machine import Decision, Role, State, decided, told
from certs.consent.statement import Statement
from certs.consent.stored import Decided, consent_idem, make_decision
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3

SKEW: Final = 300  # seconds between a device's clock and ours
_EVENTS: Final = {
    State.AUTHORISED: Event.CONSENT_AUTHORISED,
    State.REFUSED: Event.CONSENT_REFUSED,
    State.WITHDRAWN: Event.CONSENT_WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` as it is told outside; `at` seconds UTC."""

    trx: bytes
    state: str
    at: int


class DecideService:
    def __init__(self, makers: Makers, cards: CardService, admit: Callable[[], Awaitable[None]]) -> None:
        """`admit` raises if the log must not grow; see `LedgerService.admit`."""
        self._makers, self._cards, self._admit = makers, cards, admit
        self._enrolled = Enrolled(makers)

    async def decide(self, holder: bytes, trx: bytes, decision: Decision, statement: bytes) -> Outcome:
        """A decision on a holder's own device, or a guardian's.

        Raises NotFound, StatementRefused, WrongState, Unavailable.
        """
        await self._admit()
        async with self._makers.database.write() as work:
            caller = await self._enrolled.known(work, holder)
            found = await open_one(work, trx, self._makers.registry.sealer)
            say = await say_of(work, caller, found, self._enrolled, self._makers.clock())
            if say is None:
                raise NotFound
            return await self._apply(work, found, say, decision, statement, (HOLDER, holder.hex()))

    async def at_counter(
        self, office: str, trx: bytes, card: str, pin: str, decision: Decision, statement: bytes
    ) -> Outcome:
        """A decision of somebody at the counter: with card and PIN, and the office's own key under the statement.

        Raises CardRefused, CardLocked, and as `decide`.
        """
        await self._admit()
        holder = await self._cards.opened(card, pin)
        async with self._makers.database.write() as work:
            found, say = await self._by_card(work, holder, trx)
            return await self._apply(work, found, say, decision, statement, (PARTY, office))

    async def read_at_counter(self, trx: bytes, card: str, pin: str) -> str:
        """The notice that an officer reads to the person. Raises as `at_counter`."""
        holder = await self._cards.opened(card, pin)
        async with self._makers.database.read() as work:
            found, say = await self._by_card(work, holder, trx)
        return found.notice_for(say.role)

    async def _by_card(self, work: Work, holder: bytes, trx: bytes) -> tuple[Opened, Say]:
        caller = await self._enrolled.known(work, holder)
        found = await open_one(work, trx, self._makers.registry.sealer)
        say = await say_of(work, caller, found, self._enrolled, self._makers.clock())
        if say is None or say.as_guardian:  # a guardian shows up with a device, or with the ward
            raise NotFound
        return found, say

    async def _apply(
        self, work: Work, found: Opened, say: Say, decision: Decision, statement: bytes, signer: tuple[str, str]
    ) -> Outcome:
        """Check, store, log, move on. All of it in the caller's transaction."""
        now, registry = self._makers.clock(), self._makers.registry
        notice = found.notice_for(say.role)
        await _check(work, found, notice, decision, statement, signer, now)
        if decision is Decision.GRANT:
            await _not_twice(work, found, say, signer)
        if decision is Decision.WITHDRAW and found.state(now) is State.WITHDRAWN:
            return Outcome(found.row.trx, State.WITHDRAWN.value, found.row.updated_at)
        state = decided(found.standing, say.role, decision, now)
        until = found.question.until if decision is Decision.GRANT else now
        what = Decided(
            found.row.trx, say.holder.holder_id, decision, now, until, found.question.uses, statement, notice
        )  # fmt: skip
        made = make_decision(what, registry.entropy(ENTRY_SALT), registry.sealer)
        await work.consents.add_decision(made)
        await work.log.stage(consent_idem(made.grant_id, now), made.entry)
        if decision is Decision.WITHDRAW:
            await work.consents.withdraw_grants(found.row.trx, now)
        if say.role is Role.SUBJECT and state is State.HALF:
            tag = await spouse_tag(work, self._makers, say.holder.person, found.question)
            await work.consents.name_spouse(found.row.trx, tag)
        ends = found.question.until if state is State.AUTHORISED else found.row.expires_at
        await work.consents.move(found.row, state, now, ends)
        if state in _EVENTS:
            await enqueue_in(work, found.row.uscc, _EVENTS[state], Notice(now, found.row.trx, state.value))
        return Outcome(found.row.trx, told(state), now)


async def _not_twice(work: Work, found: Opened, say: Say, signer: tuple[str, str]) -> None:
    """Raises NotFound where one person would agree for both: a spouse or a stranger who is the guardian of one or both.
    At the counter the office signs for whoever shows card and PIN, so there it may be one signature."""
    for done in found.decisions:
        if signer[0] != HOLDER or done.decision is not Decision.GRANT or done.holder == say.holder.holder_id:
            continue
        key = await work.clients.key(Statement.parse(done.statement).sign1.kid.hex())
        if key is None or (key.owner_kind, key.owner) == signer:
            raise NotFound


async def _check(
    work: Work, found: Opened, notice: str, decision: Decision, data: bytes, signer: tuple[str, str], now: int
) -> None:
    """Raises StatementRefused unless the statement is this decision on this text, by a good key of that signer."""
    try:
        said = Statement.parse(data)
    except VerifierError:
        raise StatementRefused from None
    key = await work.clients.key(said.sign1.kid.hex())
    if key is None or (key.owner_kind, key.owner) != signer or key.purpose != SIGN or not key.good(now):
        raise StatementRefused
    fits = (
        said.party == found.row.uscc
        and said.trx == found.row.trx
        and said.decision is decision
        and said.notice == sm3(notice.encode("utf-8"))
        and abs(said.at - now) <= SKEW
    )
    if not fits or not said.verify(CoseKey(CURVES[key.alg], key.public_key)):
        raise StatementRefused
