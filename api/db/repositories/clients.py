"""Who may ask: relying parties, administrators, and the public keys that they and holders are known by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.holder_tables import holder
from api.db.party_tables import administrator, client_act, client_key, relying_party
from api.db.tables import party
from certs.errors import StoreConflict

PARTY, ADMINISTRATOR, HOLDER = "party", "administrator", "holder"
SIGN, ENCRYPT, TLS = "sign", "encrypt", "tls"


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A public key and whose it is. Times are UTC seconds. `owner`: uscc, admin_id, or holder_id in hex.

    `released_at` is None until a second administrator released a party's key; other owners' keys need no release.
    """

    keyid: str
    owner_kind: str
    owner: str
    purpose: str
    alg: int
    public_key: bytes
    not_before: int
    not_after: int
    released_at: int | None = None
    revoked_at: int | None = None
    floor: int = 0

    def good(self, now: int) -> bool:
        """Whether it may be used at `now`."""
        released = self.owner_kind != PARTY or self.released_at is not None
        return released and self.revoked_at is None and self.not_before <= now < self.not_after


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a key is. `role` of the party or administrator, "holder" for holders; `category` of a relying party, else
    "". `ended`: suspended, revoked, no longer enrolled."""

    role: str
    category: str
    ended: bool


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """What a relying party is, beside its row among the parties. `contact` is an office's, never a person's."""

    uscc: str
    name_zh: str
    name_en: str
    category: str
    contact: str
    created_at: int
    suspended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Administrator:
    """`admin_id` is a staff number, `role` one of "system", "security", "audit"."""

    admin_id: str
    role: str
    created_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What an administrator, or the operator on the machine, did to these tables. `entry` commits the log to it."""

    at: int
    action: str
    actor: str
    statement: bytes
    entry: bytes
    entry_salt: bytes


class ClientRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self.changed = False  # whether what is known of a client may be another after this unit of work
        self._connection = connection

    # -- keys

    async def key(self, keyid: str) -> ClientKey | None:
        found = (await self._connection.execute(select(client_key).where(client_key.c.keyid == keyid))).one_or_none()
        return None if found is None else _key(found)

    async def known(self, keyid: str) -> tuple[ClientKey, Owner] | None:
        """A key and whose it is. None if there is no such key, or its owner is gone."""
        k = client_key.c
        joined = (
            client_key.outerjoin(party, and_(k.owner_kind == PARTY, k.owner == party.c.uscc))
            .outerjoin(relying_party, party.c.uscc == relying_party.c.uscc)
            .outerjoin(administrator, and_(k.owner_kind == ADMINISTRATOR, k.owner == administrator.c.admin_id))
        )
        columns = (
            party.c.role.label("party_role"),
            relying_party.c.category,
            relying_party.c.suspended_at,
            administrator.c.role.label("admin_role"),
            administrator.c.revoked_at.label("admin_revoked_at"),
        )
        asked = select(client_key, *columns).select_from(joined).where(k.keyid == keyid)
        row = (await self._connection.execute(asked)).one_or_none()
        if row is None:
            return None
        owner = await self._owner(row)
        return None if owner is None else (_key(row), owner)

    async def _owner(self, row: Row[tuple[object, ...]]) -> Owner | None:
        if row.owner_kind == PARTY:
            if row.party_role is None:
                return None
            return Owner(row.party_role, row.category or "", row.suspended_at is not None)
        if row.owner_kind == ADMINISTRATOR:
            return None if row.admin_role is None else Owner(row.admin_role, "", row.admin_revoked_at is not None)
        enrolled = select(holder.c.ended_at).where(holder.c.holder_id == bytes.fromhex(row.owner))
        found = (await self._connection.execute(enrolled)).one_or_none()
        return None if found is None else Owner(HOLDER, "", found.ended_at is not None)

    async def keys_of(self, owner_kind: str, owner: str) -> Sequence[ClientKey]:
        """All keys it ever had, oldest first."""
        k = client_key.c
        mine = select(client_key).where(k.owner_kind == owner_kind, k.owner == owner).order_by(k.not_before, k.keyid)
        return [_key(row) for row in await self._connection.execute(mine)]

    async def all_keys(self, owner_kind: str) -> Sequence[ClientKey]:
        """Every key that owners of that kind ever had, oldest first."""
        k = client_key.c
        rows = await self._connection.execute(
            select(client_key).where(k.owner_kind == owner_kind).order_by(k.not_before, k.keyid)
        )
        return [_key(row) for row in rows]

    async def encrypt_key(self, uscc: str, now: int) -> bytes | None:
        """The newest public key that answers to a party may be encrypted to, 65 bytes; None if it has none."""
        keys = [k for k in await self.keys_of(PARTY, uscc) if k.purpose == ENCRYPT and k.good(now)]
        return keys[-1].public_key if keys else None

    async def add_key(self, key: ClientKey) -> None:
        """Raises StoreConflict if the key is known, whoever has it: one key never speaks for two."""
        self.changed = True
        values = {
            "keyid": key.keyid, "owner_kind": key.owner_kind, "owner": key.owner, "purpose": key.purpose,
            "alg": key.alg, "public_key": key.public_key, "not_before": key.not_before, "not_after": key.not_after,
            "released_at": key.released_at, "revoked_at": key.revoked_at,
        }  # fmt: skip
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(client_key).values(**values))
        except IntegrityError:
            raise StoreConflict("the key is registered") from None

    async def release_key(self, keyid: str, now: int) -> bool:
        """Whether there was one to release."""
        self.changed = True
        k = client_key.c
        waiting = k.keyid == keyid, k.released_at.is_(None), k.revoked_at.is_(None)
        return (
            await self._connection.execute(update(client_key).where(*waiting).values(released_at=now))
        ).rowcount == 1

    async def revoke_key(self, keyid: str, now: int) -> bool:
        """Whether there was one to revoke."""
        self.changed = True
        k = client_key.c
        change = update(client_key).where(k.keyid == keyid, k.revoked_at.is_(None)).values(revoked_at=now)
        return (await self._connection.execute(change)).rowcount == 1

    async def revoke_keys_of(self, owner_kind: str, owner: str, now: int) -> int:
        self.changed = True
        k = client_key.c
        mine = k.owner_kind == owner_kind, k.owner == owner, k.revoked_at.is_(None)
        return (await self._connection.execute(update(client_key).where(*mine).values(revoked_at=now))).rowcount

    async def raise_floor(self, keyid: str, created: int) -> bool:
        """Take no signature of up to `created` any more; False if that was so already."""
        self.changed = True
        k = client_key.c
        change = update(client_key).where(k.keyid == keyid, k.floor < created).values(floor=created)
        return (await self._connection.execute(change)).rowcount == 1

    # -- parties

    async def relying_party(self, uscc: str) -> RelyingParty | None:
        found = (await self._connection.execute(_PARTIES.where(relying_party.c.uscc == uscc))).one_or_none()
        return None if found is None else _party(found)

    async def relying_parties(self) -> Sequence[RelyingParty]:
        return [_party(row) for row in await self._connection.execute(_PARTIES.order_by(relying_party.c.uscc))]

    async def add_relying_party(self, uscc: str, category: str, contact: str, now: int) -> None:
        """Of a party that is there. Raises StoreConflict if it is a relying party already."""
        self.changed = True
        values = {"uscc": uscc, "category": category, "contact": contact, "created_at": now}
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(relying_party).values(**values))
        except IntegrityError:
            raise StoreConflict("the party is registered") from None

    async def suspend(self, uscc: str, at: int | None) -> bool:
        """Suspend from `at`, or with None let go on. False if there is no such party, or it is so already."""
        self.changed = True
        r = relying_party.c
        differs = r.suspended_at.is_not(None) if at is None else r.suspended_at.is_(None)
        change = update(relying_party).where(r.uscc == uscc, differs).values(suspended_at=at)
        return (await self._connection.execute(change)).rowcount == 1

    # -- administrators

    async def administrator(self, admin_id: str) -> Administrator | None:
        mine = select(administrator).where(administrator.c.admin_id == admin_id)
        found = (await self._connection.execute(mine)).one_or_none()
        return None if found is None else _administrator(found)

    async def administrators(self) -> Sequence[Administrator]:
        rows = await self._connection.execute(select(administrator).order_by(administrator.c.admin_id))
        return [_administrator(row) for row in rows]

    async def add_administrator(self, new: Administrator) -> None:
        """Raises StoreConflict if the number was ever given: nobody has two roles, and nobody comes back as another."""
        self.changed = True
        values = {"admin_id": new.admin_id, "role": new.role, "created_at": new.created_at}
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(administrator).values(**values))
        except IntegrityError:
            raise StoreConflict("the administrator is registered") from None

    async def revoke_administrator(self, admin_id: str, now: int) -> bool:
        self.changed = True
        a = administrator.c
        change = update(administrator).where(a.admin_id == admin_id, a.revoked_at.is_(None)).values(revoked_at=now)
        return (await self._connection.execute(change)).rowcount == 1

    # -- acts

    async def add_act(self, act: Act) -> int:
        """Its number."""
        values = {
            "at": act.at, "action": act.action, "actor": act.actor, "statement": act.statement, "entry": act.entry,
            "entry_salt": act.entry_salt,
        }  # fmt: skip
        made = insert(client_act).values(**values).returning(client_act.c.act_id)
        return int((await self._connection.execute(made)).scalar_one())

    async def last_entry(self) -> bytes:
        """Body of the last act's log entry, b"" before the first. Acts of other transactions wait from here on."""
        a = client_act.c
        await self._connection.execute(select(a.act_id).order_by(a.act_id).limit(1).with_for_update())
        last = select(a.entry).order_by(a.act_id.desc()).limit(1)
        return (await self._connection.execute(last)).scalar_one_or_none() or b""

    async def acts(self, after: int, limit: int) -> Sequence[tuple[int, Act]]:
        """Numbered, in the order in which they were done."""
        a = client_act.c
        rows = await self._connection.execute(
            select(client_act).where(a.act_id > after).order_by(a.act_id).limit(limit)
        )
        return [
            (row.act_id, Act(row.at, row.action, row.actor, row.statement, row.entry, row.entry_salt)) for row in rows
        ]


_PARTIES = select(relying_party, party.c.name_zh, party.c.name_en).join(party, relying_party.c.uscc == party.c.uscc)


def _key(row: Row[tuple[object, ...]]) -> ClientKey:
    return ClientKey(
        row.keyid, row.owner_kind, row.owner, row.purpose, row.alg, row.public_key, row.not_before, row.not_after,
        row.released_at, row.revoked_at, row.floor,
    )  # fmt: skip


def _party(row: Row[tuple[object, ...]]) -> RelyingParty:
    return RelyingParty(
        row.uscc, row.name_zh, row.name_en, row.category, row.contact, row.created_at, row.suspended_at
    )  # fmt: skip


def _administrator(row: Row[tuple[object, ...]]) -> Administrator:
    return Administrator(row.admin_id, row.role, row.created_at, row.revoked_at)
