"""Acts of administrators: judged by `certs.acts`, kept as signed, committed to by the log, in one transaction.

The rules are asked with the registers as the transaction reads them, and what they change is what is written: there is
one place that knows what an act does, and an auditor who replays the acts asks the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from api.db.repositories.clients import ADMINISTRATOR, Act, Administrator, ClientKey, RelyingParty
from api.db.repositories.parties import Party
from api.db.uow import Database, Work
from api.errors import Forbidden, NotFound
from api.services.clients import Caller
from certs import acts
from certs.acts import OPERATOR, Register
from certs.errors import ActRefused, StoreConflict
from certs.idem import act_idem
from certs.ports import Clock, Entropy, Signer

Row = TypeVar("Row")
VERIFIER = "verifier"  # role of a relying party among the parties


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """What a relying party may know of itself, and administrators of it."""

    party: RelyingParty
    keys: Sequence[ClientKey]


class AdministrationService:
    def __init__(self, database: Database, clock: Clock, entropy: Entropy) -> None:
        self._database, self._clock, self._entropy = database, clock, entropy

    async def act(self, caller: Caller, action: str) -> Register:
        """What the caller's signed request asks for; gives the registers after it. Raises Forbidden, ActRefused."""
        if caller.kind != ADMINISTRATOR or caller.evidence is None or caller.role not in acts.WHO[action]:
            raise Forbidden
        evidence, now = caller.evidence, self._clock()
        signed, target = evidence.read()
        # "/v1/admin/%70arties" is routed like the plain path, and an auditor who reads the statement knows no such act:
        # what was taken so would be a fault of the audit for ever, and hide others behind it.
        if acts.PATHS.get(target.path) != action or not signed.timely(now):
            raise Forbidden
        return await self._act(action, evidence.body, caller.owner, evidence.encode(), now)

    async def operate(self, root: Signer, issuer: str, action: str, body: bytes) -> Register:
        """The same by the operator, on the machine, under the institution's root. Raises ActRefused, SigningFailed."""
        now = self._clock()
        return await self._act(action, body, OPERATOR, acts.operator_act(root, issuer, now, action, body), now)

    async def _act(self, action: str, body: bytes, actor: str, statement: bytes, now: int) -> Register:
        salt = self._entropy(32)
        async with self._database.write() as work:
            last = await work.clients.last_entry()
            entry = acts.act_entry(salt, last, statement)
            before, after = await _read(work), await _read(work)
            after.apply(action, body, actor, now)
            try:
                await _write(work, before, after, now)
            except StoreConflict:  # a key of a holder, or another process was faster
                raise ActRefused("key-known") from None
            await work.clients.add_act(Act(now, action, actor, statement, entry, salt))
            await work.log.stage(act_idem(last, now), entry)
        return after

    async def parties(self) -> Sequence[PartyRecord]:
        """All relying parties, with all their keys."""
        async with self._database.read() as work:
            keys = await work.clients.all_keys(acts.PARTY)
            known = await work.clients.relying_parties()
        return [PartyRecord(party, [key for key in keys if key.owner == party.uscc]) for party in known]

    async def offices(self) -> Sequence[tuple[Party, Sequence[ClientKey]]]:
        """Registries, charities and auditors of the institution that have keys, with all of them."""
        async with self._database.read() as work:
            keys = await work.clients.all_keys(acts.PARTY)
            asking = {party.uscc for party in await work.clients.relying_parties()}
            owners = sorted({key.owner for key in keys} - asking)
            known = [party for uscc in owners if (party := await work.parties.get(uscc)) is not None]
        return [(party, [key for key in keys if key.owner == party.uscc]) for party in known]

    async def administrators(self) -> Sequence[tuple[Administrator, Sequence[ClientKey]]]:
        async with self._database.read() as work:
            keys = await work.clients.all_keys(acts.ADMINISTRATOR)
            known = await work.clients.administrators()
        return [(admin, [key for key in keys if key.owner == admin.admin_id]) for admin in known]

    async def own_record(self, uscc: str) -> tuple[RelyingParty | None, Party, Sequence[ClientKey]]:
        """A party, as what it is registered here. Raises NotFound."""
        async with self._database.read() as work:
            party = await work.parties.get(uscc)
            if party is None:
                raise NotFound
            return await work.clients.relying_party(uscc), party, await work.clients.keys_of(acts.PARTY, uscc)

    async def acts(self, after: int, limit: int) -> Sequence[tuple[int, Act]]:
        """Numbered acts from the one that follows `after` on."""
        async with self._database.read() as work:
            return await work.clients.acts(after, limit)


async def _read(work: Work) -> Register:
    register = Register()
    for party in await work.clients.relying_parties():
        register.parties[party.uscc] = acts.Party(
            party.category, party.contact, party.name_zh, party.name_en, party.created_at, party.suspended_at
        )
    for admin in await work.clients.administrators():
        register.admins[admin.admin_id] = acts.Admin(admin.role, admin.created_at, admin.revoked_at)
    for kind in (acts.PARTY, acts.ADMINISTRATOR):
        for row in await work.clients.all_keys(kind):
            register.keys[row.keyid] = acts.Key(
                row.owner_kind, row.owner, row.purpose, row.alg, row.public_key, row.not_before, row.not_after,
                row.released_at, row.revoked_at,
            )  # fmt: skip
    return register


async def _write(work: Work, before: Register, after: Register, now: int) -> None:
    """Whatever differs. Raises StoreConflict, ActRefused."""
    for uscc, party in _changed(before.parties, after.parties).items():
        if uscc in before.parties:
            await work.clients.suspend(uscc, party.suspended_at)
            continue
        if await work.parties.get(uscc) is not None:  # a registry does not become a relying party by the way
            raise ActRefused("party-known")
        await work.parties.add(Party(uscc, VERIFIER, party.name_zh, party.name_en), now)
        await work.clients.add_relying_party(uscc, party.category, party.contact, now)
    for admin_id, admin in _changed(before.admins, after.admins).items():
        if admin_id in before.admins:
            await work.clients.revoke_administrator(admin_id, now)
        else:
            await work.clients.add_administrator(Administrator(admin_id, admin.role, now))
    for keyid, key in _changed(before.keys, after.keys).items():
        old = before.keys.get(keyid)
        if old is None:
            await _add_key(work, key)
        elif key.revoked_at != old.revoked_at:
            await work.clients.revoke_key(keyid, now)
        else:
            await work.clients.release_key(keyid, now)


async def _add_key(work: Work, key: acts.Key) -> None:
    if key.owner_kind == acts.PARTY and await work.parties.get(key.owner) is None:
        raise ActRefused("no-party")
    await work.clients.add_key(
        ClientKey(
            key.keyid, key.owner_kind, key.owner, key.purpose, key.alg, key.public, key.not_before, key.not_after,
            key.released_at,
        )
    )  # fmt: skip


def _changed(before: Mapping[str, Row], after: Mapping[str, Row]) -> Mapping[str, Row]:
    return {name: row for name, row in after.items() if before.get(name) != row}
