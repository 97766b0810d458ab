"""Certificate revocation lists, version 2 (RFC 5280 section 5, GB/T 20518), with SM2 signatures.

    SEQUENCE { { 1, algorithm, issuer, thisUpdate, nextUpdate, { { serial, date, [reason] } … }, [0] extensions },
               algorithm, BIT STRING }

A whole list only: a delta, or one that covers a part of the certificates, says so in a critical extension and is
Unsupported. Entries are taken whatever the list's age: a revocation is not taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from . import der
from .errors import Malformed, Unsupported
from .hazmat.sm2 import Sm2PublicKey
from .x509 import AUTHORITY_KEY_ID, authority_key_id, check_algorithm, name, read_extensions, read_time, signed

FORMAT: Final = "crl"
MAX_BYTES: Final = 1 << 17
UNSPECIFIED: Final = 0
_REASONS: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 9, 10})  # 7 is unused, 8 takes a hold back and is of deltas
_BACKDATED: Final = frozenset({0, 1, 2, 6, 10})
_NUMBER: Final = "2.5.29.20"
_REASON: Final = "2.5.29.21"
_INVALIDITY: Final = "2.5.29.24"
_KNOWN: Final = frozenset({_NUMBER, AUTHORITY_KEY_ID})


@dataclass(frozen=True, slots=True)
class Revocation:
    """`at`: from when on the key is not believed, seconds UTC; `reason`: CRLReason."""

    at: int
    reason: int

    @property
    def compromised(self) -> bool:
        """Whether somebody else may have the key, who can then sign with any date: no reason given counts as so."""
        return self.reason in _BACKDATED


@dataclass(frozen=True, slots=True)
class Crl:
    """A parsed list, not yet believed. issuer: name as DER; revoked: by serial number; signature: r || s."""

    tbs: bytes = field(repr=False)
    issuer: bytes = field(repr=False)
    authority_key_id: bytes | None
    number: int | None
    this_update: int
    next_update: int
    revoked: Mapping[int, Revocation]
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Crl:
        """Parse DER. Raises Malformed or Unsupported."""
        tbs, signature = signed(data, FORMAT, MAX_BYTES)
        f = der.Fields(FORMAT, tbs)
        if f.take(der.INTEGER).integer() != 1:
            raise Unsupported("CRL: version not 2")
        check_algorithm(f.take(der.SEQUENCE))
        issuer = name(f.take(der.SEQUENCE))
        this_update, next_update = read_time(f.any()), read_time(f.any())
        if next_update <= this_update:
            raise Malformed(FORMAT, "validity", "ends before it begins")
        entries = f.optional(der.SEQUENCE)
        extensions = f.explicit(0)
        f.end()
        found = {} if extensions is None else read_extensions(extensions, _KNOWN)
        number = None if _NUMBER not in found else found[_NUMBER].integer()
        key_id = authority_key_id(found.get(AUTHORITY_KEY_ID))
        return cls(tbs.raw, issuer, key_id, number, this_update, next_update, _entries(entries), signature)

    def signed_by(self, key: Sm2PublicKey) -> bool:
        """Whether the list's signature is that key's."""
        return key.verify(self.signature, self.tbs)


def _entries(node: der.Node | None) -> Mapping[int, Revocation]:
    found: dict[int, Revocation] = {}
    if node is None:
        return found
    if not node.children:
        raise Malformed(FORMAT, "entries", "an empty list is left out")
    for entry in node.children:
        f = der.Fields(FORMAT, entry)
        serial = f.take(der.INTEGER).integer()
        at = read_time(f.any())
        extensions = f.optional(der.SEQUENCE)
        f.end()
        if serial in found:
            raise Malformed(FORMAT, "entries", "a serial number twice")
        found[serial] = _revocation(at, extensions)
    return found


def _revocation(at: int, extensions: der.Node | None) -> Revocation:
    """What an entry says. invalidityDate, if earlier, is when the key was lost; the date when somebody noticed."""
    if extensions is None:
        return Revocation(at, UNSPECIFIED)
    found = read_extensions(extensions, frozenset({_REASON, _INVALIDITY}))
    if _INVALIDITY in found:
        at = min(at, found[_INVALIDITY].time(der.GENERALIZED_TIME))
    reason = found.get(_REASON)
    if reason is None:
        return Revocation(at, UNSPECIFIED)
    if reason.tag != der.ENUMERATED or len(reason.content) != 1 or reason.content[0] not in _REASONS:
        raise Malformed(FORMAT, "reason")
    return Revocation(at, reason.content[0])
