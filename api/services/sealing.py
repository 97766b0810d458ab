"""Rotation of the key-encryption key: every record's 49 wrapped bytes are wrapped anew, its body stays as it is.

Works beside a running service, which takes up the new key by itself (`Sm4Sealer`). Each batch is one transaction of
its own; what a killed run leaves is found by the key ids that the wrapped keys carry, so the next one goes on there.
Between two batches the writer's place is left free for as long as the batch took: issuing goes on at half the pace at
worst.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.access_tables import access_event
from api.db.case_tables import case_export
from api.db.charity_tables import charity_bank_row, charity_donation, charity_event, charity_watch
from api.db.consent_tables import consent_grant, consent_transaction, webhook_endpoint
from api.db.holder_tables import holder
from api.db.register_tables import registration_event, rendition
from api.db.tables import certificate, status_event
from api.db.uow import Database
from api.errors import KeyInUse, NotFound
from api.sealingring import RingDirectory
from api.services.importing.spool import wrapped_keys
from api.services.webhooks.signing import endpoint_aad
from certs.access import access_aad
from certs.casefile import reference_aad
from certs.charity.bankrows import bank_row_aad
from certs.charity.keyed import charity_event_aad, donation_aad
from certs.charity.watch import watch_aad
from certs.commitment import event_aad, record_aad, rendition_aad
from certs.consent.persons import holder_aad
from certs.consent.stored import decision_aad, question_aad
from certs.marriage.entry import registration_aad
from certs.ports import Clock, Entropy
from certs.sealing import Sm4Sealer, kek_id, wrapping_key

BATCH: Final = 200  # records in one transaction: a tenth of a second that others wait at most
REST: Final = 3600
"""Seconds between a key's retirement and its destruction. A record may be sealed before its transaction begins, and no
request and no batch takes an hour: after that nothing new can come under the old key."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A table that keeps wrapped data keys: `order` pages it, `names` are the columns that `aad` is made of."""

    table: Table
    order: str
    names: tuple[str, ...]
    aad: Callable[..., bytes]


