"""Signed requests for tests: keys of both algorithms, an `httpx.Auth` that signs, and parties that hold such keys.

bank = await signing.relying_party(lab, category="bank")
answer = await lab.client.post("/v1/match", json=body, auth=bank.auth)
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.db.repositories.clients import ADMINISTRATOR, ENCRYPT, HOLDER, PARTY, SIGN, Administrator, ClientKey
from api.db.repositories.parties import Party
from certs.keys import PrivateKey, SoftwareSigner
from tests.support.api_lab import Lab
from verifier.cose import CoseKey
from verifier.httpsig import Parameters, Target, prepare
from verifier.labels import CRV_P256, CRV_SM2

AUTHORITY = "minzheng.example"
BANK, OTHER_BANK, EMPLOYER = "91990000MB9T071099", "91990000MB9T07205J", "91990000MB9T07301U"
YEAR = 365 * 86400


@dataclass(frozen=True)
class Key:
    """A private key, as whatever signs bytes with it (64 bytes r || s)."""

    public: CoseKey
    alg: str
    sign: Callable[[bytes], bytes] = field(repr=False)

    @property
    def keyid(self) -> str:
        return self.public.kid.hex()


def sm2_key() -> Key:
    """A new SM2 key in libcrypto."""
    signer = SoftwareSigner(PrivateKey.generate(), process=False)
    return Key(signer.cose_key, "sm2-sm3", signer.sign)


def es256_key() -> Key:
    """A new P-256 key, of another library than the checker's."""
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Key(CoseKey(CRV_P256, point), "ecdsa-p256-sha256", sign)


def new_key(alg: str) -> Key:
    return {"sm2-sm3": sm2_key, "ecdsa-p256-sha256": es256_key}[alg]()


@dataclass(frozen=True)
class Signed(httpx.Auth):
    """Signs every request with `key` at the time of `clock`. What is wrong on purpose is set with `but`."""

    key: Key
    clock: Callable[[], int]
    authority: str = AUTHORITY
    life: int = 60
    digest: str = "sm3"
    nonce: str | None = None
    shift: int = 0  # seconds by which the client's clock is wrong

    requires_request_body = True

    def but(self, **changes: object) -> Signed:
        return replace(self, **changes)  # type: ignore[arg-type]

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self.headers(request.method, request.url.raw_path.decode(), request.content))
        yield request

    def headers(self, method: str, raw_path: str, body: bytes = b"") -> dict[str, str]:
        """The fields of one request; `raw_path` with its query."""
        path, _, query = raw_path.partition("?")
        created = self.clock() + self.shift
        nonce = self.nonce or new_nonce()
        said = Parameters(created, created + self.life, nonce, self.key.keyid, self.key.alg)
        unsigned = prepare(Target(method, self.authority, path, query), body, said, self.digest)
        return unsigned.signed(self.key.sign(unsigned.base))


def new_nonce() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()


@dataclass(frozen=True)
class Client:
    """Somebody with a key. `owner`: uscc, admin_id, or holder_id in hex. `decryption` for relying parties only."""

    owner: str
    key: Key
    auth: Signed
    decryption: PrivateKey | None = None


async def relying_party(
    lab: Lab, uscc: str = BANK, category: str = "bank", alg: str = "sm2-sm3", *, encrypt: bool = False
) -> Client:
    """A relying party with a released key, written straight into the database."""
    now = lab.clock()
    await lab.service.parties.add(Party(uscc, "verifier", "示例机构", "Example Party"))
    async with lab.service.database.write() as work:
        if await work.clients.relying_party(uscc) is None:
            await work.clients.add_relying_party(uscc, category, "示例机构服务热线 010-00000000", now)
    decryption = PrivateKey.generate() if encrypt else None
    if decryption is not None:
        await add_key(lab, PARTY, uscc, CoseKey(CRV_SM2, decryption.public()), ENCRYPT)
    return await _client(lab, PARTY, uscc, new_key(alg), decryption)


async def registry_key(lab: Lab, uscc: str, alg: str = "sm2-sm3") -> Client:
    """A key for a party that is there already, such as a registry of the institution."""
    return await _client(lab, PARTY, uscc, new_key(alg))


async def administrator(lab: Lab, role: str, admin_id: str = "", alg: str = "sm2-sm3") -> Client:
    """An administrator with a key, written straight into the database."""
    name = admin_id or f"{role}-01"
    async with lab.service.database.write() as work:
        await work.clients.add_administrator(Administrator(name, role, lab.clock()))
    return await _client(lab, ADMINISTRATOR, name, new_key(alg))


async def holder_key(lab: Lab, holder_id: bytes, alg: str = "sm2-sm3") -> Client:
    """A device key for a holder who is enrolled."""
    return await _client(lab, HOLDER, holder_id.hex(), new_key(alg))


async def add_key(lab: Lab, owner_kind: str, owner: str, public: CoseKey, purpose: str = SIGN) -> None:
    now = lab.clock()
    row = ClientKey(
        public.kid.hex(), owner_kind, owner, purpose, public.alg, public.public, now - 60, now + YEAR, released_at=now
    )
    async with lab.service.database.write() as work:
        await work.clients.add_key(row)


async def _client(lab: Lab, owner_kind: str, owner: str, key: Key, decryption: PrivateKey | None = None) -> Client:
    await add_key(lab, owner_kind, owner, key.public)
    return Client(owner, key, Signed(key, lab.clock), decryption)


def raw(headers: dict[str, str]) -> Iterable[tuple[bytes, bytes]]:
    """Fields as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
