"""COSE Receipts (RFC 9942): one inclusion and one consistency receipt of the draft's authors.

Neither key nor leaf comes with them. What can be checked: both parse although their keys are not in deterministic
order; the two proofs fit together, for the consistency proof 3 to 5 has leaf 3 in it, whose inclusion in the tree of
5 the other one proves. What can not: the signatures. No key fits both of them over the recomputed root, so they were
made with different keys or over something that the files do not show.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.recovery import possible_keys
from tests.support.outside_vectors import VECTORS, needs_vectors
from verifier import cbor, cose
from verifier.cose import CoseKey, Sign1
from verifier.errors import Malformed
from verifier.labels import ALG_ES256, CRV_P256, VDP_CONSISTENCY, VDP_INCLUSION
from verifier.merkle import TreeHash, root_from_path, verify_consistency
from verifier.receipt import Receipt, parse_inclusion, verify_foreign_consistency, verify_foreign_inclusion

pytestmark = needs_vectors
H = TreeHash.SHA256
INCLUSION = VECTORS / "cose-receipts" / "inclusion-receipt.cbor"
CONSISTENCY = VECTORS / "cose-receipts" / "consistency-receipt.cbor"


def proof(path: Any, kind: int) -> bytes:
    sign1 = Sign1.parse_any(path.read_bytes(), ordered=False)
    assert sign1.alg == ALG_ES256
    assert sign1.headers[395] == H.vds
    assert sign1.payload is None
    proofs = sign1.unprotected[396][kind]
    assert len(proofs) == 1
    assert isinstance(proofs[0], bytes)
    return proofs[0]


def test_their_key_order_is_refused_where_ours_is_required() -> None:
    for path in (INCLUSION, CONSISTENCY):
        with pytest.raises(Malformed, match="unsorted-keys"):
            Sign1.parse_any(path.read_bytes())
        with pytest.raises(Malformed, match="unsorted-keys"):
            Receipt.parse(path.read_bytes())


def test_both_proofs_lead_to_one_root() -> None:
    size, index, path = parse_inclusion(proof(INCLUSION, VDP_INCLUSION))
    old_size, new_size, hashes = cbor.decode(proof(CONSISTENCY, VDP_CONSISTENCY))
    assert (size, index, old_size, new_size) == (5, 3, 3, 5)
    root = root_from_path(H, hashes[1], index, size, path)  # its second hash is leaf 3
    old_root = H.node(hashes[2], hashes[0])
    assert verify_consistency(H, old_size, old_root, new_size, root, hashes)
    assert not verify_consistency(H, old_size, root, new_size, old_root, hashes)


def test_signatures_refuse_every_other_root() -> None:
    """Under the key that fits one root, the receipt is good for that root's leaf and for no other."""
    data = INCLUSION.read_bytes()
    sign1 = Sign1.parse_any(data, ordered=False)
    size, index, path = parse_inclusion(proof(INCLUSION, VDP_INCLUSION))
    leaf = cbor.decode(proof(CONSISTENCY, VDP_CONSISTENCY))[2][1]
    root = root_from_path(H, leaf, index, size, path)
    keys = possible_keys(sign1.signature, cose.sig_structure(sign1.protected, root))
    assert len(keys) == 2
    for public in keys:
        key = CoseKey(CRV_P256, public)
        assert verify_foreign_inclusion(data, key, leaf)
        assert not verify_foreign_inclusion(data, key, bytes(32))


def test_consistency_receipt_needs_both_roots() -> None:
    data = CONSISTENCY.read_bytes()
    sign1 = Sign1.parse_any(data, ordered=False)
    hashes = cbor.decode(proof(CONSISTENCY, VDP_CONSISTENCY))[2]
    old_root = H.node(hashes[2], hashes[0])
    new_root = root_from_path(H, hashes[1], 3, 5, [hashes[0], *hashes[2:]])
    for public in possible_keys(sign1.signature, cose.sig_structure(sign1.protected, new_root)):
        key = CoseKey(CRV_P256, public)
        assert verify_foreign_consistency(data, key, old_root, new_root)
        assert not verify_foreign_consistency(data, key, new_root, new_root)
        assert not verify_foreign_consistency(data, key, old_root, old_root)
