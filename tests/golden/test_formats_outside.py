"""Golden vectors of tlog-proof and of aggregated quorum signatures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from py_ecc.bls import G2ProofOfPossession as PyEcc

from verifier import labels
from verifier.aggregate import QuorumSignature, aggregate_key_id, aggregate_message
from verifier.checkpoint import SignedNote
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.hazmat import bls
from verifier.merkle import TreeHash
from verifier.policy import LogKey, LogTrust
from verifier.tlog_proof import TlogProof

FOLDER = Path(__file__).parent / "formats"
DOCUMENTS: dict[str, Any] = {
    n: json.loads((FOLDER / f"{n}.json").read_text()) for n in ("tlog-proof", "quorum-signature")
}
KEYS = [bytes.fromhex(key) for key in DOCUMENTS["quorum-signature"]["keys_hex"]]


def cases(document: str, member: str) -> Iterator[Any]:
    for case in DOCUMENTS[document][member]:
        yield pytest.param(case, id=case["name"])


@pytest.mark.parametrize("case", cases("tlog-proof", "accepted"))
def test_tlog_proof_accepted(case: dict[str, Any]) -> None:
    document = DOCUMENTS["tlog-proof"]
    key = CoseKey(labels.CRV_ED25519, bytes.fromhex(document["key"]["public_hex"]))
    log = LogTrust(document["origin"], TreeHash.SHA256, (LogKey(key, document["origin"], 0, 1 << 40),))
    proof = TlogProof.parse(case["text"].encode())
    assert proof.encode().decode() == case["text"]
    assert proof.verify(log, bytes.fromhex(case["leaf"])) is case["verifies"]
    assert not proof.verify(LogTrust("x.example", TreeHash.SHA256, log.keys), bytes.fromhex(case["leaf"]))
    assert not proof.verify(LogTrust(log.origin, TreeHash.SM3, log.keys), bytes.fromhex(case["leaf"]))


@pytest.mark.parametrize("case", cases("tlog-proof", "refused"))
def test_tlog_proof_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed, match=r"(tlog-proof|checkpoint): "):
        TlogProof.parse(case["text"].encode())


def quorum_of(case: dict[str, Any]) -> tuple[SignedNote, QuorumSignature]:
    note = SignedNote.parse(case["note"].encode())
    return note, QuorumSignature.from_line(note.signatures[0])


@pytest.mark.parametrize("case", cases("quorum-signature", "accepted"))
def test_quorum_signature_accepted(case: dict[str, Any]) -> None:
    note, quorum = quorum_of(case)
    assert quorum.bitmap == case["bitmap"]
    assert quorum.to_line() == note.signatures[0]
    assert quorum.key_id == aggregate_key_id(quorum.name, KEYS)
    signers = [KEYS[i] for i in quorum.signers(len(KEYS))]
    message = aggregate_message(note.checkpoint.note_text(), quorum.time)
    assert bls.verify_aggregate(signers, message, quorum.signature) is case["verifies"]
    assert PyEcc.FastAggregateVerify(signers, message, quorum.signature) is case["verifies"]


@pytest.mark.parametrize("case", cases("quorum-signature", "refused"))
def test_quorum_signature_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="quorum-signature: "):
        quorum_of(case)[1].signers(len(KEYS))


def test_possession() -> None:
    proofs = [bytes.fromhex(p) for p in DOCUMENTS["quorum-signature"]["possessions_hex"]]
    for key, proof in zip(KEYS, proofs, strict=True):
        assert bls.verify_possession(key, proof)
        assert PyEcc.PopVerify(key, proof)
    assert not bls.verify_possession(KEYS[0], proofs[1])
