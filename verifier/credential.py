"""Certificate statement, disclosures and the holder's file.

The statement is a COSE_Sign1 CWT **without personal data** (docs/formats/certificate.md):

    protected   {1: -65537, 4: kid, 16: "mz-cert+cwt"}
    payload     {1: "11990000MB9T010142", 6: 1767225600, 7: h'…16', 65535: {"status_list": {"idx": 70001,
                 "uri": "https://minzheng.example/v1/status-lists/1"}}, -65600: {1: 1, 2: 1, 3: h'…32'}}

The fields stand behind the commitment root: leaf = SM3(0x00 || dCBOR([salt, name, value])) in the kind's fixed slot
order, unused slots filled with random bytes, so that neither the number nor the kind of filled fields shows.
The holder's file (.mzc) is the same signed object with disclosures, entry salt, receipts and cosigned checkpoints in
its unprotected header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from . import cbor, fields
from .cose import Sign1
from .errors import Malformed
from .labels import (
    CWT_CTI,
    CWT_EXP,
    CWT_IAT,
    CWT_ISS,
    CWT_MZ,
    CWT_NBF,
    CWT_STATUS,
    HDR_CHECKPOINTS,
    HDR_DISCLOSURES,
    HDR_ENTRY_SALT,
    HDR_RECEIPTS,
    KIND_DONATION,
    MZ_KIND,
    MZ_KIND_VERSION,
    MZ_PUBLIC,
    MZ_ROOT,
    SLOT_DEPTH,
    TYP_CERTIFICATE,
)
from .merkle import TreeHash, fixed_root_from_path

FORMAT: Final = "certificate"
FILE_FORMAT: Final = "mzc"
MAX_STATEMENT_BYTES: Final = 1024
MAX_FILE_BYTES: Final = 256 * 1024
MAX_DISCLOSURES: Final = 64
MAX_RECEIPTS: Final = 8
MAX_CHECKPOINTS: Final = 8
MAX_CHECKPOINT_BYTES: Final = 16 * 1024
MAX_SLOT_DEPTH: Final = 6
SALT_BYTES: Final = 16
CTI_BYTES: Final = 16
ENTRY_SALT_BYTES: Final = 32
_EPOCH_DAYS_MAX: Final = 2932896  # 9999-12-31

ClaimValue = str | int | bool


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where the certificate's status bit stands (draft-ietf-oauth-status-list section 6.3)."""

    idx: int
    uri: str


