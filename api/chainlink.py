"""The service's connection to a chain: the engine in this process, or a node over JSON-RPC.

data/chain/journal       the embedded chain's blocks
data/chain/place.json    where the contract is: {"chain_id": 990000, "contract": "…40 hex", "from_block": 0,
                         "name": "embedded", "validators": []}; validators: each set that the chain has had since then
                         and that somebody has adopted, oldest first (chain.anchor.validators)
data/keys/submitter      0600, 32 bytes hex: the key that pays for and sends anchors
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from api.clock import system_entropy
from api.errors import InstanceDamaged, NotInitialised
from api.files import private_directory, write_durably
from api.settings import Settings
from chain.anchor.comet_client import CometClient
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_account import EvmAccount
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup
from chain.anchor.evm_embedded import GENESIS_BALANCE, EmbeddedChain
from chain.anchor.evm_profile import EMBEDDED, PROFILES, EvmProfile
from chain.anchor.model import Capabilities
from chain.anchor.port import AnchorPort
from chain.anchor.several import AgreeingAnchor
from chain.anchor.validators import from_json, proof_source, read_validators, to_json
from chain.errors import ChainMismatch, ChainUnavailable
from chain.log.model import LogIdentity
from chain.ports import Clock
from verifier.consensus import Consensus
from verifier.errors import Malformed
from verifier.policy import ChainTrust


@dataclass(frozen=True, slots=True)
class ChainLink:
    """`trust` is what the trust bundle says of this chain, `earlier` what else: the same contract under the validators
    that the chain had before, whose proofs stay good. `close` ends threads and frees the journal."""

    port: AnchorPort
    trust: ChainTrust
    close: Callable[[], None]
    earlier: tuple[ChainTrust, ...] = ()


@dataclass(frozen=True, slots=True)
class _Engine:
    """`clients`: one for each node that is asked."""

    clients: tuple[EvmClient, ...]
    name: str
    profile: EvmProfile
    confirmations: int
    close: Callable[[], None]
    comet: CometClient | None = None

    @property
    def chain_id(self) -> int:
        return self.clients[0].chain_id


@dataclass(frozen=True, slots=True)
class _Place:
    """`from_block`: the log has no anchor in an earlier block. `validators`: oldest set first."""

    trust: ChainTrust
    from_block: int
    validators: tuple[Consensus, ...]


async def deploy(
    settings: Settings, secret: bytes, identity: LogIdentity, clock: Clock, *, adopt_validators: bool = False
) -> None:
    """Contract, submitter, log registration: each unless it is there. Records the place when all is done.

    The chain's validators are read once and pinned: they go into every trust bundle. Raises ChainMismatch if the chain
    has others now, unless `adopt_validators`.
    """
    directory = settings.data_dir / "chain"
    private_directory(directory)
    account = EvmAccount(secret)
    engine = _engine(settings, account, clock)
    try:
        known = _known(directory)
        _same_chain(known, engine)
        client = await _answering(engine)
        setup = EvmSetup(client, account, engine.profile.fees)
        now = await read_validators(engine.profile.name, client, engine.comet)
        validators = _adopted(() if known is None else known.validators, now, adopt_validators)
        from_block = await setup.first_block() if known is None else known.from_block
        contract = await setup.ensure_registry(None if known is None else known.trust.contract)
        await setup.ensure_submitter(contract, account.address)
        await setup.ensure_log(contract, identity)
    finally:
        engine.close()
    place = {
        "chain_id": engine.chain_id,
        "contract": contract.hex(),
        "from_block": from_block,
        "name": engine.name,
        "validators": [to_json(consensus) for consensus in validators],
    }
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
    where = EvmSettings(known.trust.contract, engine.profile, engine.confirmations, known.from_block)
    newest = known.validators[-1] if known.validators else None
    ports = [
        EvmAnchor(client, account, where, proof_source(newest, client, engine.comet), clock)
        for client in engine.clients
    ]
    port = ports[0] if len(ports) == 1 else AgreeingAnchor(ports)
    earlier = tuple(replace(known.trust, consensus=consensus) for consensus in known.validators[:-1])
    return ChainLink(port, replace(known.trust, consensus=newest), engine.close, earlier)


def unreachable(place: Capabilities) -> ChainLink:
    """The same contract behind an endpoint that refuses connections: the chain switched off, as drills need it."""
    client = EvmClient.rpc("http://127.0.0.1:9", place.chain_id, timeout=1.0)
    nobody = EvmAccount(system_entropy(32))  # it only reads
    port = EvmAnchor(client, nobody, EvmSettings(place.contract))
    return ChainLink(port, ChainTrust(place.chain_id, place.contract, "unreachable"), client.close)


def _engine(settings: Settings, account: EvmAccount, clock: Clock) -> _Engine:
    if settings.chain_endpoints:
        return _remote(settings)
    chain = EmbeddedChain(settings.data_dir / "chain" / "journal", clock)
    chain.open({account.address: GENESIS_BALANCE}, settings.chain_id)
    client = EvmClient.embedded(chain)

    def close() -> None:
        client.close()
        chain.close()

    return _Engine((client,), "embedded", EMBEDDED, 0, close)


def _remote(settings: Settings) -> _Engine:
    clients = tuple(EvmClient.rpc(url, settings.chain_id) for url in settings.chain_endpoints)

    def close() -> None:
        for client in clients:
            client.close()

    profile = PROFILES[settings.chain_profile]
    comet = None if settings.chain_cometbft is None else CometClient(settings.chain_cometbft)
    return _Engine(clients, f"evm-{settings.chain_id}", profile, settings.chain_confirmations, close, comet)


async def _answering(engine: _Engine) -> EvmClient:
    """The first node that answers: what is set up through it, every node must show as soon as anything is read.

    Raises ChainUnavailable if none does, ChainMismatch if one is of another chain.
    """
    silent: list[str] = []
    for number, client in enumerate(engine.clients, start=1):
        try:
            await client.check_chain()
        except ChainUnavailable as error:
            silent.append(f"endpoint {number}: {error}")
        else:
            return client
    raise ChainUnavailable("; ".join(silent))


def _adopted(known: tuple[Consensus, ...], now: Consensus | None, adopt: bool) -> tuple[Consensus, ...]:
    """The sets to record. A node that lies about the validators must not get its own into a bundle unnoticed."""
    if now is None or known[-1:] == (now,):
        return known
    if known and not adopt:
        raise ChainMismatch(
            "the chain's validators are not the recorded ones; if they were changed on purpose: "
            "mzt init --adopt-validators"
        )
    return (*(consensus for consensus in known if consensus != now), now)


def _known(directory: Path) -> _Place | None:
    """Where this instance's contract is, if it has one. Raises InstanceDamaged."""
    path = directory / "place.json"
    if not path.exists():
        return None
    try:
        place = json.loads(path.read_bytes())
        trust = ChainTrust(int(place["chain_id"]), bytes.fromhex(place["contract"]), str(place["name"]))
        validators = tuple(from_json(stated) for stated in place.get("validators", []))
        known = _Place(trust, int(place.get("from_block", 0)), validators)  # instances of version 0.1 have neither
    except (ValueError, KeyError, TypeError, AttributeError, Malformed):
        raise InstanceDamaged("chain/place.json is not of its format") from None
    if len(known.trust.contract) != 20 or known.from_block < 0:
        raise InstanceDamaged("chain/place.json: contract")
    return known


def _same_chain(known: _Place | None, engine: _Engine) -> None:
    """Without this a wrong setting would be signed into a new trust bundle at the next start, and believed: the same
    address on a chain where somebody else may have put something. Raises InstanceDamaged."""
    if known is not None and (known.trust.chain_id, known.trust.name) != (engine.chain_id, engine.name):
        raise InstanceDamaged("MZ_CHAIN or MZ_CHAIN_ID: this instance's contract is on another chain")
