"""Trust bundle versions and the register of signing keys (public halves and where the private ones are)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.tables import signing_key, trust_bundle
from verifier.cose import CoseKey
from verifier.labels import CRV_ED25519, CRV_SM2


@dataclass(frozen=True, slots=True)
class KeyRow:
    """`purpose` is root, issuer, status, log, seal, maker, ca-root or ca-sub; `kinds` what it may certify.

    Times are UTC seconds. From `retired_at` on another key signs; from `revoked_from` on this one is not believed.
    """

    kid: bytes
    uscc: str
    purpose: str
    public_key: bytes
    uri: str
    kinds: tuple[int, ...]
    not_before: int
    not_after: int
    revoked_from: int | None = None
    retired_at: int | None = None

    @property
    def cose_key(self) -> CoseKey:
        """The public key: 65 bytes are SM2's, 32 Ed25519's (the log's second key in the SHA-256 profile)."""
        return CoseKey(CRV_ED25519 if len(self.public_key) == 32 else CRV_SM2, self.public_key)


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A signed bundle as it was published. `subject`: digest of its content without number and times. UTC seconds."""

    sequence: int
    signed: bytes
    subject: bytes
    entry_salt: bytes
    issued_at: int
    expires_at: int


class TrustRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_key(self, key: KeyRow) -> None:
        kinds = ",".join(str(kind) for kind in key.kinds)
        values = {"kid": key.kid, "uscc": key.uscc, "purpose": key.purpose, "public_key": key.public_key}
        times = {"not_before": key.not_before, "not_after": key.not_after}
        ends = {"revoked_from": key.revoked_from, "retired_at": key.retired_at}
        await self._connection.execute(insert(signing_key).values(**values, **times, **ends, uri=key.uri, kinds=kinds))

    async def retire(self, kid: bytes, at: int) -> None:
        """From `at` on another key signs."""
        await self._connection.execute(update(signing_key).where(signing_key.c.kid == kid).values(retired_at=at))

    async def revoke(self, kid: bytes, since: int) -> None:
        """What it signed from `since` on, or cannot be shown to have signed before, is not believed any more."""
        await self._connection.execute(update(signing_key).where(signing_key.c.kid == kid).values(revoked_from=since))

    async def keys(self) -> Sequence[KeyRow]:
        """In a fixed order: the trust bundle's bytes follow it."""
        ordered = select(signing_key).order_by(signing_key.c.uscc, signing_key.c.purpose, signing_key.c.kid)
        return [_key(row) for row in await self._connection.execute(ordered)]

    async def revoked(self) -> frozenset[bytes]:
        """Ids of the keys that are not believed any more."""
        gone = select(signing_key.c.kid).where(signing_key.c.revoked_from.is_not(None))
        return frozenset((await self._connection.execute(gone)).scalars())

    async def latest(self) -> BundleRow | None:
        newest = select(trust_bundle).order_by(trust_bundle.c.sequence.desc()).limit(1)
        row = (await self._connection.execute(newest)).one_or_none()
        if row is None:
            return None
        return BundleRow(row.sequence, row.signed, row.subject, row.entry_salt, row.issued_at, row.expires_at)

    async def add(self, bundle: BundleRow) -> None:
        """The primary key refuses a second bundle of one sequence number."""
        values = {"sequence": bundle.sequence, "signed": bundle.signed, "subject": bundle.subject}
        times = {"entry_salt": bundle.entry_salt, "issued_at": bundle.issued_at, "expires_at": bundle.expires_at}
        await self._connection.execute(insert(trust_bundle).values(**values, **times))


def _key(row: Row[tuple[object, ...]]) -> KeyRow:
    kinds = tuple(int(kind) for kind in row.kinds.split(",") if kind)
    times = (row.not_before, row.not_after, row.revoked_from, row.retired_at)
    return KeyRow(row.kid, row.uscc, row.purpose, row.public_key, row.uri, kinds, *times)
