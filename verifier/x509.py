"""X.509 version 3 certificates with SM2 keys (GB/T 20518, RFC 5280), read strictly and no further than seals need.

    SEQUENCE { tbsCertificate, { 1.2.156.10197.1.501 }, BIT STRING { SEQUENCE { INTEGER r, INTEGER s } } }

What is signed is the bytes of tbsCertificate as they stand. Names are compared as bytes: whoever writes a name in two
ways gets two names. An extension that is critical and not known here makes the certificate Unsupported, because it may
take back what the rest says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from . import der
from .errors import Malformed, Unsupported
from .hazmat.sm2 import Sm2PublicKey

FORMAT: Final = "x509"
MAX_BYTES: Final = 4096
MAX_SERIAL: Final = 20  # bytes (RFC 5280 section 4.1.2.2)
MAX_EXTENSIONS: Final = 32

SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
SM2_CURVE: Final = "1.2.156.10197.1.301"
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"

POLICY_ARC: Final = "2.25.333398298288961584024433040563282726980"
"""Of UUID fad22d36-32b0-4818-af1d-f4ed832d5044. Below it our certificates say what a key is certified for."""
POLICY_SEAL: Final = POLICY_ARC + ".2.3"
"""Signs documents with an electronic seal."""
POLICY_MAKER: Final = POLICY_ARC + ".2.4"
"""Makes electronic seals."""
ANY_POLICY: Final = "2.5.29.32.0"

DIGITAL_SIGNATURE: Final = 0
NON_REPUDIATION: Final = 1
KEY_CERT_SIGN: Final = 5
CRL_SIGN: Final = 6

_SUBJECT_KEY_ID: Final = "2.5.29.14"
_KEY_USAGE: Final = "2.5.29.15"
_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_POLICIES: Final = "2.5.29.32"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
_COMMON_NAME: Final = "2.5.4.3"
_ORGANIZATION_ID: Final = "2.5.4.97"


@dataclass(frozen=True, slots=True)
class X509:
    """A certificate, parsed and not yet believed. Times are seconds UTC, both ends belong to the validity.

    issuer, subject: names as DER. ca, path_length: of BasicConstraints. usages: bits of KeyUsage, None without that
    extension. policies: identifiers of certificatePolicies, None without it. signature: r || s.
    """

    encoded: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    serial: int
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    not_before: int
    not_after: int
    key: Sm2PublicKey
    ca: bool
    path_length: int | None
    usages: frozenset[int] | None
    policies: frozenset[str] | None
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> X509:
        """Parse DER. Raises Malformed or Unsupported."""
        return _parse(data)

    @property
    def self_issued(self) -> bool:
        """Whether it names itself as its issuer, as roots do."""
        return self.issuer == self.subject

    @property
    def name(self) -> str:
        """The subject's common name, for people to read; "" if it has none."""
        return _attribute(self.subject, _COMMON_NAME)

    @property
    def organization(self) -> str:
        """The subject's organizationIdentifier, a unified social credit code; "" if it has none."""
        return _attribute(self.subject, _ORGANIZATION_ID)

    def signed_by(self, key: Sm2PublicKey) -> bool:
        """Whether the certificate's signature is that key's, with the id 1234567812345678."""
        return key.verify(self.signature, self.tbs)

    def valid_at(self, at: int) -> bool:
        """Whether `at` is within the validity."""
        return self.not_before <= at <= self.not_after

    def may(self, usage: int) -> bool:
        """Whether KeyUsage is there and has the bit."""
        return self.usages is not None and usage in self.usages


_KNOWN: Final = frozenset({_SUBJECT_KEY_ID, _KEY_USAGE, _BASIC_CONSTRAINTS, _POLICIES, AUTHORITY_KEY_ID})


@lru_cache(maxsize=64)
def _parse(data: bytes) -> X509:
    """The same few certificates stand behind every document."""
    tbs, signature = signed(data, FORMAT, MAX_BYTES)
    f = der.Fields(FORMAT, tbs)
    version = f.explicit(0)
    if version is None or version.integer() != 2:
        raise Unsupported("X.509: version not 3")
    serial = f.take(der.INTEGER)
    if not 0 < serial.integer() < 1 << 8 * MAX_SERIAL:
        raise Malformed(FORMAT, "serial")
    check_algorithm(f.take(der.SEQUENCE))
    issuer = name(f.take(der.SEQUENCE))
    not_before, not_after = _validity(f.take(der.SEQUENCE))
    subject = name(f.take(der.SEQUENCE))
    key = _public_key(f.take(der.SEQUENCE))
    extensions = f.explicit(3)
    f.end()
    found = {} if extensions is None else read_extensions(extensions, _KNOWN)
    ca, path_length = _basic_constraints(found.get(_BASIC_CONSTRAINTS))
    usages = found.get(_KEY_USAGE)
    return X509(
        data,
        tbs.raw,
        serial.integer(),
        issuer,
        subject,
        not_before,
        not_after,
        key,
        ca,
        path_length,
        None if usages is None else usages.flags(),
        _policies(found.get(_POLICIES)),
        None if _SUBJECT_KEY_ID not in found else found[_SUBJECT_KEY_ID].octets(),
        authority_key_id(found.get(AUTHORITY_KEY_ID)),
        signature,
    )


def signed(data: bytes, format: str, max_bytes: int) -> tuple[der.Node, bytes]:
    """(what is signed, signature r || s) of an X.509 SIGNED structure. Raises Malformed or Unsupported."""
    f = der.Fields(format, der.parse(data, max_bytes=max_bytes))
    tbs = f.take(der.SEQUENCE)
    check_algorithm(f.take(der.SEQUENCE))
    signature = raw_signature(f.take(der.BIT_STRING).bits())
    f.end()
    return tbs, signature


