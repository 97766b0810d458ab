"""Both verifiers on witnesses and anchor proofs: strange policies rightly signed, strange notes, damaged proofs."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.test_differential import damage
from tests.e2e.test_differential_signed import STATUS, World, answers, mutated, resigned, same_reports
from tests.golden import vectors_proof, vectors_witness
from tests.golden.formats_proof import COMET_PROOF, COMET_TRUST, QBFT_PROOF, QBFT_TRUST
from tests.golden.world import flip
from tests.support import kit
from tests.support.drill import times
from tests.support.qbft_chain import Anchor
from tests.support.witnesses import ALL, COSIGNED_AT, bundle, cosigned, witness_policy
from verifier import cbor, labels
from verifier.checkpoint import NoteSignature, SignedNote
from verifier.errors import VerifierError
from verifier.finality.proof import AnchorProof
from verifier.hazmat.sm3 import sm3
from verifier.policy import ChainTrust

SEED = 20260103
RECEIPT = vectors_witness.RECEIPT
HEAD = vectors_witness.HEAD
FORK = vectors_witness.FORK
LEVELS = (None, "L4", "L5")


def policies(random_: random.Random) -> Iterator[World]:
    trust = kit.signed_bundle(bundle())
    given = kit.holder_file(receipts=[RECEIPT], checkpoints=[cosigned(HEAD).encode()])
    for _ in range(200):
        witnesses = mutated(witness_policy().to_map(), random_)
        payload = {**cbor.decode(cbor.decode(trust).value[2]), 9: witnesses}
        try:
            changed = kit.ROOT.sign1(labels.TYP_TRUST_BUNDLE, cbor.encode(payload))
        except VerifierError:  # two keys that are one number
            continue
        yield World(given, changed, (STATUS,), level="L4")
    for _ in range(100):
        yield World(given, resigned(trust, kit.ROOT, random_), (STATUS,), level="L4")


def changed_note(note: SignedNote, random_: random.Random) -> bytes:
    """A note with one line or byte that is another."""
    lines = list(note.signatures)
    at = random_.randrange(len(lines))
    line = lines[at]
    match random_.randrange(8):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, line)
        case 2:
            lines[at] = replace(line, signature=flip(line.signature, random_.randrange(len(line.signature))))
        case 3:
            lines[at] = replace(line, signature=line.signature[: random_.randrange(1, 80)])
        case 4:
            lines[at] = replace(line, name=random_.choice(("north.example/w1", "a\u0085b", "\ufeff", "x" * 201, "q")))
        case 5:
            lines[at] = NoteSignature(line.name, bytes(4), line.signature)
        case 6:
            lines[at] = random_.choice(ALL).cosign(random_.choice((HEAD, FORK)), COSIGNED_AT + random_.choice((0, 1)))
        case _:
            data = bytearray(note.encode())
            data[random_.randrange(len(data))] = random_.choice(b"\n \xe2A=0+\x00\xff")
            return bytes(data)
    return SignedNote(note.checkpoint, tuple(lines)).encode()


def notes(random_: random.Random) -> Iterator[World]:
    trusts = (kit.signed_bundle(bundle()), vectors_witness.REGISTRY_TRUST, kit.signed_bundle())
    whole = [cosigned(head) for head in (HEAD, HEAD, FORK)]  # signed once: the test signer is slow
    for _ in range(120):
        found = [changed_note(_by_three(random_.choice(whole), random_), random_) for _ in (0, 1)]
        carried = list(dict.fromkeys(random_.choice(([], found[:1], found))))
        file = kit.holder_file(receipts=[RECEIPT], checkpoints=carried)
        brought = tuple(random_.choice(([], [whole[0].encode()], found[1:])))
        level, moment = random_.choice(LEVELS), random_.choice((kit.AT, COSIGNED_AT - 300, COSIGNED_AT - 301))
        yield World(file, random_.choice(trusts), (STATUS,), checkpoints=brought, level=level, at=moment)


def _by_three(note: SignedNote, random_: random.Random) -> SignedNote:
    log, *lines = note.signatures
    return replace(note, signatures=(log, *random_.sample(lines, 3)))


def anchors(random_: random.Random) -> Iterator[World]:
    """Proofs of a QBFT chain for the very tree of a receipt, with a strange bundle or strange content."""
    file = vectors_proof.FILE
    good, lie = vectors_proof.GOOD.proof(), Anchor(HEAD.origin, HEAD.size, sm3(b"another tree")).proof()
    for _ in range(60):
        yield World(file, resigned(vectors_proof.TRUST, kit.ROOT, random_), (STATUS,), proofs=(good,), level="L5")
    for _ in range(200):
        changed = strange_proof(random_.choice((good, lie)), random_)
        brought = random_.choice(((changed,), (changed, good), (changed, lie)))
        yield World(file, vectors_proof.TRUST, (STATUS,), proofs=brought, level=random_.choice((None, "L5")))


def strange_proof(proof: bytes, random_: random.Random) -> bytes:
    """A proof with one member that is another, or a few damaged bytes somewhere inside."""
    decoded = cbor.decode(proof)
    if random_.random() < 0.5:
        decoded = mutated(decoded, random_)
    else:
        _damage_leaf(decoded[8], random_)
    try:
        return cbor.encode(decoded)
    except VerifierError:  # two keys that are one number
        return proof[:-1]


def _damage_leaf(value: Any, random_: random.Random) -> None:
    """Damage one byte string in a tree of maps and lists, in place."""
    keys = [k for k in (value if isinstance(value, dict) else range(len(value))) if not isinstance(value[k], int | str)]
    key = random_.choice(keys)
    if isinstance(value[key], bytes):
        value[key] = damage(value[key] or b"x", random_)
    elif value[key]:
        _damage_leaf(value[key], random_)


CASES: tuple[Callable[[random.Random], Iterator[World]], ...] = (policies, notes, anchors)


@pytest.mark.parametrize("make", CASES, ids=lambda f: f.__name__)
def test_same_report_as_python(make: Callable[[random.Random], Iterator[World]]) -> None:
    same_reports(list(make(random.Random(SEED))))


def verdict(proof: bytes, chain: ChainTrust) -> str:
    try:
        AnchorProof.parse(proof).check(chain)
    except VerifierError as error:
        return str(getattr(error, "reason", "unsupported"))
    return "good"


def test_damaged_proofs_are_refused_for_the_same_reason() -> None:
    random_ = random.Random(SEED)
    cases = [(COMET_PROOF, COMET_TRUST), (QBFT_PROOF, QBFT_TRUST)]
    cases += [(strange_proof(proof, random_), chain) for proof, chain in cases for _ in range(times(250, 500))]
    expected = [verdict(proof, chain) for proof, chain in cases]
    question = [[b64encode(p).decode(), b64encode(cbor.encode(c.to_map())).decode()] for p, c in cases]
    found = answers("answer-proofs.mjs", question)
    different = [(i, a, e) for i, (a, e) in enumerate(zip(found, expected, strict=True)) if a != e]
    assert different[:5] == []
    assert expected[:2] == ["good", "good"]
    assert len(set(expected)) > 10
