"""The catalogue of purposes in force, and changing it: one administrator proposes, another one approves.

Version 1 comes with the release. When an instance is made there is no administrator yet, so that the operator takes it
up: both statements are signed by the institution's root key under the name "operator". It is one person's word, and
says so. Every later version takes two administrators of the security or system role, two keys, and a log entry.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.db.repositories.purposes import CatalogueRow
from api.db.uow import Database, Work
from api.errors import BadRequest, Forbidden, NotFound, PurposeRefused
from certs.commitment import ENTRY_SALT
from certs.errors import Conflict
from certs.idem import purposes_idem
from certs.ports import Clock, Entropy, Signer
from certs.purposes import REASONS, Allowed, Catalogue, default_document, parse_catalogue
from certs.purposes.statement import OPERATOR, Act, Statement, catalogue_entry, make_statement
from verifier.cose import CoseKey
from verifier.hazmat.sm3 import sm3
from verifier.labels import ALG_ES256, ALG_SM2, CRV_P256, CRV_SM2

APPROVERS: Final = ("security", "system")
"""Roles that may propose or approve."""
SKEW: Final = 60
"""Seconds that a statement's own time may be ahead of ours."""
LOOK: Final = 5
"""Seconds for which the version in force is not asked for again."""
_CURVES: Final = {ALG_SM2: CRV_SM2, ALG_ES256: CRV_P256}


class PurposeService:
    def __init__(self, database: Database, issuer: str, root: Signer, clock: Clock, entropy: Entropy) -> None:
        """`issuer`: code of the organisation that runs the service; `root` signs version 1 for it."""
        self._database, self._issuer, self._root = database, issuer, root
        self._clock, self._entropy = clock, entropy
        self._current: Catalogue | None = None
        self._row: CatalogueRow | None = None
        self._looked = 0

    async def ensure(self) -> None:
        """Take up the release's catalogue as version 1, where there is none."""
        async with self._database.write() as work:
            if await work.purposes.approved_version():
                return
            document, now = default_document(), self._clock()
            digest = sm3(document)
            said = [make_statement(self._root, self._issuer, OPERATOR, act, 1, digest, now) for act in Act]
            row = CatalogueRow(1, document, now, said[0])
            await work.purposes.propose(row)
            await self._approve(work, replace(row, approved_at=now, approval=said[1]))

    async def current(self) -> Catalogue:
        """What is in force, as known some seconds ago at most. Raises Unavailable."""
        return (await self._in_force())[0]

    async def published(self) -> CatalogueRow:
        """The row in force, its document as it was signed. Raises Unavailable."""
        return (await self._in_force())[1]

    async def pending(self) -> CatalogueRow | None:
        """What waits for its approval."""
        async with self._database.read() as work:
            return await work.purposes.get(await work.purposes.approved_version() + 1)

    async def decide(
        self, category: str, purpose: str, predicate: str = "", fields: tuple[str, ...] = (), item_code: str = ""
    ) -> Allowed:
        """Raises PurposeRefused with the catalogue's reason, Unavailable."""
        catalogue = await self.current()
        decision = catalogue.decide(category, purpose, predicate, fields, item_code)
        if isinstance(decision, Allowed):
            return decision
        words = REASONS.get(decision.code) or next(r.words for r in catalogue.refusals if r.code == decision.code)
        raise PurposeRefused(decision.code, words.zh, words.en)

    async def propose(self, document: bytes, statement: bytes) -> int:
        """Keep a document that an administrator proposes; it replaces one that waits. Gives its version.

        Raises CatalogueInvalid, Malformed, BadRequest (another document, a wrong version), Forbidden (not such an
        administrator's signature).
        """
        catalogue, said = parse_catalogue(document), Statement.parse(statement)
        if said.act is not Act.PROPOSES or said.digest != sm3(document) or said.version != catalogue.version:
            raise BadRequest("bad-parameter", "statement", "is not about this document")
        async with self._database.write() as work:
            await self._authenticate(work, said)
            if catalogue.version != await work.purposes.approved_version() + 1:
                raise BadRequest("bad-parameter", "version", "one more than the version in force")
            await work.purposes.propose(CatalogueRow(catalogue.version, document, self._clock(), statement))
        return catalogue.version

    async def approve(self, statement: bytes) -> int:
        """Put what waits in force, on the word of another administrator than who proposed it. Gives its version.

        Raises Malformed, NotFound (nothing of that version and digest waits), Forbidden, Conflict.
        """
        said = Statement.parse(statement)
        async with self._database.write() as work:
            await self._authenticate(work, said)
            waiting = await work.purposes.get(said.version)
            if waiting is None or waiting.approved_at is not None or sm3(waiting.document) != said.digest:
                raise NotFound
            first = Statement.parse(waiting.proposal)
            if said.act is not Act.APPROVES or said.admin == first.admin or said.sign1.kid == first.sign1.kid:
                raise Forbidden("who proposed it cannot approve it")
            await self._authenticate(work, first)  # whoever was dismissed meanwhile proposes nothing any more
            now = self._clock()
            await self._approve(work, replace(waiting, approved_at=now, approval=statement))
        self._looked = 0
        return said.version

    async def _approve(self, work: Work, row: CatalogueRow) -> None:
        if row.approval is None or row.approved_at is None:
            raise ValueError("nothing is approved without a statement")
        salt = self._entropy(ENTRY_SALT)
        entry = catalogue_entry(salt, row.document, row.proposal, row.approval)
        if not await work.purposes.approve(replace(row, entry=entry, entry_salt=salt)):
            raise Conflict("the proposal was replaced meanwhile")
        await work.log.stage(purposes_idem(row.version, row.approved_at), entry)

    async def _authenticate(self, work: Work, said: Statement) -> None:
        """Raises Forbidden unless an administrator of the right role signed it, with a key that is good now."""
        now = self._clock()
        found = await work.clients.known(said.sign1.kid.hex())
        if found is None or said.issuer != self._issuer or said.at > now + SKEW:
            raise Forbidden
        key, owner = found
        who = key.owner_kind == "administrator" and key.owner == said.admin and owner.role in APPROVERS
        if not who or owner.ended or key.purpose != "sign" or not key.good(now):
            raise Forbidden
        if said.sign1.alg != key.alg or not said.sign1.verify(CoseKey(_CURVES[key.alg], key.public_key)):
            raise Forbidden

    async def _in_force(self) -> tuple[Catalogue, CatalogueRow]:
        now = self._clock()
        if self._current is None or self._row is None or not self._looked <= now < self._looked + LOOK:
            async with self._database.read() as work:
                version = await work.purposes.approved_version()
                if self._row is None or version != self._row.version:
                    self._row = await work.purposes.get(version)
            if self._row is None:
                raise NotFound
            if self._current is None or self._current.version != self._row.version:
                self._current = parse_catalogue(self._row.document)
            self._looked = now
        return self._current, self._row
