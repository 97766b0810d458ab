"""X.509 of the register of keys: every key has its certificate, every authority a revocation list in force.

Made in the transaction that makes or revokes the key, so that none is ever without. Two authorities: the root certifies
the intermediate, which certifies everybody else. Both keys are opened for the moment of their use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.db.repositories.pki import CrlRow, X509Row
from api.db.repositories.trust import KeyRow
from api.db.uow import Database, Work
from api.errors import InstanceDamaged, NotFound
from api.institution import Institution
from api.services.keychoice import current
from certs.pki import PROFILES, Certificate, Reason, Revoked, Subject, certify, make_crl, read_certificate, self_signed
from certs.pki.make import Addresses
from certs.ports import Clock, Entropy, Signer

CRL_LIFE = 7 * 86400  # seconds from one list to its next update
RENEW_AT = 2  # a list is made anew when 1/RENEW_AT of its life is over: a week-end must not end it
MAX_AUTHORITIES = 16  # in a trust bundle
_SM2_BYTES = 65
_CERTIFIED_BY = {"ca-root": "ca-root", "ca-sub": "ca-root"}  # the rest: ca-sub

SignerOf = Callable[[KeyRow], Signer]


@dataclass(frozen=True, slots=True)
class _Authority:
    row: KeyRow
    certificate: Certificate


class PkiService:
    """`signer_of` opens a key, which costs 80 ms of a thread; see `api.keyring`."""

    def __init__(
        self, institution: Institution, base_url: str, signer_of: SignerOf, clock: Clock, entropy: Entropy
    ) -> None:
        self._names = names_of(institution)
        self._base_url, self._signer_of = base_url, signer_of
        self._clock, self._entropy = clock, entropy

    async def ensure(self, work: Work) -> bool:
        """Certify every key in use that has no certificate, make every list that is due; whether anything was."""
        rows, now = await work.trust.keys(), self._clock()
        known = {row.kid for row in await work.pki.certificates()}
        order = sorted(_certifiable(rows, now), key=lambda row: (_depth(row), row.uscc, row.purpose, row.kid))
        missing = [row for row in order if row.kid not in known]
        for row in missing:
            await self.certify(work, row, rows)
        return bool(await self.publish(work)) or bool(missing)

    async def certify(self, work: Work, row: KeyRow, rows: Sequence[KeyRow], *, since: int | None = None) -> X509Row:
        """A new certificate for that key, valid from `since` (now) to the end of the key or of the authority.

        Raises InstanceDamaged where no authority is in force, CertificateNotAllowed, KeyStoreError.
        """
        now = self._clock() if since is None else since
        name = self._names.get(row.uscc, row.uscc)
        subject = Subject(row.uscc, name, row.purpose, row.public_key, row.kinds)
        if row.purpose == "ca-root":
            signer = await asyncio.to_thread(self._signer_of, row)
            der = self_signed(subject, signer, (now, row.not_after), self._entropy)
            issuer = row.kid
        else:
            above = await self._authority(work, rows, _CERTIFIED_BY.get(row.purpose, "ca-sub"))
            signer = await asyncio.to_thread(self._signer_of, above.row)
            times = (now, min(row.not_after, above.certificate.not_after + 1))
            addresses = await self._addresses(work, above.certificate)
            der = certify(subject, above.certificate, signer, times, self._entropy, addresses)
            issuer = above.row.kid
        made = read_certificate(der)
        added = X509Row(issuer, made.serial, row.kid, der, made.not_before, made.not_after)
        await work.pki.add(added)
        return added

    async def revoke(self, work: Work, kid: bytes, reason: Reason) -> int:
        """Revoke every certificate of a key and publish the lists; gives how many."""
        mine = [row for row in await work.pki.certificates() if row.kid == kid and row.revoked_at is None]
        for row in mine:
            await work.pki.revoke(row, self._clock(), reason)
        await self.publish(work, force={row.issuer_kid for row in mine})
        return len(mine)

    async def publish(self, work: Work, *, force: Iterable[bytes] = ()) -> int:
        """Make the lists that are due; gives how many. A retired authority goes on listing what it has certified; one
        that was revoked lists nothing more, for nobody believes it."""
        now, forced = self._clock(), frozenset(force)
        keys = {row.kid: row for row in await work.trust.keys()}
        rows = await work.pki.certificates()
        made = 0
        for authority in await authorities(work):
            kid = authority.key.kid
            last = await work.pki.latest_list(kid)
            due = last is None or now >= last.this_update + (last.next_update - last.this_update) // RENEW_AT
            gone = kid not in keys or keys[kid].revoked_from is not None or now >= keys[kid].not_after
            if gone or not (due or kid in forced):
                continue
            signer = await asyncio.to_thread(self._signer_of, keys[kid])
            number = 1 if last is None else last.number + 1
            listed = [_revoked(row, keys) for row in rows if row.issuer_kid == kid and row.revoked_at is not None]
            der = make_crl(authority, signer, number, now, now + CRL_LIFE, listed)
            await work.pki.add_list(CrlRow(kid, number, der, now, now + CRL_LIFE))
            made += 1
        return made

    async def _authority(self, work: Work, rows: Sequence[KeyRow], purpose: str) -> _Authority:
        chosen = next((row for row in current(rows, self._clock()).values() if row.purpose == purpose), None)
        if chosen is None:
            raise InstanceDamaged(f"no {purpose} key is in force: `mzt keys rotate {purpose}`")
        mine = [c for c in await authorities(work) if c.key.kid == chosen.kid and c.not_after > self._clock()]
        if not mine:
            raise InstanceDamaged(f"the {purpose} key has no certificate: `mzt init`")
        return _Authority(chosen, mine[-1])

    async def _addresses(self, work: Work, authority: Certificate) -> Addresses:
        number = [c.der for c in await authorities(work)].index(authority.der) + 1
        kid = authority.key.kid.hex()
        return Addresses(f"{self._base_url}/v1/pki/ca/{number}.cer", f"{self._base_url}/v1/pki/crl/{kid}.crl")


class PublicPki:
    """What anybody may fetch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def authority(self, number: int) -> bytes:
        """DER of an authority's certificate, counted from 1 in order of making. Raises NotFound."""
        async with self._database.read() as work:
            found = await authorities(work)
        if number > len(found):
            raise NotFound
        return found[number - 1].der

    async def revocation_list(self, kid: bytes) -> CrlRow:
        """The list of that authority that is out. Raises NotFound."""
        async with self._database.read() as work:
            found = await work.pki.latest_list(kid)
        if found is None:
            raise NotFound
        return found


