"""Signed requests for tests: keys of both algorithms, an `httpx.Auth` that signs, and parties that hold such keys.

bank = await signing.relying_party(lab, category="bank")
answer = await lab.client.post("/v1/match", json=body, auth=bank.auth)
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.db.repositories.clients import HOLDER, SIGN, ClientKey
from api.main import create_app
from certs.keys import PrivateKey, SoftwareSigner
from tests.support.api_lab import Lab
from verifier.cose import CoseKey
from verifier.httpsig import Parameters, Target, prepare
from verifier.labels import CRV_P256, CRV_SM2

AUTHORITY = "minzheng.example"
BANK, OTHER_BANK, EMPLOYER = "91990000MB9T071099", "91990000MB9T07205J", "91990000MB9T07301U"
YEAR = 365 * 86400
_ALG = {"sm2-sm3": "sm2", "ecdsa-p256-sha256": "es256"}


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
    """A relying party with a released key, as administrators make one: by their acts."""
    names = {"name_zh": "示例机构", "name_en": "Example Party", "contact": "示例机构合规部 010-00000000"}
    await act(lab, "system", "parties", {"uscc": uscc, "category": category} | names)
    decryption = PrivateKey.generate() if encrypt else None
    if decryption is not None:
        await add_party_key(lab, uscc, CoseKey(CRV_SM2, decryption.public()), "encrypt")
    key = new_key(alg)
    await add_party_key(lab, uscc, key.public)
    return Client(uscc, key, Signed(key, lab.clock), decryption)


async def registry_key(lab: Lab, uscc: str, alg: str = "sm2-sm3") -> Client:
    """A key for a party that is there already, such as a registry of the institution."""
    key = new_key(alg)
    await add_party_key(lab, uscc, key.public)
    return Client(uscc, key, Signed(key, lab.clock))


async def administrator(lab: Lab, role: str, admin_id: str = "", alg: str = "sm2-sm3") -> Client:
    """An administrator with a key, as the operator makes one. One of each id: the second call for it fails."""
    name, key, now = admin_id or f"{role}-01", new_key(alg), lab.clock()
    body = {"admin_id": name, "role": role, "alg": _ALG[alg], "public_key": key.public.public.hex()}
    said = json.dumps(body | {"not_before": now - 60, "not_after": now + YEAR}).encode()
    root, issuer = lab.service.trust._root, lab.service.institution.root_uscc
    await lab.service.administration.operate(root, issuer, "admin-add", said)
    return Client(name, key, Signed(key, lab.clock))


async def act(lab: Lab, role: str, path: str, body: dict[str, object]) -> None:
    """One act over HTTP, by an administrator made for it."""
    admin = await administrator(lab, role, f"{role}-{os.urandom(4).hex()}")
    transport = httpx.ASGITransport(create_app(lab.service), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(f"/v1/admin/{path}", json=body, auth=admin.auth)
    assert answer.status_code == 200, answer.text


async def add_party_key(lab: Lab, uscc: str, public: CoseKey, purpose: str = "sign") -> None:
    """A key of a party, registered and released."""
    await act(lab, "system", "parties/keys", key_body(lab, uscc, public, purpose))
    await act(lab, "security", "parties/release", {"keyid": public.kid.hex()})


def key_body(lab: Lab, uscc: str, public: CoseKey, purpose: str = "sign") -> dict[str, object]:
    """What a system administrator sends to register a party's key."""
    now, alg = lab.clock(), "sm2" if public.crv == CRV_SM2 else "es256"
    body = {"uscc": uscc, "purpose": purpose, "alg": alg, "public_key": public.public.hex()}
    return body | {"not_before": now - 60, "not_after": now + YEAR}


async def holder_key(lab: Lab, holder_id: bytes, alg: str = "sm2-sm3") -> Client:
    """A device key for a holder who is enrolled, written straight into the database."""
    key, now = new_key(alg), lab.clock()
    public = key.public
    row = ClientKey(
        public.kid.hex(), HOLDER, holder_id.hex(), SIGN, public.alg, public.public, now - 60, now + YEAR
    )  # fmt: skip
    async with lab.service.database.write() as work:
        await work.clients.add_key(row)
    return Client(holder_id.hex(), key, Signed(key, lab.clock))


def raw(headers: dict[str, str]) -> Iterable[tuple[bytes, bytes]]:
    """Fields as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
