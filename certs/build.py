"""From a draft to the bytes of one certificate. Pure: randomness, time and status index come in.

Order of one certificate's random bytes: cti 16, serial 16, entry salt 32, then 32 for each slot: one draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from verifier.cose import encode_sign1, protected_header, sig_structure
from verifier.credential import Claims, PublicDonation, StatusReference
from verifier.labels import TYP_CERTIFICATE
from verifier.receipt import entry_body, entry_commitment

from .authority import Authority
from .civilday import day_after, day_start, first_second
from .commitment import ENTRY_SALT, SLOT, commitment_root, encode_record, encode_values, record_aad
from .kinds.base import Claim, Draft, Kind, Stamp
from .ports import IssuedCertificate, Sealer

_CTI: Final = 16
_SERIAL: Final = 16
_A36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SERIAL_CHARS: Final = 20


@dataclass(frozen=True, slots=True)
class Keys:
    """Keyed hashes of one certificate (see IssuedCertificate)."""

    business: bytes
    content: bytes
    terms: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A certificate that lacks its signature. `message` is what the authority's key signs."""

    kind: Kind[Any]
    role: str
    authority: Authority
    keys: Keys
    status: tuple[int, int]
    issued_at: int
    cti: bytes
    protected: bytes
    payload: bytes
    message: bytes
    entry_salt: bytes = field(repr=False)
    random: bytes = field(repr=False)
    claims: tuple[Claim, ...] = field(repr=False)
    values: list[bytes] = field(repr=False)


@lru_cache(maxsize=256)
def _protected(alg: int, kid: bytes) -> bytes:
    return protected_header(alg, kid, TYP_CERTIFICATE)


def random_bytes(kind: Kind[Any]) -> int:
    """How many random bytes one certificate of the kind takes."""
    return _CTI + _SERIAL + ENTRY_SALT + (SLOT << kind.info.depth)


def serial_from(random: bytes) -> str:
    """Serial of the e-certificate identifier: 20 of [0-9A-Z], unrelated to date, place and order."""
    n = int.from_bytes(random, "big")
    chars = []
    for _ in range(SERIAL_CHARS):
        n, digit = divmod(n, 36)
        chars.append(_A36[digit])
    return "".join(chars)


def build(
    kind: Kind[Any],
    draft: Draft,
    role: str,
    *,
    authority: Authority,
    keys: Keys,
    status: tuple[int, int],
    status_uri: str,
    now: int,
    random: bytes,
) -> Unsigned:
    """Claims, commitment root and CWT payload of one certificate."""
    cti, rest = random[:_CTI], random[_CTI:]
    serial, rest = serial_from(rest[:_SERIAL]), rest[_SERIAL:]
    entry_salt, slots = rest[:ENTRY_SALT], rest[ENTRY_SALT:]
    stamp = Stamp(authority.identifier(kind.number, serial), authority.name, authority.uscc)
    claims = tuple(kind.claims(draft, role, stamp))
    values = encode_values(claims)
    public, validity = kind.public(draft), kind.validity(draft)
    payload = Claims(
        iss=authority.uscc,
        # The day, not the second: a second that two certificates share and no others says that they are a couple's.
        iat=day_start(now),
        cti=cti,
        kind=kind.number,
        kind_version=kind.info.version,
        root=commitment_root(slots, claims, values),
        status=StatusReference(status[1], status_uri),
        nbf=None if validity.first is None else first_second(validity.first),
        exp=None if validity.last is None else day_after(validity.last),
        public=None if public is None else PublicDonation(*public),
    ).encode()
    protected = _protected(authority.signer.alg, authority.signer.kid)
    return Unsigned(
        kind=kind,
        role=role,
        authority=authority,
        keys=keys,
        status=status,
        issued_at=now,
        cti=cti,
        protected=protected,
        payload=payload,
        message=sig_structure(protected, payload),
        entry_salt=entry_salt,
        random=slots,
        claims=claims,
        values=values,
    )


def statement_of(unsigned: Unsigned, signature: bytes) -> bytes:
    """The statement: what the code carries and the log commits to."""
    return encode_sign1(unsigned.protected, {}, unsigned.payload, signature)


def finish(unsigned: Unsigned, statement: bytes, sealer: Sealer, public: Mapping[str, str | int]) -> IssuedCertificate:
    """The stored form: personal data sealed, log entry salted. `public` is what the self-check read."""
    record = encode_record(unsigned.entry_salt, unsigned.random, unsigned.claims, unsigned.values)
    return IssuedCertificate(
        cti=unsigned.cti,
        kind=unsigned.kind.number,
        role=unsigned.role,
        issuer=unsigned.authority.uscc,
        issued_at=unsigned.issued_at,
        business=unsigned.keys.business,
        content=unsigned.keys.content,
        terms=unsigned.keys.terms,
        status_list=unsigned.status[0],
        status_index=unsigned.status[1],
        statement=statement,
        entry=entry_body(entry_commitment(unsigned.entry_salt, statement)),
        sealed=sealer.seal(record, record_aad(unsigned.cti)),
        public=public,
    )
