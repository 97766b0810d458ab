"""Begin: a party that scanned a code says what it wants to know, for what, and how long it will keep it.

The purpose catalogue decides before the code is looked at, so that a question that may not be asked uses nothing up.
Begin looks at no certificate: whether somebody has one is what consent is for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.db.repositories.consents import Transaction
from api.db.uow import Work
from api.errors import NotFound, RateLimited
from api.services.access import AccessLog
from api.services.clients import Caller
from api.services.holders.enrolled import Enrolled, Known
from api.services.holders.showing import CodeService
from api.services.makers import Makers
from certs.access import AccessEvent
from certs.consent.asks import DIVORCE, Ask, category_of, concerns_spouse, field_of, in_catalogue
from certs.consent.machine import Role, State
from certs.consent.notice import MAX_DAYS, Recipient, Terms, notice_text
from certs.consent.persons import holder_tag
from certs.consent.stored import Question, question_aad
from certs.errors import InvalidField
from certs.purposes import Allowed

DAY: Final = 86400
DECIDE_ALONE: Final = 900  # seconds: both are at one counter
DECIDE_BOTH: Final = 3 * DAY  # the other one may be at work
DECIDE_CARD: Final = DAY  # a visit to the registry's counter
MAX_OPEN: Final = 5  # requests of one party that wait for one holder
Decide = Callable[[str, str, str, tuple[str, ...], str], Awaitable[Allowed]]
"""(category, purpose, predicate, fields, item code) -> what the catalogue allows. Raises PurposeRefused."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a party says. `context`: five elements less the organisation, and the cause; `code` as scanned."""

    purpose: str
    context: Mapping[str, str] = field(repr=False)
    code: str = field(repr=False)
    asks: tuple[Ask, ...] = field(repr=False)
    method: str
    retention_days: int
    days: int
    uses: int
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """What the party gets: the transaction's 16 bytes, what is told of its state, when waiting ends."""

    trx: bytes
    state: str
    expires_at: int


class AskService:
    def __init__(
        self,
        makers: Makers,
        codes: CodeService,
        access: AccessLog,
        decide: Decide,
        quota: Callable[[str], Awaitable[None]],
        admit: Callable[[], Awaitable[None]],
    ) -> None:
        """`quota` raises RateLimited for a party that asks too much; `admit` raises if the log must not grow."""
        self._makers, self._codes, self._access = makers, codes, access
        self._decide, self._quota, self._admit, self._enrolled = decide, quota, admit, Enrolled(makers)

    async def begin(self, caller: Caller, wish: Wish) -> Begun:
        """Use up the code and put the question before its holder.

        Raises PurposeRefused, InvalidField, CodeRefused, RateLimited, Unavailable.
        """
        allowed = await self._allowed(caller, wish)
        _bounds(wish, allowed)
        await self._quota(caller.uscc)
        await self._admit()
        registry = self._makers.registry
        async with self._makers.database.write() as work:
            scanned = await self._codes.scanned(work, wish.code)
            subject = await self._enrolled.known(work, scanned.holder_id)
            await self._not_pressed(work, caller.uscc, subject)
            both = allowed.needs_consent == "both" or any(concerns_spouse(ask) for ask in wish.asks)
            now, trx = registry.clock(), registry.entropy(16)
            terms = await self._terms(work, caller.uscc, wish, allowed, trx, now, _time(scanned.channel, both))
            question = _question(wish, terms, allowed, subject, both)
            sealed = registry.sealer.seal(question.encode(), question_aad(trx))
            named = next((ask.other for ask in wish.asks if ask.other is not None), None)
            tag = holder_tag(registry.lookup, named) if both and named is not None else None
            row = Transaction(
                trx, caller.uscc, subject.holder_id, tag, wish.purpose, State.BEGUN, scanned.channel,
                now, terms.decide_by, now, sealed,
            )  # fmt: skip
            await work.consents.insert(row)
            await self._access.record_in(work, self._event(row, wish, subject))
        return Begun(trx, "waiting", terms.decide_by)

    async def _allowed(self, caller: Caller, wish: Wish) -> Allowed:
        """The catalogue's word on every predicate and on the fields together; the strictest one stands."""
        item = wish.context.get("item_code", "")
        fields, of_divorce = in_catalogue(ask.item for ask in wish.asks if not ask.is_predicate)
        asked: list[tuple[str, tuple[str, ...]]] = [(ask.item, ()) for ask in wish.asks if ask.is_predicate]
        asked += [("", fields)] if fields or not asked else []
        asked += [(DIVORCE, ())] if of_divorce else []
        said = [await self._decide(caller.category, wish.purpose, name, names, item) for name, names in asked]
        return next((allowed for allowed in said if allowed.needs_consent == "both"), said[0])

    async def _not_pressed(self, work: Work, uscc: str, subject: Known) -> None:
        """A printed card can be scanned for ever: requests that wait are few. Raises RateLimited."""
        if await work.consents.open_count(uscc, subject.holder_id, self._makers.clock()) >= MAX_OPEN:
            raise RateLimited(DECIDE_ALONE)

    async def _terms(
        self, work: Work, uscc: str, wish: Wish, allowed: Allowed, trx: bytes, now: int, wait: int
    ) -> Terms:
        party = await work.clients.relying_party(uscc)
        if party is None:
            raise NotFound
        words = {"zh": allowed.purpose.words.zh, "en": allowed.purpose.words.en}
        return Terms(
            trx, Recipient(uscc, party.name_zh, party.contact), wish.purpose, words, wish.asks, wish.method,
            wish.retention_days, wish.uses, now + wait, now + wait + wish.days * DAY,
        )  # fmt: skip

    def _event(self, row: Transaction, wish: Wish, subject: Known) -> AccessEvent:
        p = subject.person
        tag = self._access.tag(p.document_type, p.nation, p.number)
        context = {**wish.context, "reference": row.trx.hex()}
        items = _items(wish.asks)
        return AccessEvent(
            row.trx, row.created_at, row.uscc, "consent-begin", wish.purpose, items, "waiting", (tag,), context
        )  # fmt: skip


