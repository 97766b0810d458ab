"""What is done beside a service that runs: tokens, keys, the key that seals. No lock is taken for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.clock import system_clock, system_entropy
from api.db.engine import create_engines
from api.db.uow import Database
from api.errors import NotInitialised
from api.instance_state import identity_of, institution_of, is_initialised, nothing_lost, require_current
from api.institution import Institution
from api.keyring import KeyDirectory, Keyring, SuccessorMaker, by_purpose, signer_of
from api.services.administration import AdministrationService
from api.services.keyadmin import KeyAdmin
from api.services.keychoice import latest
from api.services.parties import PartyService
from api.services.pki import PkiService
from api.settings import Settings
from certs.ports import Clock, Signer
from certs.sealing import HmacLookupKey


@asynccontextmanager
async def open_beside(settings: Settings) -> AsyncIterator[Database]:
    """The database, beside a service that runs: for what must not wait for a stop. Takes no lock; the database
    serialises what is written. The log's own tables are not to be touched through it.

    Raises NotInitialised, InstanceDamaged.
    """
    if not is_initialised(settings):
        raise NotInitialised(f"{settings.data_dir} holds no instance: run `mzt init`")
    nothing_lost(settings)
    await require_current(settings)
    engines = create_engines(settings.database_url)
    try:
        yield Database(engines, identity_of(settings))
    finally:
        await engines.dispose()


@asynccontextmanager
async def open_parties(
    settings: Settings, *, clock: Clock = system_clock
) -> AsyncIterator[tuple[Institution, PartyService]]:
    """Institution and access tokens: a stolen token must be withdrawn at once. Raises as `open_beside`."""
    async with open_beside(settings) as database:
        lookup = HmacLookupKey(KeyDirectory(settings.data_dir, system_entropy).secret("lookup", 32))
        yield institution_of(settings.data_dir, None), PartyService(database, lookup, clock, system_entropy)


@asynccontextmanager
async def open_keys(settings: Settings, *, clock: Clock = system_clock) -> AsyncIterator[tuple[Institution, KeyAdmin]]:
    """The register of keys: a compromised key must be withdrawn at once, and no rotation is worth a stop. A running
    service takes up what it finds changed. Raises as `open_beside`."""
    async with open_beside(settings) as database:
        who, directory = institution_of(settings.data_dir, None), KeyDirectory(settings.data_dir, system_entropy)
        keyring = Keyring(directory, clock)
        try:
            pki, maker = pki_of(settings, who, keyring, clock), SuccessorMaker(who, directory, clock)
            yield who, KeyAdmin(database, who, pki, maker, keyring.signer, clock)
        finally:
            await asyncio.to_thread(keyring.close)


@dataclass(frozen=True, slots=True)
class Administration:
    """`root` opens the key of the organisation that runs the service, `issuer`."""

    service: AdministrationService
    issuer: str
    root: Callable[[], Signer]


@asynccontextmanager
async def open_administration(settings: Settings, *, clock: Clock = system_clock) -> AsyncIterator[Administration]:
    """The registers of parties and administrators: who lost a key must be stopped at once. Raises as `open_beside`."""
    async with open_beside(settings) as database:
        who, keyring = (
            institution_of(settings.data_dir, None),
            Keyring(KeyDirectory(settings.data_dir, system_entropy), clock),
        )
        async with database.read() as work:
            rows = [row for row in latest(await work.trust.keys(), clock()).values() if row.purpose == "root"]
        try:
            service = AdministrationService(database, clock, system_entropy)
            yield Administration(
                service, who.root_uscc, lambda: signer_of(by_purpose(rows, keyring), who.root_uscc, "root")
            )
        finally:
            await asyncio.to_thread(keyring.close)


def pki_of(settings: Settings, who: Institution, keyring: Keyring, clock: Clock) -> PkiService:
    return PkiService(who, settings.public_base_url, keyring.signer, clock, system_entropy)
