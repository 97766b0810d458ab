"""What every issuing use case works with: `certs.registry.Registry`, kept in step with the trust bundle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.db.uow import Database, Work
from api.errors import NotFound
from api.services.donations import add_to_totals
from api.services.parties import Principal
from api.services.trust import TrustService
from certs.authority import Authorities
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

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        """`certs.ports.Begin`: one transaction with the stores of issuing."""
        async with self.database.write() as work:
            yield work
            await add_to_totals(work, work.certificates.inserted)
        if work.statuses.ended:
            self.ended.set()


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
