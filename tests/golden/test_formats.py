"""Golden vectors of the single formats."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from verifier import cbor, labels
from verifier.anchor import AnchorObservation
from verifier.checkpoint import NoteKey, SignedNote
from verifier.code import b45decode, b45encode, b64url_decode
from verifier.cose import CoseKey, Sign1
from verifier.cosignature import Cosignature
from verifier.errors import Malformed, ProofInvalid, Unsupported, VerifierError
from verifier.finality.proof import AnchorProof
from verifier.merkle import Frontier, TreeHash, verify_consistency, verify_inclusion
from verifier.policy import ChainTrust, TrustBundle
from verifier.quorum import WitnessPolicy
from verifier.receipt import Receipt, entry_body, entry_commitment, parse_entry_body
from verifier.status_list import parse_bits, status_at

FOLDER = Path(__file__).parent / "formats"
DOCUMENTS: dict[str, Any] = {p.stem: json.loads(p.read_text()) for p in FOLDER.glob("*.json")}


def cases(document: str, member: str) -> Iterator[Any]:
    for case in DOCUMENTS[document][member]:
        yield pytest.param(case, id=case["name"])


def key(document: str) -> CoseKey:
    return CoseKey(labels.CRV_SM2, bytes.fromhex(DOCUMENTS[document]["key"]["public_hex"]))


@pytest.mark.parametrize("case", cases("cbor", "accepted"))
def test_cbor_accepted(case: dict[str, str]) -> None:
    data = bytes.fromhex(case["hex"])
    assert cbor.encode(cbor.decode(data)) == data


@pytest.mark.parametrize("case", cases("cbor", "refused"))
def test_cbor_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="cbor: "):
        cbor.decode(bytes.fromhex(case["hex"]))


@pytest.mark.parametrize("case", cases("base45", "accepted"))
def test_base45_accepted(case: dict[str, str]) -> None:
    data = bytes.fromhex(case["hex"])
    assert b45decode(case["text"]) == data
    assert b45encode(data) == case["text"]


@pytest.mark.parametrize("case", cases("base45", "refused"))
def test_base45_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="base45: "):
        b45decode(case["text"])


@pytest.mark.parametrize("case", cases("base64url", "accepted"))
def test_base64url_accepted(case: dict[str, str]) -> None:
    assert b64url_decode(case["text"]).hex() == case["hex"]


@pytest.mark.parametrize("case", cases("base64url", "refused"))
def test_base64url_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="base64url: "):
        b64url_decode(case["text"])


@pytest.mark.parametrize("case", cases("checkpoint", "accepted"))
def test_checkpoint_accepted(case: dict[str, Any]) -> None:
    note = SignedNote.parse(case["note"].encode())
    assert note.encode() == case["note"].encode()
    assert note.checkpoint.size == case["size"]
    assert note.verify(DOCUMENTS["checkpoint"]["key"]["name"], key("checkpoint")) is case["verifies"]


@pytest.mark.parametrize("case", cases("checkpoint", "refused"))
def test_checkpoint_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="checkpoint: "):
        SignedNote.parse(case["note"].encode())


@pytest.mark.parametrize("case", cases("receipt", "accepted"))
def test_receipt_accepted(case: dict[str, Any]) -> None:
    receipt = Receipt.parse(b64decode(case["receipt_b64"]))
    assert receipt.verify(key("receipt"), bytes.fromhex(case["leaf_hex"])) is case["verifies"]


@pytest.mark.parametrize("case", cases("receipt", "refused"))
def test_receipt_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match=r"(cose|cbor): "):
        Receipt.parse(b64decode(case["receipt_b64"]))


def test_entry_of_the_receipt() -> None:
    document = DOCUMENTS["receipt"]
    salt, statement = bytes.fromhex(document["entry_salt_hex"]), b64decode(document["statement_b64"])
    assert entry_body(entry_commitment(salt, statement)).hex() == document["entry_hex"]


@pytest.mark.parametrize("case", cases("log-entry", "accepted"))
def test_log_entry_accepted(case: dict[str, str]) -> None:
    commitment = bytes.fromhex(case["commitment_hex"])
    assert parse_entry_body(bytes.fromhex(case["hex"])) == commitment
    assert entry_body(commitment).hex() == case["hex"]


@pytest.mark.parametrize("case", cases("log-entry", "refused"))
def test_log_entry_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match=r"(log-entry|cbor): "):
        parse_entry_body(bytes.fromhex(case["hex"]))


@pytest.mark.parametrize("case", cases("status-event", "accepted"))
def test_status_event_accepted(case: dict[str, Any]) -> None:
    event = Sign1.parse(b64decode(case["event_b64"]), typ=labels.TYP_STATUS_EVENT)
    assert event.verify(key("status-event")) is case["verifies"]


@pytest.mark.parametrize("case", cases("status-event", "refused"))
def test_status_event_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match=r"(cose|cbor): "):
        Sign1.parse(b64decode(case["event_b64"]), typ=labels.TYP_STATUS_EVENT)


def test_merkle_roots() -> None:
    document = DOCUMENTS["merkle-sm3"]
    frontier = Frontier(TreeHash.SM3)
    assert frontier.root().hex() == document["roots_hex"][0]
    for data, root in zip(document["leaf_data_hex"], document["roots_hex"][1:], strict=True):
        frontier = frontier.append(TreeHash.SM3.leaf(bytes.fromhex(data)))
        assert frontier.root().hex() == root


@pytest.mark.parametrize("case", cases("merkle-sm3", "inclusion"))
def test_merkle_inclusion(case: dict[str, Any]) -> None:
    leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
    path = [bytes.fromhex(p) for p in case["path"]]
    assert verify_inclusion(TreeHash.SM3, leaf, case["index"], case["size"], path, root) is case["valid"]


@pytest.mark.parametrize("case", cases("merkle-sm3", "consistency"))
def test_merkle_consistency(case: dict[str, Any]) -> None:
    old, new = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    proof = [bytes.fromhex(p) for p in case["proof"]]
    assert verify_consistency(TreeHash.SM3, case["old_size"], old, case["new_size"], new, proof) is case["valid"]


@pytest.mark.parametrize("case", cases("status-list", "accepted"))
def test_status_list_accepted(case: dict[str, Any]) -> None:
    bits, bitmap = parse_bits(cbor.decode(bytes.fromhex(case["hex"])))
    statuses = case["statuses"]
    assert [status_at(bitmap, bits, i) for i in range(len(statuses))] == statuses
    with pytest.raises(Malformed, match="index-out-of-range"):
        status_at(bitmap, bits, len(statuses))


@pytest.mark.parametrize("case", cases("status-list", "refused"))
def test_status_list_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="status-list: "):
        parse_bits(cbor.decode(bytes.fromhex(case["hex"])))


@pytest.mark.parametrize("case", cases("trust-bundle", "accepted"))
def test_trust_bundle_accepted(case: dict[str, Any]) -> None:
    data = b64decode(case["bundle_b64"])
    bundle = TrustBundle.parse(data, case["pin"])
    assert bundle.encode_payload() in data


@pytest.mark.parametrize("case", cases("trust-bundle", "refused"))
def test_trust_bundle_refused(case: dict[str, Any]) -> None:
    with pytest.raises(VerifierError, match=r"(trust|cose|cbor|merkle|COSE|witness|consensus|kind-manifest)"):
        TrustBundle.parse(b64decode(case["bundle_b64"]), case["pin"])


@pytest.mark.parametrize("case", cases("anchor-observation", "accepted"))
def test_anchor_accepted(case: dict[str, str]) -> None:
    data = bytes.fromhex(case["hex"])
    assert AnchorObservation.parse(data).encode() == data


@pytest.mark.parametrize("case", cases("anchor-observation", "refused"))
def test_anchor_refused(case: dict[str, str]) -> None:
    with pytest.raises(VerifierError, match=r"(anchor|cbor)"):
        AnchorObservation.parse(bytes.fromhex(case["hex"]))


@pytest.mark.parametrize("case", cases("vkey", "accepted"))
def test_vkey_accepted(case: dict[str, str]) -> None:
    parsed = NoteKey.parse(case["vkey"])
    assert parsed.encode() == case["vkey"]
    assert (parsed.name, parsed.use.value) == (case["key_name"], case["use"])
    assert (parsed.key_id.hex(), parsed.key.public.hex()) == (case["key_id_hex"], case["public_hex"])


@pytest.mark.parametrize("case", cases("vkey", "refused"))
def test_vkey_refused(case: dict[str, str]) -> None:
    with pytest.raises(VerifierError, match=r"(vkey|cose-key|signed note): "):
        NoteKey.parse(case["vkey"])


@pytest.mark.parametrize("case", cases("cosignature", "accepted"))
def test_cosignature_accepted(case: dict[str, Any]) -> None:
    note = SignedNote.parse(case["note"].encode())
    (line,) = note.signatures
    cosignature = Cosignature.from_line(line)
    assert cosignature.time == case["time"]
    assert cosignature.to_line() == line
    by = NoteKey.parse(case["vkey"])
    found = (by.name, by.key_id) == (line.name, line.key_id)
    assert (found and cosignature.verify(by.key, note.checkpoint.note_text())) is case["verifies"]


@pytest.mark.parametrize("case", cases("cosignature", "refused"))
def test_cosignature_refused(case: dict[str, str]) -> None:
    (line,) = SignedNote.parse(case["note"].encode()).signatures
    with pytest.raises(Malformed, match="cosignature: "):
        Cosignature.from_line(line)


@pytest.mark.parametrize("case", cases("witness-policy", "accepted"))
def test_witness_policy_accepted(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["hex"])
    policy = WitnessPolicy.from_map(cbor.decode(data))
    assert cbor.encode(policy.to_map()) == data
    names = DOCUMENTS["witness-policy"]["witnesses"]
    sets = [list(c) for n in range(len(names) + 1) for c in combinations(names, n)]
    assert [s for s in sets if policy.reached(set(s))] == case["reached"]


@pytest.mark.parametrize("case", cases("witness-policy", "refused"))
def test_witness_policy_refused(case: dict[str, str]) -> None:
    with pytest.raises(VerifierError, match=r"(witness|cbor|cose-key)"):
        WitnessPolicy.from_map(cbor.decode(bytes.fromhex(case["hex"])))


def proof_and_chain(case: dict[str, str]) -> tuple[bytes, ChainTrust]:
    return b64decode(case["proof_b64"]), ChainTrust.from_map(cbor.decode(b64decode(case["chain_b64"])))


@pytest.mark.parametrize("case", cases("anchor-proof", "accepted"))
def test_anchor_proof_accepted(case: dict[str, str]) -> None:
    data, chain = proof_and_chain(case)
    proof = AnchorProof.parse(data)
    proof.check(chain)
    assert proof.encode() == data
    assert proof.block_hash.hex() == case["block_hash"]
    assert AnchorProof.recognises(data)


@pytest.mark.parametrize("case", cases("anchor-proof", "refused"))
def test_anchor_proof_refused(case: dict[str, str]) -> None:
    data, chain = proof_and_chain(case)
    with pytest.raises((Malformed, ProofInvalid, Unsupported)) as refused:
        AnchorProof.parse(data).check(chain)
    assert getattr(refused.value, "reason", "unsupported") == case["reason"]
