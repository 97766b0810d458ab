"""Holder's files: structure, disclosures, receipts, anchors, levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.golden.world import AT, CHARITY_STATUS, STATUS, Vector, failed, flip, header, passed, seal, unclear
from tests.support import kit
from verifier import cbor, labels
from verifier.credential import Certificate, Disclosure, HolderFile, claim_leaf
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash, fixed_levels, fixed_path, inclusion_path
from verifier.policy import LogKey, LogTrust
from verifier.receipt import Receipt, encode_receipt, receipt_protected, receipt_to_be_signed

STATEMENT = kit.statement()
DONATION = kit.statement(kit.donation_claims(), kit.CHARITY_KEY)
FILE = kit.holder_file()
IAT = AT - kit.DAY
DISCLOSED = HolderFile.parse(FILE).disclosures
RECEIPT = HolderFile.parse(FILE).receipts[0]


def vectors() -> Iterator[Vector]:
    yield from _good()
    yield from _values()
    yield from _structure()
    yield from _disclosures()
    yield from _receipts()
    yield from _receipt_parts()
    yield from _logs()
    yield from _anchors()


def log_with(st: bytes = STATEMENT, **changes: Any) -> tuple[kit.TestLog, int]:
    log = kit.TestLog(**changes)
    log.fill(4)
    index = log.add(kit.ENTRY_SALT, st)
    log.fill(6)
    return log, index


def _good() -> Iterator[Vector]:
    yield passed("file-marriage", FILE)
    yield passed("file-donation", kit.holder_file(DONATION))
    yield passed("file-without-disclosures", kit.holder_file(disclosures=()))
    yield passed("file-one-disclosure", kit.holder_file(disclosures=DISCLOSED[2:3]))
    yield passed("file-disclosures-in-other-order", kit.holder_file(disclosures=DISCLOSED[::-1]))
    yield passed("file-level-1", FILE, level="L1")
    yield passed("file-level-2", FILE, level="L2")
    yield passed("file-bare-statement-at-level-1", STATEMENT, level="L1")
    yield passed("file-without-receipt-at-level-1", kit.holder_file(receipts=()), level="L1")


def _values() -> Iterator[Vector]:
    """Values of every type and awkward texts: what must reach the hash exactly as it was signed."""
    values: list[tuple[str, Any]] = [
        ("largest", (1 << 64) - 1),
        ("smallest", -(1 << 64)),
        ("beyond-double", (1 << 53) + 1),
        ("zero", 0),
        ("true", True),
        ("false", False),
        ("empty", ""),
        ("byte-order-mark", "\ufeffabc"),
        ("composed", "\u00e9"),
        ("decomposed", "e\u0301"),
        ("beyond-bmp", "\U00020bb7\U0002ebf0"),
        ("nul", "\x00"),
        ("right-to-left", "\u202eabc"),
        ("\U00020bb7" * 64, "a name of 64 characters, each of two UTF-16 units"),
        ("long", "\u6c49" * 5000),
    ]
    salts = [sm3(b"values" + bytes([i]))[:16] for i in range(len(values))]
    leaves = [claim_leaf(s, n, v) for s, (n, v) in zip(salts, values, strict=True)]
    leaves += [sm3(b"values decoy" + bytes([i])) for i in range(32 - len(values))]
    levels = fixed_levels(TreeHash.SM3, leaves)
    shown = [Disclosure(i, salts[i], n, v, tuple(fixed_path(levels, i))) for i, (n, v) in enumerate(values)]
    st = kit.statement(kit.claims(root=levels[-1][0]))
    yield passed("file-values-of-every-kind", kit.holder_file(st, disclosures=tuple(shown)))
    for name, slot, value in (
        ("true-shown-as-one", 4, 1),
        ("zero-shown-as-false", 3, False),
        ("neighbour-of-integer-beyond-double", 2, 1 << 53),
        ("without-byte-order-mark", 7, "abc"),
        ("composed-for-decomposed", 9, "\u00e9"),
    ):
        changed = replace(shown[slot], value=value)
        yield failed(f"disclosure-{name}", kit.holder_file(st, disclosures=(changed,)), "DISCLOSURE_INVALID")
    too_long = replace(shown[13], name="\U00020bb7" * 65)
    yield failed("file-disclosure-name-of-65", kit.holder_file(st, disclosures=(too_long,)), "MALFORMED_FILE")


def unprotected(members: dict[Any, Any]) -> bytes:
    """The file with another unprotected header."""
    return Certificate.parse(STATEMENT).sign1.encode(members)


def _structure() -> Iterator[Vector]:
    salt = {labels.HDR_ENTRY_SALT: kit.ENTRY_SALT}
    receipts = {labels.HDR_RECEIPTS: [RECEIPT]}
    one = DISCLOSED[0].to_list()
    typ = header(typ=labels.TYP_STATUS_EVENT)
    for name, data in {
        "empty": b"",
        "truncated": FILE[:-1],
        "truncated-half": FILE[: len(FILE) // 2],
        "trailing-byte": FILE + b"\x00",
        "wrong-tag": b"\xd8\x62" + FILE[1:],
        "no-tag": FILE[1:],
        "wrong-typ": seal(protected=typ),
        "is-a-status-list": STATUS,
        "is-a-receipt": RECEIPT,
        "is-a-trust-bundle": kit.signed_bundle(),
        "is-a-pdf": b"%PDF-1.7\n",
        "deep-nesting": b"\x81" * 5000,
        "indefinite-array": b"\xd2\x9f" + FILE[2:] + b"\xff",
        "crit": seal(protected=header(extra={2: [99], 99: 1})),
        "alg-only-unprotected": seal(protected=header(alg=None), unprotected=cbor.encode({1: labels.ALG_SM2})),
        "alg-text": seal(protected=header(alg="SM2")),
        "alg-bool": seal(protected=header(alg=True)),
        "kid-short": seal(protected=header(kid=bytes(7))),
        "unknown-member": unprotected({-65699: 0}),
        "header-in-both": unprotected({1: labels.ALG_SM2}),
        "unsorted-keys": seal(unprotected=b"\xa2\x3a\x00\x01\x00\x41\x58\x20" + bytes(32) + b"\x19\x01\x8a\x81\x40"),
        "duplicate-key": seal(unprotected=b"\xa2" + 2 * (b"\x3a\x00\x01\x00\x41\x58\x20" + bytes(32))),
        "non-shortest-length": seal(unprotected=b"\xa1\x3a\x00\x01\x00\x41\x59\x00\x20" + bytes(32)),
        "receipts-empty": unprotected({labels.HDR_RECEIPTS: [], **salt}),
        "receipts-not-a-list": unprotected({labels.HDR_RECEIPTS: RECEIPT, **salt}),
        "receipts-of-integers": unprotected({labels.HDR_RECEIPTS: [1], **salt}),
        "receipts-too-many": unprotected({labels.HDR_RECEIPTS: [RECEIPT] * 9, **salt}),
        "receipts-without-salt": unprotected(receipts),
        "salt-short": unprotected({labels.HDR_ENTRY_SALT: bytes(31), **receipts}),
        "disclosures-empty": unprotected({labels.HDR_DISCLOSURES: []}),
        "disclosures-too-many": unprotected({labels.HDR_DISCLOSURES: [one] * 65}),
        "disclosure-six-members": unprotected({labels.HDR_DISCLOSURES: [[*one, 0]]}),
        "disclosure-null-value": unprotected({labels.HDR_DISCLOSURES: [[*one[:3], None, one[4]]]}),
        "disclosure-short-salt": unprotected({labels.HDR_DISCLOSURES: [[0, bytes(15), *one[2:]]]}),
        "disclosure-bool-slot": unprotected({labels.HDR_DISCLOSURES: [[False, *one[1:]]]}),
        "disclosure-long-path": unprotected({labels.HDR_DISCLOSURES: [[*one[:4], one[4] * 2]]}),
        "disclosure-repeated": unprotected({labels.HDR_DISCLOSURES: [one, one]}),
        "disclosure-name-repeated": kit.holder_file(disclosures=(DISCLOSED[0], replace(DISCLOSED[1], name="zihao"))),
        "disclosure-slot-repeated": kit.holder_file(disclosures=(DISCLOSED[0], replace(DISCLOSED[1], slot=0))),
    }.items():
        yield failed(f"file-{name}", data, "MALFORMED_FILE")
    unsigned = seal(signature=bytes(64))
    yield failed("file-signature-zero", unsigned, "SIGNATURE_INVALID")
    position = FILE.index(kit.claims().root)
    yield failed("file-flipped-root", flip(FILE, position), "SIGNATURE_INVALID")
    yield failed("file-alg-minus-48", seal(protected=header(alg=-48)), "ALGORITHM_MISMATCH")


def _disclosures() -> Iterator[Vector]:
    first = DISCLOSED[0]
    root, others = kit.commitment(5, b"another salt")
    assert root != kit.claims().root

    def changed(*disclosures: Disclosure) -> bytes:
        return kit.holder_file(disclosures=disclosures)

    for name, disclosures in {
        "value": (replace(first, value="J990101-2025-000002"),),
        "value-type": (replace(first, value=1),),
        "value-normalised": (replace(DISCLOSED[1], value="示例古丽•样本江"),),
        "value-of-one-of-four": (*DISCLOSED[:3], replace(DISCLOSED[3], value="2025-05-21")),
        "name": (replace(first, name="holder_name"),),
        "names-swapped": (replace(first, name=DISCLOSED[1].name), replace(DISCLOSED[1], name=first.name)),
        "salt": (replace(first, salt=bytes(16)),),
        "slot": (replace(first, slot=1),),
        "slot-negative": (replace(first, slot=-1),),
        "slot-beyond": (replace(first, slot=32),),
        "slot-huge": (replace(first, slot=(1 << 64) - 1),),
        "path-flipped": (replace(first, path=(flip(first.path[0], 0), *first.path[1:])),),
        "path-short": (replace(first, path=first.path[:-1]),),
        "path-long": (replace(first, path=(*first.path, bytes(32))),),
        "path-empty": (replace(first, path=()),),
        "path-hash-short": (replace(first, path=(first.path[0][:31], *first.path[1:])),),
        "of-other-certificate": (others[0],),
    }.items():
        yield failed(f"disclosure-{name}", changed(*disclosures), "DISCLOSURE_INVALID")
    # A node of the tree shown as a leaf: the prefixes and the fixed depth keep it out.
    upper = replace(first, slot=0, path=first.path[1:])
    yield failed("disclosure-inner-node", changed(upper), "DISCLOSURE_INVALID")
    deep = kit.statement(kit.donation_claims(root=kit.commitment(5)[0]), kit.CHARITY_KEY)
    yield failed(
        "disclosure-depth-of-other-kind",
        kit.holder_file(deep, disclosures=DISCLOSED[:1]),
        "DISCLOSURE_INVALID",
    )
    both = kit.holder_file(disclosures=(replace(first, value="x"),))
    yield failed("disclosure-invalid-and-status-missing", both, "DISCLOSURE_INVALID", statuses=())


def _receipts() -> Iterator[Vector]:
    log, index = log_with()
    other, other_index = log_with(DONATION)
    bad = "RECEIPT_INVALID"
    good = log.receipt(index)
    yield unclear("receipt-missing", kit.holder_file(receipts=()), "RECEIPT_MISSING")
    yield unclear("receipt-missing-bare-statement", STATEMENT, "RECEIPT_MISSING")
    yield unclear("receipt-missing-at-level-2", kit.holder_file(receipts=()), "RECEIPT_MISSING", level="L2")
    for name, receipt in {
        "of-other-certificate": other.receipt(other_index),
        "of-neighbour": log.receipt(index + 1),
        "flipped-signature": flip(good, -1),
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "empty": b"",
        "is-a-certificate": STATEMENT,
        "is-a-checkpoint-note": log.note(),
        "before-issue": log.receipt(index, IAT - 301),
        "before-log-key": log.receipt(index, AT - 366 * kit.DAY - 1),
    }.items():
        yield failed(f"receipt-{name}", kit.holder_file(receipts=[receipt]), bad)
    future = log.receipt(index, AT + 301)
    yield unclear("receipt-from-the-future", kit.holder_file(receipts=[future]), "NOT_YET_VALID")
    yield unclear("receipt-from-the-future-at-level-1", kit.holder_file(receipts=[future]), "NOT_YET_VALID", level="L1")
    yield passed("receipt-good-and-from-the-future", kit.holder_file(receipts=[future, good]))
    yield failed("receipt-from-the-future-and-bad", kit.holder_file(receipts=[future, flip(good, -1)]), bad)
    yield failed("receipt-invalid-at-level-1", kit.holder_file(receipts=[flip(good, -1)]), bad, level="L1")
    yield failed("receipt-good-and-bad", kit.holder_file(receipts=[good, flip(good, -1)]), bad)
    yield passed("receipt-twice", kit.holder_file(receipts=[good, good]))
    yield failed("receipt-wrong-salt", kit.holder_file(entry_salt=sm3(b"wrong salt")), bad)
    alone = kit.TestLog()
    yield passed("receipt-only-entry", kit.holder_file(receipts=[alone.receipt(alone.add(kit.ENTRY_SALT, STATEMENT))]))
    within = kit.holder_file(receipts=[log.receipt(index, IAT - 300)])
    yield passed("receipt-within-clock-skew", within)


def parts(log: kit.TestLog, index: int, /, **changes: Any) -> bytes:
    """A receipt whose parts are changed one by one; the signature stays good for the log's root and header."""
    size = len(log.bodies)
    protected = changes.get("protected") or receipt_protected(log.signer.key, log.origin, IAT + 60, log.tree, size)
    signature = log.signer.sign(receipt_to_be_signed(protected, log.root()))
    path = changes.get("path", inclusion_path(log.tree, index, size, log.node))
    return encode_receipt(protected, signature, changes.get("size", size), changes.get("index", index), path)


