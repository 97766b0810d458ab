"""Documents for holders: PDF and OFD of a certificate, sealed, stated, logged, checked before they are handed out.

    prepared = await documents.prepare(party, cti, Order(OFD, "zh"))     # rendered, the statement staged for the log
    data = await documents.finish(prepared)                               # with the receipts that there are by now

Between the two lies the log's own time, some tenths of a second; `document` waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from api.errors import NotFound
from api.services.access import AccessLog
from api.services.files import FileService
from api.services.makers import Makers, own
from api.services.parties import Principal
from api.services.proofs import ProofService, Proven
from api.services.seals import SPECIMEN_REGION, SealKit, SealService
from certs.documents.annotation import Annotation
from certs.documents.ofd.writer import render_with_stamp
from certs.documents.pages import page_for
from certs.documents.pdf import code_for_page, render_pdf
from certs.documents.photo import photo
from certs.documents.view import Lang, Page
from certs.errors import InvalidField, SelfCheckFailed
from certs.kinds import kind_by_number
from certs.metadata import Opened, SealFacts, metadata_of
from certs.ports import StoredCertificate, StoredRendition
from certs.records import open_record
from certs.rendition import carried, state_rendition
from certs.seal.document import seal_package
from chain.errors import NotInLog
from verifier import package
from verifier.assess import Verifier
from verifier.code import encode_url
from verifier.credential import Certificate
from verifier.documents import with_statement
from verifier.merkle import TreeHash
from verifier.rendition import OFD, PDF
from verifier.report import Outcome

FORMATS: Final = {"pdf": PDF, "ofd": OFD}
_WAIT: Final = 50  # looks for a receipt, a tenth of a second apart: checkpoints are signed every second
_LOOK: Final = 0.1


@dataclass(frozen=True, slots=True)
class Copy:
    """Marks of an annotated copy; see certs.documents.annotation. `expires`: seconds UTC."""

    purpose: str = field(repr=False)
    recipient: str = field(repr=False)
    expires: int


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: media (verifier.rendition), language of the page, marks of a copy, the holder's photograph."""

    media: int
    lang: Lang = "zh-en"
    copy: Copy | None = None
    photo: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rendered bytes P and the statement about them."""

    media: int
    body: bytes = field(repr=False)
    stated: StoredRendition


class DocumentService:
    """`names`: organisations by social credit code, for "made by"; `host` stands in the codes."""

    def __init__(
        self, makers: Makers, access: AccessLog, proofs: ProofService, files: FileService, seals: SealService,
        tree: TreeHash, host: str, names: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._makers, self._proofs, self._files, self._seals = makers, proofs, files, seals
        self._access = access
        self._tree, self._host, self._names = tree, host, names

    async def document(self, party: Principal, cti: bytes, order: Order) -> bytes:
        """The document with both receipts, or without one that the log does not get to in five seconds.

        Raises as `prepare` and `finish`.
        """
        async with self._makers.database.read() as work:
            certificate = own(await work.certificates.get(cti), party)
        await self._logged(certificate.entry)  # else the file inside would lack its receipt for ever
        prepared = await self.prepare(party, cti, order)
        await self._logged(prepared.stated.entry)
        return await self.finish(prepared)

    async def prepare(self, party: Principal, cti: bytes, order: Order) -> Prepared:
        """Render and state. Raises NotFound for what the party did not issue, InvalidField for what has ended, Erased,
        SelfCheckFailed, InstanceDamaged, and what certs.documents raises for words and pictures."""
        async with self._makers.database.read() as work:
            certificate = own(await work.certificates.get(cti), party)
        if certificate.revoked_at is not None:
            raise InvalidField("cti", "CERTIFICATE_ENDED")
        await self._access.office(party.uscc, party.token_id, "document", cti.hex())
        now = self._makers.registry.clock()
        maker = self._names.get(party.uscc) or self._names[certificate.issuer]  # an operator acts for the issuer
        copy, mark = order.copy, None
        if copy is not None:
            mark = Annotation(copy.purpose, copy.recipient, maker, now, copy.expires)
        holder_file = await self._files.build(certificate)
        kit = await self._seals.kit(certificate.issuer)
        body = await asyncio.to_thread(self._render, certificate, order, mark, holder_file, kit, now)
        expires = None if mark is None else mark.expires + 1  # the copy may be used in that second, not after it
        async with self._makers.begin() as work:
            fresh = own(await work.certificates.get(cti), party)
            if fresh.revoked_at is not None:
                raise InvalidField("cti", "CERTIFICATE_ENDED")
            registry = self._makers.registry
            stated = await state_rendition(
                work.renditions, work.log, fresh, body, order.media, registry, expires=expires
            )
        return Prepared(order.media, body, stated)

    async def finish(self, prepared: Prepared) -> bytes:
        """The file. Raises SelfCheckFailed if a verifier would call it wrong."""
        statement = await self.statement(prepared.stated)
        data = with_statement(prepared.body, prepared.media, statement)
        registry = self._makers.registry
        report = await asyncio.to_thread(Verifier(registry.trust).assess, data, at=registry.clock(), level="L1")
        doubts = [f for f in report.findings if f.step in (10, 11) and f.outcome is not Outcome.PASSED]
        if report.outcome is Outcome.FAILED or doubts or report.document is None:
            raise SelfCheckFailed((doubts[0].reason if doubts else report.reason).value)
        return data

    async def statement(self, stated: StoredRendition) -> bytes:
        """A rendition statement with the way into the log that there is by now."""
        proven = await self._proven(stated.entry)
        receipts = () if proven is None else (proven.receipt,)
        notes = () if proven is None or proven.note is None else (proven.note,)
        return carried(stated, receipts, self._makers.registry, checkpoints=notes)

    async def by_digest(self, digest: bytes) -> bytes:
        """The statement about the bytes with that SM3. Who knows it has the file. Raises NotFound."""
        async with self._makers.database.read() as work:
            stated = await work.renditions.get(digest)
        if stated is None or stated.sealed is None:
            raise NotFound
        return await self.statement(stated)

    async def _logged(self, entry: bytes) -> None:
        """Wait until a checkpoint covers the entry, at most five seconds."""
        for _ in range(_WAIT):
            if await self._proven(entry) is not None:
                return
            await asyncio.sleep(_LOOK)

    async def _proven(self, entry: bytes) -> Proven | None:
        try:
            return await self._proofs.proven(self._tree.leaf(entry))
        except NotInLog:
            return None

    def _render(
        self, certificate: StoredCertificate, order: Order, mark: Annotation | None, holder_file: bytes,
        kit: SealKit, now: int,
    ) -> bytes:  # fmt: skip
        record = open_record(certificate, self._makers.registry)
        face, kind = dict(record.values()), kind_by_number(certificate.kind)
        page = page_for(
            kind,
            face,
            lang=order.lang,
            specimen=certificate.issuer[2:4] == SPECIMEN_REGION,
            photo=None if order.photo is None else photo(order.photo),
            annotation=mark,
            seal=kit.picture,
        )
        code = encode_url(self._host, certificate.statement)
        if order.media == PDF:
            return render_pdf(page, code_text=code, holder_file=holder_file, issued_at=now)
        return self._render_ofd(certificate, page, code, holder_file, kit, now, face)

    def _render_ofd(
        self, certificate: StoredCertificate, page: Page, code: str, holder_file: bytes, kit: SealKit, now: int,
        face: dict[str, str | int | bool],
    ) -> bytes:  # fmt: skip
        seal = SealFacts(certificate.issuer, now, self._names[certificate.issuer])
        claims = Certificate.parse(certificate.statement).claims
        opened = Opened(kind_by_number(certificate.kind), claims, face, certificate.issued_at, True, seal)
        custom = metadata_of(opened)
        rendered = render_with_stamp(
            page, code=code_for_page(code), holder_file=holder_file, custom=custom, issued_at=now, sealed=True
        )
        stamps = () if rendered.stamp is None else (rendered.stamp,)
        files = seal_package(
            rendered.files, seal=kit.seal, certificate=kit.certificate, signer=kit.signer, at=now, stamps=stamps
        )
        return package.write(files)
