"""Proofs of finality from a QBFT chain: real state of py-evm and of anvil, headers sealed by test validators."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from api.db.anchor_proofs import proof_of
from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_embedded import EmbeddedChain
from chain.anchor.model import Anchored, ProofKind
from chain.anchor.proof_qbft import QbftProofs, header_rlp, read_consensus
from chain.errors import ChainMismatch, ChainUnavailable
from tests.simulators.qbft import FORKS, SECRETS, PyEvmRpc, QbftNode, address_of
from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER, anchorer, embedded, set_up
from tests.support.evm import ANVIL
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab
from verifier.consensus import Consensus, ConsensusKind, Validator
from verifier.errors import ProofInvalid
from verifier.finality import rlp
from verifier.finality.proof import AnchorProof, QbftEvidence
from verifier.policy import ChainTrust

CONSENSUS = Consensus(ConsensusKind.QBFT, "", tuple(Validator(a, 1) for a in sorted(map(address_of, SECRETS))))
ORIGIN = SM3_LOG.origin


@dataclass
class World:
    rpc: Any
    port: EvmAnchor
    client: EvmClient
    anchored: list[Anchored]

    @property
    def trust(self) -> ChainTrust:
        place = self.port.capabilities()
        return ChainTrust(place.chain_id, place.contract, "qbft", CONSENSUS)

    async def prove(self, node: Any, which: int = 0, consensus: Consensus = CONSENSUS) -> bytes:
        place = self.port.capabilities()
        return await QbftProofs(node, consensus).fetch(place.chain_id, place.contract, ORIGIN, self.anchored[which])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A chain with three anchors of one log; read only."""
    chain, client, made = asyncio.run(make_world(tmp_path_factory.mktemp("qbft")))
    yield made
    client.close()
    chain.close()


async def make_world(path: Path) -> tuple[EmbeddedChain, EvmClient, World]:
    lab = await Lab(path / "log.db", SM3_LOG, Ed25519Signer()).create()
    chain = embedded(path / "journal", lambda: lab.now)
    client = EvmClient.embedded(chain)
    port = await set_up(client, lab)
    await anchor_sizes(lab, port)
    found = list(await port.history(ORIGIN))
    await lab.engines.dispose()
    return chain, client, World(PyEvmRpc(chain), port, client, found)


async def anchor_sizes(lab: Lab, port: EvmAnchor) -> None:
    at = 0
    for size in (3, 10, 17):
        await lab.fill(at, size)
        at = size
        lab.now += 1
        await lab.checkpoint()
        await anchorer(lab, port).step(force=True)


async def test_every_anchor_is_proved(world: World) -> None:
    assert [a.size for a in world.anchored] == [3, 10, 17]
    for which, anchored in enumerate(world.anchored):
        proof = AnchorProof.parse(await world.prove(QbftNode(world.rpc), which))
        proof.check(world.trust)
        assert (proof.origin, proof.size, proof.root) == (ORIGIN, anchored.size, anchored.root)
        assert (proof.block_number, proof.block_time) == (anchored.block_number, anchored.block_time)


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("round_", [0, 3, 300])
async def test_header_and_hash_of_every_fork(world: World, fork: str, round_: int) -> None:
    node = QbftNode(world.rpc, fork=fork, round=round_)
    block = await node.request("eth_getBlockByNumber", [hex(world.anchored[0].block_number), False])
    proof = AnchorProof.parse(await world.prove(node))
    proof.check(world.trust)
    assert proof.block_hash.hex() == block["hash"][2:]
    assert isinstance(proof.evidence, QbftEvidence)
    whole = proof.evidence.header.raw
    assert header_rlp(block) == whole
    assert keccak(whole) != proof.block_hash
    assert rlp.encode(rlp.decode(whole)) == whole


async def test_validators_named_by_a_contract_and_votes(world: World) -> None:
    for node in (
        QbftNode(world.rpc, named_by_contract=True),
        QbftNode(world.rpc, vote=[bytes(20), b"\xff"]),
        QbftNode(world.rpc, vote=[bytes(20), b""]),
        QbftNode(world.rpc, sealers=SECRETS[1:]),
    ):
        AnchorProof.parse(await world.prove(node)).check(world.trust)


async def test_consensus_is_read_from_the_node(world: World) -> None:
    class WithoutVotes(QbftNode):
        """Its QBFT API is closed, as `mzt chain init` leaves it."""

        async def request(self, method: str, parameters: list[Any]) -> Any:
            assert not method.startswith("qbft_")
            return await super().request(method, parameters)

    assert await read_consensus(WithoutVotes(world.rpc)) == CONSENSUS
    assert await read_consensus(QbftNode(world.rpc, named_by_contract=True)) == CONSENSUS


