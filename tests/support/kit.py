"""A small world for tests: a root, two issuers, a log, a chain; everything deterministic, nothing secret.

The signer is test-only (deterministic nonce, variable time). The service signs through the system's libcrypto.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tests.support import sm2_signer
from tests.support.sm2_signer import N
from verifier import cose, labels, policy, status_list
from verifier.anchor import AnchorObservation
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote, note_key_id
from verifier.cose import CoseKey
from verifier.credential import Certificate, Claims, Disclosure, HolderFile, PublicDonation, StatusReference, claim_leaf
from verifier.hazmat.sm3 import hmac_sm3, sm3
from verifier.merkle import TreeHash, fixed_levels, fixed_path, inclusion_path
from verifier.receipt import encode_receipt, entry_body, entry_commitment, receipt_protected, receipt_to_be_signed

AT = 1767225600  # 2026-01-01T00:00:00Z: when everything is checked
DAY = 86400
REGISTRY = "11990000MB9T010142"
CHARITY = "53990000MJ9T00037A"
ORIGIN = "log.minzheng.example/sm3-2026"
STATUS_URI = "https://minzheng.example/v1/status-lists/1"
CONTRACT = bytes.fromhex("00112233445566778899aabbccddeeff00112233")
CHAIN_ID = 990000


@dataclass(frozen=True)
class TestSigner:
    """SM2 signer from a seed, with a nonce derived from key and message: same input, same signature."""

    __test__ = False
    seed: bytes

    @cached_property
    def d(self) -> int:
        return int.from_bytes(sm3(b"d" + self.seed), "big") % (N - 2) + 1

    @property
    def public_key(self) -> bytes:
        return sm2_signer.public_key(self.d)

    @cached_property
    def key(self) -> CoseKey:
        return CoseKey(labels.CRV_SM2, self.public_key)

    @property
    def alg(self) -> int:
        return labels.ALG_SM2

    @property
    def kid(self) -> bytes:
        return self.key.kid

    def sign(self, message: bytes) -> bytes:
        k = int.from_bytes(hmac_sm3(self.d.to_bytes(32, "big"), message), "big") % (N - 1) + 1
        return sm2_signer.sign(self.d, k, message)

    def sign_many(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        return map(self.sign, messages)

    def sign1(self, typ: str, payload: bytes) -> bytes:
        protected = cose.protected_header(self.alg, self.kid, typ)
        return cose.encode_sign1(protected, {}, payload, self.sign(cose.sig_structure(protected, payload)))


ROOT = TestSigner(b"root")
REGISTRY_KEY = TestSigner(b"registry")
CHARITY_KEY = TestSigner(b"charity")
LOG_KEY = TestSigner(b"log")
OTHER_LOG_KEY = TestSigner(b"other log")
STRANGER_KEY = TestSigner(b"stranger")


def bundle(**changes: Any) -> policy.TrustBundle:
    """The trust bundle of this world, with changes for a test."""
    year = 366 * DAY
    values: dict[str, Any] = {
        "sequence": 1,
        "issued_at": AT - 30 * DAY,
        "expires": AT + year,
        "root": ROOT.key,
        "issuers": (
            policy.Issuer(
                REGISTRY,
                "示例婚姻登记处（虚构）",
                "Sample Marriage Registry (fictitious)",
                (policy.IssuerKey(REGISTRY_KEY.key, AT - year, AT + year, frozenset({1}), True),),
            ),
            policy.Issuer(
                CHARITY,
                "示例慈善基金会（虚构）",
                "Sample Charity Foundation (fictitious)",
                (policy.IssuerKey(CHARITY_KEY.key, AT - year, AT + year, frozenset({3}), True),),
            ),
        ),
        "logs": (policy.LogTrust(ORIGIN, TreeHash.SM3, (policy.LogKey(LOG_KEY.key, ORIGIN, AT - year, AT + year),)),),
        "chains": (policy.ChainTrust(CHAIN_ID, CONTRACT, "test chain"),),
    }
    return policy.TrustBundle(**{**values, **changes})


def signed_bundle(b: policy.TrustBundle | None = None, signer: TestSigner = ROOT) -> bytes:
    """Bundle bytes, signed."""
    b = b or bundle()
    payload = b.encode_payload()
    header = b.protected_header()
    return cose.encode_sign1(header, {}, payload, signer.sign(cose.sig_structure(header, payload)))


FIELDS: tuple[tuple[str, str], ...] = (
    ("zihao", "J990101-2025-000001"),
    ("holder_name", "示例古丽·样本江"),
    ("holder_birth_date", "1990-03-07"),
    ("registration_date", "2025-05-20"),
)


def commitment(depth: int, salt_seed: bytes = b"salt") -> tuple[bytes, tuple[Disclosure, ...]]:
    """Root and disclosures of FIELDS in slots 0.., with decoys behind them."""
    salts = [sm3(salt_seed + bytes([i]))[:16] for i in range(len(FIELDS))]
    leaves = [claim_leaf(s, n, v) for s, (n, v) in zip(salts, FIELDS, strict=True)]
    leaves += [sm3(salt_seed + b"decoy" + bytes([i])) for i in range(len(leaves), 1 << depth)]
    levels = fixed_levels(TreeHash.SM3, leaves)
    found = tuple(Disclosure(i, salts[i], n, v, tuple(fixed_path(levels, i))) for i, (n, v) in enumerate(FIELDS))
    return levels[-1][0], found


def claims(**changes: Any) -> Claims:
    """Claims of a marriage certificate."""
    root, _ = commitment(5)
    base = Claims(REGISTRY, AT - DAY, sm3(b"cti")[:16], 1, 1, root, StatusReference(70001, STATUS_URI))
    return replace(base, **changes)


def donation_claims(**changes: Any) -> Claims:
    """Claims of a donation certificate."""
    root, _ = commitment(4)
    public = PublicDonation("53990000MJ9T00037AA26001", 10_000, 20453)
    base = claims(iss=CHARITY, kind=3, root=root, public=public)
    return replace(base, **changes)


def statement(c: Claims | None = None, signer: TestSigner = REGISTRY_KEY) -> bytes:
    """Signed statement bytes."""
    return signer.sign1(labels.TYP_CERTIFICATE, (c or claims()).encode())


def status(
    not_valid: Sequence[int] = (5,), signer: TestSigner = REGISTRY_KEY, iss: str = REGISTRY, **changes: Any
) -> bytes:
    """Signed status list bytes."""
    values: dict[str, Any] = {"iss": iss, "uri": STATUS_URI, "iat": AT - 3600, "exp": AT + DAY, "ttl": 3600}
    lst = status_list.pack_bits(status_list.MIN_ENTRIES, not_valid)
    return signer.sign1(labels.TYP_STATUS_LIST, status_list.encode_payload(**{**values, "lst": lst, **changes}))


@dataclass
class TestLog:
    """A log held in a list, for receipts and checkpoints."""

    __test__ = False
    signer: TestSigner = LOG_KEY
    origin: str = ORIGIN
    tree: TreeHash = TreeHash.SM3
    bodies: list[bytes] = field(default_factory=list)

    def add(self, salt: bytes, st: bytes) -> int:
        self.bodies.append(entry_body(entry_commitment(salt, st)))
        return len(self.bodies) - 1

    def fill(self, n: int) -> None:
        for i in range(n):
            self.bodies.append(entry_body(sm3(b"filler" + i.to_bytes(4, "big"))))

    def node(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.tree.leaf(self.bodies[index])
        return self.tree.node(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def root(self) -> bytes:
        from verifier.merkle import Frontier

        return Frontier(self.tree).extend([self.tree.leaf(b) for b in self.bodies]).root()

    def receipt(self, index: int, iat: int = AT - DAY + 60) -> bytes:
        size = len(self.bodies)
        protected = receipt_protected(self.signer.key, self.origin, iat, self.tree, size)
        signature = self.signer.sign(receipt_to_be_signed(protected, self.root()))
        return encode_receipt(protected, signature, size, index, inclusion_path(self.tree, index, size, self.node))

    def note(self) -> bytes:
        checkpoint = Checkpoint(self.origin, len(self.bodies), self.root())
        signature = self.signer.sign(checkpoint.note_text().encode())
        line = NoteSignature(self.origin, note_key_id(self.origin, self.signer.key), signature)
        return SignedNote(checkpoint, (line,)).encode()

    def anchor(self, **changes: Any) -> AnchorObservation:
        base = AnchorObservation(
            CHAIN_ID,
            CONTRACT,
            self.origin,
            len(self.bodies),
            self.root(),
            81,
            sm3(b"block"),
            sm3(b"tx"),
            AT - DAY + 120,
        )
        return replace(base, **changes)


ENTRY_SALT = sm3(b"entry salt")


def holder_file(
    st: bytes | None = None, log: TestLog | None = None, receipts: Sequence[bytes] | None = None, **changes: Any
) -> bytes:
    """A holder's file whose statement is entry 4 of 11 in the log, with all disclosures."""
    st = st or statement()
    if receipts is None:
        log = log or TestLog()
        log.fill(4)
        index = log.add(ENTRY_SALT, st)
        log.fill(6)
        receipts = [log.receipt(index)]
    certificate = Certificate.parse(st)
    _, disclosures = commitment(5 if certificate.claims.kind == 1 else 4)
    values: dict[str, Any] = {"disclosures": disclosures, "entry_salt": ENTRY_SALT, "receipts": tuple(receipts)}
    return HolderFile(certificate, **{**values, **changes}).encode()
