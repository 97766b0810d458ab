"""Consistency probes of transparency-dev/merkle (SHA-256) against the contract, the verifier and the reference."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from tests.support import rfc9162_reference as rfc
from tests.support.evm import Chain
from tests.support.outside_vectors import VECTORS, needs_vectors
from verifier.merkle import TreeHash, verify_consistency

PROBES = VECTORS / "merkle/consistency"
# Policy, not arithmetic: an empty old tree is a prefix of everything and proves nothing, so it is refused here.
EMPTY_OLD_TREE = {"additional/sizes-are-equal-zero-and-proof-is-empty.json"}


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [(str(p.relative_to(PROBES)), json.loads(p.read_text())) for p in sorted(PROBES.rglob("*.json"))]


@needs_vectors
def test_outsiders_vectors(pyevm: Chain) -> None:
    on_chain = 0
    for name, case in cases():
        old, new = (b64decode(case[key] or "") for key in ("root1", "root2"))
        proof = [b64decode(item) for item in case["proof"] or []]
        sizes = (case["size1"], case["size2"])
        # Some probes have roots such as "don't care 2"; what is not 32 bytes long is no hash here, so refused.
        hashes = all(len(item) == 32 for item in (old, new, *proof))
        accepted = not case["wantErr"] and name not in EMPTY_OLD_TREE and hashes
        assert verify_consistency(TreeHash.SHA256, sizes[0], old, sizes[1], new, proof) is accepted, name
        if hashes:  # the ABI cannot express others
            on_chain += 1
            assert rfc.consistent(rfc.sha256, sizes[0], old, sizes[1], new, proof) is accepted, name
            assert pyevm.call("verifyConsistency", 1, sizes[0], old, sizes[1], new, proof) is accepted, name
    print(f"\n{on_chain} of {len(cases())} vectors on chain")
    assert on_chain > 60
