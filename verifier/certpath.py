"""From a certificate to a root that the trust bundle names (RFC 5280 section 6, without what no path of ours has).

Every issuer on the way is one of the given authorities; what a file brings along is never believed for it. Validity is
checked at the moment of signing, not of reading: a seal does not become wrong because a certificate ran out later.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from .crl import Crl, Revocation
from .sealfault import SealFault, SealRefused
from .x509 import ANY_POLICY, CRL_SIGN, KEY_CERT_SIGN, X509

MAX_LENGTH: Final = 5
"""Certificates of a path, from the one in question to the root."""


def build(leaf: X509, authorities: Sequence[X509], at: int) -> tuple[X509, ...]:
    """The path (leaf, issuer, …, root), every signature checked, every issuer entitled to issue, all valid at `at`.

    `at`: the moment of signing, seconds UTC. Raises SealRefused.
    """
    if leaf.ca:
        raise SealRefused(SealFault.CERTIFICATE_NOT_FOR_THIS, "an authority signs certificates only")
    if not leaf.valid_at(at):
        raise SealRefused(SealFault.CERTIFICATE_NOT_VALID_AT_SIGNING)
    path = [leaf]
    while len(path) == 1 or not path[-1].self_issued:
        if len(path) == MAX_LENGTH:
            raise SealRefused(SealFault.CERTIFICATE_PATH_INVALID, f"more than {MAX_LENGTH} certificates")
        path.append(_issuer(path[-1], authorities, len(path) - 1, at))
    if not path[-1].signed_by(path[-1].key):
        raise SealRefused(SealFault.CERTIFICATE_SIGNATURE_INVALID, "of the root")
    return tuple(path)


def check_policy(path: Sequence[X509], policy: str) -> None:
    """The leaf is certified for that policy, and no issuer that names policies leaves it out. Raises SealRefused."""
    leaf, *issuers = path
    if leaf.policies is None or policy not in leaf.policies:
        raise SealRefused(SealFault.CERTIFICATE_NOT_FOR_THIS, "policy")
    for issuer in issuers:
        if issuer.policies is not None and not issuer.policies & {policy, ANY_POLICY}:
            raise SealRefused(SealFault.CERTIFICATE_PATH_INVALID, "policy of an issuer")


def check_revocations(path: Sequence[X509], lists: Sequence[Crl], signed_at: int, attested_at: int | None) -> None:
    """Nothing on the path was revoked when it was used.

    `attested_at`: by when somebody else has seen the signature, None if only its maker says when it was made: whoever
    stole a key dates what he signs as he likes. Lists of other authorities are passed over; one that bears an
    authority's name and key without its signature is refused, for somebody wants something by it. Raises SealRefused.
    """
    for certificate, issuer in pairwise(path):
        named = [c for c in lists if c.issuer == issuer.subject and _same_key(c.authority_key_id, issuer)]
        signed = [c for c in named if issuer.may(CRL_SIGN) and c.signed_by(issuer.key)]
        for found in (c.revoked.get(certificate.serial) for c in signed):
            if found is not None:
                _check_revoked(found, signed_at, attested_at)
        if len(signed) != len(named):
            raise SealRefused(SealFault.REVOCATIONS_UNUSABLE, "a list that the authority did not sign")
        if named and not any(signed_at <= c.next_update for c in named):
            raise SealRefused(SealFault.REVOCATIONS_UNUSABLE, "every list is older than the signature")


def _check_revoked(found: Revocation, signed_at: int, attested_at: int | None) -> None:
    if signed_at >= found.at:
        raise SealRefused(SealFault.CERTIFICATE_REVOKED)
    if found.compromised and (attested_at is None or attested_at >= found.at):
        raise SealRefused(SealFault.TIME_NOT_ATTESTED, "a certificate was revoked later")


def _issuer(certificate: X509, authorities: Sequence[X509], below: int, at: int) -> X509:
    """The authority that signed it; `below`: authorities between it and the leaf.

    Two may share a name and a key, when one was renewed: the one that was valid counts.
    """
    named = [a for a in authorities if a.subject == certificate.issuer and _same_key(certificate.authority_key_id, a)]
    if not named:
        raise SealRefused(SealFault.AUTHORITY_UNKNOWN, "no authority of that name and key")
    signers = [a for a in named if certificate.signed_by(a.key)]
    if not signers:
        raise SealRefused(SealFault.CERTIFICATE_SIGNATURE_INVALID)
    entitled = [a for a in signers if a.ca and a.may(KEY_CERT_SIGN)]
    if not entitled:
        raise SealRefused(SealFault.CERTIFICATE_PATH_INVALID, "an issuer that is no authority")
    short = [a for a in entitled if a.path_length is None or a.path_length >= below]
    if not short:
        raise SealRefused(SealFault.CERTIFICATE_PATH_INVALID, "longer than an issuer allows")
    valid = [a for a in short if a.valid_at(at)]
    if not valid:
        raise SealRefused(SealFault.CERTIFICATE_NOT_VALID_AT_SIGNING, "an issuer")
    return valid[0]


def _same_key(wanted: bytes | None, authority: X509) -> bool:
    """Key identifiers agree where both are given: an authority changes its key and keeps its name."""
    return wanted is None or authority.subject_key_id is None or wanted == authority.subject_key_id
