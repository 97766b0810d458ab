"""Aggregated quorum signatures: who counts, who does not, and py_ecc's opinion of the same bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from py_ecc.bls import G2ProofOfPossession as PyEcc

from tests.support import bls as signer
from tests.support import kit
from verifier.aggregate import QuorumSignature, aggregate_key_id, aggregate_message
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote
from verifier.cosignature import cosigners
from verifier.errors import Malformed
from verifier.hazmat import bls
from verifier.quorum import BlsKey, Group, Witness, WitnessPolicy

SECRETS = (501, 502, 503)
NAMES = ("north.example/w", "south.example/w", "west.example/w")
TIME, AT = 1_767_225_600, 1_767_225_700
POINT = Checkpoint(kit.ORIGIN, 11, bytes(range(32)))


def witness(i: int, **changes: object) -> Witness:
    bls_key = BlsKey(signer.public_key(SECRETS[i]), signer.possession(SECRETS[i]))
    made = Witness(NAMES[i], kit.TestSigner(b"witness %d" % i).key, 0, AT * 2, bls_key)
    return replace(made, **changes)  # type: ignore[arg-type]


def policy(*witnesses: Witness) -> WitnessPolicy:
    members = witnesses or tuple(witness(i) for i in range(3))
    return WitnessPolicy(members, (Group("registries", 2, tuple(w.name for w in members)),), "registries")


def line(who: WitnessPolicy, signers: list[int], **changes: object) -> NoteSignature:
    keys = [w.bls.key for w in who.aggregating if w.bls]
    message = aggregate_message(POINT.note_text(), TIME)
    signature = signer.aggregate([signer.sign(SECRETS[i], message) for i in signers])
    made = QuorumSignature(
        who.quorum, aggregate_key_id(who.quorum, keys), TIME, sum(1 << i for i in signers), signature
    )
    return replace(made, **changes).to_line()  # type: ignore[arg-type]


def counted(who: WitnessPolicy, *lines: NoteSignature, at: int = AT, point: Checkpoint = POINT) -> set[str]:
    return set(cosigners(SignedNote(point, lines), who, at))


@pytest.mark.parametrize("signers", [[0], [0, 2], [1, 2], [0, 1, 2]])
def test_all_who_signed_count_and_py_ecc_agrees(signers: list[int]) -> None:
    who = policy()
    made = line(who, signers)
    assert counted(who, made) == {NAMES[i] for i in signers}
    assert who.reached(counted(who, made)) is (len(signers) >= 2)
    parsed = QuorumSignature.from_line(made)
    keys = [signer.public_key(SECRETS[i]) for i in signers]
    assert PyEcc.FastAggregateVerify(keys, aggregate_message(POINT.note_text(), parsed.time), parsed.signature)
    assert all(PyEcc.PopVerify(w.bls.key, w.bls.possession) for w in who.aggregating if w.bls)


def test_a_bad_line_spoils_the_note() -> None:
    who = policy()
    good = line(who, [0, 1])
    other = line(who, [0, 2])
    wrong = (
        line(who, [0, 1], bitmap=0b101),
        line(who, [0, 1], bitmap=0b1011),
        line(who, [0, 1], time=TIME + 1),
        line(who, [0, 1], signature=QuorumSignature.from_line(other).signature),
        line(who, [0, 1], signature=b"\xc0" + bytes(95)),  # infinity
        line(who, [0, 1], signature=b"\xff" * 96),
        replace(good, signature=good.signature + b"\0"),
    )
    for bad in wrong:
        assert counted(who, bad) == set()
        assert counted(who, good, bad) == set()
    assert counted(who, good, point=replace(POINT, size=12)) == set()
    assert counted(who, good, point=replace(POINT, root=bytes(32))) == set()


def test_lines_of_other_quorums_are_unknown() -> None:
    who = policy()
    elsewhere = line(policy(witness(1), witness(0), witness(2)), [0, 1])  # the order of the keys is another
    assert counted(who, line(who, [0, 1]), elsewhere) == {NAMES[0], NAMES[1]}
    assert counted(who, line(who, [0, 1], name="others"), line(who, [2])) == {NAMES[2]}


def test_time_and_validity() -> None:
    who = policy()
    assert counted(who, line(who, [0, 1]), at=TIME - 301) == set()
    assert counted(who, line(who, [0, 1]), at=TIME - 300) == {NAMES[0], NAMES[1]}
    expired = policy(witness(0), witness(1, not_after=TIME), witness(2))
    assert counted(expired, line(expired, [0, 1])) == set()
    assert counted(expired, line(expired, [0, 2])) == {NAMES[0], NAMES[2]}


def test_a_rogue_key_proves_no_possession() -> None:
    """A key made as a difference would sign for both; its holder cannot prove that he has its private half."""
    import py_arkworks_bls12381 as ark

    honest = ark.G1Point.from_compressed_bytes(signer.public_key(SECRETS[0]))
    rogue = bytes((ark.G1Point() * signer.scalar(77) + -honest).to_compressed_bytes())
    message = aggregate_message(POINT.note_text(), TIME)
    forged = signer.sign(77, message)
    assert bls.verify_aggregate([signer.public_key(SECRETS[0]), rogue], message, forged)  # what the proof is for
    who = policy(witness(0), witness(1, bls=BlsKey(rogue, signer.possession(77))), witness(2))
    keys = [w.bls.key for w in who.aggregating if w.bls]
    made = QuorumSignature(who.quorum, aggregate_key_id(who.quorum, keys), TIME, 0b11, forged).to_line()
    assert counted(who, made) == set()


def test_infinity_is_no_key() -> None:
    nobody = b"\xc0" + bytes(47)
    assert not bls.verify_possession(nobody, b"\xc0" + bytes(95))
    assert not bls.verify_aggregate([nobody], b"m", b"\xc0" + bytes(95))
    assert not bls.verify_aggregate([], b"m", signer.sign(1, b"m"))
    pair = [signer.public_key(5), bytes((-ark_point(5)).to_compressed_bytes())]
    assert not bls.verify_aggregate(pair, b"m", b"\xc0" + bytes(95))  # two keys that cancel out


def ark_point(secret: int) -> object:
    import py_arkworks_bls12381 as ark

    return ark.G1Point() * signer.scalar(secret)


def test_without_the_extra_the_line_is_one_of_an_unknown_key(monkeypatch: pytest.MonkeyPatch) -> None:
    who = policy()
    made = line(who, [0, 1])
    monkeypatch.setattr(bls, "_ark", None)
    assert not bls.available()
    assert counted(who, made) == set()
    with pytest.raises(bls.BackendUnavailable, match="extra"):
        bls.verify_aggregate([bytes(48)], b"m", bytes(96))


def test_the_policys_wire_form() -> None:
    who = policy(witness(0), witness(1, bls=None), witness(2))
    assert WitnessPolicy.from_map(who.to_map()) == who
    assert [w.name for w in who.aggregating] == [NAMES[0], NAMES[2]]
    with pytest.raises(Malformed, match="repeated"):
        policy(witness(0), witness(1, bls=witness(0).bls))
    for bad in ([], [bytes(48)], [bytes(47), bytes(96)], [bytes(48), bytes(95)], ["x", bytes(96)], [b"", b"", b""]):
        with pytest.raises(Malformed):
            Witness.from_map(witness(0).to_map() | {5: bad})
