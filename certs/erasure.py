"""Erasing one record: the data keys that open it are destroyed, and a signed receipt of that is logged.

    receipt  COSE_Sign1, protected {1: alg, 4: kid, 16: "mz-erasure+cwt"},
             payload {1: iss, 6: iat, 7: cti, -65600: {1: SM3 of the certificate's log entry body}}

Gone are the content of certificate and status event, the salts of its copies' log entries, and the keyed terms by which
it was found. Statement, log entry, status and every proof stay as they are and stay valid. The keyed hashes of business
id and content stay too: without them an old import file, run again, would bring the record back.

A registration is not a certificate: marriage files are kept (婚姻登记档案管理办法), so its events are left alone unless
a statute or court orders otherwise, and whoever asks says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from verifier import cbor
from verifier.cose import Sign1, encode_sign1, protected_header, sig_structure
from verifier.hazmat.sm3 import sm3
from verifier.labels import CWT_CTI, CWT_IAT, CWT_ISS, CWT_MZ, TYP_ERASURE
from verifier.receipt import entry_body, entry_commitment

from .authority import Authority, authority_of
from .commitment import ENTRY_SALT
from .errors import NotIssued, RegistrationKept, SelfCheckFailed
from .idem import erasure_idem
from .ports import CertificateStore, LogStage, StoredCertificate
from .registry import Registry


class ErasureReason(StrEnum):
    """Why. Kept beside the receipt and never in it: whoever sees a receipt learns that, not why."""

    RETENTION_ENDED = "RETENTION_ENDED"
    HOLDER_REQUEST = "HOLDER_REQUEST"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"
    STATUTORY_ORDER = "STATUTORY_ORDER"


@dataclass(frozen=True, slots=True)
class Erasure:
    """One row of the erasure store. `statement`: the signed receipt; `salt` opens its log entry, and is no secret."""

    cti: bytes
    at: int
    reason: ErasureReason
    statement: bytes
    entry: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Erasing:
    """What a call came to. `again`: the record had been erased before; `events`: registration events erased now."""

    erasure: Erasure
    again: bool
    events: int = 0


class ErasureStore(Protocol):
    """Erasures, and the destruction that only they need."""

    async def get(self, cti: bytes) -> Erasure | None: ...
    async def add(self, erasure: Erasure) -> None:
        """Raises StoreConflict if the certificate has one."""
        ...

    async def order(self, cti: bytes) -> None:
        """Record that an earlier erasure stands on STATUTORY_ORDER now."""
        ...

    async def destroy_registration(self, registration: bytes) -> int:
        """Destroy the wrapped data keys of a registration's events, and their terms; gives how many had one."""
        ...


class ErasingWork(Protocol):
    """The stores of one transaction, as far as erasing needs them."""

    @property
    def certificates(self) -> CertificateStore: ...
    @property
    def erasures(self) -> ErasureStore: ...
    @property
    def log(self) -> LogStage: ...


async def erase(
    work: ErasingWork, cti: bytes, reason: ErasureReason, registry: Registry, *, registration: bool = False
) -> Erasing:
    """Erase one certificate's record. Again: the first receipt, and what was sealed since is destroyed as well.

    `registration`: the events of the registration it comes from, too. Raises NotIssued, RegistrationKept,
    AuthorityUnknown, SelfCheckFailed, SigningFailed.
    """
    certificate = await work.certificates.get(cti)
    if certificate is None:
        raise NotIssued("no certificate of that cti")
    if registration and reason is not ErasureReason.STATUTORY_ORDER:
        raise RegistrationKept("a registration is erased by statutory order only")
    known = await work.erasures.get(cti)
    made = known or _receipt(certificate, reason, registry)
    await work.certificates.erase(cti)
    events = await work.erasures.destroy_registration(certificate.business) if registration else 0
    if known is None:
        await work.erasures.add(made)
        await work.log.stage(erasure_idem(cti, made.at), made.entry)
    elif registration and known.reason is not reason:
        await work.erasures.order(cti)
        made = replace(known, reason=reason)
    return Erasing(made, known is not None, events)


def _receipt(certificate: StoredCertificate, reason: ErasureReason, registry: Registry) -> Erasure:
    now, salt = registry.clock(), registry.entropy(ENTRY_SALT)
    authority = authority_of(registry.authorities, certificate.issuer)
    statement = _signed(authority, certificate, now, registry)
    return Erasure(certificate.cti, now, reason, statement, entry_body(entry_commitment(salt, statement)), salt)


def _signed(authority: Authority, certificate: StoredCertificate, now: int, registry: Registry) -> bytes:
    signer = authority.signer
    protected = protected_header(signer.alg, signer.kid, TYP_ERASURE)
    private = {1: sm3(certificate.entry)}
    payload = cbor.encode({CWT_ISS: authority.uscc, CWT_IAT: now, CWT_CTI: certificate.cti, CWT_MZ: private})
    statement = encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))
    key = registry.trust.issuer_key(authority.uscc, signer.kid)
    if key is None or not Sign1.parse(statement, typ=TYP_ERASURE).verify(key.key):
        raise SelfCheckFailed("SIGNATURE_INVALID" if key else "KEY_UNKNOWN")
    return statement
