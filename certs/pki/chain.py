"""Is this certificate good, up to a root that we believe, for this purpose, at this second?

libcrypto builds and checks the path: signatures, names, validity, basic constraints, path lengths, key usage of the
authorities, critical extensions, policies. Here: strict DER before it, key usage and policies of the leaf after it, and
revocation, since libcrypto cannot check the signature of an SM2 list (see `_libcrypto`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ._libcrypto import verify_chain
from .errors import ChainRefused
from .names import CRL_SIGN, KEY_CERT_SIGN, PROFILES, USER_ID, policies_of
from .read import Certificate, read_certificate
from .revocation import RevocationList, read_crl

MAX_CHAIN: Final = 8
# x509_vfy.h
_CODES: Final = {
    2: "issuer-unknown", 3: "crl-missing", 7: "signature-invalid", 9: "not-yet-valid", 10: "expired",
    18: "issuer-unknown", 19: "root-unknown", 20: "issuer-unknown", 21: "issuer-unknown", 22: "chain-too-long",
    23: "revoked", 24: "not-an-authority", 25: "path-too-long", 26: "purpose", 30: "issuer-unknown",
    32: "key-usage", 34: "unknown-critical-extension", 42: "policy", 43: "policy", 79: "not-an-authority",
    80: "path-too-long", 81: "path-too-long", 82: "key-usage", 83: "key-usage", 89: "key-usage", 91: "key-usage",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckedChain:
    """A good chain: leaf first, root last. `crl_missing`: authorities without a list that is in force."""

    certificates: tuple[Certificate, ...]
    crl_missing: tuple[bytes, ...] = ()

    @property
    def leaf(self) -> Certificate:
        return self.certificates[0]


def check_chain(
    leaf: bytes,
    intermediates: Sequence[bytes],
    roots: Sequence[bytes],
    at: int,
    *,
    purpose: str,
    kinds: tuple[int, ...] = (),
    crls: Iterable[bytes] = (),
    need_crls: bool = False,
    user_id: bytes = USER_ID,
) -> CheckedChain:
    """The chain of `leaf` (DER) at `at` (seconds UTC). Raises ChainRefused, CertificateMalformed.

    `purpose`, `kinds`: what the key is to be used for; every kind must be allowed. Lists that are given are honoured;
    `need_crls`: without one in force for every authority the chain is refused.
    """
    first = read_certificate(leaf)
    others = [read_certificate(der) for der in intermediates]
    anchors = [read_certificate(der) for der in roots]
    asked: list[tuple[str, ...]] = [(policy,) for policy in policies_of(purpose, kinds)]
    for policies in asked or [()]:
        error, depth = verify_chain(leaf, intermediates, roots, at, policies, user_id)
        if error:
            raise ChainRefused(_CODES.get(error, "chain"), f"libcrypto error {error} at depth {depth}")
    _usage(first, purpose)
    chain = _walk(first, others, anchors)
    missing = _revocation(chain, [read_crl(der) for der in crls], at)
    if missing and need_crls:
        raise ChainRefused("crl-missing", "no list in force")
    return CheckedChain(chain, missing)


def _usage(leaf: Certificate, purpose: str) -> None:
    """A leaf's key usage and constraints are its user's business: libcrypto looks at them for TLS and mail only."""
    profile = PROFILES[purpose]
    if not profile.usage <= leaf.usage:
        raise ChainRefused("key-usage", "the certificate does not allow this use")
    if profile.is_authority != leaf.is_authority:
        raise ChainRefused("not-an-authority" if profile.is_authority else "key-usage", "authority or not")
    if not profile.is_authority and leaf.usage & {KEY_CERT_SIGN, CRL_SIGN}:
        raise ChainRefused("key-usage", "no authority, and may certify")


def _walk(leaf: Certificate, others: Sequence[Certificate], roots: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """The path that was checked, found again by key ids."""
    chain = [leaf]
    while len(chain) <= MAX_CHAIN:
        last = chain[-1]
        for above in (*roots, *others):
            if last.der == above.der and above in roots:
                return tuple(chain)
            same = above.subject == last.issuer and above.subject_key_id == last.authority_key_id
            if same and last.signed_by(above.key) and above.der != last.der:
                chain.append(above)
                break
        else:
            break
        if chain[-1] in roots:
            return tuple(chain)
    raise ChainRefused("issuer-unknown", "no path by key ids")


def _revocation(chain: Sequence[Certificate], lists: Sequence[RevocationList], at: int) -> tuple[bytes, ...]:
    """Key ids of authorities without a list in force. A list that an authority did not sign is refused, not skipped:
    whoever hands it over wants something by it."""
    missing = []
    for certificate, authority in pairwise(chain):
        mine = [one for one in lists if one.authority_key_id == authority.subject_key_id]
        for one in mine:
            if one.issuer != authority.subject or CRL_SIGN not in authority.usage or not one.signed_by(authority.key):
                raise ChainRefused("crl-invalid", "not signed by the authority")
        newest = max(mine, key=lambda one: (one.number, one.this_update), default=None)
        # What an older list said stays said: certificates are not brought back.
        if any(certificate.serial in one.entries for one in mine):
            raise ChainRefused("revoked")
        if newest is None or not newest.this_update <= at <= newest.next_update:
            missing.append(authority.subject_key_id)
    return tuple(missing)
