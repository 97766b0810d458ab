"""The trust bundle: whom a verifier believes, for what, and from when to when. Frozen data, signed by a root key.

    protected  {1: -65537, 4: kid of root, 16: "mz-trust+cbor"}
    payload    {1: 1, 2: sequence, 3: issued_at, 4: expires, 5: root COSE_Key,
                6: [{1: uscc, 2: {"zh": "…", "en": "…"},
                     3: [{1: COSE_Key, 2: not_before, 3: not_after, 4: [1], 5: true}]}],
                7: [{1: origin, 2: vds, 3: [{1: COSE_Key, 2: key name, 3: not_before, 4: not_after}]}],
                8: [{1: chain_id, 2: h'…20', 3: "name", 4: consensus}], 9: witness policy or null,
                10: [kind manifest, …], 11: [h'DER of a CA certificate', …], 12: [answer key, …]}

Member 4 of a chain, its validators (`verifier.consensus`), may be absent; member 9 is of `verifier.quorum`, the
optional member 10 of `verifier.manifest`, the optional 11 lists the certificate authorities of e-seals, roots first,
the optional 12 the keys that sign answers (`verifier.answerkeys`). A key names the kinds it may sign: a marriage key
must not sign donations. The root key inside the bundle only proves that the bundle is whole; that it is the *right*
root the caller says by a pin (the SM3 of the root's COSE_Key).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from . import cbor, fields
from .answerkeys import MAX_ANSWER_KEYS, AnswerKey
from .consensus import Consensus
from .cose import CoseKey, Sign1, protected_header
from .errors import Malformed, Unsupported
from .hazmat.sm3 import sm3
from .labels import TYP_TRUST_BUNDLE
from .manifest import MAX_KINDS, KindManifest, depths, read_manifests
from .merkle import TreeHash
from .quorum import WitnessPolicy

FORMAT: Final = "trust-bundle"
MAX_BYTES: Final = 1 << 20
MAX_LIST: Final = 10_000
MAX_AUTHORITIES: Final = 16
MAX_AUTHORITY_BYTES: Final = 4096
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One key of an issuer. Valid for signatures made in [not_before, not_after), seconds UTC.

    `revoked_from`: signatures made from that second on are not believed, nor earlier ones whose time nothing but
    the signer himself attests. `seals`: whether it may sign electronic seals (GB/T 38540).
    """

    key: CoseKey
    not_before: int
    not_after: int
    kinds: frozenset[int]
    status_lists: bool
    revoked_from: int | None = None
    seals: bool = False

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        m: dict[int, Any] = {
            1: self.key.to_map(),
            2: self.not_before,
            3: self.not_after,
            4: sorted(self.kinds),
            5: self.status_lists,
        }
        if self.revoked_from is not None:
            m[6] = self.revoked_from
        if self.seals:
            m[7] = True
        return m

    @classmethod
    def from_map(cls, value: object) -> IssuerKey:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3, 4, 5), (6, 7))
        kinds = fields.array(FORMAT, m, 4, 256)
        if any(type(k) is not int or k < 0 for k in kinds) or kinds != sorted(set(kinds)):
            raise Malformed(FORMAT, "kinds")
        if type(m[5]) is not bool:
            raise Malformed(FORMAT, "status-lists")
        if 7 in m and m[7] is not True:  # "no" is said by leaving it out: one content, one encoding
            raise Malformed(FORMAT, "seals")
        revoked = fields.time(FORMAT, m, 6) if 6 in m else None
        return cls(CoseKey.from_map(m[1]), *_validity(m, 2), frozenset(kinds), m[5], revoked, 7 in m)


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuing authority: unified social credit code, names, keys."""

    uscc: str
    name_zh: str
    name_en: str
    keys: tuple[IssuerKey, ...]

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {1: self.uscc, 2: {"zh": self.name_zh, "en": self.name_en}, 3: [k.to_map() for k in self.keys]}

    @classmethod
    def from_map(cls, value: object) -> Issuer:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3))
        names = fields.mapping(FORMAT, m[2], ("zh", "en"))
        keys = tuple(IssuerKey.from_map(k) for k in fields.array(FORMAT, m, 3, MAX_LIST))
        return cls(
            fields.uscc(FORMAT, m, 1),
            fields.text(FORMAT, names, "zh"),
            fields.text(FORMAT, names, "en"),
            keys,
        )


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key that signs a log's checkpoints (under `name`) and receipts."""

    key: CoseKey
    name: str
    not_before: int
    not_after: int

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {1: self.key.to_map(), 2: self.name, 3: self.not_before, 4: self.not_after}

    @classmethod
    def from_map(cls, value: object) -> LogKey:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3, 4))
        return cls(CoseKey.from_map(m[1]), fields.text(FORMAT, m, 2, 200), *_validity(m, 3))