def raw_signature(data: bytes) -> bytes:
    """r || s, 64 bytes, of DER SEQUENCE { INTEGER r, INTEGER s } (GB/T 35276 section 7.3). Raises Malformed."""
    f = der.Fields(FORMAT, der.parse(data, max_bytes=72))
    r, s = f.take(der.INTEGER).integer(), f.take(der.INTEGER).integer()
    f.end()
    if not (0 < r < 1 << 256 and 0 < s < 1 << 256):
        raise Malformed(FORMAT, "signature")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def check_algorithm(node: der.Node) -> None:
    """AlgorithmIdentifier of SM2 with SM3; its parameters are absent or, as some write them, NULL."""
    f = der.Fields(FORMAT, node)
    if f.take(der.OID).oid() != SM2_WITH_SM3:
        raise Unsupported("X.509: signature algorithm not SM2 with SM3")
    f.optional(der.NULL)
    f.end()


def name(node: der.Node) -> bytes:
    """A Name of at least one attribute, as it stands."""
    for attributes in node.children:
        if attributes.tag != der.SET or not attributes.children:
            raise Malformed(FORMAT, "name")
        for attribute in attributes.children:
            f = der.Fields(FORMAT, attribute)
            f.take(der.OID)
            f.any()
            f.end()
    if not node.children:
        raise Malformed(FORMAT, "name", "empty")
    return node.raw


def _attribute(name_der: bytes, wanted: str) -> str:
    """The last text of that attribute in a Name that has been checked."""
    found = ""
    for attributes in der.parse(name_der, max_bytes=MAX_BYTES).children:
        for attribute in attributes.children:
            kind, value = attribute.children
            if kind.oid() == wanted and value.tag in (der.UTF8_STRING, der.PRINTABLE_STRING):
                found = value.text(value.tag)
    return found


def read_time(node: der.Node) -> int:
    """A Time: UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5)."""
    if node.tag == der.UTC_TIME:
        return node.time(der.UTC_TIME)
    if node.content < b"2050":
        raise Malformed(FORMAT, "time", "before 2050 it is UTCTime")
    return node.time(der.GENERALIZED_TIME)


def read_extensions(node: der.Node, known: frozenset[str]) -> Mapping[str, der.Node]:
    """Values of the known extensions, by identifier; the others only if they are not critical."""
    seen: set[str] = set()
    found: dict[str, der.Node] = {}
    if node.tag != der.SEQUENCE or not 0 < len(node.children) <= MAX_EXTENSIONS:
        raise Malformed(FORMAT, "extensions")
    for extension in node.children:
        f = der.Fields(FORMAT, extension)
        identifier = f.take(der.OID).oid()
        critical = f.optional(der.BOOLEAN)
        value = f.take(der.OCTET_STRING).octets()
        f.end()
        if critical is not None and not critical.boolean():
            raise Malformed(FORMAT, "extension", "FALSE is the default and not written")
        if identifier in seen:
            raise Malformed(FORMAT, "extension", "twice")
        seen.add(identifier)
        if identifier in known:
            found[identifier] = der.parse(value, max_bytes=MAX_BYTES)
        elif critical is not None:
            raise Unsupported("X.509: critical extension not known")
    return found


def _validity(node: der.Node) -> tuple[int, int]:
    f = der.Fields(FORMAT, node)
    start, end = read_time(f.any()), read_time(f.any())
    f.end()
    if end <= start:
        raise Malformed(FORMAT, "validity", "ends before it begins")
    return start, end


def _public_key(node: der.Node) -> Sm2PublicKey:
    f = der.Fields(FORMAT, node)
    algorithm = der.Fields(FORMAT, f.take(der.SEQUENCE))
    if algorithm.take(der.OID).oid() != EC_PUBLIC_KEY or algorithm.take(der.OID).oid() != SM2_CURVE:
        raise Unsupported("X.509: not an SM2 key")
    algorithm.end()
    point = f.take(der.BIT_STRING).bits()
    f.end()
    try:
        return Sm2PublicKey.parse(point)
    except ValueError:
        raise Malformed(FORMAT, "point", "not a point of the curve") from None


def _basic_constraints(node: der.Node | None) -> tuple[bool, int | None]:
    if node is None:
        return False, None
    f = der.Fields(FORMAT, node)
    ca, length = f.optional(der.BOOLEAN), f.optional(der.INTEGER)
    f.end()
    if (ca is not None and not ca.boolean()) or (length is not None and (ca is None or length.integer() < 0)):
        raise Malformed(FORMAT, "basic-constraints")
    return ca is not None, None if length is None else length.integer()


def _policies(node: der.Node | None) -> frozenset[str] | None:
    if node is None:
        return None
    found = []
    for policy in der.Fields(FORMAT, node).all():
        f = der.Fields(FORMAT, policy)
        found.append(f.take(der.OID).oid())
        f.optional(der.SEQUENCE)  # qualifiers are words for people
        f.end()
    if not found or len(set(found)) != len(found):
        raise Malformed(FORMAT, "policies")
    return frozenset(found)


def authority_key_id(node: der.Node | None) -> bytes | None:
    """The key identifier; issuer and serial, which may stand beside it, say nothing that the name does not."""
    if node is None:
        return None
    f = der.Fields(FORMAT, node)
    found = f.optional(der.context(0, constructed=False))
    return None if found is None else found.content
