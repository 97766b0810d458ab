"""Making certificates: from a key, its purpose and an authority to DER.

    Certificate v3, serial of 128 random bits
      issuer, subject   C=CN, O=<name>, organizationIdentifier=<social credit code>, CN=<name> <label> <start of kid>
      extensions        basicConstraints!, keyUsage!, subject and authority key id, certificatePolicies,
                        where the authority's certificate and its revocation list are

The subject key id is the kid of the COSE_Key, 8 bytes: the same name for a key on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asn1crypto import x509  # type: ignore[import-untyped]

from certs.ports import Entropy, Signer
from verifier.cose import CoseKey
from verifier.labels import CRV_SM2

from . import forms
from .errors import CertificateNotAllowed
from .names import PROFILES, policies_of
from .read import Certificate, read_certificate

SERIAL_BYTES = 16


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose key it is and what for. `uscc`, `name`: of the organisation, never of a person. `kinds` for issuers."""

    uscc: str
    name: str
    purpose: str
    public_key: bytes
    kinds: tuple[int, ...] = ()

    @property
    def kid(self) -> bytes:
        return CoseKey(CRV_SM2, self.public_key).kid

    def distinguished(self) -> forms.Asn1:
        """X.501 name; the start of the kid keeps successors apart."""
        label = f"{self.name} {PROFILES[self.purpose].label} {self.kid[:4].hex()}"
        return x509.Name.build(
            {"country_name": "CN", "organization_name": self.name[:64], "organization_identifier": self.uscc}
            | {"common_name": label[:64]}
        )


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an authority's certificate and list are to be had."""

    certificate: str
    crl: str


def self_signed(subject: Subject, signer: Signer, times: tuple[int, int], entropy: Entropy) -> bytes:
    """The certificate of a root authority. `times`: first second, and the one after the last."""
    if PROFILES[subject.purpose].path_len is None:
        raise CertificateNotAllowed("only an authority signs its own certificate")
    name = subject.distinguished()
    return _signed(_to_be_signed(subject, name, signer.kid, times, entropy, None), signer)


def certify(
    subject: Subject,
    authority: Certificate,
    signer: Signer,
    times: tuple[int, int],
    entropy: Entropy,
    addresses: Addresses | None = None,
) -> bytes:
    """A certificate by that authority, whose key `signer` holds. Raises CertificateNotAllowed, KeyStoreError."""
    below = PROFILES[subject.purpose].path_len
    if not authority.is_authority or authority.key.public != signer.public_key:
        raise CertificateNotAllowed("not signed by an authority's key")
    if below is not None and (authority.path_len is None or authority.path_len <= below):
        raise CertificateNotAllowed("the authority may not certify another authority")
    if not authority.not_before <= times[0] < times[1] <= authority.not_after + 1:
        raise CertificateNotAllowed("validity outside the authority's")
    name = x509.Name.load(authority.subject)
    return _signed(_to_be_signed(subject, name, authority.subject_key_id, times, entropy, addresses), signer)


def _to_be_signed(
    subject: Subject,
    issuer: forms.Asn1,
    issuer_key_id: bytes,
    times: tuple[int, int],
    entropy: Entropy,
    addresses: Addresses | None,
) -> forms.Asn1:
    serial = int.from_bytes(entropy(SERIAL_BYTES), "big") | 1 << (8 * SERIAL_BYTES - 2)  # positive, of one length
    return x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial & ~(1 << (8 * SERIAL_BYTES - 1)),
            "signature": forms.algorithm(),
            "issuer": issuer,
            # X.509 counts its last second in; ours ends before it.
            "validity": {"not_before": forms.time_of(times[0]), "not_after": forms.time_of(times[1] - 1)},
            "subject": subject.distinguished(),
            "subject_public_key_info": forms.public_key_info(subject.public_key),
            "extensions": _extensions(subject, issuer_key_id, addresses),
        }
    )


def _extensions(subject: Subject, issuer_key_id: bytes, addresses: Addresses | None) -> list[dict[str, Any]]:
    profile = PROFILES[subject.purpose]
    constraints = {"ca": True, "path_len_constraint": profile.path_len} if profile.is_authority else {"ca": False}
    found: list[dict[str, Any]] = [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": constraints},
        {"extn_id": "key_usage", "critical": True, "extn_value": set(profile.usage)},
        {"extn_id": "key_identifier", "critical": False, "extn_value": subject.kid},
        {"extn_id": "authority_key_identifier", "critical": False, "extn_value": {"key_identifier": issuer_key_id}},
    ]
    policies = [{"policy_identifier": policy} for policy in policies_of(subject.purpose, subject.kinds)]
    if policies:
        found.append({"extn_id": "certificate_policies", "critical": False, "extn_value": policies})
    if addresses is not None:
        at = x509.GeneralName("uniform_resource_identifier", addresses.certificate)
        access = [{"access_method": "ca_issuers", "access_location": at}]
        lists = x509.GeneralName("uniform_resource_identifier", addresses.crl)
        points = [{"distribution_point": x509.DistributionPointName("full_name", [lists])}]
        found.append({"extn_id": "authority_information_access", "critical": False, "extn_value": access})
        found.append({"extn_id": "crl_distribution_points", "critical": False, "extn_value": points})
    return found


def _signed(to_be_signed: forms.Asn1, signer: Signer) -> bytes:
    signature = forms.sign(signer, to_be_signed.dump())
    parts = {"tbs_certificate": to_be_signed, "signature_algorithm": forms.algorithm(), "signature_value": signature}
    made: bytes = x509.Certificate(parts).dump()
    read_certificate(made)  # what we could not read ourselves, nobody gets
    return made
