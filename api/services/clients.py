"""Who asks: parties, administrators and holders, known by the keys that they sign requests with, parties also by TLS.

Every refusal of a signature is `SignatureRefused` with a code that says what the *request* lacks. Whether a key exists,
was revoked, or waits for its release is one code, "signature-refused"; an unknown one costs a verification, too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from api.db.repositories.clients import ADMINISTRATOR, HOLDER, PARTY, SIGN, TLS, ClientKey, Owner
from api.db.uow import Database
from api.errors import Forbidden, SignatureRefused
from api.services.acts import Evidence
from api.services.nonces import Nonces
from certs.ports import Clock
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.httpsig import SignedRequest, Target
from verifier.labels import ALG_ES256, ALG_SM2, CRV_P256, CRV_SM2

CURVES: Final = {ALG_SM2: CRV_SM2, ALG_ES256: CRV_P256}
KEPT: Final = 1
"""Seconds for which a party's key is not read again. Whoever revokes it on the command line waits so long."""
MOST_KEPT: Final = 1024
# The base point of P-256, so that an unknown key id costs a verification, too. Anybody can sign for it (its private
# half is 1): nothing that it verifies is believed, see `by_signature`.
_NOBODY: Final = CoseKey(
    CRV_P256,
    bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as every later decision is concerned.

    uscc         the party; for an administrator the organisation that runs the service; "" for a holder
    kind         "party", "administrator" or "holder"
    role         of the party ("registry", "verifier" …), of the administrator ("system" …), "holder"
    category     of a relying party in the purpose catalogue ("bank" …), else ""
    keyid        16 hexadecimal digits of the signing key, 64 of a TLS certificate
    owner        uscc, admin_id, or holder_id in hex
    encrypt_key  65 bytes `04 || x || y` that answers may be encrypted to, None if the party has none
    evidence     the request as it was signed; None over TLS
    """

    uscc: str
    kind: str
    role: str
    category: str
    keyid: str
    owner: str
    encrypt_key: bytes | None = field(default=None, repr=False)
    evidence: Evidence | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Known:
    """A key, whose it is, and the key that is signed with; when that was read, by this service and by this machine."""

    key: ClientKey
    owner: Owner
    encrypt_key: bytes | None = field(repr=False)
    public: CoseKey | None
    version: int
    now: int
    second: float

    def fresh(self, version: int, now: int, second: float) -> bool:
        """Whether it need not be read again."""
        return self.version == version and abs(now - self.now) <= KEPT and second - self.second < KEPT


class ClientService:
    """`root_uscc` is the organisation that administrators act for."""

    def __init__(self, database: Database, clock: Clock, root_uscc: str, nonces: Nonces) -> None:
        self._database, self._clock, self._root, self._nonces = database, clock, root_uscc, nonces
        # What an earlier process took is not remembered here, and must not be taken again.
        self._started = clock()
        self._floors: dict[str, int] = {}
        self._kept: dict[str, _Known] = {}

    async def by_signature(self, signed: SignedRequest, target: Target, body: bytes | None) -> Caller:
        """Who signed this request, for the first time. `body` None: it is still to come, and the caller holds it to the
        digest that was signed. Raises SignatureRefused, Forbidden, RateLimited, Unavailable."""
        now, said = self._clock(), signed.parameters
        known = await self._signer(signed, target, now)
        if not _fits(signed, body):
            raise SignatureRefused("signature-refused")
        key = known.key
        if said.created <= self._floors.get(key.keyid, key.floor):
            raise SignatureRefused("signature-expired")
        await self._foresee(key, said.created, now)
        if not self._nonces.use(key.keyid, said.nonce, said.expires, now):
            raise SignatureRefused("nonce-reused")
        if body is None:
            return self._caller(known, None)
        return self._caller(known, Evidence(signed.base(target), signed.signature, body))

    async def vouched(self, signed: SignedRequest, target: Target) -> None:
        """Return if a known key signed this, before its body is read. It may still be a repetition, or have another
        body. Raises as `by_signature`."""
        await self._signer(signed, target, self._clock())

    async def _signer(self, signed: SignedRequest, target: Target, now: int) -> _Known:
        """Whose good key signed this, in time. Raises SignatureRefused, Unavailable."""
        said = signed.parameters
        if not signed.timely(now) or said.created < self._started:
            raise SignatureRefused("signature-expired")
        known = await self._known(said.keyid, now)
        good = known is not None and known.key.purpose == SIGN and known.key.good(now)
        public = known.public if known is not None and known.public is not None and good else _NOBODY
        try:
            fits = signed.verify(public, target)
        except Malformed:
            raise SignatureRefused("signature-malformed") from None
        if not fits or not good or known is None:
            raise SignatureRefused("signature-refused")
        return known

    async def by_certificate(self, fingerprint: str) -> Caller:
        """The party whose TLS certificate has that SHA-256 (64 hexadecimal digits); TLS has proved the key already.
        Raises SignatureRefused, Forbidden, Unavailable."""
        now = self._clock()
        known = await self._known(fingerprint, now)
        if known is None or known.key.purpose != TLS or not known.key.good(now):
            raise SignatureRefused("signature-refused")
        return self._caller(known, None)

    async def _known(self, keyid: str, now: int) -> _Known | None:
        """What the register says. Of a party's key it is kept for `KEPT` at most, and not beyond a change made here: a
        party asks many times a second. None for an unknown key, which is looked up every time."""
        version, second = self._database.clients_version, time.monotonic()
        kept = self._kept.get(keyid)
        if kept is not None and kept.fresh(version, now, second):
            return kept
        async with self._database.read() as work:
            found = await work.clients.known(keyid)
            if found is None:
                return None
            key, owner = found
            party = key.owner_kind == PARTY
            encrypt_key = await work.clients.encrypt_key(key.owner, now) if party else None
        public = CoseKey(CURVES[key.alg], key.public_key) if key.purpose == SIGN else None
        known = _Known(key, owner, encrypt_key, public, version, now, second)
        if party:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[keyid] = known
        return known

    async def _foresee(self, key: ClientKey, created: int, now: int) -> None:
        """A signature from the future outlives this process: a process started before its time would take it again.

        Those that are no older than the process are refused by that alone; so only clocks that run ahead pay a write.
        """
        if created > now and created > key.floor:
            self._floors.setdefault(key.keyid, key.floor)
            async with self._database.write() as work:
                await work.clients.raise_floor(key.keyid, created)

    def _caller(self, known: _Known, evidence: Evidence | None) -> Caller:
        key, owner, encrypt_key = known.key, known.owner, known.encrypt_key
        if owner.ended:
            raise Forbidden
        uscc = {PARTY: key.owner, ADMINISTRATOR: self._root, HOLDER: ""}[key.owner_kind]
        return Caller(
            uscc, key.owner_kind, owner.role, owner.category, key.keyid, key.owner, encrypt_key, evidence
        )  # fmt: skip


def _fits(signed: SignedRequest, body: bytes | None) -> bool:
    """Whether the body is what was signed; one that is still to come must at least be covered."""
    return signed.digest is not None if body is None else signed.holds(body)
