"""Building a proof from a node's answers: recorded ones, and every one of them damaged."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from chain.anchor.model import Anchored
from chain.anchor.proof_cometbft import CometBftProofs, read_consensus
from chain.anchor.validators import from_json, proof_source, read_validators, to_json
from chain.errors import ChainMismatch, ChainUnavailable
from tests.golden import formats_proof as recorded
from verifier.finality.proof import AnchorProof

ANSWERS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "golden" / "recorded" / "cometbft-rpc.json").read_text()
)
PROOF = AnchorProof.parse(recorded.COMET_PROOF)
ANCHORED = Anchored(PROOF.size, PROOF.root, bytes(32), bytes(32), 48, bytes(32), 0)


class Recorded:
    """Answers as they were given, or changed."""

    def __init__(self, answers: dict[str, Any] = ANSWERS) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(self, method: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        self.asked.append((method, dict(parameters)))
        answer: dict[str, Any] = self.answers[method]
        return answer

    async def request(self, method: str, parameters: list[Any]) -> Any:
        raise AssertionError("not asked on this chain")


async def fetch(rpc: Recorded) -> bytes:
    source = CometBftProofs(rpc, recorded.COMET_SET)
    return await source.fetch(PROOF.chain_id, PROOF.contract, PROOF.origin, ANCHORED)


async def test_recorded_answers_give_the_recorded_proof() -> None:
    rpc = Recorded()
    assert await fetch(rpc) == recorded.COMET_PROOF
    assert [method for method, _ in rpc.asked] == ["abci_query", "commit"]
    assert rpc.asked[0][1]["data"].startswith("0x02" + PROOF.contract.hex())
    assert rpc.asked[1][1] == {"height": "49"}  # the state after block 48 is in the header of 49


async def test_recorded_validators() -> None:
    assert await read_consensus(Recorded()) == recorded.COMET_SET
    assert await read_validators("cometbft", Recorded(), Recorded()) == recorded.COMET_SET
    assert await read_validators("cometbft", Recorded(), None) is None
    assert await read_validators("evm", Recorded(), None) is None


async def test_absent_and_nil_votes_are_left_out() -> None:
    answers = copy.deepcopy(ANSWERS)
    signatures = answers["commit"]["signed_header"]["commit"]["signatures"]
    signatures[0] = {
        "block_id_flag": 1,
        "validator_address": "",
        "timestamp": "0001-01-01T00:00:00Z",
        "signature": None,
    }
    proof = AnchorProof.parse(await fetch(Recorded(answers)))
    proof.check(recorded.COMET_TRUST)
    signatures[1]["block_id_flag"] = 3
    with pytest.raises(ChainMismatch, match="quorum"):
        await fetch(Recorded(answers))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every member of every map, and the first element of every list."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield (*path, key)
            yield from places(member, (*path, key))
    elif isinstance(value, list) and value:
        yield (*path, 0)
        yield from places(value[0], (*path, 0))


NOT_NEEDED = {"log", "info", "index", "key", "codespace", "type", "canonical", "height", "app", "version"}
NEEDED = [
    path
    for method in ("abci_query", "commit")
    for path in places(ANSWERS[method], (method,))
    if path[-1] not in NOT_NEEDED and path[1:] != ("response", "value")
]


@pytest.mark.parametrize("path", NEEDED, ids=lambda p: ".".join(map(str, p)))
async def test_damaged_answers_give_no_proof(path: tuple[Any, ...]) -> None:
    for damage in (None, 7, "x", [], {}, "0001-01-01T00:00:00Z", float("inf")):  # JSON has 1e999
        answers = copy.deepcopy(ANSWERS)
        target = answers
        for step in path[:-1]:
            target = target[step]
        if target[path[-1]] == damage:
            continue
        target[path[-1]] = damage
        if path[-1] in ("code", "proofOps"):  # taken for a pruned state: the newest block is asked for
            answers["status"] = {}
        if path[-1] == "block_id_flag" or (path[-2:] == ("signatures", 0) and damage is None):
            continue  # an absent vote; three of four are enough
        if path[1:] == ("signed_header", "commit", "block_id", "hash"):
            continue  # made again from the header
        with pytest.raises((ChainUnavailable, ChainMismatch)):
            await fetch(Recorded(answers))


@pytest.mark.parametrize(
    "rows",
    [[], [1], [{}], None, [ANSWERS["validators"]["validators"][0]] * 2],
)
async def test_damaged_validators(rows: Any) -> None:
    answers = {**ANSWERS, "validators": {"validators": rows, "total": "4"}}
    with pytest.raises(ChainUnavailable):
        await read_consensus(Recorded(answers))


async def test_keys_of_another_sort() -> None:
    answers = copy.deepcopy(ANSWERS)
    answers["validators"]["validators"][0]["pub_key"]["type"] = "tendermint/PubKeySecp256k1"
    with pytest.raises(ChainUnavailable, match="Ed25519"):
        await read_consensus(Recorded(answers))


def test_sets_are_written_and_read() -> None:
    for stated in (recorded.COMET_SET, recorded.QBFT_TRUST.consensus):
        assert stated is not None
        assert from_json(json.loads(json.dumps(to_json(stated)))) == stated


def test_sources_by_protocol() -> None:
    rpc = Recorded()
    assert proof_source(None, rpc, rpc) is None
    assert proof_source(recorded.COMET_SET, rpc, None) is None
    for stated, name in ((recorded.COMET_SET, "cometbft"), (recorded.QBFT_TRUST.consensus, "qbft")):
        source = proof_source(stated, rpc, rpc)
        assert source is not None
        assert source.kind.value == name