PLACES: Final = (
    Place(certificate, "ordinal", ("cti",), record_aad),
    Place(status_event, "cti", ("cti",), event_aad),
    Place(registration_event, "ordinal", ("event_id",), registration_aad),
    Place(rendition, "digest", ("digest",), rendition_aad),
    Place(case_export, "case_id", ("case_id", "cti", "at"), reference_aad),
    Place(access_event, "ordinal", ("request_id",), access_aad),
    Place(webhook_endpoint, "endpoint_id", ("endpoint_id", "uscc", "url", "created_at"), endpoint_aad),
    Place(holder, "holder_id", ("holder_id",), holder_aad),
    Place(consent_transaction, "trx_id", ("trx_id",), question_aad),
    Place(consent_grant, "grant_id", ("grant_id",), decision_aad),
    Place(charity_event, "ordinal", ("book_id", "seq"), charity_event_aad),
    Place(charity_donation, "donation_id", ("donation_id",), donation_aad),
    Place(charity_bank_row, "ordinal", ("reference",), bank_row_aad),
    Place(charity_watch, "watch_id", ("watch_id", "donation_id", "channel"), watch_aad),
)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key-encryption key and how many records are under it. `here`: whether the ring has it."""

    kek: bytes
    records: int
    current: bool
    here: bool


class SealingService:
    def __init__(self, database: Database, ring: RingDirectory, entropy: Entropy, clock: Clock) -> None:
        self._database, self._ring, self._entropy, self._clock = database, ring, entropy, clock

    async def use(self) -> list[KeyUse]:
        """Every key of the ring and every key that a record names, the current one first. Reads all wrapped keys.

        Import files that wait count as records. They are not rewrapped: they are gone when they are done.
        """
        async with self._database.read() as work:
            counts = Counter(await _counts(work.connection))
        counts.update(self._waiting())
        ring = self._ring()
        current = kek_id(ring.current)
        here = ring.by_id()
        order = [current, *sorted({*here, *counts} - {current})]
        return [KeyUse(kek, counts.get(kek, 0), kek == current, kek in here) for kek in order]

    def _waiting(self) -> list[bytes]:
        return [wrapping_key(key) for key in wrapped_keys(self._ring.spool)]

    def rotate(self) -> bytes:
        """A new current key, by its id; records follow with `rewrap`. Raises InstanceDamaged."""
        return self._ring.rotate(self._entropy)

    async def rewrap(self, progress: Progress = lambda _done, _total: None, *, batch: int = BATCH) -> int:
        """Bring every record under the current key; gives how many were not. To be run again if it was cut short.

        Raises SealingKeyMissing and SealBroken (and what was done stays done), Unavailable.
        """
        sealer = Sm4Sealer.following(self._ring, self._entropy)
        done = 0
        async with self._database.read() as work:
            current = kek_id(self._ring().current)
            total = sum(n for kek, n in (await _counts(work.connection)).items() if kek != current)
        progress(0, total)
        while True:
            before = done
            for place in PLACES:
                async for count in self._pass(place, sealer, batch):
                    done += count
                    progress(done, max(done, total))
            if done == before:  # what was sealed under the old key while this ran is found by the next turn
                return done

    async def _pass(self, place: Place, sealer: Sm4Sealer, batch: int) -> Any:
        """Once through a table; yields the size of each batch."""
        after: Any = None
        while True:
            started = time.monotonic()
            async with self._database.write() as work:
                rows = await _under_others(work.connection, place, kek_id(self._ring().current), after, batch)
                changes = [
                    {"row": order, "was": key, "now": sealer.rewrap(key, place.aad(*named))}
                    for order, key, *named in rows
                ]
                if changes:
                    await work.connection.execute(_change(place), changes)
            if not rows:
                return
            after = rows[-1][0]
            yield len(rows)
            await asyncio.sleep(time.monotonic() - started)  # the others' turn

    async def destroy(self, kek: bytes) -> None:
        """Delete a retired key for good, once nothing is under it. Raises NotFound, KeyInUse."""
        if kek == kek_id(self._ring().current):
            raise KeyInUse("this is the key that seals now")
        retired = self._ring.retired().get(kek)
        if retired is None:
            raise NotFound("no retired key of that id is here")
        if self._clock() < retired + REST:
            raise KeyInUse(f"retired less than {REST} s ago: a transaction may still bring a record under it")
        async with self._database.write() as work:  # nobody else stores anything until it is gone
            left = (await _counts(work.connection)).get(kek, 0)
            if left:
                raise KeyInUse(f"{left} records are under it: rotate first")
            if kek in self._waiting():
                raise KeyInUse("an import file that waits is under it: let the import end, or cancel it")
            self._ring.destroy(kek)


def _named(table: Table) -> ColumnElement[bytes]:
    """The 4 bytes of a wrapped key that name its key-encryption key."""
    return func.substr(table.c.sealed_key, 2, 4)


async def _counts(connection: AsyncConnection) -> Mapping[bytes, int]:
    counts: dict[bytes, int] = {}
    for place in PLACES:
        name = _named(place.table).label("kek")
        query = select(name, func.count().label("n")).where(place.table.c.sealed_key.is_not(None)).group_by(name)
        for row in await connection.execute(query):
            counts[bytes(row.kek)] = counts.get(bytes(row.kek), 0) + row.n
    return counts


async def _under_others(connection: AsyncConnection, place: Place, current: bytes, after: Any, batch: int) -> Any:
    t = place.table.c
    query = select(t[place.order].label("row"), t.sealed_key, *(t[name].label(f"_{name}") for name in place.names))
    query = query.where(t.sealed_key.is_not(None), _named(place.table) != current)
    if after is not None:
        query = query.where(t[place.order] > after)
    return (await connection.execute(query.order_by(t[place.order]).limit(batch))).all()


def _change(place: Place) -> Any:
    """Only what was read is replaced: a key that was erased meanwhile must not come back."""
    t = place.table.c
    same = (t[place.order] == bindparam("row"), t.sealed_key == bindparam("was"))
    return update(place.table).where(*same).values(sealed_key=bindparam("now"))