def names_of(institution: Institution) -> Mapping[str, str]:
    """Names by social credit code; an office that audits under the root's code does not rename the root."""
    return {o.uscc: o.zh for o in institution.organisations} | {institution.root_uscc: institution.root_zh}


async def authorities(work: Work) -> Sequence[Certificate]:
    """Certificates of authorities, in order of making."""
    found = [read_certificate(row.der) for row in await work.pki.certificates()]
    return [certificate for certificate in found if certificate.is_authority]


async def believed(work: Work) -> tuple[bytes, ...]:
    """Authorities for the trust bundle, roots first; those that were revoked are left out, those that ended are not:
    a seal is judged at the time it was set."""
    rows = [row for row in await work.pki.certificates() if row.revoked_at is None]
    found = [c for c in (read_certificate(row.der) for row in rows) if c.is_authority]
    roots = [c.der for c in found if c.subject == c.issuer]
    others = [c.der for c in found if c.subject != c.issuer]
    return (*roots[-MAX_AUTHORITIES // 2 :], *others[-MAX_AUTHORITIES // 2 :])


def _certifiable(rows: Iterable[KeyRow], now: int) -> list[KeyRow]:
    """SM2 keys that sign now or will, and are not pinned by themselves."""
    return [
        row
        for row in rows
        if row.purpose in PROFILES
        and len(row.public_key) == _SM2_BYTES
        and row.revoked_from is None
        and now < row.not_after
        and (row.retired_at is None or now < row.retired_at)
    ]


def _depth(row: KeyRow) -> int:
    return {"ca-root": 0, "ca-sub": 1}.get(row.purpose, 2)


def _revoked(row: X509Row, keys: Mapping[bytes, KeyRow]) -> Revoked:
    assert row.revoked_at is not None
    assert row.reason is not None
    since = keys[row.kid].revoked_from if row.kid in keys else None
    earlier = since if since is not None and since < row.revoked_at else None
    return Revoked(row.serial, row.revoked_at, Reason(row.reason), earlier)