def _items(asks: Sequence[Ask]) -> str:
    """Names of what was asked, as far as they fit in a line of the access log."""
    return ",".join(ask.item for ask in asks)[:200]


def _time(channel: str, both: bool) -> int:
    return DECIDE_BOTH if both else DECIDE_CARD if channel == "card" else DECIDE_ALONE


def _bounds(wish: Wish, allowed: Allowed) -> None:
    """Raises InvalidField for what goes beyond the purpose, or is not what is asked."""
    options = allowed.options
    if not 1 <= wish.days <= min(MAX_DAYS, max(1, options.retention_days)):
        raise InvalidField("days", "RANGE")
    if not 1 <= wish.uses <= options.max_uses:
        raise InvalidField("uses", "RANGE")
    if wish.retention_days > options.retention_days:
        raise InvalidField("retention_days", "RANGE")
    if any(ask.months > options.months for ask in wish.asks):
        raise InvalidField("months", "RANGE")
    needed = {category_of(ask) for ask in wish.asks}
    if wish.categories and set(wish.categories) != needed:
        raise InvalidField("categories", "NOT_WHAT_IS_ASKED")
    if len({ask.other.document for ask in wish.asks if ask.other is not None}) > 1:
        raise InvalidField("predicates", "ONE_OTHER_PERSON")
    if len({field_of(ask.item)[0].name for ask in wish.asks if not ask.is_predicate and concerns_spouse(ask)}) > 1:
        raise InvalidField("fields", "ONE_OTHER_PERSON")  # the former spouse is not the present one


def _question(wish: Wish, terms: Terms, allowed: Allowed, subject: Known, both: bool) -> Question:
    other = next((ask.other.name for ask in wish.asks if ask.other is not None), "") if both else None
    spouse = notice_text(terms, Role.SPOUSE, subject.person.name) if both else None
    return Question(
        wish.asks, wish.method, wish.retention_days, wish.uses, terms.decide_by, terms.until, wish.context,
        notice_text(terms, Role.SUBJECT, other), spouse, allowed.version,
    )  # fmt: skip
