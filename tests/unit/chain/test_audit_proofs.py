"""Stored finality proofs (table `anchor_proof`, or files): every column, with the golden proofs of real chains."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from api.db.log_tables import anchor_proof
from chain.audit.cosignatures import check_proofs
from chain.audit.model import Check
from chain.audit.ports import CheckpointRow, ProofFact
from verifier import cbor
from verifier.finality.proof import AnchorProof
from verifier.policy import ChainTrust

GOLDEN = json.loads((Path(__file__).parents[2] / "golden/formats/anchor-proof.json").read_text())
VECTORS = {v["name"]: v for v in GOLDEN["accepted"] if v["name"] in ("cometbft", "qbft")}


class Case:
    def __init__(self, name: str) -> None:
        vector = VECTORS[name]
        data = base64.b64decode(vector["proof_b64"])
        self.trust = ChainTrust.from_map(cbor.decode(base64.b64decode(vector["chain_b64"])))
        self.proof = AnchorProof.parse(data)
        self.row = ProofFact(self.proof.size, self.proof.chain_id, self.proof.contract, data)
        self.checkpoint = CheckpointRow(self.proof.size, self.proof.root, b"", None, None, None)

    def run(self, *rows: ProofFact, trust: ChainTrust | None = None, origin: str | None = None) -> Check:
        check = Check(10, "anchor proofs", "")

        def find(sizes: Sequence[int]) -> Mapping[int, CheckpointRow]:
            return {size: self.checkpoint for size in sizes if size == self.checkpoint.size}

        check_proofs(iter(rows), [trust or self.trust], find, check, origin=origin or self.proof.origin)
        return check


@pytest.fixture(params=sorted(VECTORS))
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_a_good_proof_is_clean(case: Case) -> None:
    check = case.run(case.row)
    assert (check.outcome.value, check.counted) == ("clean", 1)


Change = Callable[[Case], ProofFact]
CHANGES: dict[str, tuple[str, Change]] = {
    "size": ("size", lambda c: replace(c.row, size=c.row.size ^ 8)),
    "chain_id": ("chain_id", lambda c: replace(c.row, chain_id=c.row.chain_id ^ 8)),
    "contract": ("contract", lambda c: replace(c.row, contract=bytes(20))),
    "proof": ("proof", lambda c: replace(c.row, proof=c.row.proof[:-1] + bytes([c.row.proof[-1] ^ 1]))),
}


@pytest.mark.parametrize("column", CHANGES)
def test_every_column_is_watched_over(case: Case, column: str) -> None:
    field, change = CHANGES[column]
    first = case.run(change(case)).first[0]
    assert (first.table, first.field) == ("anchor_proof", field)


def test_no_column_is_left_out() -> None:
    """`log_id` chooses the log that is audited; `stored_at` is a time that nobody signed and nothing follows from."""
    assert {column.name for column in anchor_proof.columns} == {*CHANGES, "log_id", "stored_at"}


def test_proofs_exchanged_between_two_rows_are_named() -> None:
    one, other = Case("cometbft"), Case("qbft")
    first = one.run(replace(one.row, proof=other.row.proof)).first[0]
    assert (first.position, first.field) == (f"{one.row.size}/{one.row.chain_id}", "proof")


def test_a_proof_of_another_log_or_root_is_named(case: Case) -> None:
    assert "another chain, contract or log" in case.run(case.row, origin="log.other.example").first[0].detail
    case.checkpoint = replace(case.checkpoint, root=bytes(32))
    assert case.run(case.row).first[0].detail == "proves another root"


def test_a_chain_without_validators_in_the_bundle_leaves_it_unchecked(case: Case) -> None:
    check = case.run(case.row, trust=replace(case.trust, consensus=None))
    assert (check.outcome.value, check.faults) == ("incomplete", 0)
