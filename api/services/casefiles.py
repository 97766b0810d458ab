"""Case files: everything about one certificate for a court, by the authority that issued it and for a named case."""

from __future__ import annotations

import platform
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from sqlalchemy import insert

from api.db.case_tables import case_export
from api.db.uow import Work
from api.errors import BadRequest
from api.services.access import AccessLog
from api.services.anchors import AnchorService
from api.services.files import FileService
from api.services.makers import Makers, own
from api.services.parties import Principal
from api.services.proofs import ProofService
from api.services.publishing import PublishingService
from api.services.trust import TrustService
from certs.authority import authority_of
from certs.casefile import MAX_REFERENCE, Contents, case_file, members, sealed_reference, status_logged
from certs.kinds import kind_by_number
from certs.marriage.entry import decode_registration, open_sealed, terms_of
from certs.ports import RegistrationEvent, StatusEvent, StoredCertificate
from chain.anchor.port import AnchorPort
from chain.errors import AnchorFault, NotInLog
from verifier.casefile import Logged
from verifier.credential import HolderFile
from verifier.merkle import TreeHash
from verifier.receipt import Receipt

CASE_ID: Final = 16


@dataclass(frozen=True, slots=True)
class _Found:
    certificate: StoredCertificate
    event: StatusEvent | None
    registrations: tuple[RegistrationEvent, ...]


