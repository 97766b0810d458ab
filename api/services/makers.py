"""What every issuing use case works with: `certs.registry.Registry`, kept in step with the trust bundle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from api.db.uow import Database, Work
from api.errors import Forbidden, NotFound, Unavailable
from api.services.donations import add_to_totals
from api.services.parties import Principal
from api.services.trust import TrustService
from api.services.webhooks import notify_ended_in
from certs.authority import Authorities
from certs.kinds import kind_by_name
from certs.kinds.base import Kind
from certs.ports import Begin, Clock, Entropy, LookupKey, Sealer, StoredCertificate
from certs.registry import Registry
from certs.status import StatusPolicy


class Makers:
    """Builds the registry anew when the bundle changes: it self-checks against the keys that the bundle believes."""

    def __init__(
        self,
        database: Database,
        authorities: Authorities,
        trust: TrustService,
        policy: StatusPolicy,
        *,
        sealer: Sealer,
        lookup: LookupKey,
        entropy: Entropy,
        clock: Clock,
    ) -> None:
        self.database, self.authorities, self.policy = database, authorities, policy
        self.lookup, self.clock = lookup, clock
        self._trust, self._sealer, self._entropy = trust, sealer, entropy
        self._registry: Registry | None = None
        self.ended = asyncio.Event()  # set when a certificate was ended, which wakes the publisher
        trust.on_change.append(self._forget)

    def _forget(self) -> None:
        self._registry = None

    def adopt(self, authorities: Authorities) -> None:
        """From now on these sign: a key was rotated or revoked."""
        self.authorities = authorities
        self._forget()

    @property
    def registry(self) -> Registry:
        if self._registry is None:
            self._registry = Registry(
                self.authorities,
                self._trust.bundle,
                self.policy,
                self._sealer,
                self.lookup,
                self._entropy,
                self.clock,
            )
        return self._registry

    def kind_for(self, party: Principal, name: str) -> Kind[Any]:
        """The kind of that name, if the party may issue it. Raises UnknownKind, Forbidden."""
        kind = kind_by_name(name)
        if not any(party.acts_for(a.uscc) and kind.number in a.type_codes for a in self.authorities.values()):
            raise Forbidden(f"no authority of this party has a type code for {kind.name} in institution.json")
        return kind

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        """`certs.ports.Begin`: one transaction with the stores of issuing.

        Raises Unavailable once a key that signs here was revoked, until its successor has been taken up: what it signs
        now nobody would believe, and this transaction is the place where the revocation is surely seen.
        """
        async with self.database.write() as work:
            await self.require_good_keys(work)
            yield work
            await add_to_totals(work, work.certificates.inserted)
            await notify_ended_in(work, work.certificates.ended)
        if work.statuses.ended:
            self.ended.set()

    async def require_good_keys(self, work: Work) -> None:
        """Raises Unavailable: see `begin`. For transactions that sign and were opened by others."""
        if not self._signing().isdisjoint(await work.trust.revoked()):
            raise Unavailable("a key was revoked, its successor is being taken up")

    def _signing(self) -> frozenset[bytes]:
        found = self.authorities.values()
        return frozenset(kid for a in found for kid in (a.signer.kid, a.list_signer.kid))


def joining(work: Work) -> Begin:
    """A `Begin` that joins the transaction that is open already: its owner commits."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Work]:
        yield work

    return begin


def own(found: StoredCertificate | None, party: Principal) -> StoredCertificate:
    """The certificate, if that party issued it. Raises NotFound, for "unknown" and "not yours" alike."""
    if found is None or not party.acts_for(found.issuer):
        raise NotFound
    return found
