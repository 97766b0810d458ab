"""Codes that a holder shows: dynamic ones on a screen, printed cards with a PIN."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from typing import Final

from api.db.repositories.holders import Card
from api.db.uow import Work
from api.errors import CardLocked, CardRefused, CodeRefused, RateLimited
from api.services.holders.enrolled import Enrolled
from api.services.holders.recording import Recorder
from api.services.makers import Makers
from certs.consent.codes import (
    CARD_PREFIX,
    CODE_BYTES,
    PIN_SALT,
    card_code,
    card_tag,
    dynamic_code,
    dynamic_tag,
    is_pin,
    new_pin,
    pin_tag,
    read_card,
    read_dynamic,
)
from certs.errors import InvalidField

SHOWN: Final = 60  # seconds on the screen
ACCEPTED: Final = 120  # seconds in which a scan is still good: somebody turns the telephone round
CODES: Final = 20  # in
CODES_WITHIN: Final = 600  # seconds
MAX_WRONG_PINS: Final = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A dynamic code: its 22 characters, its address, and its two times (seconds UTC)."""

    code: str
    url: str
    show_until: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """Whose code it was, and by which channel ("code", "card")."""

    holder_id: bytes
    channel: str


class CodeService:
    def __init__(self, makers: Makers, host: str) -> None:
        self._makers, self._host, self._enrolled = makers, host, Enrolled(makers)

    async def new(self, holder: bytes) -> Shown:
        """A new code; the holder's older ones end. Raises RateLimited, NotFound."""
        now, lookup = self._makers.clock(), self._makers.lookup
        code = dynamic_code(self._makers.registry.entropy(CODE_BYTES))
        async with self._makers.database.write() as work:
            await self._enrolled.known(work, holder)
            if await work.holders.codes_since(holder, now - CODES_WITHIN) >= CODES:
                raise RateLimited(SHOWN)
            await work.holders.replace_code(dynamic_tag(lookup, code), holder, now, now + ACCEPTED)
        return Shown(code, f"https://{self._host}/h#{code}", now + SHOWN, now + ACCEPTED)

    async def scanned(self, work: Work, text: str) -> Scanned:
        """Whose code a party scanned; a dynamic one is used up if this transaction commits. Raises CodeRefused."""
        holder = None
        if text.upper().startswith(CARD_PREFIX):
            token = read_card(text, self._makers.lookup)
            card = None if token is None else await work.holders.card(card_tag(self._makers.lookup, token))
            if card is not None and card.revoked_at is None and card.failures < MAX_WRONG_PINS:
                holder = card.holder_id
            channel = "card"
        else:
            code, channel = read_dynamic(text), "code"
            if code is not None:
                holder = await work.holders.use_code(dynamic_tag(self._makers.lookup, code), self._makers.clock())
        if holder is None:
            raise CodeRefused
        return Scanned(holder, channel)


class CardService:
    def __init__(self, makers: Makers, recorder: Recorder) -> None:
        self._makers, self._enrolled, self._recorder = makers, Enrolled(makers), recorder

    async def issue(self, office: str, holder: bytes, pin: str | None) -> tuple[str, str]:
        """(card code, PIN); the holder's earlier cards end. A PIN of the holder's own choice, or a new one.

        Raises NotFound, InvalidField.
        """
        registry = self._makers.registry
        if pin is not None and not is_pin(pin):
            raise InvalidField("pin", "TOO_PLAIN")
        chosen = new_pin(registry.entropy(16)) if pin is None else pin
        code = card_code(registry.entropy(CODE_BYTES), registry.lookup)
        token = read_card(code, registry.lookup)
        assert token is not None  # made a line above
        tag = card_tag(registry.lookup, token)
        kept = await asyncio.to_thread(pin_tag, registry.lookup, chosen, registry.entropy(PIN_SALT), tag)
        now = registry.clock()
        async with self._makers.database.write() as work:
            known = await self._enrolled.known(work, holder)
            await work.holders.revoke_cards(holder, now)
            await work.holders.add_card(Card(tag, holder, kept, now))
            await self._recorder.record(work, office, "card", known)
        return code, chosen

    async def revoke(self, office: str, holder: bytes) -> int:
        """End a holder's cards; gives how many were good."""
        async with self._makers.database.write() as work:
            ended = await work.holders.revoke_cards(holder, self._makers.clock())
            if ended:
                await self._recorder.record(work, office, "card-end", await self._enrolled.known(work, holder))
            return ended

    async def opened(self, card: str, pin: str) -> bytes:
        """Whose card it is, if the PIN is right. Raises CardRefused, CardLocked, Unavailable.

        A try is counted, and committed, before the PIN is looked at: tries at the same time are not one.
        """
        lookup = self._makers.lookup
        token = read_card(card, lookup)
        if token is None:
            raise CardRefused
        tag = card_tag(lookup, token)
        async with self._makers.database.write() as work:
            row = await work.holders.card(tag)
            allowed = row is not None and await work.holders.take_try(tag, MAX_WRONG_PINS)
        if row is None:
            raise CardRefused
        if not allowed:
            raise CardLocked
        said = await asyncio.to_thread(pin_tag, lookup, pin if is_pin(pin) else "000000", row.pin_tag[:PIN_SALT], tag)
        if not hmac.compare_digest(said, row.pin_tag):
            raise CardRefused
        async with self._makers.database.write() as work:
            await work.holders.right_pin(tag)
        return row.holder_id
