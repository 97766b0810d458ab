"""Consistency probes of transparency-dev/merkle (SHA-256) against the contract, the verifier and the reference."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.support import rfc9162_reference as rfc
from tests.support.evm import Chain
from verifier.merkle import TreeHash, verify_consistency

VECTORS = Path(os.environ.get("MZ_VECTORS") or Path(__file__).parents[3] / "shared/vectors") / "merkle/consistency"
# Policy, not arithmetic: an empty old tree is a prefix of everything and proves nothing, so it is refused here.
EMPTY_OLD_TREE = {"additional/sizes-are-equal-zero-and-proof-is-empty.json"}


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [(str(p.relative_to(VECTORS)), json.loads(p.read_text())) for p in sorted(VECTORS.rglob("*.json"))]


def test_outsiders_vectors(pyevm: Chain) -> None:
    if not VECTORS.is_dir():
        pytest.skip(f"no vectors at {VECTORS}; set MZ_VECTORS")
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