async def test_two_of_four_seals_are_no_proof(world: World) -> None:
    with pytest.raises(ChainMismatch, match="quorum"):
        await world.prove(QbftNode(world.rpc, sealers=SECRETS[:2]))


async def test_strangers_and_repeated_seals(world: World) -> None:
    with pytest.raises(ChainMismatch, match="seal"):
        await world.prove(QbftNode(world.rpc, sealers=(*SECRETS[:3], bytes(31) + b"\x99")))
    with pytest.raises(ChainMismatch, match="seal-repeated"):
        await world.prove(QbftNode(world.rpc, sealers=(*SECRETS[:2], SECRETS[1])))


async def test_other_validators_than_recorded(world: World) -> None:
    others = tuple(bytes(31) + bytes([0xA1 + i]) for i in range(4))
    with pytest.raises(ChainMismatch, match="validator-set"):
        await world.prove(QbftNode(world.rpc, secrets=others))


class Forgetful:
    """A node without the state of old blocks, as Besu's Bonsai storage after 512 of them."""

    def __init__(self, inner: QbftNode, newest: int) -> None:
        self.inner, self.newest = inner, newest

    async def request(self, method: str, parameters: list[Any]) -> Any:
        if method == "eth_getProof" and int(parameters[2], 16) < self.newest:
            raise ChainUnavailable("the node gives no result for eth_getProof")
        return await self.inner.request(method, parameters)


async def test_forgotten_state_is_proved_from_the_newest_block(world: World) -> None:
    newest = world.anchored[2].block_number
    proof = AnchorProof.parse(await world.prove(Forgetful(QbftNode(world.rpc), newest)))
    proof.check(world.trust)
    assert (proof.size, proof.block_number) == (3, newest)


async def test_anchor_that_is_not_in_that_block_is_not_proved(world: World) -> None:
    """Absence: the trie's path ends elsewhere than in the slot's leaf."""
    early = replace(world.anchored[2], block_number=world.anchored[0].block_number)
    place = world.port.capabilities()
    with pytest.raises(ChainMismatch, match="mpt"):
        await QbftProofs(QbftNode(world.rpc), CONSENSUS).fetch(place.chain_id, place.contract, ORIGIN, early)


async def test_proof_of_another_anchor_or_contract(world: World) -> None:
    first = AnchorProof.parse(await world.prove(QbftNode(world.rpc)))
    second = world.anchored[1]
    for altered in (
        replace(first, size=second.size, root=second.root),
        replace(first, root=second.root),
        replace(first, origin=ORIGIN + "x"),
        replace(first, contract=bytes(20)),
        replace(first, chain_id=1),
    ):
        with pytest.raises(ProofInvalid):
            AnchorProof.parse(altered.encode()).check(replace(world.trust, contract=altered.contract))


async def test_port_hands_out_the_proof(world: World) -> None:
    place = world.port.capabilities()
    source = QbftProofs(QbftNode(world.rpc), CONSENSUS)
    port = EvmAnchor(world.client, SUBMITTER, EvmSettings(place.contract), source)
    assert ProofKind.QBFT in port.capabilities().proofs
    proof = await port.finality_proof(ORIGIN, 10)
    assert proof is not None
    AnchorProof.parse(proof).check(world.trust)
    assert await port.finality_proof(ORIGIN, 11) is None
    assert await world.port.finality_proof(ORIGIN, 10) is None


def test_header_with_a_hole_is_refused() -> None:
    with pytest.raises(ValueError, match="missing between"):
        header_rlp({"withdrawalsRoot": "0x00"})
    with pytest.raises(KeyError):
        header_rlp({})


async def test_damaged_blocks_give_no_proof(world: World) -> None:
    """Whatever a node says in the place of one member of a block: no proof, and no other error."""
    node = QbftNode(world.rpc, fork="cancun")

    class Damaged:
        def __init__(self, member: str, damage: Any) -> None:
            self.member, self.damage = member, damage

        async def request(self, method: str, parameters: list[Any]) -> Any:
            answer = await node.request(method, parameters)
            return {**answer, self.member: self.damage} if method == "eth_getBlockByNumber" else answer

    block = await node.request("eth_getBlockByNumber", [hex(world.anchored[0].block_number), False])
    for member in block:
        for damage in (None, 7, "x", "0x", "-0x1", "0x" + "ff" * 40, [], {}):
            if member != "hash":  # made again from the header
                with pytest.raises((ChainUnavailable, ChainMismatch)):
                    await world.prove(Damaged(member, damage))


