"""What `mzt keys` does to the register of keys: each call is one transaction, beside a running service or without one.

A rotation adds a row and dates the end of the old key's signing; a revocation also says from when on the old key is not
believed. Certificates and revocation lists are made in the same transaction. Nothing is deleted: what a key signed
must stay checkable for as long as the papers it signed are kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from api.db.repositories.pki import X509Row
from api.db.repositories.trust import KeyRow
from api.db.uow import Database, Work
from api.errors import KeyRefused, NotFound
from api.institution import Institution
from api.services.keychoice import current, signs, slot
from api.services.pki import PkiService, SignerOf, names_of
from certs.civilday import day_start
from certs.pki import Reason, Subject, make_request
from certs.ports import Clock

DAY = 86400
MAX_AHEAD = 90  # days
PINNED = "relying parties pin the root: a new one is a new pin for each of them (docs/runbooks/keys.md)"
LOG_REVOKED = "receipts of a compromised log key cannot be told apart: close the log (docs/runbooks/keys.md)"

_BELOW = {"ca-root": ("ca-sub",), "ca-sub": ("issuer", "status", "log", "seal", "maker", "answer")}


class KeyMaker(Protocol):
    """Makes private keys where the instance keeps them; see `api.keyring`."""

    def successor(self, row: KeyRow, number: int, at: int, uri: str | None) -> KeyRow:
        """A row for a new key in the place of `row`, good from the day of `at`.

        `number`: how many keys that place has had; `uri`: a key that is in a token already.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rotation:
    """`old` signs until `at`, `new` from then on; seconds UTC."""

    old: KeyRow
    new: KeyRow
    at: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """`certificates`: X.509 certificates revoked; `successor` None if another key signed already. `unproven`: register
    certificates of that issuer issued from `since` on, which nobody should believe and somebody must issue anew."""

    row: KeyRow
    since: int
    certificates: int
    successor: KeyRow | None
    unproven: int


class KeyAdmin:
    def __init__(
        self,
        database: Database,
        institution: Institution,
        pki: PkiService,
        maker: KeyMaker,
        signer_of: SignerOf,
        clock: Clock,
    ) -> None:
        self._database, self._pki, self._maker = database, pki, maker
        self._names, self._signer_of, self._clock = names_of(institution), signer_of, clock

    async def rows(self) -> tuple[Sequence[KeyRow], Sequence[X509Row]]:
        """Every key there was, and every certificate."""
        async with self._database.read() as work:
            return await work.trust.keys(), await work.pki.certificates()

    async def find(self, kid: str) -> KeyRow:
        """The key whose id begins so, hexadecimal. Raises NotFound, also where several do."""
        rows, _ = await self.rows()
        found = [row for row in rows if kid and row.kid.hex().startswith(kid.lower())]
        if len(found) != 1:
            raise NotFound(f"{len(found)} keys have an id that begins so (`mzt keys list`)")
        return found[0]

    async def rotate(
        self, uscc: str, purpose: str, *, ed25519: bool = False, ahead: int = 0, uri: str | None = None
    ) -> Rotation:
        """Let a new key follow, today or `ahead` days from now. Raises KeyRefused, NotFound, KeyStoreError."""
        if purpose == "root":
            raise KeyRefused(PINNED)
        if not 0 <= ahead <= (0 if purpose in _BELOW else MAX_AHEAD):
            raise KeyRefused(f"a key begins today or at most {MAX_AHEAD} days from now, an authority's today")
        now = self._clock()
        at = now if ahead == 0 else day_start(now) + ahead * DAY
        async with self._database.write() as work:
            place = (uscc, purpose, 32 if ed25519 else 65)
            mine = [row for row in await work.trust.keys() if slot(row) == place]
            if not mine:
                raise NotFound("no such key: there is nothing to follow (`mzt keys list`)")
            if any(row.not_before > now for row in mine):
                raise KeyRefused("a successor waits for its day already")
            old = current(mine, now).get(place) or max(mine, key=lambda row: row.not_before)
            new = await self._follow(work, old, len(mine), at, uri)
        return Rotation(old, new, at)

    async def revoke(self, kid: bytes, since: int | None, reason: Reason) -> Revocation:
        """From `since` on (seconds UTC; None: now) the key is not believed. Its successor signs at once.

        Raises KeyRefused, NotFound, KeyStoreError.
        """
        now = self._clock()
        async with self._database.write() as work:
            rows = await work.trust.keys()
            row = next((row for row in rows if row.kid == kid), None)
            if row is None:
                raise NotFound("no such key")
            since = max(now, row.not_before) if since is None else since
            self._may_revoke(row, since, now)
            mine = [other for other in rows if slot(other) == slot(row)]
            await work.trust.revoke(row.kid, since)
            successor = None
            at = max(now, row.not_before)  # of one that was announced and has not begun: another in its place
            if not any(signs(other, at) for other in mine if other.kid != kid):
                successor = await self._follow(work, row, len(mine), at, None)
            revoked = await self._pki.revoke(work, row.kid, reason)
            await self._certify_below(work, row)
            unproven = await work.certificates.count_issued_since(row.uscc, since) if row.purpose == "issuer" else 0
        return Revocation(replace(row, revoked_from=since), since, revoked, successor, unproven)

    async def renew(self, kid: bytes) -> X509Row:
        """A new X.509 certificate for a key that signs; the old one stays good until it ends. Raises KeyRefused."""
        async with self._database.write() as work:
            rows = await work.trust.keys()
            row = next((row for row in rows if row.kid == kid), None)
            if row is None or not signs(row, self._clock()) or row.purpose == "root" or len(row.public_key) != 65:
                raise KeyRefused("only a key that signs now, and is no root or Ed25519 key, has a certificate to renew")
            return await self._pki.certify(work, row, rows)

    async def request(self, row: KeyRow) -> bytes:
        """PKCS#10 for a key of this instance, DER: for an authority outside. Raises KeyRefused, KeyStoreError."""
        if row.purpose == "root" or len(row.public_key) != 65:
            raise KeyRefused("a pinned root and an Ed25519 key need no certificate")
        subject = Subject(row.uscc, self._names.get(row.uscc, row.uscc), row.purpose, row.public_key, row.kinds)
        return make_request(subject, await asyncio.to_thread(self._signer_of, row))

    async def _follow(self, work: Work, old: KeyRow, number: int, at: int, uri: str | None) -> KeyRow:
        new = await asyncio.to_thread(self._maker.successor, old, number, at, uri)
        await work.trust.add_key(new)
        if old.retired_at is None:
            await work.trust.retire(old.kid, at)
        if len(new.public_key) == 65:
            await self._pki.certify(work, new, await work.trust.keys(), since=at)
        await self._pki.publish(work)
        return new

    async def _certify_below(self, work: Work, revoked: KeyRow) -> None:
        """What a compromised authority certified needs certificates of another: keys are not touched by that."""
        below = _BELOW.get(revoked.purpose, ())
        rows = await work.trust.keys()
        for row in current(rows, self._clock()).values():
            if row.purpose in below and len(row.public_key) == 65:
                await self._pki.certify(work, row, rows)

    @staticmethod
    def _may_revoke(row: KeyRow, since: int, now: int) -> None:
        if row.purpose == "root":
            raise KeyRefused(PINNED)
        if row.purpose == "log":
            raise KeyRefused(LOG_REVOKED)
        if not row.not_before <= since <= max(now, row.not_before):
            raise KeyRefused("the moment must lie in the key's life, and not in the future")
        if row.revoked_from is not None and since >= row.revoked_from:
            raise KeyRefused("it is revoked from then on already")
