"""A small real instance to audit: certificates, revocations, donations, other offices' entries, two trust bundles,
checkpoints, anchors on the embedded chain, cosignatures of two witnesses. Made once, copied for each case.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import NullPool, create_engine, select

import api.keyring
from api.beside import open_keys
from api.bootstrap import initialise, open_service
from api.commands.audit_sources import ask_chain, beside
from api.commands.common import operator, principal
from api.db.cosignatures import add
from api.db.log_tables import checkpoint
from api.http.schemas import MARRIAGE_EXAMPLE
from api.services.audit import Inputs, Since, audit
from api.services.audit_context import Verifying
from api.services.importing.deciding import Mode
from api.services.keyadmin import KeyAdmin
from api.services.service import Service
from api.services.webhooks import Event, Notice, enqueue_in
from api.settings import Settings, for_directory
from certs.erasure import ErasureReason
from certs.keys import create_software_key
from certs.pki import Reason
from certs.rendition import state_rendition
from chain.audit.anchors import ChainView, Seen
from chain.audit.model import Report
from tests.support.api_lab import CHARITY, EXAMPLES, NOW, OFFICE_1, Clock
from tests.support.audit_accesses import ask_and_change
from tests.support.audit_charity import register_charity
from tests.support.audit_parties import register_parties
from tests.support.audit_people import register_people
from verifier.checkpoint import KeyUse, NoteKey, SignedNote
from verifier.cose import CoseKey
from verifier.cosignature import Cosignature, cosignature_message, cosigner_key_id
from verifier.labels import CRV_ED25519
from verifier.receipt import entry_body

WITNESSES = ("witness.east.example/w1", "witness.west.example/w1")
MARRIAGES = 8  # registrations, two certificates each
FOREIGN = 600


class WitnessKey:
    """A witness that exists as its key alone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())
        self.key = CoseKey(CRV_ED25519, self._key.public_key().public_bytes_raw())

    def cosign(self, note: bytes, now: int) -> Cosignature:
        """Its cosignature of a checkpoint."""
        message = cosignature_message(SignedNote.parse(note).checkpoint.note_text(), now)
        return Cosignature(self.name, cosigner_key_id(self.name, self.key), now, self._key.sign(message))


def policy_text() -> str:
    """An operator's policy file; its addresses refuse connections."""
    lines = []
    for name in WITNESSES:
        lines.append(
            f"witness {name} {NoteKey(name, WitnessKey(name).key, KeyUse.COSIGNER).encode()} http://127.0.0.1:9"
        )
    return "\n".join([*lines, f"group both 2 {' '.join(WITNESSES)}", "quorum both", ""])


FIRST_SIZE = 326
"""Of the log under the first checkpoint of the instance that `make` gives."""


async def make(directory: Path, patch: pytest.MonkeyPatch, url: str | None = None) -> Settings:
    """The instance. A day passes between its two halves, so that a backup of the first one can be restored."""
    patch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))
    settings, clock = for_directory(directory), Clock(NOW - 86400)
    if url is not None:
        settings = replace(settings, database_url=url)
    await initialise(settings, clock=clock, progress=lambda _: None)
    clock.now += 1000
    async with open_service(settings, clock=clock) as service:
        await _first_day(service, clock)
    shutil.copytree(directory, directory.with_name("yesterday"))
    clock.now = NOW
    async with open_service(settings, clock=clock) as service:
        await _second_day(service, clock)
    async with open_keys(settings, clock=clock) as (_, admin):  # taken up with the next start
        await _keys(admin, clock)
    policy = directory / "witnesses.txt"
    policy.write_text(policy_text())
    settings = replace(settings, witness_policy=policy)
    async with open_service(settings, clock=clock) as service:  # a new trust bundle; its entry waits for the sequencer
        await _cosign(service)
    return settings


