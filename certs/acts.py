"""Acts upon the registers of parties and administrators: who may do what, and what the register then says.

Every act is signed by whoever did it, logged, and kept: an administrator's is his signed request, the operator's a
statement of the institution's root made on the machine. `Register` replays acts, and knows nothing of a database: an
auditor compares what it says with the rows.

    operator's statement: COSE_Sign1, protected {1: alg, 4: kid, 16: "mz-act+cwt"},
        payload {1: iss, 6: iat, -65600: {1: "admin-add", 2: b'{"admin_id":"sys-01",…}'}}

Two persons make a party's key good: a system administrator registers it, a security administrator releases it. Nobody
has two roles, an id is never given twice, and a key once registered never speaks for anybody else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from verifier import cbor, fields
from verifier.cose import CoseKey, Sign1, encode_sign1, protected_header, sig_structure
from verifier.errors import Malformed, Unsupported
from verifier.labels import ALG_ES256, ALG_SM2, CRV_P256, CRV_SM2, CWT_IAT, CWT_ISS, CWT_MZ
from verifier.receipt import entry_body, entry_commitment

from .errors import ActRefused, InvalidField
from .ports import Signer
from .text import check_text

TYP: Final = "mz-act+cwt"
FORMAT: Final = "act"
OPERATOR: Final = "operator"
SYSTEM, SECURITY, AUDIT = "system", "security", "audit"
ROLES: Final = (SYSTEM, SECURITY, AUDIT)
PARTY, ADMINISTRATOR = "party", "administrator"
SIGN, ENCRYPT, TLS = "sign", "encrypt", "tls"
CURVES: Final = {ALG_SM2: CRV_SM2, ALG_ES256: CRV_P256}
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,31}")
ALGS: Final = {"sm2": ALG_SM2, "es256": ALG_ES256, "x509": 0}
KEY_LIFE: Final = 3 * 366 * 86400  # seconds at most
CATEGORIES: Final = (
    "bank", "housing-fund", "real-estate-registry", "public-security", "immigration", "health", "social-assistance",
    "court", "notary", "employer", "landlord", "matchmaking", "charity", "other",
)  # fmt: skip

WHO: Final[Mapping[str, tuple[str, ...]]] = {
    "party-add": (SYSTEM,),
    "key-add": (SYSTEM,),
    "key-release": (SECURITY,),
    "key-revoke": (SYSTEM, SECURITY),  # either: who finds a key stolen must not look for a second person
    "party-suspend": (SECURITY,),
    "party-resume": (SECURITY,),
    "admin-add": (OPERATOR,),
    "admin-key": (OPERATOR,),
    "admin-revoke": (OPERATOR, SECURITY),
}
"""Act -> the roles that may do it. Nothing else changes these registers."""

PATHS: Final[Mapping[str, str]] = {
    "/v1/admin/parties": "party-add",
    "/v1/admin/parties/keys": "key-add",
    "/v1/admin/parties/release": "key-release",
    "/v1/admin/parties/keys/revoke": "key-revoke",
    "/v1/admin/parties/suspend": "party-suspend",
    "/v1/admin/parties/resume": "party-resume",
    "/v1/admin/administrators/revoke": "admin-revoke",
}
"""Where an administrator asks for it: the path is under his signature, and so says which act it was."""


@dataclass(frozen=True, slots=True)
class Key:
    """`alg` is a COSE number, 0 for a TLS certificate; `public` 65 bytes, or 32 of the certificate's SHA-256."""

    owner_kind: str
    owner: str
    purpose: str
    alg: int
    public: bytes
    not_before: int
    not_after: int
    released_at: int | None = None
    revoked_at: int | None = None

    @property
    def keyid(self) -> str:
        """16 hexadecimal digits of the COSE key's id, 64 of a certificate's SHA-256."""
        return self.public.hex() if self.purpose == TLS else self.cose_key.kid.hex()

    @property
    def cose_key(self) -> CoseKey:
        return CoseKey(CURVES[self.alg], self.public)


@dataclass(frozen=True, slots=True)
class Party:
    category: str
    contact: str
    name_zh: str
    name_en: str
    created_at: int
    suspended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Admin:
    role: str
    created_at: int
    revoked_at: int | None = None


