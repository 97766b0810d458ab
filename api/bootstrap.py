"""The composition root: settings in, a running service out. Everything is built once, here, and nowhere at import.

`initialise` may be killed anywhere and run again: each step looks for what it would make, and takes up what is there.
The order makes that safe: secrets before what they protect, key files before the rows that name them, the contract
before the trust bundle that names it, and the mark that all is done at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from api import maillink, webhooklink, witnesslink
from api.beside import pki_of
from api.chainlink import ChainLink, connect, deploy
from api.clock import system_clock, system_entropy
from api.db import migrate
from api.db.engine import create_engines
from api.db.log_store import create_log
from api.db.repositories.parties import Party
from api.db.repositories.trust import KeyRow, TrustRepository
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
    by_purpose,
    equip,
    is_ed25519,
    operating,
    planned,
    planned_ed25519,
    signer_of,
)
from api.sealingring import RingDirectory
from api.services.access import AccessLog
from api.services.administration import AdministrationService
from api.services.alarms import Guard
from api.services.anchors import AnchorService
from api.services.answering import Parts
from api.services.answers import AnswerService
from api.services.casefiles import CaseFileService
from api.services.charity.certificates import SheetService
from api.services.charity.imports import MoneyImports
from api.services.charity.moves import Moves
from api.services.charity.opendata import OpenData
from api.services.charity.oversight import oversight_of
from api.services.charity.published import PublishedDonors
from api.services.charity.reconciling import Reconciliation
from api.services.charity.service import charity_of
from api.services.charity.telling import MailTransport, WatchTeller
from api.services.charity.watching import WatchService
from api.services.clients import ClientService
from api.services.consent.granting import GrantService
from api.services.consent.service import consents_of
from api.services.documents import DocumentService
from api.services.donations import DonationService
from api.services.erasing import ErasingService
from api.services.files import FileService
from api.services.holders.service import holders_of
from api.services.importing.service import ImportService
from api.services.importing.spool import Spool
from api.services.issuing import IssuingService
from api.services.keys import KeyService
from api.services.ledger import LedgerService
from api.services.lookups import LookupService
from api.services.makers import Makers
from api.services.matching import Matching
from api.services.metadata import MetadataService
from api.services.nonces import Nonces
from api.services.parties import PartyService
from api.services.pki import PublicPki, names_of
from api.services.proofs import ProofService
from api.services.publishing import PublishingService
from api.services.purposes import PurposeService
from api.services.relationships import RelationshipService
from api.services.relying import relying
from api.services.retention import RetentionService
from api.services.revoking import RevokingService
from api.services.seals import SealService
from api.services.service import Service
from api.services.trust import TrustInputs, TrustService
from api.services.verification import VerificationService
from api.services.views import View
from api.services.webhooks.dispatching import Dispatcher
from api.services.webhooks.endpoints import WebhookService
from api.services.webhooks.sending import Transport
from api.services.witnessing import WitnessService
from api.settings import Settings
from api.webhooklink import HttpTransport
from api.witnesslink import WitnessLink
from certs.charity.layouts import Layouts, parse_layouts, shipped
from certs.charity.rules.platforms import parse_platforms
from certs.kinds import KINDS
from certs.kinds.manifests import manifests
from certs.ports import Clock
from certs.sealing import HmacLookupKey, Sm4Sealer
from certs.status import StatusPolicy
from chain.anchor.trigger import Trigger
from chain.filelock import FileLock
from chain.log.model import LogIdentity

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


def assemble(
    settings: Settings,
    who: Institution,
    database: Database,
    keys: KeyDirectory,
    keyring: Keyring,
    rows: Sequence[KeyRow],
    link: ChainLink,
    cosigners: WitnessLink | None,
    hooks: Transport,
    mail: MailTransport | None,
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
    pki = pki_of(settings, who, keyring, clock)
    access = AccessLog(database, sealer, lookup, system_entropy, clock, ledger.admit)
    guard = Guard(database, lookup, clock, settings.quotas)
    files, names = FileService(makers, proofs, identity.hash, access), names_of(who)
    seals = SealService(database, settings.data_dir / "seals", names, keyring.signer, clock)
    answers = AnswerService(who.root_uscc, equipment.answer)
    purposes = PurposeService(database, who.root_uscc, root, clock, system_entropy)
    matching = Matching(verification, lookup, sealer, system_entropy, clock)
    parts = Parts(purposes, guard, GrantService(makers), matching, access, answers, lookup, system_entropy, clock)
    relying_doors = relying(database, verification, parts, settings.limits.bulk_lines)
    holders = holders_of(makers, access, files, view, settings.code_host)
    consents = consents_of(
        makers, holders, access, files, matching, relying_doors.answering, purposes.decide, guard.admit, ledger.admit
    )
    keys_in_use = KeyService(
        database, trust, makers, publishing, ledger, witnesses, pki, answers,
        lambda rows: equip(who, keyring, clock, rows), keyring.keep, clock, rows,
    )  # fmt: skip
    open_data, reconciliation = OpenData(database), Reconciliation(database, lookup, sealer)
    charity = charity_of(
        makers, proofs, identity.hash, sealer, system_entropy, ledger.admit, settings.limits.group_least
    )
    return Service(
        settings=settings,
        institution=who,
        identity=identity,
        clock=clock,
        database=database,
        chain=link.port,
        makers=makers,
        parties=PartyService(database, lookup, clock, system_entropy),
        administration=AdministrationService(database, clock, system_entropy),
        clients=ClientService(database, clock, who.root_uscc, Nonces(settings.limits.nonces_per_key)),
        issuing=IssuingService(makers, view, settings.limits, ledger.admit),
        revoking=RevokingService(makers),
        relationships=RelationshipService(makers, access, guard, ledger.admit),
        access=access,
        guard=guard,
        retention=RetentionService(database, settings.retention, clock),
        purposes=purposes,
        lookups=LookupService(makers, view, access),
        imports=ImportService(
            makers, Spool(settings.data_dir / "spool", sealer, system_entropy), settings.limits, ledger.admit
        ),
        files=files,
        casefiles=CaseFileService(makers, files, access, proofs, anchors, publishing, trust, identity.hash, link.port),
        metadata=MetadataService(makers, access),
        documents=DocumentService(makers, access, proofs, files, seals, identity.hash, settings.code_host, names),
        erasing=ErasingService(makers, proofs, identity.hash),
        donations=DonationService(database),
        publishing=publishing,
        proofs=proofs,
        ledger=ledger,
        anchors=anchors,
        trust=trust,
        verification=verification,
        answers=answers,
        relying=relying_doors,
        holders=holders,
        consents=consents,
        witnesses=witnesses,
        keys=keys_in_use,
        pki=PublicPki(database),
        webhooks=WebhookService(database, sealer, clock, system_entropy, private=settings.webhook_private),
        dispatcher=Dispatcher(database, hooks, sealer, clock, _chance),
        charity=charity,
        open_data=open_data,
        oversight=oversight_of(
            database,
            charity.books,
            reconciliation,
            access,
            sealer,
            system_entropy,
            _platforms(settings.charity_platforms),
        ),
        published_donors=PublishedDonors(database, open_data, sealer, clock),
        charity_imports=MoneyImports(
            charity.books, charity.intake, sealer, system_entropy, _layouts(settings.bank_layouts), ledger.admit
        ),
        charity_reconciliation=reconciliation,
        charity_watches=WatchService(
            database,
            Moves(charity.traces),
            sealer,
            lookup,
            clock,
            system_entropy,
            mail=mail is not None,
            private=settings.webhook_private,
        ),
        charity_sheets=SheetService(database, charity.traces, trust, clock),
        watch_teller=WatchTeller(database, mail, hooks, sealer, clock, _chance, settings.public_base_url),
    )


def _layouts(path: Path | None) -> Layouts:
    """Headings of bank statements. Raises CatalogueInvalid, OSError."""
    return shipped() if path is None else parse_layouts(path.read_text(encoding="utf-8"), shipped())


def _platforms(path: Path | None) -> dict[str, tuple[int, int | None]] | None:
    """Designated internet platforms, if somebody has their list. Raises CatalogueInvalid, OSError."""
    return None if path is None else parse_platforms(path.read_text(encoding="utf-8"))


def _chance() -> float:
    """Uniform in [0, 1)."""
    return int.from_bytes(system_entropy(4), "big") / (1 << 32)


def _witnesses(database: Database, identity: LogIdentity, link: WitnessLink | None, clock: Clock) -> WitnessService:
    if link is None:
        return WitnessService(database, identity, None)
    return WitnessService.over(database, link.log, link.policy, link.urls, link.transport, clock)
