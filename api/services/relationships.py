"""Events of civil status without certificates, and what is known of somebody's marriage.

Who may ask: authorities that register marriages or divorces here, and they about anybody, since a couple may register
wherever it likes (婚姻登记条例 2025). An answer is one word for one day as known at one second. It never says why, nor
who the other one is, and NONE_KNOWN is never "single".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from api.errors import BadRequest, Forbidden
from api.services.access import AccessLog
from api.services.alarms import Guard
from api.services.makers import Makers
from api.services.parties import OPERATOR, Principal
from certs.errors import InvalidField
from certs.issue import RowOutcome
from certs.kinds.base import Rejected
from certs.marriage.acts import parse_act
from certs.marriage.entry import terms_to_find
from certs.marriage.finding import read_recorded
from certs.marriage.history import history_of
from certs.marriage.party import Party
from certs.marriage.register import record_act
from certs.marriage.state import State, state_between, state_of
from verifier.labels import KIND_DIVORCE, KIND_MARRIAGE

CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Recorded:
    """`created`: by this request. `ended`: how many certificates it made not valid. `notes`: stable codes."""

    created: bool
    ended: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody as an inquirer knows him: by document; with name and birth date also under a renewed one."""

    document_type: str = field(repr=False)
    document_number: str = field(repr=False)
    nation: str = field(repr=False)
    name: str = field(default="", repr=False)
    birth: date | None = field(default=None, repr=False)

    def party(self) -> Party:
        # Without a name nothing else can be this person's: a text that is nobody's name stands there.
        name = self.name or f"?{self.document_type}:{self.nation}:{self.document_number}"
        return Party(name, "", self.birth or date.min, self.document_type, self.document_number, self.nation, "")


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer: `state` on the day `as_of`, as known at `known_at` (seconds UTC)."""

    state: State
    as_of: date
    known_at: int


class RelationshipService:
    def __init__(self, makers: Makers, access: AccessLog, guard: Guard, admit: Callable[[], Awaitable[None]]) -> None:
        """`admit` raises if the register must not grow; see `LedgerService.admit`."""
        self._makers, self._access, self._guard, self._admit = makers, access, guard, admit

    async def record(self, party: Principal, record: Mapping[str, str]) -> Recorded:
        """Record an event of `certs.marriage.acts`, and end what it makes wrong; the same again changes nothing.

        Raises Forbidden (not a registration office, or not under its own code), InvalidField, Conflict, Unavailable.
        """
        self._check(party)
        act = parse_act(record, today=self._today())
        if isinstance(act, Rejected):
            raise InvalidField(act.errors[0].field, act.errors[0].code)
        if not party.acts_for(act.issuer):
            raise Forbidden
        await self._admit()
        result = await record_act(act, self._makers.registry, self._makers.begin)
        return Recorded(result.outcome is RowOutcome.RECORDED, len(result.ended), result.notes)

    async def query(
        self, party: Principal, subjects: Sequence[Subject], as_of: date | None, known_at: int | None
    ) -> Standing:
        """State of one person, or of two to each other. `as_of` today and `known_at` now, if not given.

        Raises Forbidden, BadRequest for times to come, Erased or SealBroken: a part of the record is no answer.
        """
        self._check(party)
        await self._guard.admit(party.uscc or OPERATOR)
        day, second = as_of or self._today(), self._makers.clock() if known_at is None else known_at
        if day > self._today():
            raise BadRequest("bad-parameter", "as_of", "not after today")
        if second > self._makers.clock():
            raise BadRequest("bad-parameter", "known_at", "not after now")
        people, sealer = [subject.party() for subject in subjects], self._makers.registry.sealer
        terms = terms_to_find(people, (), self._makers.lookup)
        async with self._makers.database.read() as work:
            recorded = await read_recorded(work.registrations, terms, self._makers.lookup, sealer)
        opened = recorded.known(terms, sealer)
        # Two people are known by each other; of one alone, what only a namesake shares is not his.
        history = history_of(people, opened, alike=len(people) == 2)
        if len(people) == 2:
            couple = history.couple(people[0], people[1])
            state = state_between(couple, history.events, as_of=day, known_at=second)
        else:
            state = state_of(history.identity(people[0]), history.events, as_of=day, known_at=second)
        await self._record(party, subjects)
        return Standing(state, day, second)

    async def _record(self, party: Principal, subjects: Sequence[Subject]) -> None:
        """Who asked about whom. An office asks about everybody who wants to marry, so that finding nothing is no sign;
        counting up and trying names are."""
        documents = [(s.document_type, s.nation, s.document_number) for s in subjects]
        asked = [self._guard.asked(*document, s.name) for document, s in zip(documents, subjects, strict=True)]
        await self._guard.observe(party.uscc or OPERATOR, "answered", asked)
        tags = tuple(self._access.tag(*document) for document in documents)
        await self._access.office(party.uscc, party.token_id, "relationship", subjects=tags)

    def _check(self, party: Principal) -> None:
        """Funeral parlours are registries too, and marriages none of their business."""
        kinds = {KIND_MARRIAGE, KIND_DIVORCE}
        mine = [a for a in self._makers.authorities.values() if party.acts_for(a.uscc)]
        if party.role not in ("registry", OPERATOR) or not any(kinds & a.type_codes.keys() for a in mine):
            raise Forbidden

    def _today(self) -> date:
        return datetime.fromtimestamp(self._makers.clock(), UTC).astimezone(CHINA).date()