@dataclass(frozen=True, slots=True)
class LogTrust:
    """A log: its origin, the hash of its tree, its keys."""

    origin: str
    tree: TreeHash
    keys: tuple[LogKey, ...]

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {1: self.origin, 2: self.tree.vds, 3: [k.to_map() for k in self.keys]}

    @classmethod
    def from_map(cls, value: object) -> LogTrust:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3))
        tree = TreeHash.from_vds(fields.integer(FORMAT, m, 2))
        keys = tuple(LogKey.from_map(k) for k in fields.array(FORMAT, m, 3, 256))
        return cls(fields.text(FORMAT, m, 1, 200), tree, keys)


@dataclass(frozen=True, slots=True)
class ChainTrust:
    """A chain and the AnchorRegistry contract on it that this bundle's logs are anchored in.

    With `consensus`, an anchor's proof can be checked without asking a node; without it nothing but an observation can.
    """

    chain_id: int
    contract: bytes
    name: str
    consensus: Consensus | None = None

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        m: dict[int, Any] = {1: self.chain_id, 2: self.contract, 3: self.name}
        if self.consensus is not None:
            m[4] = self.consensus.to_map()
        return m

    @classmethod
    def from_map(cls, value: object) -> ChainTrust:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3), (4,))
        consensus = Consensus.from_map(m[4]) if 4 in m else None
        return cls(fields.uint(FORMAT, m, 1), fields.octets(FORMAT, m, 2, 20), fields.text(FORMAT, m, 3), consensus)


@dataclass(frozen=True, slots=True)
class TrustBundle:
    """Parsed trust bundle whose root signature has been checked (by `parse`; building one by hand checks nothing)."""

    sequence: int
    issued_at: int
    expires: int
    root: CoseKey
    issuers: tuple[Issuer, ...]
    logs: tuple[LogTrust, ...]
    chains: tuple[ChainTrust, ...]
    witnesses: WitnessPolicy | None = None
    kinds: tuple[KindManifest, ...] = ()
    authorities: tuple[bytes, ...] = ()
    answers: tuple[AnswerKey, ...] = ()
    _by_kid: Mapping[tuple[str, bytes], IssuerKey] = field(init=False, repr=False, compare=False)
    _by_uscc: Mapping[str, Issuer] = field(init=False, repr=False, compare=False)
    root_fingerprint: str = field(init=False, compare=False)
    """SM3 of the root's COSE_Key, hexadecimal: what a pin is compared with."""
    depths: Mapping[tuple[int, int], int] = field(init=False, repr=False, compare=False)
    """Depth of the commitment tree by (kind, version); what is not listed is not known to this verifier."""

    def __post_init__(self) -> None:
        by_uscc = _unique("issuer", ((i.uscc, i) for i in self.issuers))
        by_kid = _unique("issuer key", (((i.uscc, k.key.kid), k) for i in self.issuers for k in i.keys))
        _unique("log", ((log.origin, log) for log in self.logs))
        _unique("log key", (((log.origin, k.key.kid), k) for log in self.logs for k in log.keys))
        _unique("answer key", ((k.key.kid, k) for k in self.answers))
        _apart(self.logs, self.witnesses)
        object.__setattr__(self, "_by_uscc", by_uscc)
        object.__setattr__(self, "_by_kid", by_kid)
        object.__setattr__(self, "depths", depths(self.kinds))
        object.__setattr__(self, "root_fingerprint", sm3(cbor.encode(self.root.to_map())).hex())

    def issuer(self, uscc: str) -> Issuer | None:
        """The issuer of that code, if the bundle knows it."""
        return self._by_uscc.get(uscc)

    def issuer_key(self, uscc: str, kid: bytes) -> IssuerKey | None:
        """The issuer's key of that id, if the bundle knows it."""
        return self._by_kid.get((uscc, kid))

    def answer_key(self, uscc: str, kid: bytes) -> AnswerKey | None:
        """The key of that id under which that organisation answers, if the bundle knows it."""
        return next((k for k in self.answers if (k.uscc, k.key.kid) == (uscc, kid)), None)

    def manifest(self, kind: int, version: int) -> KindManifest | None:
        """What the bundle says of that version of a kind."""
        return next((k for k in self.kinds if (k.number, k.version) == (kind, version)), None)

    def log(self, origin: str) -> LogTrust | None:
        """The log of that origin, if the bundle knows it."""
        return next((log for log in self.logs if log.origin == origin), None)

    def encode_payload(self) -> bytes:
        """Payload bytes, to be signed by the root key with `protected_header()`."""
        m: dict[int, Any] = {
            1: 1,
            2: self.sequence,
            3: self.issued_at,
            4: self.expires,
            5: self.root.to_map(),
            6: [i.to_map() for i in self.issuers],
            7: [log.to_map() for log in self.logs],
            8: [c.to_map() for c in self.chains],
            9: None if self.witnesses is None else self.witnesses.to_map(),
        }
        if self.kinds:
            m[10] = [k.to_map() for k in self.kinds]
        if self.authorities:
            m[11] = list(self.authorities)
        if self.answers:
            m[12] = [k.to_map() for k in self.answers]
        return cbor.encode(m)

    def protected_header(self) -> bytes:
        """Protected header bytes that go with the payload."""
        return protected_header(self.root.alg, self.root.kid, TYP_TRUST_BUNDLE)

    @classmethod
    def parse(cls, data: bytes, root_pin: str | None = None) -> TrustBundle:
        """Parse bundle bytes and check the root's signature, and the pin if one is given.

        `root_pin`: 64 hexadecimal digits, SM3 of the root COSE_Key. Raises Malformed or Unsupported.
        """
        sign1 = Sign1.parse(data, typ=TYP_TRUST_BUNDLE, max_bytes=MAX_BYTES)
        fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
        if sign1.unprotected or sign1.payload is None:
            raise Malformed(FORMAT, "structure")
        m = fields.mapping(FORMAT, cbor.decode(sign1.payload, max_bytes=MAX_BYTES), range(1, 10), (10, 11, 12))
        if fields.uint(FORMAT, m, 1) != 1:
            raise Unsupported("trust bundle: version not known")
        root = CoseKey.from_map(m[5])
        if sign1.kid != root.kid or not sign1.verify(root):
            raise Malformed(FORMAT, "signature", "not signed by its root")
        bundle = cls(
            fields.uint(FORMAT, m, 2),
            *_validity(m, 3),
            root,
            tuple(Issuer.from_map(i) for i in fields.array(FORMAT, m, 6, MAX_LIST)),
            tuple(LogTrust.from_map(log) for log in fields.array(FORMAT, m, 7, 256)),
            tuple(ChainTrust.from_map(c) for c in fields.array(FORMAT, m, 8, 64)),
            None if m[9] is None else WitnessPolicy.from_map(m[9]),
            read_manifests(_present(m, 10, MAX_KINDS)),
            _authorities(_present(m, 11, MAX_AUTHORITIES)),
            tuple(AnswerKey.from_map(k) for k in _present(m, 12, MAX_ANSWER_KEYS)),
        )
        if root_pin is not None and root_pin.lower() != bundle.root_fingerprint:
            raise Malformed(FORMAT, "root-pin", "signed by another root than the pinned one")
        return bundle