async def _first_day(service: Service, clock: Clock) -> None:
    rows = (EXAMPLES / "marriage-registrations.csv").read_bytes().split(b"\n")
    good = b"\n".join(rows[: MARRIAGES + 1]) + b"\n"
    await service.issuing.issue_file(operator, "marriage", good)
    await service.publishing.publish()
    await _foreign(service, 0, FOREIGN // 2)
    await service.ledger.settle()
    clock.now += 60
    await service.ledger.pad()
    await service.ledger.sequence()
    await service.ledger.checkpoint()


async def _second_day(service: Service, clock: Clock) -> None:
    donations = (EXAMPLES / "donations.csv").read_bytes()
    await service.issuing.issue_file(operator, "donation", donations)
    async with service.database.read() as work:
        found = await work.connection.exec_driver_sql("SELECT cti FROM certificate ORDER BY ordinal LIMIT 2")
        ctis = [bytes(row[0]) for row in found]
    await service.revoking.revoke(operator, ctis, "test")
    clock.now += 5
    await service.publishing.publish()
    await _rendered(service)
    await _imported(service, clock)
    await _told(service, clock)
    await _erased(service, clock)
    await register_parties(service, clock)
    await register_people(service, clock)
    await ask_and_change(service, clock)
    await register_charity(service, clock)
    await _foreign(service, FOREIGN // 2, FOREIGN)
    await service.ledger.settle()
    clock.now += 60
    await _answer(service)
    await service.publishing.publish(force=True)
    await service.ledger.pad()
    await service.ledger.sequence()
    await service.ledger.checkpoint()  # not anchored: news for the anchorer waits


async def _imported(service: Service, clock: Clock) -> None:
    """Two files of rows that are not taken, an archive that is, and two case files."""
    bad = (EXAMPLES / "bad-rows.csv").read_bytes().splitlines(keepends=True)
    kind = service.makers.kind_for(operator, "marriage")
    for mode, data in ((Mode.ISSUE, b"".join(bad[:4])), (Mode.ISSUE_CHECK, b"".join([bad[0], *bad[5:9]]))):
        clock.now += 1
        await service.imports.run_file(
            operator, kind, mode, partial(io.BytesIO, data), form="csv", encoding="auto", resume=False,
            relieve=service.ledger.sequence, progress=lambda _: None,
        )  # fmt: skip
    async with service.database.read() as work:
        found = await work.connection.exec_driver_sql("SELECT cti FROM certificate WHERE ordinal IN (16, 18)")
        ctis = [bytes(row[0]) for row in found]
    for number, cti in enumerate(ctis):
        clock.now += 1
        await service.casefiles.export(operator, cti, f"case {number}")


async def _told(service: Service, clock: Clock) -> None:
    """Three endpoints of two parties, disabled for all reasons that there are, and messages to all."""
    for number, slug in enumerate((OFFICE_1, OFFICE_1, CHARITY)):
        clock.now += 1
        uscc = principal(service.institution, slug).uscc
        made = await service.webhooks.register(uscc, f"https://hooks{number}.example/")
        await service.webhooks.test(uscc, made.endpoint.endpoint_id)
        async with service.database.write() as work:
            notice = Notice(clock.now, sha256(b"%d" % number).digest()[:16], "withdrawn")
            await enqueue_in(work, uscc, Event.CONSENT_WITHDRAWN, notice)
            why = ("party", "gone", "failing")[number]
            await work.webhooks.disable(made.endpoint.endpoint_id, why, clock.now)
            await work.webhooks.mark_health(made.endpoint.endpoint_id, clock.now)


async def _rendered(service: Service) -> None:
    """Statements about files of three certificates, one of them an annotated copy. The bytes are not kept anyway."""
    async with service.makers.begin() as work:
        found = await work.connection.exec_driver_sql("SELECT cti FROM certificate ORDER BY ordinal DESC LIMIT 3")
        for number, row in enumerate(found.all()):
            stored = await work.certificates.get(bytes(row[0]))
            assert stored is not None
            expires = NOW + 86400 if number == 1 else None
            body = b"rendered %d" % number
            registry = service.makers.registry
            await state_rendition(work.renditions, work.log, stored, body, 1 + number % 2, registry, expires=expires)


async def _erased(service: Service, clock: Clock) -> None:
    """Two records of different registrations, at different times."""
    async with service.database.read() as work:
        found = await work.connection.exec_driver_sql("SELECT cti FROM certificate WHERE ordinal IN (12, 14)")
        ctis = sorted(bytes(row[0]) for row in found)
    for cti, reason in zip(ctis, (ErasureReason.RETENTION_ENDED, ErasureReason.HOLDER_REQUEST), strict=True):
        clock.now += 1
        await service.erasing.erase(operator, cti, reason)


async def _keys(admin: KeyAdmin, clock: Clock) -> None:
    """A key followed by another, and one that was compromised a while before it was noticed."""
    clock.now += 1
    rows, _ = await admin.rows()
    office, other = sorted({row.uscc for row in rows if row.purpose == "seal"})[:2]
    await admin.rotate(office, "status")
    clock.now += 1
    seal = next(row for row in rows if (row.uscc, row.purpose) == (other, "seal"))
    await admin.revoke(seal.kid, clock.now - 600, Reason.KEY_COMPROMISE)


async def _answer(service: Service) -> None:
    """One request with an Idempotency-Key."""
    await service.issuing.issue(principal(service.institution, OFFICE_1), "marriage", MARRIAGE_EXAMPLE, "key-1")


async def _foreign(service: Service, start: int, stop: int) -> None:
    """Commitments of an office that keeps its own register."""
    items = [
        (sha256(b"idem%d" % n).digest()[:16], entry_body(sha256(b"body%d" % n).digest())) for n in range(start, stop)
    ]
    async with service.database.write() as work:
        await work.log.stage_many(items)
    await service.ledger.sequence()


async def _cosign(service: Service) -> None:
    """Both witnesses, every checkpoint."""
    async with service.database.write() as work:
        rows = await work.connection.execute(select(checkpoint.c.size, checkpoint.c.note, checkpoint.c.signed_at))
        for size, note, signed_at in rows.all():
            for name in WITNESSES:
                await add(work.connection, work.log.log_id, size, WitnessKey(name).cosign(note, signed_at + 1))


async def seen_outside(settings: Settings, clock: Callable[[], int]) -> ChainView:
    """What the chain shows."""
    return await ask_chain(settings, clock, settings.log_origin)


class Bench:
    """Audits one file again and again, through one engine: the statements are compiled once, not for every case."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self._engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True)
        self._there, self._origin = beside(settings), settings.log_origin

    def __call__(
        self,
        *,
        now: int | None,
        chain: ChainView | None = None,
        seen: Sequence[Seen] = (),
        since: Since | None = None,
        keys: bool = True,
    ) -> Report:
        there = self._there
        inputs = Inputs(
            "test", self._origin, now, there.pin, there.secrets if keys else None, there.institution,
            there.keys_directory, chain, seen=seen, since=since,
        )  # fmt: skip
        with self._engine.connect() as connection, Verifying(1) as verify:
            return audit(connection, inputs, verify, lambda *_: None)
