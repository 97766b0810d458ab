"""Level L4: cosigned checkpoints in the holder's file and from the caller; logs that sign two trees of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.golden.other_signers import P256_KEY
from tests.golden.vectors_file import STATEMENT, log_with
from tests.golden.world import AT, Vector, failed, flip, passed, unclear
from tests.support import kit
from tests.support.witnesses import (
    ALL,
    CHARITIES,
    COSIGNED_AT,
    NORTH,
    REGISTRIES,
    SOUTH,
    WEST,
    YEAR,
    TestWitness,
    bundle,
    cosigned,
    log_line,
    witness_policy,
)
from verifier import labels
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote, note_key_id
from verifier.cosignature import cosigner_key_id
from verifier.credential import Certificate
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash, inclusion_path
from verifier.policy import LogKey, LogTrust
from verifier.quorum import Group, WitnessPolicy
from verifier.receipt import encode_receipt, receipt_protected, receipt_to_be_signed

LOG, INDEX = log_with()
RECEIPT = LOG.receipt(INDEX)
HEAD = Checkpoint(LOG.origin, len(LOG.bodies), LOG.root())
FORK = replace(HEAD, root=sm3(b"another tree"))
TWO_OF_THREE = witness_policy(groups=(REGISTRIES,), quorum=REGISTRIES.name)
REGISTRY_TRUST = kit.signed_bundle(bundle(TWO_OF_THREE))
NESTED_TRUST = kit.signed_bundle(bundle())
NOT_REACHED = "QUORUM_NOT_REACHED"


def file(*notes: SignedNote | bytes, receipts: Sequence[bytes] = (RECEIPT,)) -> bytes:
    encoded = tuple(n.encode() if isinstance(n, SignedNote) else n for n in notes)
    return kit.holder_file(receipts=receipts, checkpoints=encoded)


def raw_file(checkpoints: Any) -> bytes:
    header = {labels.HDR_RECEIPTS: [RECEIPT], labels.HDR_ENTRY_SALT: kit.ENTRY_SALT}
    return Certificate.parse(STATEMENT).sign1.encode({**header, labels.HDR_CHECKPOINTS: checkpoints})


def note(*lines: NoteSignature, head: Checkpoint = HEAD) -> SignedNote:
    return SignedNote(head, (log_line(head), *lines))


def vectors() -> Iterator[Vector]:
    yield from _quorums()
    yield from _replays()
    yield from _lines()
    yield from _times()
    yield from _log_signature()
    yield from _forks()
    yield from _members()


def _reached(name: str, data: bytes, **more: Any) -> Vector:
    return passed(f"witness-{name}", data, **{"trust": REGISTRY_TRUST, "level": "L4", **more})


def _not(name: str, data: bytes, **more: Any) -> Vector:
    return unclear(f"witness-{name}", data, NOT_REACHED, **{"trust": REGISTRY_TRUST, "level": "L4", **more})


def _quorums() -> Iterator[Vector]:
    nested = {"trust": NESTED_TRUST}
    two = cosigned(HEAD, (NORTH, SOUTH))
    yield _reached("level-4", file(two))
    yield _reached("level-4-note-from-caller", file(), checkpoints=[two.encode()])
    yield _reached("level-4-not-required", file(cosigned(HEAD, ())), level=None)
    yield _reached("all-cosign", file(cosigned(HEAD)))
    yield _reached("second-note-has-quorum", file(cosigned(HEAD, ()), two))
    yield _not("one-of-two", file(cosigned(HEAD, (WEST,))))
    yield _not("none-cosigns", file(cosigned(HEAD, ())))
    yield _not("half-a-quorum-in-each-note", file(cosigned(HEAD, (NORTH,)), cosigned(HEAD, (SOUTH,))))
    yield _not("no-note", file())
    yield _not("no-policy", file(two), trust=kit.signed_bundle())
    yield _not("not-of-the-group", file(cosigned(HEAD, (NORTH, CHARITIES))))
    yield _reached("nested-groups", file(cosigned(HEAD, (NORTH, WEST, CHARITIES))), **nested)
    yield _not("nested-groups-outer-missing", file(cosigned(HEAD, (NORTH, SOUTH, WEST))), **nested)
    yield _not("nested-groups-inner-missing", file(cosigned(HEAD, (SOUTH, CHARITIES))), **nested)
    single = kit.signed_bundle(bundle(witness_policy(groups=(), quorum=WEST.name)))
    yield _reached("single-witness", file(cosigned(HEAD, (WEST,))), trust=single)
    yield _not("single-other-witness", file(cosigned(HEAD, (NORTH, SOUTH, CHARITIES))), trust=single)
    shared = (
        Group("a", 1, (NORTH.name,)),
        Group("b", 1, (NORTH.name, SOUTH.name)),
        Group("each", 2, ("a", "b")),
    )
    trust = kit.signed_bundle(bundle(witness_policy(groups=shared, quorum="each")))
    yield _reached("shared-by-two-groups", file(cosigned(HEAD, (NORTH,))), trust=trust)
    yield _not("shared-by-two-groups-other", file(cosigned(HEAD, (SOUTH,))), trust=trust)
    bare = kit.holder_file(receipts=(), checkpoints=(two.encode(),))
    yield unclear("witness-without-receipt", bare, "RECEIPT_MISSING", trust=REGISTRY_TRUST, level="L4")


def _replays() -> Iterator[Vector]:
    elsewhere = {
        "size": replace(HEAD, size=HEAD.size + 1),
        "root": FORK,
        "log": replace(HEAD, origin="log.other.example/sm3-2026"),
    }
    for what, other in elsewhere.items():
        yield _not(f"cosignature-of-other-{what}", file(note(NORTH.cosign(HEAD), SOUTH.cosign(other))))
        yield (
            _not(f"note-of-other-{what}", file(cosigned(other)))
            if what != "root"
            else failed(
                "log-forked-and-cosigned", file(cosigned(other)), "LOG_FORKED", trust=REGISTRY_TRUST, level="L4"
            )
        )
    later = SOUTH.cosign(HEAD)
    moved = replace(later, signature=flip(later.signature, 7))
    yield _not("cosignature-of-other-time", file(note(NORTH.cosign(HEAD), moved)))


def _lines() -> Iterator[Vector]:
    good = (NORTH.cosign(HEAD), SOUTH.cosign(HEAD))
    west = WEST.cosign(HEAD)
    yield _not("one-cosigns-twice", file(note(good[0], NORTH.cosign(HEAD, COSIGNED_AT + 1))))
    yield _not("copied-line", file(note(good[0], good[0])))
    yield _reached("copied-line-beside-quorum", file(note(*good, good[0])))
    yield _not("bad-line-beside-quorum", file(note(*good, replace(west, signature=flip(west.signature, -1)))))
    yield _reached("bad-line-in-other-note", file(note(replace(west, signature=flip(west.signature, -1))), note(*good)))
    yield _not("short-line-beside-quorum", file(note(*good, replace(west, signature=west.signature[:-1]))))
    yield _not("line-without-time", file(note(*good, replace(west, signature=west.signature[8:]))))
    stranger = TestWitness("stranger.example/w1", kit.STRANGER_KEY)
    yield _reached("unknown-cosigner-beside-quorum", file(note(stranger.cosign(HEAD), *good)))
    odd = replace(stranger.cosign(HEAD), signature=b"what it likes")
    yield _reached("line-of-unknown-form-beside-quorum", file(note(odd, *good)))
    yield _not("unknown-cosigners-only", file(cosigned(HEAD, (stranger,))))
    namesake = TestWitness(SOUTH.name, kit.STRANGER_KEY)
    yield _reached("same-name-other-key-beside-quorum", file(note(namesake.cosign(HEAD), *good)))
    yield _not("same-name-other-key", file(note(good[0], namesake.cosign(HEAD))))
    renamed = replace(good[1], name="elsewhere.example/w1")
    yield _not("line-under-other-name", file(note(good[0], renamed)))
    yield _reached("line-under-other-name-beside-quorum", file(note(NORTH.cosign(HEAD), WEST.cosign(HEAD), renamed)))
    claimed = replace(good[1], name=WEST.name, key_id=cosigner_key_id(WEST.name, WEST.signer.key))
    yield _not("line-under-name-and-id-of-other", file(note(good[0], claimed)))
    group = TestWitness(REGISTRIES.name, kit.STRANGER_KEY)
    yield _not("group-as-cosigner", file(cosigned(HEAD, (group, NORTH))))
    # A witness's key that signs the text as a log would: no time, so no cosignature.
    plain = log_line(HEAD, SOUTH.signer, SOUTH.name)
    yield _not("signature-in-form-of-a-log", file(note(good[0], plain)))
    yield _not("signature-of-a-log-as-cosignature", file(note(*good, replace(plain, key_id=good[1].key_id))))


def _times() -> Iterator[Vector]:
    two = cosigned(HEAD, (NORTH, SOUTH))

    def south(begin: int, end: int) -> bytes:
        witnesses = (NORTH.witness(), SOUTH.witness(begin, end), WEST.witness())
        return kit.signed_bundle(bundle(WitnessPolicy(witnesses, (REGISTRIES,), REGISTRIES.name)))

    for name, begin, end in (
        ("ended", COSIGNED_AT - 100, COSIGNED_AT - 1),
        ("ends-in-this-second", COSIGNED_AT - 100, COSIGNED_AT),
        ("begins-later", COSIGNED_AT + 1, AT + YEAR),
    ):
        yield _not(f"key-{name}", file(two), trust=south(begin, end))
    yield _reached("key-begins-in-this-second", file(two), trust=south(COSIGNED_AT, COSIGNED_AT + 1))
    yield _reached("key-ended-since", file(two), trust=south(COSIGNED_AT - 100, AT - 1))
    # The bad time does not spoil the note: the signature is good, and another witness may stand in.
    three = cosigned(HEAD, (NORTH, SOUTH, WEST))
    yield _reached("key-ended-beside-quorum", file(three), trust=south(COSIGNED_AT - 100, COSIGNED_AT))
    yield _reached("time-within-clock-skew", file(cosigned(HEAD, (NORTH, SOUTH), AT + 300)))
    yield _not("time-in-future", file(note(NORTH.cosign(HEAD), SOUTH.cosign(HEAD, AT + 301))))
    yield _not("time-zero", file(note(NORTH.cosign(HEAD), SOUTH.cosign(HEAD, 0))))
    huge = replace(SOUTH.cosign(HEAD), signature=b"\x80" + bytes(7) + SOUTH.cosign(HEAD).signature[8:])
    yield _not("time-beyond-63-bits", file(note(NORTH.cosign(HEAD), WEST.cosign(HEAD), huge)))


def _log_trust(*keys: LogKey) -> bytes:
    logs = (LogTrust(kit.ORIGIN, TreeHash.SM3, keys),)
    return kit.signed_bundle(bundle(TWO_OF_THREE, logs=logs))


def _log_signature() -> Iterator[Vector]:
    lines = tuple(w.cosign(HEAD) for w in ALL)
    own = log_line(HEAD)
    yield _not("note-without-line-of-the-log", file(SignedNote(HEAD, lines)))
    yield _not("note-with-bad-line-of-the-log", file(SignedNote(HEAD, (replace(own, signature=bytes(64)), *lines))))
    yield _not("note-of-other-log-key", file(SignedNote(HEAD, (log_line(HEAD, kit.OTHER_LOG_KEY), *lines))))
    first = LogKey(kit.LOG_KEY.key, kit.ORIGIN, AT - YEAR, AT + YEAR)
    iat = AT - kit.DAY + 60  # of the receipt
    second = LogKey(kit.OTHER_LOG_KEY.key, kit.ORIGIN, AT - YEAR, AT + YEAR)
    other = SignedNote(HEAD, (log_line(HEAD, kit.OTHER_LOG_KEY), *lines))
    yield _reached("note-of-second-log-key", file(other), trust=_log_trust(first, second))
    for name, changes in (("ended", {"not_after": iat}), ("begins-later", {"not_before": iat + 1})):
        trust = _log_trust(first, replace(second, **changes))
        yield _not(f"note-of-log-key-that-{name}", file(other), trust=trust)
    # ES256 signs receipts but no notes: there is nothing that witnesses could stand under.
    protected = receipt_protected(P256_KEY.key, LOG.origin, iat, LOG.tree, HEAD.size)
    signature = P256_KEY.sign(receipt_to_be_signed(protected, HEAD.root))
    receipt = encode_receipt(
        protected, signature, HEAD.size, INDEX, inclusion_path(LOG.tree, INDEX, HEAD.size, LOG.node)
    )
    trust = _log_trust(LogKey(P256_KEY.key, kit.ORIGIN, AT - YEAR, AT + YEAR))
    yield _not("log-signs-no-notes", file(cosigned(HEAD), receipts=(receipt,)), trust=trust)


def _forks() -> Iterator[Vector]:
    def forked(name: str, data: bytes, **more: Any) -> Vector:
        return failed(f"log-forked{name}", data, "LOG_FORKED", **{"trust": REGISTRY_TRUST, **more})

    good = cosigned(HEAD, (NORTH, SOUTH))
    lie = cosigned(FORK, ())
    yield forked("", file(lie))
    yield forked("-at-level-1", file(lie), level="L1")
    yield forked("-without-policy", file(lie), trust=kit.signed_bundle())
    yield forked("-note-from-caller", file(good), checkpoints=[lie.encode()], level="L4")
    yield forked("-before-good-note", file(lie, good), level="L4")
    yield forked("-after-good-note", file(good, lie), level="L4")
    other = kit.TestLog()
    other.fill(5)
    other.bodies[0], other.bodies[4] = LOG.bodies[INDEX], LOG.bodies[0]
    other.fill(6)
    yield forked("-by-two-receipts", file(receipts=(RECEIPT, other.receipt(0))))
    stranger = log_line(FORK, kit.STRANGER_KEY)
    known = replace(stranger, key_id=note_key_id(kit.ORIGIN, kit.LOG_KEY.key))
    for name, lines in (("unknown-key", (stranger,)), ("bad-signature", (known,))):
        data = file(SignedNote(FORK, lines))
        yield passed(f"log-not-forked-by-{name}", data, trust=REGISTRY_TRUST)
    later = replace(FORK, size=HEAD.size + 1)
    yield passed("log-not-forked-by-other-size", file(cosigned(later)), trust=REGISTRY_TRUST)
    spent = _log_trust(
        LogKey(kit.LOG_KEY.key, kit.ORIGIN, AT - YEAR, AT + YEAR),
        LogKey(kit.OTHER_LOG_KEY.key, kit.ORIGIN, AT - YEAR, AT - 2 * kit.DAY),
    )
    data = file(SignedNote(FORK, (log_line(FORK, kit.OTHER_LOG_KEY),)))
    yield passed("log-not-forked-by-key-that-had-ended", data, trust=spent)
    only_seen_by = file(SignedNote(FORK, tuple(w.cosign(FORK) for w in ALL)))
    yield passed("log-not-forked-by-witnesses-alone", only_seen_by, trust=REGISTRY_TRUST)


def _members() -> Iterator[Vector]:
    """The member of the holder's file. What is in it is another matter: a note that cannot be read proves nothing."""
    good = cosigned(HEAD, (NORTH, SOUTH))
    text = good.encode()
    for name, bad in (
        ("garbage", b"garbage"),
        ("with-extension-line", text.replace(b"=\n\n", b"=\nmore\n\n", 1)),
        ("truncated", text[:-1]),
        ("not-utf8", b"\xff" + text),
    ):
        yield _not(f"note-{name}", file(bad))
        yield passed(f"witness-note-{name}-not-required", file(bad), trust=REGISTRY_TRUST)
    yield _reached("note-unreadable-beside-good", file(b"garbage", good))
    yield _reached("note-unreadable-from-caller", file(good), checkpoints=[b"garbage"])
    many = [cosigned(HEAD, (NORTH, SOUTH), COSIGNED_AT + i).encode() for i in range(9)]
    yield _reached("eight-notes", raw_file(many[:8]))
    largest = text + log_line(HEAD, kit.STRANGER_KEY).line().encode() * 60
    yield _reached("note-with-many-lines", raw_file([largest]))
    for name, value in (
        ("empty-list", []),
        ("not-a-list", text),
        ("text-note", [text.decode()]),
        ("empty-note", [b""]),
        ("repeated-note", [text, text]),
        ("nine-notes", many),
        ("note-beyond-16-kib", [text.ljust(16 * 1024 + 1, b"\n")]),
    ):
        yield failed(f"witness-file-{name}", raw_file(value), "MALFORMED_FILE", trust=REGISTRY_TRUST)
    yield _not("note-of-16-kib", raw_file([text.ljust(16 * 1024, b"\n")]))
