"""Signing a book's epoch as the charity: what `verifier.charity.epoch` reads, checked before it is released."""

from __future__ import annotations

from certs.authority import authority_of
from certs.errors import SelfCheckFailed
from certs.registry import Registry
from verifier.charity.epoch import Epoch, EpochClaims, epoch_protected, judge_epoch
from verifier.cose import encode_sign1, sig_structure
from verifier.receipt import entry_body, entry_commitment
from verifier.report import Reason


def sign_epoch(claims: EpochClaims, registry: Registry) -> bytes:
    """The bare statement. Raises AuthorityUnknown, SigningFailed, SelfCheckFailed (nothing is released then)."""
    signer = authority_of(registry.authorities, claims.iss).signer
    protected, payload = epoch_protected(signer.alg, signer.kid), claims.encode()
    statement = encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))
    read = Epoch.parse(statement)
    reason = judge_epoch(read, registry.trust, claims.iat)
    if read.claims != claims or reason is not Reason.OK:
        raise SelfCheckFailed(reason.value)
    return statement


def epoch_entry(salt: bytes, statement: bytes) -> bytes:
    """Body of the log entry. `salt`: 32 bytes, public, so that anybody can find the entry."""
    return entry_body(entry_commitment(salt, statement))