def _receipt_parts() -> Iterator[Vector]:
    log, index = log_with()
    path = inclusion_path(log.tree, index, len(log.bodies), log.node)
    parsed = Receipt.parse(parts(log, index))
    proof = cbor.encode([11, index, path])

    def with_vdp(vdp: Any, payload: bytes | None = None) -> bytes:
        return cbor.encode(cbor.Tag(18, [parsed.sign1.protected, {396: vdp}, payload, parsed.sign1.signature]))

    extra = cbor.encode(
        cbor.Tag(18, [parsed.sign1.protected, {396: {-1: [proof]}, 999: 0}, None, parsed.sign1.signature])
    )
    key, tree = kit.LOG_KEY.key, TreeHash.SM3
    other_hash = receipt_protected(key, kit.ORIGIN, IAT + 60, TreeHash.SHA256, 11)
    other_size = receipt_protected(key, kit.ORIGIN, IAT + 60, tree, 12)
    unknown_vds = cbor.encode({**cbor.decode(parsed.sign1.protected), 395: 3})
    no_origin = cbor.encode({k: v for k, v in cbor.decode(parsed.sign1.protected).items() if k != 15})
    yield passed("receipt-from-parts", kit.holder_file(receipts=[parts(log, index)]))
    for name, receipt in {
        "size-other-in-proof": parts(log, index, size=12),
        "size-other-in-header": parts(log, index, protected=other_size),
        "other-tree-hash": parts(log, index, protected=other_hash),
        "unknown-tree": parts(log, index, protected=unknown_vds),
        "no-origin": parts(log, index, protected=no_origin),
        "path-truncated": parts(log, index, path=path[:-1]),
        "path-extended": parts(log, index, path=[*path, bytes(32)]),
        "path-flipped": parts(log, index, path=[flip(path[0], 5), *path[1:]]),
        "path-reversed": parts(log, index, path=path[::-1]),
        "path-empty": parts(log, index, path=[]),
        "path-hash-short": parts(log, index, path=[path[0][:31], *path[1:]]),
        "index-other": parts(log, index, index=index + 1),
        "index-beyond": parts(log, index, index=11),
        "index-negative": parts(log, index, index=-1),
        "typ-other": parts(log, index, protected=cbor.encode({**cbor.decode(parsed.sign1.protected), 16: "x"})),
        "two-proofs": with_vdp({-1: [proof, proof]}),
        "no-proof": with_vdp({-1: []}),
        "consistency-proof": with_vdp({-2: [proof]}),
        "proof-trailing-byte": with_vdp({-1: [proof + b"\x00"]}),
        "proof-bool-index": with_vdp({-1: [cbor.encode([11, True, path])]}),
        "unprotected-member": extra,
        "root-attached": with_vdp({-1: [proof]}, log.root()),
    }.items():
        yield failed(f"receipt-{name}", kit.holder_file(receipts=[receipt]), "RECEIPT_INVALID")


