"""Who asks: parties, administrators and holders, known by the keys that they sign requests with, parties also by TLS.

Every refusal of a signature is `SignatureRefused` with a code that says what the *request* lacks. Whether a key exists,
was revoked, or waits for its release is one code, "signature-refused", and takes one time.
"""

from __future__ import annotations

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
# The base point of P-256: a key that nobody holds, so that an unknown key id costs a verification, too.
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


class ClientService:
    """`root_uscc` is the organisation that administrators act for."""

    def __init__(self, database: Database, clock: Clock, root_uscc: str, nonces: Nonces) -> None:
        self._database, self._clock, self._root, self._nonces = database, clock, root_uscc, nonces
        # What an earlier process took is not remembered here, and must not be taken again.
        self._started = clock()
        self._floors: dict[str, int] = {}

    async def by_signature(self, signed: SignedRequest, target: Target, body: bytes) -> Caller:
        """Who signed this request, for the first time. Raises SignatureRefused, Forbidden, RateLimited, Unavailable."""
        now, said = self._clock(), signed.parameters
        if not signed.timely(now) or said.created < self._started:
            raise SignatureRefused("signature-expired")
        key, owner, encrypt_key = await self._known(said.keyid, now)
        good = key is not None and key.purpose == SIGN and key.good(now)
        public = CoseKey(CURVES[key.alg], key.public_key) if key is not None and good else _NOBODY
        try:
            fits = signed.verify(public, target) and signed.holds(body)
        except Malformed:
            raise SignatureRefused("signature-malformed") from None
        if not fits or not good or key is None or owner is None:
            raise SignatureRefused("signature-refused")
        if said.created <= self._floors.get(key.keyid, key.floor):
            raise SignatureRefused("signature-expired")
        await self._foresee(key, said.created, now)
        if not self._nonces.use(key.keyid, said.nonce, said.expires, now):
            raise SignatureRefused("nonce-reused")
        return self._caller(key, owner, encrypt_key, Evidence(signed.base(target), signed.signature, body))

    async def by_certificate(self, fingerprint: str) -> Caller:
        """The party whose TLS certificate has that SHA-256 (64 hexadecimal digits); TLS has proved the key already.
        Raises SignatureRefused, Forbidden, Unavailable."""
        now = self._clock()
        key, owner, encrypt_key = await self._known(fingerprint, now)
        if key is None or owner is None or key.purpose != TLS or not key.good(now):
            raise SignatureRefused("signature-refused")
        return self._caller(key, owner, encrypt_key, None)

    async def _known(self, keyid: str, now: int) -> tuple[ClientKey | None, Owner | None, bytes | None]:
        async with self._database.read() as work:
            found = await work.clients.known(keyid)
            if found is None:
                return None, None, None
            key, owner = found
            party = key.owner_kind == PARTY
            return key, owner, await work.clients.encrypt_key(key.owner, now) if party else None

    async def _foresee(self, key: ClientKey, created: int, now: int) -> None:
        """A signature from the future outlives this process: a process started before its time would take it again.

        Those that are no older than the process are refused by that alone; so only clocks that run ahead pay a write.
        """
        if created > now and created > key.floor:
            self._floors.setdefault(key.keyid, key.floor)
            async with self._database.write() as work:
                await work.clients.raise_floor(key.keyid, created)

    def _caller(self, key: ClientKey, owner: Owner, encrypt_key: bytes | None, evidence: Evidence | None) -> Caller:
        if owner.ended:
            raise Forbidden
        uscc = {PARTY: key.owner, ADMINISTRATOR: self._root, HOLDER: ""}[key.owner_kind]
        return Caller(
            uscc, key.owner_kind, owner.role, owner.category, key.keyid, key.owner, encrypt_key, evidence
        )  # fmt: skip
