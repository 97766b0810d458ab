"""Making what a relying party is told: signed answers, and the bindings of holders' devices.

Both are checked with the verifier's own code before they leave, as certificates are: what a party cannot check is no
evidence for it.
"""

from __future__ import annotations

from typing import Final

from verifier.answer import Answer, AnswerClaims
from verifier.cose import CoseKey, encode_sign1, protected_header, sig_structure
from verifier.labels import CRV_SM2, TYP_ANSWER, TYP_DEVICE
from verifier.presentation import MAX_BINDING_LIFE, Binding, binding_payload

from .authority import authority_of
from .errors import SelfCheckFailed
from .ports import Signer, StoredCertificate
from .registry import Registry

BINDING_LIFE: Final = MAX_BINDING_LIFE
"""Seconds. A lost device shows nothing more once its last binding has run out."""


def make_answer(signer: Signer, claims: AnswerClaims) -> bytes:
    """The signed answer (verifier/answer.py). Raises SelfCheckFailed, SigningFailed, KeyOutOfTime."""
    protected, payload = protected_header(signer.alg, signer.kid, TYP_ANSWER), claims.encode()
    signed = encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))
    read = Answer.parse(signed)
    if read.claims != claims or not read.sign1.verify(_key(signer)):
        raise SelfCheckFailed("SIGNATURE_INVALID")
    return signed


def bind_device(certificate: StoredCertificate, device: CoseKey, registry: Registry) -> bytes:
    """The issuer's word that whoever holds `device` holds this certificate, for `BINDING_LIFE` from now.

    The caller has seen to it that the device is the holder's. Raises AuthorityUnknown, SelfCheckFailed, SigningFailed.
    """
    signer, now = authority_of(registry.authorities, certificate.issuer).signer, registry.clock()
    protected = protected_header(signer.alg, signer.kid, TYP_DEVICE)
    payload = binding_payload(certificate.issuer, certificate.cti, device, now, now + BINDING_LIFE)
    signed = encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))
    key = registry.trust.issuer_key(certificate.issuer, signer.kid)
    read = Binding.parse(signed)
    if key is None or read.key != device or not read.sign1.verify(key.key):
        raise SelfCheckFailed("SIGNATURE_INVALID" if key else "KEY_UNKNOWN")
    return signed


def _key(signer: Signer) -> CoseKey:
    return CoseKey(CRV_SM2, signer.public_key)