def _logs() -> Iterator[Vector]:
    log, index = log_with()
    unknown = "RECEIPT_LOG_UNKNOWN"
    strange, at = log_with(signer=kit.OTHER_LOG_KEY, origin="log.other.example/sm3-2026")
    yield unclear("receipt-of-other-log", kit.holder_file(receipts=[strange.receipt(at)]), unknown)
    both = kit.holder_file(receipts=[strange.receipt(at), log.receipt(index)])
    yield passed("receipt-of-other-log-and-known-log", both)
    pretender, at = log_with(signer=kit.OTHER_LOG_KEY)
    yield unclear("receipt-of-unknown-log-key", kit.holder_file(receipts=[pretender.receipt(at)]), unknown)
    renamed, at = log_with(origin="log.other.example/sm3-2026")
    yield unclear("receipt-known-key-other-origin", kit.holder_file(receipts=[renamed.receipt(at)]), unknown)
    no_logs = kit.signed_bundle(kit.bundle(logs=()))
    yield unclear("trust-without-logs", FILE, unknown, trust=no_logs)
    issuer_log, at = log_with(signer=kit.REGISTRY_KEY)
    yield unclear("receipt-signed-by-issuer", kit.holder_file(receipts=[issuer_log.receipt(at)]), unknown)

    def logs(tree: TreeHash, *keys: LogKey) -> bytes:
        return kit.signed_bundle(kit.bundle(logs=(LogTrust(kit.ORIGIN, tree, keys),)))

    key = LogKey(kit.LOG_KEY.key, kit.ORIGIN, AT - 366 * kit.DAY, AT + 366 * kit.DAY)
    sha, at = log_with(tree=TreeHash.SHA256)
    sha_file = kit.holder_file(receipts=[sha.receipt(at)])
    yield passed("receipt-sha256-log", sha_file, trust=logs(TreeHash.SHA256, key))
    yield failed("receipt-sha256-of-sm3-log", sha_file, "RECEIPT_INVALID")
    yield failed("receipt-sm3-of-sha256-log", FILE, "RECEIPT_INVALID", trust=logs(TreeHash.SHA256, key))
    early = replace(key, not_after=IAT)
    yield failed("receipt-after-log-key", FILE, "RECEIPT_INVALID", trust=logs(TreeHash.SM3, early))
    second = LogKey(kit.OTHER_LOG_KEY.key, kit.ORIGIN, key.not_before, key.not_after)
    yield passed("receipt-of-log-with-two-keys", FILE, trust=logs(TreeHash.SM3, second, key))