class CaseFileService:
    def __init__(
        self,
        makers: Makers,
        files: FileService,
        access: AccessLog,
        proofs: ProofService,
        anchors: AnchorService,
        publishing: PublishingService,
        trust: TrustService,
        tree: TreeHash,
        chain: AnchorPort,
    ) -> None:
        self._makers, self._files, self._proofs, self._anchors = makers, files, proofs, anchors
        self._access = access
        self._publishing, self._trust, self._tree, self._chain = publishing, trust, tree, chain

    async def export(self, party: Principal, cti: bytes, reference: str) -> bytes:
        """The case file, once its export is recorded. `reference`: the court's order, sealed with the record.

        Raises NotFound for what the party did not issue, BadRequest, Erased, SelfCheckFailed, Unavailable.
        """
        if not (4 <= len(reference) <= MAX_REFERENCE and reference.isprintable() and reference == reference.strip()):
            raise BadRequest("bad-parameter", "reference", f"4 to {MAX_REFERENCE} characters of one line")
        async with self._makers.database.read() as work:
            found = await self._found(work, party, cti)
        registry = self._makers.registry
        contents, custody = await self._contents(found)
        custody["case"] = {"reference": reference, "exported_by": party.uscc or "operator"}
        authority = authority_of(registry.authorities, found.certificate.issuer)
        data, digest = case_file(members(contents, custody), authority, cti, registry)
        async with self._makers.begin() as work:  # which refuses, if the key that just signed was revoked meanwhile
            case_id, now = registry.entropy(CASE_ID), registry.clock()
            note = (reference, party.uscc, digest)
            sealed = sealed_reference(registry.sealer, case_id, cti, now, note)
            row = {"case_id": case_id, "cti": cti, "at": now, "sealed_key": sealed.key, "sealed_body": sealed.body}
            await work.connection.execute(insert(case_export).values(**row))
        await self._access.office(party.uscc, party.token_id, "casefile", cti.hex())
        return data

    async def _found(self, work: Work, party: Principal, cti: bytes) -> _Found:
        certificate = own(await work.certificates.get(cti), party)
        event = await work.certificates.event(cti)
        return _Found(certificate, event, await self._registrations(work, certificate))

    async def _registrations(self, work: Work, certificate: StoredCertificate) -> tuple[RegistrationEvent, ...]:
        """The registration itself, and what was registered of the same two people: other people's lives stay out."""
        registry = self._makers.registry
        mine = (await work.registrations.by_registrations([certificate.business])).get(certificate.business)
        if mine is None or mine.sealed is None:
            return ()
        registration, _ = decode_registration(open_sealed(mine, registry.sealer)[1])
        couple = frozenset(p.identity_key for _, p in registration.people)
        by_term = await work.registrations.by_terms(terms_of(registration, registry.lookup))
        found = {mine.event_id: mine}
        for event in (event for events in by_term.values() for event in events):
            if event.event_id not in found and event.sealed is not None:
                other, _ = decode_registration(open_sealed(event, registry.sealer)[1])
                if frozenset(p.identity_key for _, p in other.people) == couple:
                    found[event.event_id] = event
        return tuple(sorted(found.values(), key=lambda event: event.known_at))

    async def _contents(self, found: _Found) -> tuple[Contents, dict[str, Any]]:
        """What goes in, and the story of each piece."""
        registry, certificate = self._makers.registry, found.certificate
        file = await self._files.build(certificate)
        registrations, told = [], []
        for event in found.registrations:
            salt, record = open_sealed(event, registry.sealer)
            receipts, notes = await self._proven(event.entry)
            registrations.append(Logged(salt, record, receipts, notes))
            story = {"authority": event.issuer, "recorded_at": _iso(event.known_at), "log": _log(receipts)}
            told.append(story)
        events, ended = [], []
        if found.event is not None:
            receipts, notes = await self._proven(found.event.entry)
            events.append(status_logged(found.event, registry.sealer, receipts, notes))
            ended.append({"at": _iso(found.event.at), "log": _log(receipts)})
        parsed = HolderFile.parse(file)
        contents = Contents(
            kind_by_number(certificate.kind), file, tuple(registrations), tuple(events), await self._evidence(parsed)
        )
        custody = {
            "exported_at": _iso(registry.clock()),
            "environment": _environment(),
            "certificate": {
                "authority": certificate.issuer,
                "signed_at": _iso(certificate.issued_at),
                "key": parsed.certificate.sign1.kid.hex(),
                "status": {"list": parsed.certificate.claims.status.uri, "index": certificate.status_index},
                "log": _log(parsed.receipts),
            },
            "registrations": told,
            "status_events": ended,
        }
        return contents, custody

    async def _evidence(self, file: HolderFile) -> dict[str, bytes]:
        """Anchors of the receipts' trees, the status list that is out, the trust bundle."""
        found: dict[str, bytes] = {}
        for size in dict.fromkeys(Receipt.parse(data).size for data in file.receipts):
            try:
                found[f"anchors/{size}.cbor"] = (await self._anchors.observation(size)).encode()
                if self._chain.capabilities().finality_proof:
                    found[f"anchors/{size}.proof.cbor"] = await self._anchors.proof(size)
            except (NotInLog, AnchorFault):  # not anchored yet, or the chain is down: the file says what it has
                continue
        number = int(file.certificate.claims.status.uri.rpartition("/")[2])
        found[f"status-lists/{number}.cbor"] = (await self._publishing.latest(number)).signed
        found["trust-bundle.cbor"] = (await self._trust.latest()).signed
        return found

    async def _proven(self, entry: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        try:
            proven = await self._proofs.proven(self._tree.leaf(entry))
        except NotInLog:
            return (), ()
        return (proven.receipt,), () if proven.note is None else (proven.note,)


def _environment() -> dict[str, str]:
    """What made the file; nothing of the machine that helps an attacker."""
    try:
        own_version = version("minzheng-trust")
    except PackageNotFoundError:  # run from a checkout
        own_version = "checkout"
    return {
        "software": f"minzheng-trust {own_version}",
        "python": platform.python_version(),
        "tls_library": ssl.OPENSSL_VERSION,
        "system": platform.system(),
    }


def _log(receipts: tuple[bytes, ...]) -> list[dict[str, Any]]:
    parsed = [Receipt.parse(data) for data in receipts]
    return [{"log": r.origin, "size": r.size, "index": r.index, "receipt_at": _iso(r.iat)} for r in parsed]


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
