"""The service, put together: what every door (HTTP, command line, jobs, demo) is handed."""

from __future__ import annotations

from dataclasses import dataclass

from api.db.anchors import failures_since, largest_anchored_size, parked_entries
from api.db.uow import Database
from api.errors import Unavailable
from api.institution import Institution
from api.services.access import AccessLog
from api.services.administration import AdministrationService
from api.services.alarms import Guard
from api.services.anchors import AnchorService
from api.services.answers import AnswerService
from api.services.casefiles import CaseFileService
from api.services.charity.certificates import SheetService
from api.services.charity.imports import MoneyImports
from api.services.charity.opendata import OpenData
from api.services.charity.oversight import Oversight
from api.services.charity.published import PublishedDonors
from api.services.charity.reconciling import Reconciliation
from api.services.charity.service import Charity
from api.services.charity.telling import WatchTeller
from api.services.charity.watching import WatchService
from api.services.clients import ClientService
from api.services.consent.service import Consents
from api.services.documents import DocumentService
from api.services.donations import DonationService
from api.services.erasing import ErasingService
from api.services.files import FileService
from api.services.holders.service import Holders
from api.services.importing.service import ImportService
from api.services.issuing import IssuingService
from api.services.keys import KeyService
from api.services.ledger import LedgerService
from api.services.lookups import LookupService
from api.services.makers import Makers
from api.services.metadata import MetadataService
from api.services.parties import PartyService
from api.services.pki import PublicPki
from api.services.proofs import ProofService
from api.services.publishing import PublishingService
from api.services.purposes import PurposeService
from api.services.relationships import RelationshipService
from api.services.relying import Relying
from api.services.retention import RetentionService
from api.services.revoking import RevokingService
from api.services.trust import TrustService
from api.services.verification import VerificationService
from api.services.webhooks.dispatching import Dispatcher
from api.services.webhooks.endpoints import WebhookService
from api.services.witnessing import WitnessService
from api.settings import Settings
from certs.keys.timed import TimedSigner
from certs.ports import Clock
from chain.anchor.port import AnchorPort
from chain.errors import ChainFault
from chain.log.model import LogIdentity
from chain.witness.collector import WitnessState
from verifier.errors import VerifierError


@dataclass(frozen=True, slots=True)
class Figures:
    """Sizes for operators: entries sequenced, under the last checkpoint, anchored for good, cosigned by a quorum. And
    what a person must look at: staged entries that contradict the log, transactions that failed since the last anchor.
    """

    entries: int
    checkpoint: int
    anchored: int
    cosigned: int
    parked: int
    failing: int


@dataclass(frozen=True, slots=True)
class Service:
    settings: Settings
    institution: Institution
    identity: LogIdentity
    clock: Clock
    database: Database
    chain: AnchorPort
    makers: Makers
    parties: PartyService
    clients: ClientService
    administration: AdministrationService
    issuing: IssuingService
    revoking: RevokingService
    relationships: RelationshipService
    access: AccessLog
    guard: Guard
    retention: RetentionService
    purposes: PurposeService
    lookups: LookupService
    imports: ImportService
    files: FileService
    casefiles: CaseFileService
    metadata: MetadataService
    documents: DocumentService
    erasing: ErasingService
    donations: DonationService
    publishing: PublishingService
    proofs: ProofService
    ledger: LedgerService
    anchors: AnchorService
    trust: TrustService
    verification: VerificationService
    answers: AnswerService
    relying: Relying
    holders: Holders
    consents: Consents
    witnesses: WitnessService
    keys: KeyService
    pki: PublicPki
    webhooks: WebhookService
    dispatcher: Dispatcher
    charity: Charity
    charity_watches: WatchService
    charity_sheets: SheetService
    charity_imports: MoneyImports
    charity_reconciliation: Reconciliation
    open_data: OpenData
    oversight: Oversight
    published_donors: PublishedDonors
    watch_teller: WatchTeller

    async def figures(self) -> Figures:
        async with self.database.read() as work:
            head = await work.log.head()
            last = await work.log.checkpoint()
            anchored = await largest_anchored_size(work.connection, work.log.log_id)
            parked = await parked_entries(work.connection, work.log.log_id)
            failing = await failures_since(work.connection, work.log.log_id)
        cosigned = await self.witnesses.quorum_size()
        return Figures(head.size, 0 if last is None else last.size, anchored, cosigned or 0, parked, failing)

    def slow_signers(self) -> int:
        """Issuing keys that have lost their signing process for good; a restart gives them new ones."""
        signers = (authority.signer for authority in self.makers.authorities.values())
        return sum(isinstance(signer, TimedSigner) and signer.without_process for signer in signers)

    async def readiness(self) -> dict[str, str]:
        """Part by part: "ok", or a word for what is wrong."""
        parts = {"database": "ok", "log": "ok", "keys": "ok", "chain": "ok"}
        failing = 0
        try:
            failing = (await self.figures()).failing
        except ChainFault as fault:
            parts["log"] = type(fault).__name__
        except Unavailable:
            parts["database"] = "down"
        try:
            self.database.check_lock()
        except Unavailable:
            parts["log"] = "without its lock"
        try:
            parts["keys"] = "ok" if self.trust.bundle.expires > self.clock() else "trust bundle expired"
        except VerifierError as error:
            parts["keys"] = type(error).__name__
        if self.ledger.stopped is not None:
            parts["log"] = self.ledger.stopped
        if self.witnesses.policy is not None:
            parts["witnesses"] = self._witnesses()
        health = await self.chain.health()
        # nodes that answer and a chain that is not well: it stands still, or the nodes contradict each other
        parts["chain"] = "ok" if health.ok else "down" if health.block_number is None else "not well"
        if health.ok and failing > 1:  # one is mostly a race that another registry won
            parts["chain"] = "anchors fail"
        return parts

    def _witnesses(self) -> str:
        """By how many witnesses did not cosign when last asked: a level waits for them, the service does not."""
        fine = (WitnessState.COSIGNED, WitnessState.NOT_ASKED)
        missing = sum(state not in fine for state in self.witnesses.states.values())
        return "ok" if not missing else f"{missing} of {len(self.witnesses.states)} do not cosign"