def _anchors() -> Iterator[Vector]:
    log, index = log_with()
    file = kit.holder_file(receipts=[log.receipt(index)])
    good = log.anchor()
    lists = (STATUS, CHARITY_STATUS)

    def at_level(name: str, level: str | None, seen: Sequence[bytes], reason: str | None, **more: Any) -> Vector:
        given = {"statuses": lists, "anchors": seen, "level": level, **more}
        data = given.pop("given", file)
        if reason is None:
            return passed(name, data, **given)
        return (failed if reason == "ANCHOR_MISMATCH" else unclear)(name, data, reason, **given)

    mismatch = replace(good, root=sm3(b"another tree")).encode()
    chain = replace(good, chain_id=1).encode()
    contract = replace(good, contract=bytes(20)).encode()
    other_size = replace(good, size=12).encode()
    yield at_level("anchor-level-5", "L5", [good.encode()], None)
    yield at_level("anchor-beside-level-3", None, [good.encode()], None)
    yield at_level("anchor-missing", "L5", [], "ANCHOR_MISSING")
    yield at_level("anchor-of-other-size", "L5", [other_size], "ANCHOR_MISSING")
    yield at_level("anchor-of-other-log", "L5", [replace(good, origin="x.example").encode()], "ANCHOR_MISSING")
    yield at_level("anchor-unknown-chain", "L5", [chain], "ANCHOR_UNKNOWN_CHAIN")
    yield at_level("anchor-unknown-contract", "L5", [contract], "ANCHOR_UNKNOWN_CHAIN")
    yield at_level("anchor-unknown-chain-not-required", "L3", [chain], None)
    yield at_level("anchor-unknown-chain-beside-known", "L5", [chain, good.encode()], None)
    yield at_level("anchor-known-chain-before-unknown", "L5", [good.encode(), contract], None)
    yield at_level("anchor-mismatch", "L5", [mismatch], "ANCHOR_MISMATCH")
    yield at_level("anchor-mismatch-not-required", None, [mismatch], "ANCHOR_MISMATCH")
    yield at_level("anchor-mismatch-before-match", "L5", [mismatch, good.encode()], "ANCHOR_MISMATCH")
    yield at_level("anchor-match-before-mismatch", "L5", [good.encode(), mismatch], "ANCHOR_MISMATCH")
    stranger = replace(good, chain_id=1, root=bytes(32)).encode()
    yield at_level("anchor-mismatch-on-unknown-chain", "L5", [stranger], "ANCHOR_UNKNOWN_CHAIN")
    none = kit.holder_file(receipts=())
    yield at_level("anchor-without-receipt", "L5", [good.encode()], "RECEIPT_MISSING", given=none)
    yield at_level("level-4", "L4", [], "QUORUM_NOT_REACHED")
    yield at_level("level-4-anchored", "L4", [good.encode()], "QUORUM_NOT_REACHED")
