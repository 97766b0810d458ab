"""A running service signs with the keys that the register names now: it notices a change and takes it up.

Rotations and revocations are rows that another process wrote (`mzt keys`), so nothing has to stop for them. The order
matters: first the trust bundle that names the new key, then signing with it, then what the old one may no longer vouch
for. Between the first two nothing else runs, so no certificate is signed by a key that its own bundle does not know.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from api.db.repositories.trust import KeyRow
from api.db.uow import Database
from api.services.answers import AnswerService
from api.services.keychoice import DAY, ending, latest
from api.services.ledger import LedgerService
from api.services.makers import Makers
from api.services.pki import PkiService
from api.services.publishing import PublishingService
from api.services.trust import TrustService
from api.services.witnessing import WitnessService
from certs.authority import Authority
from certs.ports import Clock, Signer
from chain.ports import LogSigner


@dataclass(frozen=True, slots=True)
class Equipment:
    """Signers of the keys in force."""

    authorities: Mapping[str, Authority]
    log_signers: tuple[LogSigner, ...]
    answer: Signer


_SELDOM = ("ca-root", "ca-sub", "maker")
Equip = Callable[[Sequence[KeyRow]], Equipment]
"""Opens what is not open; takes a thread. See `api.bootstrap`."""
Keep = Callable[[frozenset[bytes]], None]
"""Closes every other signer."""


class KeyService:
    def __init__(
        self,
        database: Database,
        trust: TrustService,
        makers: Makers,
        publishing: PublishingService,
        ledger: LedgerService,
        witnesses: WitnessService,
        pki: PkiService,
        answers: AnswerService,
        equip: Equip,
        keep: Keep,
        clock: Clock,
        taken: Sequence[KeyRow],
    ) -> None:
        """`taken`: the rows that the service was put together from."""
        self._database, self._trust, self._makers, self._publishing = database, trust, makers, publishing
        self._ledger, self._witnesses, self._pki, self._answers = ledger, witnesses, pki, answers
        self._equip, self._keep, self._clock = equip, keep, clock
        self._rows, self._chosen = tuple(taken), _kids(taken, clock())
        self._leaving: frozenset[bytes] | None = None
        self._lock = asyncio.Lock()

    async def take_up(self) -> bool:
        """Follow the register of keys, if it says anything else than before; whether it did.

        Raises InstanceDamaged or KeyStoreError if a key cannot be opened: then everything stays as it was.
        """
        async with self._lock:
            async with self._database.read() as work:
                rows = tuple(await work.trust.keys())
            chosen = _kids(rows, self._clock())
            if (rows, chosen) == (self._rows, self._chosen):
                await self._let_go()
                return False
            equipment = await asyncio.to_thread(self._equip, rows)
            await self._trust.ensure()
            self._answers.sign_with(equipment.answer)
            self._makers.adopt(equipment.authorities)  # no await since `ensure`: nobody signs in between
            self._witnesses.know([row.cose_key for row in rows if row.purpose == "log"])
            await self._ledger.sign_with(equipment.log_signers)
            self._rows, self._chosen, self._leaving = rows, chosen, _held(rows, self._clock())
            await self._publishing.publish()
            return True

    async def _let_go(self) -> None:
        """One turn later what was being signed with the old key is signed; a closed one still signs, in its thread."""
        if self._leaving is not None:
            await asyncio.to_thread(self._keep, self._leaving)
            self._leaving = None

    async def renew_lists(self) -> int:
        """Publish the revocation lists that are due; gives how many."""
        async with self._database.write() as work:
            made = await self._pki.publish(work)
        await asyncio.to_thread(self._keep, _held(self._rows, self._clock()))
        return made

    def days_left(self) -> Mapping[str, int]:
        """Until the first key of each purpose ends, among those that sign now; 0 once it has."""
        now, found = self._clock(), dict[str, int]()
        for row in latest(self._rows, now).values():
            left = max(0, (row.not_after - now) // DAY)
            found[row.purpose] = min(left, found.get(row.purpose, left))
        return found

    def ending(self) -> list[tuple[KeyRow, int]]:
        """Keys that end within 90 days, and their days left."""
        return ending(self._rows, self._clock())


def _kids(rows: Sequence[KeyRow], now: int) -> frozenset[bytes]:
    return frozenset(row.kid for row in latest(rows, now).values())


def _held(rows: Sequence[KeyRow], now: int) -> frozenset[bytes]:
    """Keys that stay open. Those of the authorities and the maker of seals are opened for each use and closed again."""
    return frozenset(row.kid for row in latest(rows, now).values() if row.purpose not in _SELDOM)
