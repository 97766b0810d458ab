"""Ending a certificate: signed status event, status bit, log entry, in one transaction.

The event says *that* a certificate is not valid, never why: the reason (divorce, re-issue, annulment) is sealed with
the event's entry salt and reaches authorised parties only. The event itself is never published; the log commits to it.

    event  COSE_Sign1, protected {1: alg, 4: kid, 16: "mz-status-event+cwt"},
           payload {1: iss, 6: iat, 7: cti, -65600: {1: 1}}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from verifier import cbor
from verifier.cose import Sign1, encode_sign1, protected_header, sig_structure
from verifier.errors import Malformed
from verifier.labels import CWT_CTI, CWT_IAT, CWT_ISS, CWT_MZ, TYP_STATUS_EVENT
from verifier.receipt import entry_body, entry_commitment

from .authority import Authority, authority_of
from .commitment import ENTRY_SALT, event_aad
from .errors import NotIssued, SealBroken, SelfCheckFailed
from .idem import event_idem
from .ports import Begin, StatusEvent, StoredCertificate, UnitOfWork
from .registry import Registry

NOT_VALID: Final = 1
REASON_SUPERSEDED: Final = "SUPERSEDED"
REASON_DIVORCED: Final = "DIVORCED"
MAX_REASON: Final = 200  # characters


@dataclass(frozen=True, slots=True)
class Revoked:
    """`again` is True if the certificate had been revoked before; `at` is when, the first time (seconds UTC)."""

    cti: bytes
    at: int
    again: bool


async def revoke(cti: bytes, reason: str, registry: Registry, begin: Begin) -> Revoked:
    """Revoke one certificate. Doing it again changes nothing and gives the first time.

    Raises NotIssued, AuthorityUnknown, SelfCheckFailed, SigningFailed.
    """
    async with begin() as uow:
        certificate = await uow.certificates.get(cti)
        if certificate is None:
            raise NotIssued("no certificate of that cti")
        return await revoke_in(uow, certificate, reason, registry, registry.clock())


async def revoke_in(
    uow: UnitOfWork, certificate: StoredCertificate, reason: str, registry: Registry, now: int
) -> Revoked:
    """The same inside a transaction that is already open."""
    if certificate.revoked_at is not None:
        return Revoked(certificate.cti, certificate.revoked_at, True)
    authority = authority_of(registry.authorities, certificate.issuer)
    salt = registry.entropy(ENTRY_SALT)
    statement = _signed_event(authority, certificate.cti, now, registry)
    entry = entry_body(entry_commitment(salt, statement))
    plaintext = cbor.encode({1: salt, 2: reason[:MAX_REASON]})
    sealed = registry.sealer.seal(plaintext, event_aad(certificate.cti))
    await uow.certificates.add_event(StatusEvent(certificate.cti, now, statement, entry, sealed))
    await uow.statuses.set_invalid(certificate.status_list, certificate.status_index)
    await uow.log.stage(event_idem(certificate.cti, now), entry)
    return Revoked(certificate.cti, now, False)


def open_reason(event: StatusEvent, registry: Registry) -> str:
    """The sealed reason, for the audited interface only. Raises SealBroken."""
    try:
        m: dict[int, Any] = cbor.decode(registry.sealer.open(event.sealed, event_aad(event.cti)))
        reason: str = m[2]
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed event has another format") from None
    return reason


def _signed_event(authority: Authority, cti: bytes, now: int, registry: Registry) -> bytes:
    signer = authority.signer
    protected = protected_header(signer.alg, signer.kid, TYP_STATUS_EVENT)
    payload = cbor.encode({CWT_ISS: authority.uscc, CWT_IAT: now, CWT_CTI: cti, CWT_MZ: {1: NOT_VALID}})
    statement = encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))
    key = registry.trust.issuer_key(authority.uscc, signer.kid)
    if key is None or not Sign1.parse(statement, typ=TYP_STATUS_EVENT).verify(key.key):
        raise SelfCheckFailed("SIGNATURE_INVALID" if key else "KEY_UNKNOWN")
    return statement
