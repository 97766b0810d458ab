"""Verification with the server's own trust material. `verifier.assess` decides; this only fetches what it needs."""

from __future__ import annotations

from api.db.uow import Database
from api.services.anchors import AnchorService
from api.services.proofs import ProofService
from api.services.trust import TrustService
from certs.ports import Clock
from chain.errors import AnchorFault, NotInLog
from chain.log.model import LogIdentity
from verifier.anchor import AnchorObservation
from verifier.assess import Verifier
from verifier.credential import HolderFile
from verifier.errors import VerifierError
from verifier.presented import Expected, assess_presentation
from verifier.receipt import Receipt
from verifier.report import Report


class VerificationService:
    """Holds one `Verifier`, made again whenever a list or the bundle changes. What was presented is never kept."""

    def __init__(
        self, database: Database, identity: LogIdentity, trust: TrustService, anchors: AnchorService, clock: Clock
    ) -> None:
        self._database, self._identity, self._trust, self._anchors = database, identity, trust, anchors
        self._clock, self._proofs = clock, ProofService(database, identity)
        self._verifier: Verifier | None = None
        self._lists: list[bytes] = []
        self._generation = 0

    def invalidate(self) -> None:
        """A newer list or bundle is out."""
        self._generation += 1
        self._verifier = None

    async def verify(self, data: bytes | str, level: str | None) -> Report:
        """Three outcomes, never an exception for what was presented. An unreachable chain leaves L5 INDETERMINATE."""
        report = await self._assess(data, level)
        if any(need.what == "status-list" for need in report.needs) and await self._read_lists() != self._lists:
            self.invalidate()  # issuing signs an issuer's first list, and one that ran out, by itself
            report = await self._assess(data, level)
        return report

    async def verify_presentation(self, data: bytes, expected: Expected, level: str | None) -> Report:
        """As `verify`, of what a holder's device shows to one audience; at the levels that a file carries itself."""
        verifier = await self._current()
        report = assess_presentation(data, expected, verifier, at=self._clock(), level=level)
        if any(need.what == "status-list" for need in report.needs) and await self._read_lists() != self._lists:
            self.invalidate()
            report = assess_presentation(data, expected, await self._current(), at=self._clock(), level=level)
        return report

    async def _assess(self, data: bytes | str, level: str | None) -> Report:
        verifier = await self._current()
        if level == "L4" and isinstance(data, bytes):
            verifier = verifier.with_evidence(checkpoints=await self._notes(data))
        if level == "L5" and isinstance(data, bytes):
            verifier = verifier.with_evidence(await self._observations(data))
        return verifier.assess(data, at=self._clock(), level=level)

    async def _current(self) -> Verifier:
        if self._verifier is not None:
            return self._verifier
        generation = self._generation
        lists = await self._read_lists()
        verifier = Verifier(self._trust.bundle, lists)
        if generation == self._generation:  # else something newer came out while we were reading
            self._verifier, self._lists = verifier, lists
        return verifier

    async def _read_lists(self) -> list[bytes]:
        async with self._database.read() as work:
            lists = [await work.statuses.token(state.number) for state in await work.statuses.lists()]
        return [token for token in lists if token is not None]

    async def _notes(self, data: bytes) -> list[bytes]:
        """Cosigned checkpoints of the sizes that the file's own receipts name: for witnesses that were late."""
        found = []
        for size in _sizes(data, self._identity.origin):
            try:
                found.append(await self._proofs.note(size))
            except NotInLog:
                continue
        return found

    async def _observations(self, data: bytes) -> list[AnchorObservation]:
        """Anchors of the sizes that the file's own receipts name, as the chain shows them now."""
        found = []
        for size in _sizes(data, self._identity.origin):
            try:
                found.append(await self._anchors.observation(size))
            except (AnchorFault, NotInLog):
                continue  # not anchored, or no answer: assess says ANCHOR_MISSING, which is neither valid nor invalid
        return found


def _sizes(data: bytes, origin: str) -> list[int]:
    try:
        receipts = [Receipt.parse(receipt) for receipt in HolderFile.parse(data).receipts]
    except VerifierError:
        return []  # assess will say what is wrong with it
    return sorted({receipt.size for receipt in receipts if receipt.origin == origin})