async def test_garbage_from_the_node() -> None:
    class Garbage:
        def __init__(self, answer: Any) -> None:
            self.answer = answer

        async def request(self, method: str, parameters: list[Any]) -> Any:
            return self.answer

    anchored = Anchored(1, bytes(32), bytes(32), bytes(32), 1, bytes(32), 1)
    for answer in (None, 1, [], {}, {"storageProof": []}, {"storageProof": [{"proof": 1}], "accountProof": [2]}):
        with pytest.raises(ChainUnavailable):
            await QbftProofs(Garbage(answer), CONSENSUS).fetch(1, bytes(20), ORIGIN, anchored)
        with pytest.raises(ChainUnavailable):
            await read_consensus(Garbage(answer))


class Unwilling:
    """A source that fails until it is told not to."""

    kind = ProofKind.QBFT

    def __init__(self, source: QbftProofs) -> None:
        self.source, self.willing, self.asked = source, False, 0

    async def fetch(self, chain_id: int, contract: bytes, origin: str, anchored: Anchored) -> bytes:
        self.asked += 1
        if not self.willing:
            raise ChainUnavailable("no proof for now")
        return await self.source.fetch(chain_id, contract, origin, anchored)


async def test_the_anchorer_keeps_the_proof_and_does_not_wait_for_it(tmp_path: Path) -> None:
    lab = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    chain = embedded(tmp_path / "journal", lambda: lab.now)
    client = EvmClient.embedded(chain)
    try:
        contract = (await set_up(client, lab)).capabilities().contract
        source = Unwilling(QbftProofs(QbftNode(PyEvmRpc(chain)), CONSENSUS))
        port = EvmAnchor(client, SUBMITTER, EvmSettings(contract), source)
        await lab.fill(0, 4)
        await lab.checkpoint()
        taking = anchorer(lab, port)
        step = await taking.step(force=True)
        assert (step.status, step.size) == (AnchorStatus.ANCHORED, 4)  # final without a proof
        work = lab.anchors(chain.chain_id, contract)
        async with work() as store:
            assert await store.unproved(8) == [4]
        assert taking.proof_trouble == ""  # once is no trouble: on some chains it is the rule
        await taking.step()
        assert taking.proof_trouble == "no proof for now"
        source.willing = True
        assert source.asked == 2
        assert (await taking.step()).status is AnchorStatus.NOTHING_NEW
        assert taking.proof_trouble == ""
        async with work() as store:
            assert await store.unproved(8) == []
            kept = await proof_of(store._conn, store.log_id, 4)
            assert kept is not None
            assert await proof_of(store._conn, store.log_id, None) == kept
            assert await proof_of(store._conn, store.log_id, 5) is None
        AnchorProof.parse(kept).check(ChainTrust(chain.chain_id, contract, "qbft", CONSENSUS))
        await taking.step()
        assert source.asked == 3  # what is kept is not asked for again
    finally:
        client.close()
        chain.close()
        await lab.engines.dispose()


@pytest.mark.anvil
async def test_proof_over_the_state_of_anvil(tmp_path: Path) -> None:
    """eth_getProof as a real node gives it over JSON-RPC."""
    if not ANVIL.is_file():
        pytest.skip("no anvil in contracts/node_modules")
    lab = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = str(probe.getsockname()[1])
    arguments = ["--hardfork", "prague", "--chain-id", "990003", "--port", number, "--quiet"]
    process = subprocess.Popen([ANVIL, "--host", "127.0.0.1", *arguments], stdout=subprocess.DEVNULL)
    client = EvmClient.rpc(f"http://127.0.0.1:{number}", 990003)
    try:
        while process.poll() is None:
            try:
                await client.check_chain()
                break
            except ChainUnavailable:
                await asyncio.sleep(0.02)
        for account in (ADMIN, SUBMITTER, OTHER):
            await client.request("anvil_setBalance", [account.checksummed, hex(10**24)])
        port = await set_up(client, lab)
        await anchor_sizes(lab, port)
        found = list(await port.history(ORIGIN))
        world = World(client, port, client, found)
        for fork in FORKS:
            AnchorProof.parse(await world.prove(QbftNode(client, fork=fork), 1)).check(world.trust)
        newest = await world.prove(QbftNode(client), 2)
        AnchorProof.parse(newest).check(world.trust)
        with pytest.raises(ChainUnavailable):
            await client.request("eth_noSuchMethod", [])
    finally:
        client.close()
        process.kill()
        process.wait()
        await lab.engines.dispose()
