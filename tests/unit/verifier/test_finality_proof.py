"""The proof as a whole: forgeries that only strictness stops, sizes, what it says of its block."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.golden import formats_proof as recorded
from tests.support import comet_votes as cv
from verifier import cbor
from verifier.anchor import AnchorObservation
from verifier.consensus import Consensus
from verifier.errors import Malformed, ProofInvalid, Unsupported
from verifier.finality import cometbft
from verifier.finality.ics23 import Existence
from verifier.finality.proof import MAX_BYTES, AnchorProof
from verifier.finality.qbft import quorum

REFUSED: dict[str, Any] = {case[0]: case for case in recorded.refused_cases()}


def test_the_leaf_taken_for_an_inner_node_leads_to_the_signed_root() -> None:
    """The forgery is sound but for the shape of its operations: whoever only hashes would believe it."""
    _, data, trust, _ = REFUSED["cometbft-leaf-taken-for-an-inner-node"]
    evidence = cbor.decode(data)[8]
    forged, store = Existence.parse(evidence[3]), Existence.parse(evidence[4])
    assert cv.climbed(forged.leaf_prefix, forged.key, forged.value, forged.path) == store.value
    assert store.simple_root() == evidence[1][14]
    with pytest.raises(ProofInvalid, match="ics23-inner"):
        AnchorProof.parse(data).check(trust)


def test_a_vote_for_nil_is_signed_over_a_vote_without_a_block() -> None:
    head = cv.header(recorded.COMET_SET, bytes(32))
    nil, block = cv.nil_bytes(head), cv.signed_bytes(head)
    assert nil[0] == len(nil) - 1
    assert len(block) - len(nil) == 2 + block[block.index(b"\x22") + 1]


def test_quorums() -> None:
    assert [quorum(n) for n in range(1, 11)] == [1, 2, 2, 3, 4, 4, 5, 6, 6, 7]


def test_more_than_two_thirds_of_power() -> None:
    seeds = recorded.SEEDS
    for powers, signers, enough in (
        ((1, 1, 1, 1), 3, True),
        ((1, 1, 1, 1), 2, False),
        ((2, 1), 1, False),
        ((3, 1), 1, True),
        ((5, 1, 1, 1), 1, False),
        ((7, 1, 1, 1), 1, True),
    ):
        stated = cv.consensus("n-1", dict(zip(seeds, powers, strict=False)))
        head = cv.header(stated, bytes(32))
        commit = cometbft.Commit.from_list(cv.good_commit(head, seeds[:signers]))
        if enough:
            cometbft.check_commit(cometbft.Header.from_list(head), commit, stated)
        else:
            with pytest.raises(ProofInvalid, match="quorum"):
                cometbft.check_commit(cometbft.Header.from_list(head), commit, stated)


def test_a_bundle_key_that_is_no_point() -> None:
    stated = recorded.COMET_SET
    weak = replace(stated, validators=(replace(stated.validators[0], key=bytes(32)), *stated.validators[1:]))
    head = cv.header(weak, bytes(32))
    address = cometbft.address(bytes(32))
    commit = cometbft.Commit.from_list(cv.commit([cv.vote(recorded.SEEDS[0], b"", address)]))
    with pytest.raises(ProofInvalid, match="no point"):
        cometbft.check_commit(cometbft.Header.from_list(head), commit, weak)


def test_order_of_validators_is_by_power_then_address() -> None:
    """The set's hash in the recorded header is of four equal powers; unequal ones go by power first."""
    powers = {seed: power for power, seed in enumerate(recorded.SEEDS, start=1)}
    stated = cv.consensus("n-1", powers)
    turned = Consensus(stated.kind, "n-1", tuple(replace(v, power=5 - v.power) for v in stated.validators))
    assert cometbft.validators_hash(stated) != cometbft.validators_hash(turned)


def test_oversize() -> None:
    with pytest.raises(Malformed, match="too-large"):
        AnchorProof.parse(bytes(MAX_BYTES + 1))


def test_a_large_proof_fits() -> None:
    """64 nodes of a full branch are more than any trie has; such a proof still is below the bound."""
    value = cbor.decode(recorded.QBFT_PROOF)
    value[8][2] = [bytes(532)] * 64
    assert len(cbor.encode(value)) < MAX_BYTES
    AnchorProof.parse(cbor.encode(value))


@pytest.mark.parametrize("position", range(18))
def test_header_members_of_another_type(position: int) -> None:
    value = cbor.decode(recorded.COMET_PROOF)
    value[8][1][position] = None
    with pytest.raises(Malformed):
        AnchorProof.parse(cbor.encode(value))


@pytest.mark.parametrize("member", [1, 2, 3, 4])
@pytest.mark.parametrize("data", [recorded.COMET_PROOF, recorded.QBFT_PROOF], ids=["cometbft", "qbft"])
@pytest.mark.parametrize("other", [None, 0, "", b"", [], {}, [[]], [1, 2, b"", [1]]])
def test_members_of_another_type(data: bytes, member: int, other: Any) -> None:
    value = cbor.decode(data)
    value[8][member] = other
    chain = recorded.COMET_TRUST if data is recorded.COMET_PROOF else recorded.QBFT_TRUST
    with pytest.raises((Malformed, ProofInvalid)):
        AnchorProof.parse(cbor.encode(value)).check(chain)


def test_one_contract_under_validators_one_after_another() -> None:
    now = recorded.COMET_TRUST
    before = replace(now, consensus=cv.consensus("former-1", {recorded.STRANGER: 1}))
    silent = replace(now, consensus=None)
    proof = AnchorProof.parse(recorded.COMET_PROOF)
    for chains in ([now], [before, now], [now, before], [silent, now, before]):
        proof.check_among(chains)
    for chains, refusal in (([], ProofInvalid), ([recorded.QBFT_TRUST], ProofInvalid), ([before], ProofInvalid)):
        with pytest.raises(refusal):
            proof.check_among(chains)
    with pytest.raises(Unsupported):
        proof.check_among([silent])


def test_observations_are_not_taken_for_proofs() -> None:
    seen = AnchorObservation(1, bytes(20), "o", 1, bytes(32), 1, bytes(32), bytes(32), 1).encode()
    assert not AnchorProof.recognises(seen)
    with pytest.raises(Malformed):
        AnchorObservation.parse(recorded.QBFT_PROOF)
    with pytest.raises(Malformed):
        AnchorProof.parse(seen)
