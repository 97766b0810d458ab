"""Holders' files (.mzc): the signed statement, what is disclosed, and the way into the log."""

from __future__ import annotations

from collections.abc import Iterable

from api.services.access import AccessLog
from api.services.makers import Makers, own
from api.services.parties import Principal
from api.services.proofs import ProofService
from certs.export import holder_file
from certs.ports import StoredCertificate
from chain.errors import NotInLog
from verifier.merkle import TreeHash


class FileService:
    def __init__(self, makers: Makers, proofs: ProofService, tree: TreeHash, access: AccessLog) -> None:
        self._makers, self._proofs, self._tree, self._access = makers, proofs, tree, access

    async def holder_file(self, party: Principal, cti: bytes) -> bytes:
        """File bytes with every disclosure. Without a receipt while no checkpoint covers the certificate.

        Raises NotFound for what the party did not issue, Erased, SelfCheckFailed.
        """
        async with self._makers.database.read() as work:
            certificate = own(await work.certificates.get(cti), party)
        await self._access.office(party.uscc, party.token_id, "file", cti.hex())
        return await self.build(certificate)

    async def build(
        self, certificate: StoredCertificate, *, size: int | None = None, names: Iterable[str] | None = None
    ) -> bytes:
        """The file of a stored certificate; `names` limits what is disclosed, `size` chooses the receipt's tree."""
        receipts: tuple[bytes, ...] = ()
        notes: tuple[bytes, ...] = ()
        try:
            proven = await self._proofs.proven(self._tree.leaf(certificate.entry), size)
        except NotInLog:
            pass  # not under a signed checkpoint yet: the file's own report will say so
        else:
            receipts = (proven.receipt,)
            notes = () if proven.note is None else (proven.note,)
        return holder_file(certificate, receipts, self._makers.registry, names=names, checkpoints=notes)