@dataclass(frozen=True, slots=True)
class PublicDonation:
    """What a donation's code says in clear: plan filing number, amount in fen, day of receipt (days since 1970)."""

    plan_filing_no: str
    amount_fen: int
    received_day: int


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of a certificate. Times are seconds since 1970-01-01 UTC."""

    iss: str
    iat: int
    cti: bytes
    kind: int
    kind_version: int
    root: bytes
    status: StatusReference
    nbf: int | None = None
    exp: int | None = None
    public: PublicDonation | None = None

    def encode(self) -> bytes:
        """Payload bytes."""
        private: dict[int, Any] = {MZ_KIND: self.kind, MZ_KIND_VERSION: self.kind_version, MZ_ROOT: self.root}
        if self.public is not None:
            p = self.public
            private[MZ_PUBLIC] = {1: p.plan_filing_no, 2: p.amount_fen, 3: p.received_day}
        claims: dict[int, Any] = {
            CWT_ISS: self.iss,
            CWT_IAT: self.iat,
            CWT_CTI: self.cti,
            CWT_STATUS: {"status_list": {"idx": self.status.idx, "uri": self.status.uri}},
            CWT_MZ: private,
        }
        if self.nbf is not None:
            claims[CWT_NBF] = self.nbf
        if self.exp is not None:
            claims[CWT_EXP] = self.exp
        return cbor.encode(claims)

    def public_members(self) -> dict[str, str | int]:
        """What the code says in clear, by name; {} for personal kinds."""
        p = self.public
        if p is None:
            return {}
        return {"plan_filing_no": p.plan_filing_no, "amount_fen": p.amount_fen, "received_day": p.received_day}

    @classmethod
    def parse(cls, payload: bytes) -> Claims:
        """Parse a payload. An unknown member is refused: signed data has no optional meaning. Raises Malformed."""
        required = (CWT_ISS, CWT_IAT, CWT_CTI, CWT_STATUS, CWT_MZ)
        m = fields.mapping(FORMAT, cbor.decode(payload), required, (CWT_NBF, CWT_EXP))
        private = fields.mapping(FORMAT, m[CWT_MZ], (MZ_KIND, MZ_KIND_VERSION, MZ_ROOT), (MZ_PUBLIC,))
        kind = fields.uint(FORMAT, private, MZ_KIND, 0xFFFF)
        version = fields.uint(FORMAT, private, MZ_KIND_VERSION, 0xFFFF)
        return cls(
            iss=fields.uscc(FORMAT, m, CWT_ISS),
            iat=fields.time(FORMAT, m, CWT_IAT),
            cti=fields.octets(FORMAT, m, CWT_CTI, CTI_BYTES),
            kind=kind,
            kind_version=version,
            root=fields.octets(FORMAT, private, MZ_ROOT, 32),
            status=_status_reference(m[CWT_STATUS]),
            nbf=fields.time(FORMAT, m, CWT_NBF) if CWT_NBF in m else None,
            exp=fields.time(FORMAT, m, CWT_EXP) if CWT_EXP in m else None,
            public=_public(kind, version, private.get(MZ_PUBLIC)),
        )


def _status_reference(value: object) -> StatusReference:
    outer = fields.mapping(FORMAT, value, ("status_list",))
    inner = fields.mapping(FORMAT, outer["status_list"], ("idx", "uri"))
    return StatusReference(fields.uint(FORMAT, inner, "idx", 0xFFFFFFFF), fields.text(FORMAT, inner, "uri", 128))


def _public(kind: int, version: int, value: object) -> PublicDonation | None:
    if (kind, version) not in SLOT_DEPTH:  # not ours to judge: a kind of later days is unknown, not malformed
        return None
    if kind != KIND_DONATION:
        if value is not None:
            raise Malformed(FORMAT, "public-members", "this kind has none")
        return None
    m = fields.mapping(FORMAT, value, (1, 2, 3))
    return PublicDonation(
        fields.text(FORMAT, m, 1, 24), fields.uint(FORMAT, m, 2), fields.uint(FORMAT, m, 3, _EPOCH_DAYS_MAX)
    )


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One opened field: slot, salt, name, value and the path to the commitment root, leaf side first."""

    slot: int
    salt: bytes = field(repr=False)  # with a guessable value the salt is as personal as the value itself
    name: str
    value: ClaimValue = field(repr=False)
    path: tuple[bytes, ...]

    def root(self) -> bytes:
        """The commitment root that this disclosure leads to."""
        return fixed_root_from_path(TreeHash.SM3, claim_leaf(self.salt, self.name, self.value), self.slot, self.path)

    def to_list(self) -> list[Any]:
        """Wire form `[slot, salt, name, value, [path…]]`."""
        return [self.slot, self.salt, self.name, self.value, list(self.path)]

    @classmethod
    def from_list(cls, item: object) -> Disclosure:
        """Parse the wire form. Raises Malformed."""
        if type(item) is not list or len(item) != 5:
            raise Malformed(FILE_FORMAT, "disclosure")
        slot, salt, name, value, path = item
        if type(path) is not list or len(path) > MAX_SLOT_DEPTH or type(slot) is not int:
            raise Malformed(FILE_FORMAT, "disclosure-path")
        if type(salt) is not bytes or len(salt) != SALT_BYTES:
            raise Malformed(FILE_FORMAT, "disclosure-salt")
        if type(name) is not str or not 0 < len(name) <= 64 or type(value) not in (str, int, bool):
            raise Malformed(FILE_FORMAT, "disclosure-value")
        return cls(slot, salt, name, value, tuple(path))


def claim_leaf(salt: bytes, name: str, value: ClaimValue) -> bytes:
    """Leaf of a salted claim. The salt (16 random bytes) is what keeps a guessable value hidden."""
    return TreeHash.SM3.leaf(cbor.encode([salt, name, value]))


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed, *unverified* statement: `sign1` has an empty unprotected header."""

    sign1: Sign1
    claims: Claims

    @property
    def statement(self) -> bytes:
        """The canonical bytes: what the code carries and what the log commits to."""
        return self.sign1.encode({})

    @classmethod
    def parse(cls, data: bytes) -> Certificate:
        """Parse a statement as the code carries it. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_CERTIFICATE, max_bytes=MAX_STATEMENT_BYTES)
        if sign1.unprotected:
            raise Malformed(FORMAT, "unprotected-header", "a statement has none")
        return cls(sign1, _claims(sign1))


def _claims(sign1: Sign1) -> Claims:
    fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
    if sign1.payload is None:
        raise Malformed(FORMAT, "payload")
    return Claims.parse(sign1.payload)