def _validity(m: Mapping[Any, Any], first: int) -> tuple[int, int]:
    start, end = fields.time(FORMAT, m, first), fields.time(FORMAT, m, first + 1)
    if end <= start:
        raise Malformed(FORMAT, "validity", "ends before it begins")
    return start, end


def _present(m: Mapping[Any, Any], key: int, maximum: int) -> list[Any]:
    """An optional list, which is not empty where it is there: one content, one encoding."""
    if key not in m:
        return []
    items = fields.array(FORMAT, m, key, maximum)
    if not items:
        raise Malformed(FORMAT, "empty-list", f"key {key}")
    return items


def _authorities(items: list[Any]) -> tuple[bytes, ...]:
    """Certificates as they are; `verifier.x509` reads them where a seal is checked."""
    if any(type(der) is not bytes or not 0 < len(der) <= MAX_AUTHORITY_BYTES for der in items):
        raise Malformed(FORMAT, "authority")
    if len(set(items)) != len(items):
        raise Malformed(FORMAT, "repeated", "authority")
    return tuple(items)


def _apart(logs: Iterable[LogTrust], witnesses: WitnessPolicy | None) -> None:
    """A log that could be its own witness would watch itself."""
    if witnesses is None:
        return
    keys = {(k.key.crv, k.key.public) for log in logs for k in log.keys}
    names = {name for log in logs for name in (log.origin, *(k.name for k in log.keys))}
    if any((w.key.crv, w.key.public) in keys or w.name in names for w in witnesses.witnesses):
        raise Malformed(FORMAT, "witness", "a log's key or name")


def _unique(what: str, pairs: Iterable[tuple[_K, _V]]) -> dict[_K, _V]:
    result: dict[_K, _V] = {}
    for key, value in pairs:
        if key in result:
            raise Malformed(FORMAT, "repeated", what)
        result[key] = value
    return result
