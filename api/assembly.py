"""Pure wiring of a service: who is handed what. Nothing is opened or started here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from api.beside import pki_of
from api.chainlink import ChainLink
from api.clock import system_entropy
from api.db.repositories.trust import KeyRow
from api.db.uow import Database
from api.instance_state import (
    identity_of,
)
from api.institution import Institution
from api.keyring import (
    KeyDirectory,
    Keyring,
    by_purpose,
    equip,
    operating,
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
from api.witnesslink import WitnessLink
from certs.charity.layouts import Layouts, parse_layouts, shipped
from certs.charity.rules.platforms import parse_platforms
from certs.kinds import KINDS
from certs.kinds.manifests import manifests
from certs.ports import Clock
from certs.sealing import HmacLookupKey, Sm4Sealer
from certs.status import StatusPolicy
from chain.anchor.trigger import Trigger
from chain.log.model import LogIdentity


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
