"""What anybody may fetch, and that a stranger can check it with nothing but the pinned root."""

from __future__ import annotations

import pytest

from tests.support.api_lab import OTHER_COUPLE, Lab, problem
from verifier.anchor import AnchorObservation
from verifier.checkpoint import SignedNote
from verifier.hazmat.sm3 import leaf_hash
from verifier.merkle import TreeHash, verify_consistency, verify_inclusion
from verifier.policy import TrustBundle
from verifier.receipt import Receipt
from verifier.status_list import StatusList


@pytest.fixture
async def issued(lab: Lab) -> list[str]:
    """Leaf hashes of one registration, logged and anchored."""
    certificates = (await lab.issue()).json()["certificates"]
    await lab.service.ledger.settle()
    return [c["leaf"] for c in certificates]


async def test_a_stranger_checks_receipt_and_proofs(lab: Lab, issued: list[str]) -> None:
    bundle = TrustBundle.parse((await lab.client.get("/v1/trust-bundle")).content, lab.service.trust.root_fingerprint)
    log = bundle.logs[0]
    note = SignedNote.parse((await lab.client.get("/log/checkpoint")).content)
    assert note.verify(log.origin, log.keys[0].key)
    answer = await lab.client.get(f"/v1/log/receipt?leaf={issued[0]}")
    receipt = Receipt.parse(answer.content)
    assert receipt.verify(log.keys[0].key, bytes.fromhex(issued[0]))
    proof = (await lab.client.get(f"/v1/log/inclusion?leaf={issued[1]}")).json()
    path = [bytes.fromhex(h) for h in proof["path"]]
    root = bytes.fromhex(proof["root"])
    assert verify_inclusion(TreeHash.SM3, bytes.fromhex(issued[1]), proof["index"], proof["size"], path, root)
    assert (root, proof["size"]) == (note.checkpoint.root, note.checkpoint.size)


async def test_two_checkpoints_are_consistent(lab: Lab, issued: list[str]) -> None:
    old = SignedNote.parse((await lab.client.get("/log/checkpoint")).content).checkpoint
    assert (await lab.issue(OTHER_COUPLE)).status_code == 201
    await lab.service.ledger.settle()
    new = SignedNote.parse((await lab.client.get("/log/checkpoint")).content).checkpoint
    body = (await lab.client.get(f"/v1/log/consistency?old={old.size}")).json()
    proof = [bytes.fromhex(h) for h in body["proof"]]
    assert verify_consistency(TreeHash.SM3, old.size, old.root, new.size, new.root, proof)
    anchor = AnchorObservation.parse((await lab.client.get(f"/v1/anchors/latest?size={old.size}")).content)
    assert (anchor.size, anchor.root) == (old.size, old.root)
    # the receipt keeps to the first anchored size that covers the entry: its bytes do not change as the log grows
    answer = await lab.client.get(f"/v1/log/receipt?leaf={issued[0]}")
    assert Receipt.parse(answer.content).size == old.size


async def test_tiles_and_entries_rebuild_the_root(lab: Lab, issued: list[str]) -> None:
    size = SignedNote.parse((await lab.client.get("/log/checkpoint")).content).checkpoint.size
    tile = (await lab.client.get(f"/log/tile/0/000.p/{size}")).content
    bundle = (await lab.client.get(f"/log/entries/000.p/{size}")).content
    assert bundle == (await lab.client.get(f"/log/tile/entries/000.p/{size}")).content
    bodies = [bundle[at + 2 : at + 40] for at in range(0, len(bundle), 40)]
    assert [leaf_hash(body) for body in bodies] == [tile[at : at + 32] for at in range(0, len(tile), 32)]
    assert {bytes.fromhex(leaf) for leaf in issued} <= {leaf_hash(body) for body in bodies}
    assert problem(await lab.client.get(f"/log/tile/0/000.p/{size + 1}"))["code"] == "not-found"


async def test_artefacts_are_cacheable_by_their_nature(lab: Lab, issued: list[str]) -> None:
    size = (await lab.service.figures()).checkpoint
    immutable = "public, max-age=31536000, immutable"
    for path, policy in (
        (f"/log/tile/0/000.p/{size}", immutable),
        ("/log/checkpoint", "public, max-age=5, must-revalidate"),
        ("/v1/trust-bundle", "public, max-age=3600, must-revalidate"),
        ("/v1/status-lists/1", "public, max-age=3600, must-revalidate"),
    ):
        answer = await lab.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == policy
        assert answer.headers["access-control-allow-origin"] == "*"
        again = await lab.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
    assert issued


async def test_the_status_list_is_the_issuer_s_and_fresh(lab: Lab, issued: list[str]) -> None:
    parsed = StatusList.parse((await lab.client.get("/v1/status-lists/1")).content)
    assert parsed.iss == "11990000MB9T010142"
    assert parsed.uri == "https://minzheng.example/v1/status-lists/1"
    assert not any(parsed.bitmap)
    assert problem(await lab.client.get("/v1/status-lists/9"))["code"] == "not-found"
    lab.clock.now += 4 * 86400  # half a life: signed anew without any change
    assert await lab.service.publishing.publish() == 1
    assert await lab.service.publishing.publish() == 0
    assert issued


async def test_health_readiness_and_metrics(lab: Lab) -> None:
    assert (await lab.client.get("/healthz")).json() == {"alive": True}
    ready = (await lab.client.get("/readyz")).json()
    assert ready["ready"] is True
    await lab.issue()
    text = (await lab.client.get("/metrics")).text
    assert 'mzt_issued_total{kind="marriage"} 2.0' in text
    assert 'route="/v1/certificates"' in text


async def test_head_is_get_without_content(lab: Lab) -> None:
    get, head = await lab.client.get("/v1/trust-bundle"), await lab.client.head("/v1/trust-bundle")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-length", "content-type", "cache-control"):
        assert head.headers[name] == get.headers[name]
    assert (await lab.client.head("/v1/certificates")).status_code == 405


async def test_answers_carry_the_security_headers(lab: Lab) -> None:
    answer = await lab.client.get("/healthz")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "server" not in answer.headers