class Register:
    """What acts made. `apply` raises ActRefused and changes nothing if an act could not have been taken."""

    def __init__(self) -> None:
        self.parties: dict[str, Party] = {}
        self.admins: dict[str, Admin] = {}
        self.keys: dict[str, Key] = {}

    def role_of(self, actor: str) -> str:
        """Of an administrator who is still one. Raises ActRefused."""
        if actor == OPERATOR:
            return OPERATOR
        admin = self.admins.get(actor)
        if admin is None or admin.revoked_at is not None:
            raise ActRefused("no-administrator")
        return admin.role

    def apply(self, action: str, body: bytes, actor: str, at: int) -> None:
        """One act, at a second UTC."""
        if self.role_of(actor) not in WHO.get(action, ()):
            raise ActRefused("role")
        said = _members(body)
        try:
            getattr(self, f"_{action.replace('-', '_')}")(said, at)
        except (KeyError, TypeError, ValueError, Malformed, Unsupported, InvalidField):
            raise ActRefused("members") from None

    def _party_add(self, said: dict[str, Any], at: int) -> None:
        if said["uscc"] in self.parties:
            raise ActRefused("party-known")
        # Holders read these before they agree: what prints in another order, or as nothing, names somebody else.
        contact, zh, en = (check_text(said[name], field=name) for name in ("contact", "name_zh", "name_en"))
        made = Party(said["category"], contact, zh, en, at)
        if made.category not in CATEGORIES:
            raise ActRefused("category")
        self.parties[said["uscc"]] = made

    def _key_add(self, said: dict[str, Any], at: int) -> None:
        self._add(key_of(said, PARTY, said["uscc"]), at)

    def _key_release(self, said: dict[str, Any], at: int) -> None:
        key = self._key(said)
        if key.released_at is not None or key.revoked_at is not None:
            raise ActRefused("no-key-waits")
        self.keys[said["keyid"]] = replace(key, released_at=at)

    def _key_revoke(self, said: dict[str, Any], at: int) -> None:
        key = self._key(said)
        if key.revoked_at is not None:
            raise ActRefused("no-key")
        self.keys[said["keyid"]] = replace(key, revoked_at=at)

    def _party_suspend(self, said: dict[str, Any], at: int) -> None:
        party = self._party(said)
        if party.suspended_at is not None:
            raise ActRefused("suspended")
        self.parties[said["uscc"]] = replace(party, suspended_at=at)

    def _party_resume(self, said: dict[str, Any], _: int) -> None:
        party = self._party(said)
        if party.suspended_at is None:
            raise ActRefused("not-suspended")
        self.parties[said["uscc"]] = replace(party, suspended_at=None)

    def _admin_add(self, said: dict[str, Any], at: int) -> None:
        admin_id, role = said["admin_id"], said["role"]
        if _ID.fullmatch(admin_id) is None:
            raise ActRefused("members")
        if admin_id in self.admins or admin_id == OPERATOR or role not in ROLES:
            raise ActRefused("administrator-known")
        self._add(key_of(said | {"purpose": SIGN}, ADMINISTRATOR, admin_id), at)
        self.admins[admin_id] = Admin(role, at)

    def _admin_key(self, said: dict[str, Any], at: int) -> None:
        self.role_of(said["admin_id"])
        self._add(key_of(said | {"purpose": SIGN}, ADMINISTRATOR, said["admin_id"]), at)

    def _admin_revoke(self, said: dict[str, Any], at: int) -> None:
        admin_id = said["admin_id"]
        self.role_of(admin_id)
        self.admins[admin_id] = replace(self.admins[admin_id], revoked_at=at)
        for keyid, key in self.keys.items():
            if (key.owner_kind, key.owner, key.revoked_at) == (ADMINISTRATOR, admin_id, None):
                self.keys[keyid] = replace(key, revoked_at=at)

    def _party(self, said: dict[str, Any]) -> Party:
        if said["uscc"] not in self.parties:
            raise ActRefused("no-party")
        return self.parties[said["uscc"]]

    def _key(self, said: dict[str, Any]) -> Key:
        """Of a party: administrators' keys end with the administrator."""
        key = self.keys.get(said["keyid"])
        if key is None or key.owner_kind != PARTY:
            raise ActRefused("no-key")
        return key

    def _add(self, key: Key, at: int) -> None:
        if key.keyid in self.keys:
            raise ActRefused("key-known")
        self.keys[key.keyid] = replace(key, released_at=at) if key.owner_kind == ADMINISTRATOR else key


def key_of(said: Mapping[str, Any], owner_kind: str, owner: str) -> Key:
    """The key that an act names. Raises ActRefused, KeyError, ValueError, Malformed."""
    purpose, alg, public = said["purpose"], ALGS[said["alg"]], bytes.fromhex(said["public_key"])
    start, end = said["not_before"], said["not_after"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= start + KEY_LIFE:
        raise ActRefused("validity")
    allowed = {SIGN: (ALG_SM2, ALG_ES256), ENCRYPT: (ALG_SM2,), TLS: (0,)}[purpose]
    if alg not in allowed or (purpose == TLS and len(public) != 32):
        raise ActRefused("algorithm")
    if purpose != TLS:
        CoseKey(CURVES[alg], public)
    return Key(owner_kind, owner, purpose, alg, public, start, end)


def operator_act(signer: Signer, issuer: str, at: int, action: str, body: bytes) -> bytes:
    """The operator's statement, signed by the institution's root."""
    protected = protected_header(signer.alg, signer.kid, TYP)
    payload = cbor.encode({CWT_ISS: issuer, CWT_IAT: at, CWT_MZ: {1: action, 2: body}})
    return encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))


def act_entry(salt: bytes, before: bytes, statement: bytes) -> bytes:
    """Body of an act's log entry. It commits to the entry of the act `before` as well (b"" for the first): acts that
    are taken out of the middle leave a gap that only the log's key could close."""
    return entry_body(entry_commitment(salt, before + statement))


@dataclass(frozen=True, slots=True)
class OperatorAct:
    """A parsed statement; `sign1.verify` is the reader's to call."""

    sign1: Sign1
    issuer: str
    at: int
    action: str
    body: bytes

    @classmethod
    def parse(cls, data: bytes) -> OperatorAct:
        """Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP)
        m = fields.mapping(FORMAT, cbor.decode(sign1.payload or b""), (CWT_ISS, CWT_IAT, CWT_MZ))
        own = fields.mapping(FORMAT, m[CWT_MZ], (1, 2))
        return cls(
            sign1,
            fields.uscc(FORMAT, m, CWT_ISS),
            fields.time(FORMAT, m, CWT_IAT),
            fields.text(FORMAT, own, 1),
            fields.octets(FORMAT, own, 2),
        )


def _members(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ActRefused("members") from None
    if not isinstance(said, dict):
        raise ActRefused("members")
    return said