@dataclass(frozen=True, slots=True)
class HolderFile:
    """The holder's file (.mzc): certificate, what is disclosed, and the way into the log. All *unverified*."""

    certificate: Certificate
    disclosures: tuple[Disclosure, ...] = ()
    entry_salt: bytes | None = field(default=None, repr=False)
    receipts: tuple[bytes, ...] = ()
    checkpoints: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """File bytes. Raises Malformed if there are too many or too large checkpoints to read them back."""
        header = evidence_header(self.entry_salt, self.receipts, self.checkpoints)
        if self.disclosures:
            header[HDR_DISCLOSURES] = [d.to_list() for d in self.disclosures]
        return self.certificate.sign1.encode(header)

    @classmethod
    def parse(cls, data: bytes) -> HolderFile:
        """Parse file bytes. Unknown unprotected members are refused. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_CERTIFICATE, max_bytes=MAX_FILE_BYTES)
        optional = (HDR_RECEIPTS, HDR_DISCLOSURES, HDR_ENTRY_SALT, HDR_CHECKPOINTS)
        header = fields.mapping(FILE_FORMAT, dict(sign1.unprotected), (), optional)
        bare = Sign1(sign1.protected, sign1.headers, {}, sign1.payload, sign1.signature)
        salt, receipts, checkpoints = read_evidence(header)
        return cls(Certificate(bare, _claims(bare)), _disclosures(header), salt, receipts, checkpoints)


def evidence_header(
    entry_salt: bytes | None, receipts: tuple[bytes, ...], checkpoints: tuple[bytes, ...]
) -> dict[int, Any]:
    """Unprotected members that lead a signed statement into the log; absent where there is nothing to say.

    Raises Malformed if there are too many or too large checkpoints to read them back.
    """
    header: dict[int, Any] = {}
    if receipts:
        header[HDR_RECEIPTS] = list(receipts)
    if entry_salt is not None:
        header[HDR_ENTRY_SALT] = entry_salt
    if checkpoints:
        header[HDR_CHECKPOINTS] = _checked_notes(list(checkpoints))
    return header


def read_evidence(header: Mapping[Any, Any]) -> tuple[bytes | None, tuple[bytes, ...], tuple[bytes, ...]]:
    """(entry salt, receipts, checkpoints) of such members. Raises Malformed."""
    salt = fields.octets(FILE_FORMAT, header, HDR_ENTRY_SALT, ENTRY_SALT_BYTES) if HDR_ENTRY_SALT in header else None
    return salt, _receipts(header, salt), _checkpoints(header)


def _disclosures(header: Mapping[Any, Any]) -> tuple[Disclosure, ...]:
    if HDR_DISCLOSURES not in header:
        return ()
    items = fields.array(FILE_FORMAT, header, HDR_DISCLOSURES, MAX_DISCLOSURES)
    if not items:  # nothing disclosed is written by leaving the member out: one content, one encoding
        raise Malformed(FILE_FORMAT, "disclosures")
    disclosures = tuple(Disclosure.from_list(item) for item in items)
    if len({d.name for d in disclosures}) != len(disclosures) or len({d.slot for d in disclosures}) != len(disclosures):
        raise Malformed(FILE_FORMAT, "disclosure-repeated")
    return disclosures


def _receipts(header: Mapping[Any, Any], salt: bytes | None) -> tuple[bytes, ...]:
    if HDR_RECEIPTS not in header:
        return ()
    items = fields.array(FILE_FORMAT, header, HDR_RECEIPTS, MAX_RECEIPTS)
    if not items or any(type(item) is not bytes for item in items):
        raise Malformed(FILE_FORMAT, "receipts")
    if salt is None:
        raise Malformed(FILE_FORMAT, "entry-salt", "receipts need it")
    return tuple(items)


def _checkpoints(header: Mapping[Any, Any]) -> tuple[bytes, ...]:
    """Notes as they are. What cannot be read as one proves nothing, and refutes nothing: nobody signed this header."""
    if HDR_CHECKPOINTS not in header:
        return ()
    return tuple(_checked_notes(fields.array(FILE_FORMAT, header, HDR_CHECKPOINTS, MAX_CHECKPOINTS)))


def _checked_notes(items: list[Any]) -> list[Any]:
    if not 0 < len(items) <= MAX_CHECKPOINTS:
        raise Malformed(FILE_FORMAT, "checkpoints")
    if any(type(item) is not bytes or not 0 < len(item) <= MAX_CHECKPOINT_BYTES for item in items):
        raise Malformed(FILE_FORMAT, "checkpoint")
    if len(set(items)) != len(items):
        raise Malformed(FILE_FORMAT, "checkpoint-repeated")
    return items
