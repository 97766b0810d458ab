"""SM2 X.509: certificates of the keys that trust bundles name, for those who know X.509 and no trust bundle.

The trust bundle remains what our own verifier believes. X.509 is what e-seals (GB/T 38540) and other people's software
ask for; both are made from the same register of keys.
"""

from __future__ import annotations

from .chain import CheckedChain, check_chain
from .csr import SigningRequest, make_request, read_request
from .make import Subject, certify, self_signed
from .names import ARC, PROFILES, Profile, kind_policy, policies_of
from .read import Certificate, read_certificate
from .revocation import Reason, RevocationList, Revoked, make_crl, read_crl

__all__ = [
    "ARC",
    "PROFILES",
    "Certificate",
    "CheckedChain",
    "Profile",
    "Reason",
    "RevocationList",
    "Revoked",
    "SigningRequest",
    "Subject",
    "certify",
    "check_chain",
    "kind_policy",
    "make_crl",
    "make_request",
    "policies_of",
    "read_certificate",
    "read_crl",
    "read_request",
    "self_signed",
]
