"""The composition root: settings in, a running service out. Everything is built once, here, and nowhere at import.

`initialise` may be killed anywhere and run again: each step looks for what it would make, and takes up what is there.
The order makes that safe: secrets before what they protect, key files before the rows that name them, the contract
before the trust bundle that names it, and the mark that all is done at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from api import maillink, webhooklink, witnesslink
from api.assembly import assemble
from api.beside import pki_of
from api.chainlink import ChainLink, connect, deploy
from api.clock import system_clock, system_entropy
from api.db import migrate
from api.db.engine import create_engines
from api.db.log_store import create_log
from api.db.repositories.parties import Party
from api.db.repositories.trust import TrustRepository
from api.db.uow import Database
from api.db.writer import Check, writer_lock
from api.errors import NotInitialised
from api.files import private_directory, write_durably, write_once
from api.instance_state import (
    DONE,
    identity_of,
    institution_of,
    is_initialised,
    log_kept,
    nothing_lost,
    private_database,
    require_current,
)
from api.institution import Institution
from api.keyring import (
    YEAR,
    KeyDirectory,
    Keyring,
    is_ed25519,
    operating,
    planned,
    planned_ed25519,
)
from api.services.service import Service
from api.settings import Settings
from api.webhooklink import HttpTransport
from api.witnesslink import WitnessLink
from certs.ports import Clock
from chain.filelock import FileLock

TOKEN_LIFETIME = YEAR
Progress = Callable[[str], None]


async def initialise(
    settings: Settings,
    institution: Institution | None = None,
    *,
    clock: Clock = system_clock,
    progress: Progress,
    adopt_validators: bool = False,
) -> None:
    """Make an instance, or finish making it, or find that it is made. Raises InstanceDamaged, AlreadyLocked,
    ChainMismatch if the chain has other validators than were recorded, unless they are to be adopted."""
    private_directory(settings.data_dir)
    with FileLock(settings.data_dir / "lock"):
        nothing_lost(settings)
        who = institution_of(settings.data_dir, institution)
        progress("keys")
        keys = KeyDirectory(settings.data_dir, system_entropy)
        keys.create()
        progress("database")
        private_database(settings)
        async with writer_lock(settings.database_url, settings.log_origin) as check_lock:
            await log_kept(settings)
            await asyncio.to_thread(migrate.upgrade, settings.database_url)
            progress("log")
            await _register(settings, who, keys, clock)
            progress("chain")
            secret = keys.secret("submitter", 32)
            await deploy(settings, secret, identity_of(settings), clock, adopt_validators=adopt_validators)
            progress("trust bundle")
            async with _assembled(settings, who, keys, clock, check_lock) as service:
                await service.trust.ensure()
                progress("purposes")
                await service.purposes.ensure()
                progress("parties")
                await _parties(settings, who, service)
                write_durably(settings.data_dir / "trust-root.hex", service.trust.root_fingerprint.encode() + b"\n")
        write_durably(settings.data_dir / DONE, b"1\n")


@asynccontextmanager
async def open_service(settings: Settings, *, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """The service over an initialised directory; holds its lock, and that of the log's writer wherever that runs.

    Raises NotInitialised, AlreadyLocked, InstanceDamaged, Unavailable, DatabaseUnsuitable.
    """
    if not is_initialised(settings):
        raise NotInitialised(f"{settings.data_dir} holds no instance: run `mzt init`")
    with FileLock(settings.data_dir / "lock"):
        nothing_lost(settings)
        async with writer_lock(settings.database_url, settings.log_origin) as check_lock:
            await require_current(settings)
            who = institution_of(settings.data_dir, None)
            keys = KeyDirectory(settings.data_dir, system_entropy)
            async with _assembled(settings, who, keys, clock, check_lock) as service:
                await service.trust.ensure()
                await service.purposes.ensure()
                yield service


async def _register(settings: Settings, who: Institution, keys: KeyDirectory, clock: Clock) -> None:
    """Create the log, and every planned key that has no row yet, with their certificates. One transaction for all."""
    engines, keyring = create_engines(settings.database_url), Keyring(keys, clock)
    try:
        await engines.check()
        database = Database(engines, identity_of(settings))
        async with database.log_connection() as connection:
            for row in await TrustRepository(connection).keys():
                if row.retired_at is None and row.revoked_from is None:  # those may be destroyed
                    keys.require(row.uri)  # else a new directory on somebody's database: its keys would join theirs
            await create_log(connection, identity_of(settings), clock())
        async with database.write() as work:
            rows = await work.trust.keys()
            known = {(row.uscc, row.purpose) for row in rows if not is_ed25519(row)}
            for plan in planned(who):
                if (plan.uscc, plan.purpose) not in known:
                    signer = await asyncio.to_thread(keys.open_or_create, plan.name)
                    await work.trust.add_key(plan.row(signer, clock()))
            if settings.log_profile == "sha256" and not any(is_ed25519(row) for row in rows):
                second = planned_ed25519(who)
                ed25519 = await asyncio.to_thread(keys.open_or_create_ed25519, second.name)
                await work.trust.add_key(second.row(ed25519, clock()))
            await pki_of(settings, who, keyring, clock).ensure(work)
    finally:
        await asyncio.to_thread(keyring.close)
        await engines.dispose()


async def _parties(settings: Settings, who: Institution, service: Service) -> None:
    """Every organisation is a party, and its first access token is in a 0600 file."""
    directory = settings.data_dir / "tokens"
    private_directory(directory)
    for organisation in who.organisations:
        party = Party(organisation.uscc, organisation.role, organisation.zh, organisation.en)
        await service.parties.add(party)
        # File first, row second: a run cut short between the two makes the file's token good next time.
        token = write_once(directory / f"{organisation.slug}.token", service.parties.new_token().encode())
        await service.parties.adopt_token(token.decode("ascii"), organisation.uscc, TOKEN_LIFETIME)


@asynccontextmanager
async def _assembled(
    settings: Settings, who: Institution, keys: KeyDirectory, clock: Clock, check_lock: Check
) -> AsyncIterator[Service]:
    identity = identity_of(settings)
    engines = create_engines(settings.database_url)
    database = Database(engines, identity, check_lock)
    link: ChainLink | None = None
    service: Service | None = None
    witnesses: WitnessLink | None = None
    hooks: HttpTransport | None = None
    keyring = Keyring(keys, clock)
    try:
        await engines.check()
        async with database.read() as work:
            rows = await work.trust.keys()
        working = operating(rows, clock())
        await asyncio.to_thread(keyring.open, working)
        link = await asyncio.to_thread(connect, settings, keys.secret("submitter", 32), clock)
        log_keys = [row.cose_key for row in rows if row.purpose == "log"]
        witnesses = witnesslink.connect(settings, identity, log_keys)
        hooks = webhooklink.connect(settings)
        mail = maillink.connect(settings)
        service = assemble(settings, who, database, keys, keyring, rows, link, witnesses, hooks, mail, clock)
        yield service
    finally:
        if service is not None:
            await service.access.close()
            await service.ledger.close()
            await service.witnesses.close()
        if witnesses is not None:
            await witnesses.transport.close()
        if hooks is not None:
            await hooks.close()
        await asyncio.to_thread(keyring.close)
        if link is not None:
            await asyncio.to_thread(link.close)
        await engines.dispose()
