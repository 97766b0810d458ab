"""The service's connection to a chain: the engine in this process, or a node over JSON-RPC.

data/chain/journal       the embedded chain's blocks
data/chain/place.json    where the contract is: {"chain_id": 990000, "contract": "…40 hex", "name": "embedded"}
data/keys/submitter      0600, 32 bytes hex: the key that pays for and sends anchors
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.clock import system_entropy
from api.errors import InstanceDamaged, NotInitialised
from api.files import private_directory, write_durably
from api.settings import EMBEDDED_CHAIN, Settings
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_account import EvmAccount
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup
from chain.anchor.evm_embedded import GENESIS_BALANCE, EmbeddedChain
from chain.anchor.model import Capabilities
from chain.anchor.port import AnchorPort
from chain.log.model import LogIdentity
from chain.ports import Clock
from verifier.policy import ChainTrust


@dataclass(frozen=True, slots=True)
class ChainLink:
    """`trust` is what the trust bundle says of this chain. `close` ends threads and frees the journal."""

    port: AnchorPort
    trust: ChainTrust
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Engine:
    client: EvmClient
    name: str
    close: Callable[[], None]


async def deploy(settings: Settings, secret: bytes, identity: LogIdentity, clock: Clock) -> None:
    """Contract, submitter, log registration: each unless it is there. Records the place when all is done."""
    directory = settings.data_dir / "chain"
    private_directory(directory)
    account = EvmAccount(secret)
    engine = _engine(settings, account, clock)
    try:
        known = _known(directory)
        _same_chain(known, engine)
        setup = EvmSetup(engine.client, account)
        contract = await setup.ensure_registry(None if known is None else known.contract)
        await setup.ensure_submitter(contract, account.address)
        await setup.ensure_log(contract, identity)
    finally:
        engine.close()
    place = {"chain_id": engine.client.chain_id, "contract": contract.hex(), "name": engine.name}
    write_durably(directory / "place.json", json.dumps(place).encode(), 0o600)


def connect(settings: Settings, secret: bytes, clock: Clock) -> ChainLink:
    """The port to the deployed contract. Does not ask a remote node anything: it may be down, and that is no reason not
    to start. Raises NotInitialised, InstanceDamaged, JournalFault for a damaged embedded chain."""
    directory = settings.data_dir / "chain"
    account = EvmAccount(secret)
    known = _known(directory)
    if known is None:
        raise NotInitialised("no contract is deployed: run `mzt init`")
    engine = _engine(settings, account, clock)
    try:
        _same_chain(known, engine)
    except InstanceDamaged:
        engine.close()
        raise
    port = EvmAnchor(engine.client, account, EvmSettings(known.contract), clock=clock)
    return ChainLink(port, known, engine.close)


def unreachable(place: Capabilities) -> ChainLink:
    """The same contract behind an endpoint that refuses connections: the chain switched off, as drills need it."""
    client = EvmClient.rpc("http://127.0.0.1:9", place.chain_id, timeout=1.0)
    nobody = EvmAccount(system_entropy(32))  # it only reads
    port = EvmAnchor(client, nobody, EvmSettings(place.contract))
    return ChainLink(port, ChainTrust(place.chain_id, place.contract, "unreachable"), client.close)


def _engine(settings: Settings, account: EvmAccount, clock: Clock) -> _Engine:
    if settings.chain != EMBEDDED_CHAIN:
        remote = EvmClient.rpc(settings.chain, settings.chain_id)
        return _Engine(remote, f"evm-{settings.chain_id}", remote.close)
    chain = EmbeddedChain(settings.data_dir / "chain" / "journal", clock)
    chain.open({account.address: GENESIS_BALANCE}, settings.chain_id)
    client = EvmClient.embedded(chain)

    def close() -> None:
        client.close()
        chain.close()

    return _Engine(client, "embedded", close)


def _known(directory: Path) -> ChainTrust | None:
    """Where this instance's contract is, if it has one. Raises InstanceDamaged."""
    path = directory / "place.json"
    if not path.exists():
        return None
    try:
        place = json.loads(path.read_bytes())
        known = ChainTrust(int(place["chain_id"]), bytes.fromhex(place["contract"]), str(place["name"]))
    except (ValueError, KeyError, TypeError):
        raise InstanceDamaged("chain/place.json is not of its format") from None
    if len(known.contract) != 20:
        raise InstanceDamaged("chain/place.json: contract")
    return known


def _same_chain(known: ChainTrust | None, engine: _Engine) -> None:
    """Without this a wrong setting would be signed into a new trust bundle at the next start, and believed: the same
    address on a chain where somebody else may have put something. Raises InstanceDamaged."""
    if known is not None and (known.chain_id, known.name) != (engine.client.chain_id, engine.name):
        raise InstanceDamaged("MZ_CHAIN or MZ_CHAIN_ID: this instance's contract is on another chain")
