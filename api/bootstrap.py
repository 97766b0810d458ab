"""The composition root: settings in, a running service out. Everything is built once, here, and nowhere at import.

`initialise` may be killed anywhere and run again: each step looks for what it would make, and takes up what is there.
The order makes that safe: secrets before what they protect, key files before the rows that name them, the contract
before the trust bundle that names it, and the mark that all is done at the end.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from api import witnesslink
from api.chainlink import ChainLink, connect, deploy
from api.clock import system_clock, system_entropy
from api.db import migrate
from api.db.engine import create_engines
from api.db.log_store import create_log
from api.db.repositories.parties import Party
from api.db.repositories.trust import KeyRow, TrustRepository
from api.db.uow import Database
from api.db.writer import Check, writer_lock
from api.errors import InstanceDamaged, NotInitialised
from api.files import private_directory, write_durably, write_once
from api.institution import SYNTHETIC, Institution
from api.keyring import (
    YEAR,
    KeyDirectory,
    Keyring,
    SuccessorMaker,
    by_purpose,
    equip,
    is_ed25519,
    operating,
    planned,
    planned_ed25519,
    signer_of,
)
from api.sealingring import RingDirectory
from api.services.anchors import AnchorService
from api.services.casefiles import CaseFileService
from api.services.documents import DocumentService
from api.services.donations import DonationService
from api.services.erasing import ErasingService
from api.services.files import FileService
from api.services.importing.service import ImportService
from api.services.importing.spool import Spool
from api.services.issuing import IssuingService
from api.services.keyadmin import KeyAdmin
from api.services.keys import KeyService
from api.services.ledger import LedgerService
from api.services.lookups import LookupService
from api.services.makers import Makers
from api.services.metadata import MetadataService
from api.services.parties import PartyService
from api.services.pki import PkiService, PublicPki, names_of
from api.services.proofs import ProofService
from api.services.publishing import PublishingService
from api.services.relationships import RelationshipService
from api.services.revoking import RevokingService
from api.services.seals import SealService
from api.services.service import Service
from api.services.trust import TrustInputs, TrustService
from api.services.verification import VerificationService
from api.services.views import View
from api.services.witnessing import WitnessService
from api.settings import EMBEDDED_CHAIN, Settings
from api.witnesslink import WitnessLink
from certs.kinds import KINDS
from certs.kinds.manifests import manifests
from certs.ports import Clock
from certs.sealing import HmacLookupKey, Sm4Sealer
from certs.status import StatusPolicy
from chain.anchor.trigger import Trigger
from chain.filelock import FileLock
from chain.log.model import LogIdentity
from verifier.merkle import TreeHash

DONE = "initialised"
_TREE = {"sm3": TreeHash.SM3, "sha256": TreeHash.SHA256}
TOKEN_LIFETIME = YEAR
Progress = Callable[[str], None]


def identity_of(settings: Settings) -> LogIdentity:
    return LogIdentity(settings.log_origin, _TREE[settings.log_profile])


def is_initialised(settings: Settings) -> bool:
    return (settings.data_dir / DONE).is_file()


def may_initialise(settings: Settings) -> bool:
    """Whether a start may make the instance by itself: the directory is new or empty, or holds one cut short.

    Anything else in it is somebody's, or the wrong mount.
    """
    directory = settings.data_dir
    return not directory.exists() or not any(directory.iterdir()) or (directory / "institution.json").is_file()


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
        _nothing_lost(settings)
        who = _institution(settings.data_dir, institution)
        progress("keys")
        keys = KeyDirectory(settings.data_dir, system_entropy)
        keys.create()
        progress("database")
        _private_database(settings)
        async with writer_lock(settings.database_url, settings.log_origin) as check_lock:
            await _log_kept(settings)
            await asyncio.to_thread(migrate.upgrade, settings.database_url)
            progress("log")
            await _register(settings, who, keys, clock)
            progress("chain")
            secret = keys.secret("submitter", 32)
            await deploy(settings, secret, identity_of(settings), clock, adopt_validators=adopt_validators)
            progress("trust bundle")
            async with _assembled(settings, who, keys, clock, check_lock) as service:
                await service.trust.ensure()
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
        _nothing_lost(settings)
        async with writer_lock(settings.database_url, settings.log_origin) as check_lock:
            await _current(settings)
            who = _institution(settings.data_dir, None)
            keys = KeyDirectory(settings.data_dir, system_entropy)
            async with _assembled(settings, who, keys, clock, check_lock) as service:
                await service.trust.ensure()
                yield service


@asynccontextmanager
async def open_beside(settings: Settings) -> AsyncIterator[Database]:
    """The database, beside a service that runs: for what must not wait for a stop. Takes no lock; the database
    serialises what is written. The log's own tables are not to be touched through it.

    Raises NotInitialised, InstanceDamaged.
    """
    if not is_initialised(settings):
        raise NotInitialised(f"{settings.data_dir} holds no instance: run `mzt init`")
    _nothing_lost(settings)
    await _current(settings)
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
        yield _institution(settings.data_dir, None), PartyService(database, lookup, clock, system_entropy)


@asynccontextmanager
async def open_keys(settings: Settings, *, clock: Clock = system_clock) -> AsyncIterator[tuple[Institution, KeyAdmin]]:
    """The register of keys: a compromised key must be withdrawn at once, and no rotation is worth a stop. A running
    service takes up what it finds changed. Raises as `open_beside`."""
    async with open_beside(settings) as database:
        who, directory = _institution(settings.data_dir, None), KeyDirectory(settings.data_dir, system_entropy)
        keyring = Keyring(directory, clock)
        try:
            pki, maker = _pki(settings, who, keyring, clock), SuccessorMaker(who, directory, clock)
            yield who, KeyAdmin(database, who, pki, maker, keyring.signer, clock)
        finally:
            await asyncio.to_thread(keyring.close)


def _private_database(settings: Settings) -> None:
    """SQLite makes files that everybody may read, and its journals take the mode of the database."""
    path = migrate.database_path(settings.database_url)
    if path is not None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _nothing_lost(settings: Settings) -> None:
    """Once an instance was complete, what is missing is lost, and making it anew would hide that.

    A new passphrase or sealing key could open nothing; a new database would be a fork of the register.
    """
    if not is_initialised(settings):
        return
    parts = ["institution.json", "passphrase", "keys/sealing", "keys/lookup", "keys/submitter"]
    path = migrate.database_path(settings.database_url)
    missing = [part for part in parts if not (settings.data_dir / part).is_file()]
    if path is not None and not path.is_file():
        missing.append(path.name)
    journal = settings.data_dir / "chain" / "journal"
    if settings.chain == EMBEDDED_CHAIN and not (journal.is_file() and journal.stat().st_size):
        missing.append("chain/journal")  # the chain would begin anew, and remember nothing of this log
    if missing:
        raise InstanceDamaged(f"missing: {', '.join(missing)}; restore them from a backup")


async def _log_kept(settings: Settings) -> None:
    """An empty database under a finished instance is a lost one, be it a file or a server's: the log would begin anew,
    and that is a fork. Raises InstanceDamaged."""
    if not is_initialised(settings):
        return
    if not await asyncio.to_thread(migrate.holds_log, settings.database_url, settings.log_origin):
        raise InstanceDamaged(f"missing: the log {settings.log_origin} in the database; restore it from a backup")


async def _current(settings: Settings) -> None:
    await _log_kept(settings)
    if not await asyncio.to_thread(migrate.is_current, settings.database_url):
        raise NotInitialised("the database has an older schema: run `mzt init`")


def _institution(data_dir: Path, given: Institution | None) -> Institution:
    wanted = (given or SYNTHETIC).encode()
    stored = write_once(data_dir / "institution.json", wanted)
    if given is not None and stored != wanted:
        raise InstanceDamaged("this directory belongs to another institution")
    return Institution.parse(stored)


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
            await _pki(settings, who, keyring, clock).ensure(work)
    finally:
        await asyncio.to_thread(keyring.close)
        await engines.dispose()


def _pki(settings: Settings, who: Institution, keyring: Keyring, clock: Clock) -> PkiService:
    return PkiService(who, settings.public_base_url, keyring.signer, clock, system_entropy)


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
        service = assemble(settings, who, database, keys, keyring, rows, link, witnesses, clock)
        yield service
    finally:
        if service is not None:
            await service.ledger.close()
            await service.witnesses.close()
        if witnesses is not None:
            await witnesses.transport.close()
        await asyncio.to_thread(keyring.close)
        if link is not None:
            await asyncio.to_thread(link.close)
        await engines.dispose()


def assemble(
    settings: Settings,
    who: Institution,
    database: Database,
    keys: KeyDirectory,
    keyring: Keyring,
    rows: Sequence[KeyRow],
    link: ChainLink,
    cosigners: WitnessLink | None,
    clock: Clock,
) -> Service:
    """Pure wiring: who is handed what."""
    identity = identity_of(settings)
    schedule = settings.schedule
    lookup = HmacLookupKey(keys.secret("lookup", 32))
    sealer = Sm4Sealer.following(RingDirectory(settings.data_dir), system_entropy)
    working = operating(rows, clock())
    root = signer_of(by_purpose(working, keyring), who.root_uscc, "root")
    equipment = equip(who, keyring, clock, rows)
    witnesses = _witnesses(database, identity, cosigners, clock)
    kinds = manifests(KINDS.values())
    inputs = TrustInputs(who, identity, link.trust, schedule.bundle_life, witnesses.policy, link.earlier, kinds)
    trust = TrustService(database, inputs, root, clock, system_entropy)
    policy = StatusPolicy(settings.status_uri_base, schedule.status_ttl, schedule.status_life)
    makers = Makers(
        database, equipment.authorities, trust, policy,
        sealer=sealer, lookup=lookup, entropy=system_entropy, clock=clock,
    )  # fmt: skip
    view = View(settings.code_host, settings.status_uri, identity.hash)
    proofs = ProofService(database, identity, witnesses.policy)
    anchors = AnchorService(database, identity, link.port, clock)
    verification = VerificationService(database, identity, trust, anchors, clock)
    publishing = PublishingService(makers)
    trust.on_change.append(verification.invalidate)
    publishing.on_change.append(verification.invalidate)
    trigger = Trigger(seconds=int(schedule.anchor))
    ledger = LedgerService(
        database,
        identity,
        equipment.log_signers,
        link.port,
        clock,
        trigger,
        lookup.hmac,
        witnesses,
        settings.limits.backlog,
    )
    pki = _pki(settings, who, keyring, clock)
    files, names = FileService(makers, proofs, identity.hash), names_of(who)
    seals = SealService(database, settings.data_dir / "seals", names, keyring.signer, clock)
    keys_in_use = KeyService(
        database, trust, makers, publishing, ledger, witnesses, pki,
        lambda rows: equip(who, keyring, clock, rows), keyring.keep, clock, rows,
    )  # fmt: skip
    return Service(
        settings=settings,
        institution=who,
        identity=identity,
        clock=clock,
        database=database,
        chain=link.port,
        makers=makers,
        parties=PartyService(database, lookup, clock, system_entropy),
        issuing=IssuingService(makers, view, settings.limits, ledger.admit),
        revoking=RevokingService(makers),
        relationships=RelationshipService(makers, ledger.admit),
        lookups=LookupService(makers, view),
        imports=ImportService(
            makers, Spool(settings.data_dir / "spool", sealer, system_entropy), settings.limits, ledger.admit
        ),
        files=files,
        casefiles=CaseFileService(makers, files, proofs, anchors, publishing, trust, identity.hash, link.port),
        metadata=MetadataService(makers),
        documents=DocumentService(makers, proofs, files, seals, identity.hash, settings.code_host, names),
        erasing=ErasingService(makers, proofs, identity.hash),
        donations=DonationService(database),
        publishing=publishing,
        proofs=proofs,
        ledger=ledger,
        anchors=anchors,
        trust=trust,
        verification=verification,
        witnesses=witnesses,
        keys=keys_in_use,
        pki=PublicPki(database),
    )


def _witnesses(database: Database, identity: LogIdentity, link: WitnessLink | None, clock: Clock) -> WitnessService:
    if link is None:
        return WitnessService(database, identity, None)
    return WitnessService.over(database, link.log, link.policy, link.urls, link.transport, clock)
