"""Proofs of finality from a real CometBFT chain: four validators on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chain.anchor.comet_client import CometClient
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup
from chain.anchor.model import AnchorRequest
from chain.anchor.proof_cometbft import CometBftProofs, read_consensus
from chain.errors import ChainMismatch, ChainUnavailable
from tests.support.anchor_lab import ADMIN, set_up
from tests.support.bft import BftNetwork
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab
from verifier.consensus import ConsensusKind, Validator
from verifier.errors import ProofInvalid
from verifier.finality.proof import AnchorProof
from verifier.policy import ChainTrust

pytestmark = pytest.mark.bft
ORIGIN = SM3_LOG.origin
ROOTS = {5: b"\x00" + b"\x11" * 31, 9: b"\x22" * 32}  # a root that begins with zero must not be stored shorter


class Counting:
    """A node's RPC that can be changed on the way."""

    def __init__(self, inner: CometClient) -> None:
        self.inner = inner
        self.asked: list[str] = []

    async def get(self, method: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        self.asked.append(method)
        return await self.inner.get(method, parameters)


class Forgetful(Counting):
    """A node that has pruned the state of the first height it is asked for."""

    async def get(self, method: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        first = method not in self.asked
        answer = await super().get(method, parameters)
        return {"response": {"code": 18, "log": "pruned"}} if method == "abci_query" and first else answer


async def anchor_once(port: EvmAnchor, size: int, wait: Any) -> None:
    """A first anchor needs no proof, so each size goes to a log of its own origin."""
    request = AnchorRequest(origin(size), SM3_LOG.hash, size, ROOTS[size], b"\x01" * 32, ())
    tx = await port.prepare(request)
    await port.submit(tx)
    while await port.receipt(tx.tx_hash) is None:
        wait()


def origin(size: int) -> str:
    return f"{ORIGIN}-{size}"


async def test_anchor_is_proved_to_a_verifier_without_the_chain(bft_network: BftNetwork, tmp_path: Path) -> None:
    client = EvmClient.rpc(bft_network.evm_urls[0], bft_network.chain_id)
    rpc = CometClient(bft_network.comet_urls[1])
    try:
        consensus = await read_consensus(rpc)
        assert (consensus.kind, consensus.network) == (ConsensusKind.COMETBFT, bft_network.network)
        assert {(v.key, v.power) for v in consensus.validators} == set(bft_network.validators())
        registry = await registered(client, tmp_path)
        port = EvmAnchor(client, ADMIN, EvmSettings(registry), CometBftProofs(rpc, consensus))
        for size in ROOTS:
            await anchor_once(port, size, lambda: bft_network.wait_blocks(1))
        bft_network.wait_blocks(2)
        trust = ChainTrust(bft_network.chain_id, registry, "bft", consensus)
        for size, root in ROOTS.items():
            data = await port.finality_proof(origin(size), size)
            assert data is not None
            proof = AnchorProof.parse(data)
            proof.check(trust)
            found = await port.find(origin(size), size)
            assert found is not None
            assert (proof.root, proof.block_number) == (root, found.block_number + 1)
            shown = bft_network.node(2).evm("eth_getBlockByNumber", hex(proof.block_number), False)
            assert (shown["hash"], int(shown["timestamp"], 16)) == ("0x" + proof.block_hash.hex(), proof.block_time)
        anchored = await port.find(origin(9), 9)
        assert anchored is not None
        place = (bft_network.chain_id, registry, origin(9), anchored)

        forgetful = Forgetful(rpc)
        later = AnchorProof.parse(await CometBftProofs(forgetful, consensus).fetch(*place))
        later.check(trust)
        assert later.block_number > anchored.block_number + 1
        assert forgetful.asked == ["abci_query", "status", "abci_query", "commit"]

        early = replace(anchored, block_number=2)  # before there was a contract
        with pytest.raises(ChainMismatch, match="absent"):
            await CometBftProofs(rpc, consensus).fetch(*place[:3], early)

        keys = [Validator(bytes([i]) + v.key[1:], v.power) for i, v in enumerate(consensus.validators)]
        others = replace(consensus, validators=tuple(keys))
        with pytest.raises(ChainMismatch, match="validator-set"):
            await CometBftProofs(rpc, others).fetch(*place)
        with pytest.raises(ProofInvalid, match="network"):
            later.check(replace(trust, consensus=replace(consensus, network="other-1")))
    finally:
        client.close()


async def registered(client: EvmClient, tmp_path: Path) -> bytes:
    """A registry that knows a log for each size."""
    registry = b""
    for size in ROOTS:
        identity = replace(SM3_LOG, origin=origin(size))
        lab = Lab(tmp_path / f"{size}.db", identity, Ed25519Signer())
        port = await set_up(client, lab, registry or None)
        registry = port.capabilities().contract
        await lab.engines.dispose()
    await EvmSetup(client, ADMIN).ensure_submitter(registry, ADMIN.address)
    return registry


async def test_no_node_at_all() -> None:
    with pytest.raises(ChainUnavailable, match="node: "):
        await CometClient("http://127.0.0.1:9", timeout=1.0).get("status", {})
