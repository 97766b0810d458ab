"""Erasing records by the party that issued them, and handing out the receipts of that."""

from __future__ import annotations

from dataclasses import dataclass

from api.db.remains import settle
from api.services.makers import Makers, own
from api.services.parties import Principal
from api.services.proofs import ProofService
from certs.erasure import Erasing, ErasureReason, erase
from chain.errors import NotInLog
from verifier import cbor
from verifier.cose import Sign1
from verifier.labels import HDR_CHECKPOINTS, HDR_ENTRY_SALT, HDR_RECEIPTS, TYP_ERASURE
from verifier.merkle import TreeHash


@dataclass(frozen=True, slots=True)
class ErasureDone:
    """`settled`: False while a copy of old pages waits for its turn to go (see api/db/remains.py)."""

    cti: bytes
    at: int
    again: bool
    events: int
    settled: bool


class ErasingService:
    def __init__(self, makers: Makers, proofs: ProofService, tree: TreeHash) -> None:
        self._makers, self._proofs, self._tree = makers, proofs, tree

    async def erase(
        self, party: Principal, cti: bytes, reason: ErasureReason, *, registration: bool = False
    ) -> ErasureDone:
        """Destroy what opens one record, in one transaction with its receipt. Again changes nothing.

        Raises NotFound for what the party did not issue, RegistrationKept, and as `certs.erasure.erase`.
        """
        registry = self._makers.registry
        async with self._makers.begin() as work:
            own(await work.certificates.get(cti), party)
            done: Erasing = await erase(work, cti, reason, registry, registration=registration)
        settled = await settle(self._makers.database.engines)
        return ErasureDone(cti, done.erasure.at, done.again, done.events, settled)

    async def receipt(self, party: Principal, cti: bytes) -> bytes | None:
        """The signed receipt, with the way into the log once a checkpoint covers it; None if nothing was erased.

        Raises NotFound for what the party did not issue.
        """
        async with self._makers.database.read() as work:
            own(await work.certificates.get(cti), party)
            made = await work.erasures.get(cti)
        if made is None:
            return None
        header: dict[int, object] = {HDR_ENTRY_SALT: made.salt}
        try:
            proven = await self._proofs.proven(self._tree.leaf(made.entry))
        except NotInLog:
            pass  # not under a signed checkpoint yet; the receipt stands without
        else:
            header[HDR_RECEIPTS] = [proven.receipt]
            if proven.note is not None:
                header[HDR_CHECKPOINTS] = [proven.note]
        return Sign1.parse(made.statement, typ=TYP_ERASURE, max_bytes=cbor.MAX_BYTES).encode(header)
