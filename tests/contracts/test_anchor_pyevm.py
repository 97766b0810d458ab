"""The same contract on py-evm, which is what the embedded default runs: small histories, both hashes."""

from __future__ import annotations

import pytest
from eth.vm.forks.prague.computation import PragueComputation

from tests.support import rfc9162_reference as rfc
from tests.support.evm import HASH_NAMES, HASHES, Chain

SIZES = (1, 2, 3, 7, 9)
NOTE = rfc.sha256(b"a signed note")


@pytest.mark.parametrize("alg", [1, 2], ids=["sha256", "sm3"])
def test_a_history_grows_and_cannot_be_rewritten(pyevm: Chain, alg: int) -> None:
    h = HASHES[alg]
    leaves = [rfc.leaf(h, b"entry %d" % i) for i in range(9)]
    forked = [leaves[3], *leaves[1:]]
    oid = pyevm.register(f"log.minzheng.example/{HASH_NAMES[alg]}", alg)
    sender = pyevm.submitters[0]
    previous = 0
    for size in SIZES:
        head = rfc.root(h, leaves[:size])
        proof = rfc.consistency_proof(h, previous, leaves[:size]) if previous else []
        if previous:
            for root, path in (
                (rfc.root(h, forked[:size]), proof),
                (rfc.root(h, forked[:size]), rfc.consistency_proof(h, previous, forked[:size])),
                (head, proof[:-1]),
                (head, [*proof, head]),
            ):
                with pyevm.reverts("InconsistentHistory", previous, size):
                    pyevm.call("anchor", oid, size, root, NOTE, path, sender=sender)
        receipt = pyevm.send("anchor", oid, size, head, NOTE, proof, sender=sender)
        assert pyevm.events("Anchored", receipt)[0]["root"] == head
        assert pyevm.call("head", oid) == [size, head]
        with pyevm.reverts("AlreadyAnchored", oid, size):
            pyevm.call("anchor", oid, size, head, NOTE, proof, sender=pyevm.submitters[1])
        previous = size
    assert [pyevm.call("rootAt", oid, size) for size in SIZES] == [rfc.root(h, leaves[:size]) for size in SIZES]


def test_a_chain_without_the_sha256_precompile_is_noticed(pyevm: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call to an absent precompile succeeds and returns nothing; scratch memory must not pass for a digest."""
    h = rfc.sha256
    leaves = [rfc.leaf(h, b"entry %d" % i) for i in range(2)]
    case = (1, 1, leaves[0], 2, rfc.root(h, leaves), [leaves[1]])
    assert pyevm.call("verifyConsistency", *case) is True
    others = {a: f for a, f in PragueComputation.get_precompiles().items() if int.from_bytes(a, "big") != 2}
    monkeypatch.setattr(PragueComputation, "_precompiles", others)
    with pyevm.reverts("HashUnavailable"):
        pyevm.call("verifyConsistency", *case)
