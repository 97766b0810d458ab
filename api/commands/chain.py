"""`mzt chain init` and `mzt chain status`: a Besu network as files, and how the configured chain is."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from api.chainlink import connect
from api.clock import system_clock, system_entropy
from api.commands.common import EXIT_FAILED, EXIT_OK, out
from api.db.anchors import largest_anchored_size
from api.db.engine import create_engines
from api.db.uow import Database
from api.errors import BadRequest, InstanceDamaged, NotInitialised
from api.files import private_directory, read_private, write_once
from api.instance_state import identity_of, is_initialised
from api.keyring import KeyDirectory
from api.settings import Settings
from chain.anchor.evm_account import EvmAccount
from chain.anchor.model import FinalityModel, Health
from chain.anchor.port import AnchorPort
from chain.besu.files import network_files
from chain.besu.plan import BesuPlan, NodeKey, PlanRefused, consensus, fingerprint
from chain.errors import AnchorFault

_FIXED = ("genesis.json", "consensus.cbor")  # follow from plan and keys; another content means other keys or a bad edit


async def init(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write the folder of a QBFT network. Run again it adds what is missing and changes nothing that is there."""
    directory = Path(arguments.out)
    plan = _plan(settings, arguments, directory)  # refuses before anything is written
    private_directory(directory)
    plan = _recorded(directory, plan)
    keys = [_key(directory / name) for name in plan.names]
    files = network_files(plan, keys)
    for name in _FIXED:
        path = directory / name
        if path.exists() and path.read_bytes() != files[name]:
            raise InstanceDamaged(f"{path} is not what {directory / 'plan.json'} and the keys give")
    kept = [name for name, data in files.items() if write_once(directory / name, data, 0o644) != data]
    out.print(f"{plan.validators} validators, chain {plan.chain_id}, in {directory}", highlight=False)
    out.print(f"validators: {fingerprint(consensus(keys))}", highlight=False)
    whose = "" if arguments.account else f" (the submitter of {settings.data_dir})"
    out.print(f"may send: {', '.join(plan.to_json()['accounts'])}{whose}", highlight=False, soft_wrap=True)
    for name in kept:
        out.print(f"left as it was edited: {name}", highlight=False)
    out.print(f"next: {directory / 'README.md'}", highlight=False)
    return EXIT_OK


async def status(settings: Settings, _: argparse.Namespace) -> int:
    """Every node, the chain as a whole, our log on it. Beside a running service, unless the chain runs inside that."""
    if not is_initialised(settings):
        raise NotInitialised(f"{settings.data_dir} holds no instance: run `mzt init`")
    secret = KeyDirectory(settings.data_dir, system_entropy).secret("submitter", 32)
    link = await asyncio.to_thread(connect, settings, secret, system_clock)
    try:
        health = await _show_chain(link.port, settings.log_origin)
        _line("account", f"0x{EvmAccount(secret).address.hex()}")
        stated = link.trust.consensus
        _line("validators", "not recorded" if stated is None else f"{len(stated.validators)}, {fingerprint(stated)}")
    finally:
        link.close()
    await _show_log(settings)
    return EXIT_OK if health.ok else EXIT_FAILED


async def _show_chain(port: AnchorPort, origin: str) -> Health:
    facts, nodes, health = port.capabilities(), await port.node_set(), await port.health()
    _line("chain", f"{facts.chain_id} ({facts.engine}), contract 0x{facts.contract.hex()}")
    final = "at once" if facts.finality is FinalityModel.INSTANT else f"after {facts.confirmations} blocks"
    _line("final", f"{final}; transactions are {facts.fees.value}")
    for node in nodes:
        block = "-" if node.block_hash is None else f"block {node.block_number} 0x{node.block_hash.hex()[:16]}…"
        _line(f"node {node.number}", f"{block} {node.client} {node.detail}".rstrip())
    _line("health", f"{'ok' if health.ok else 'NOT WELL'} {health.detail}".rstrip())
    try:
        head = await port.latest(origin)
    except AnchorFault as error:
        _line("on chain", str(error))
    else:
        _line("on chain", f"{head.size} entries, root {head.root.hex()}" if head is not None else "no anchor yet")
    return health


async def _show_log(settings: Settings) -> None:
    engines = create_engines(settings.database_url)
    try:
        async with Database(engines, identity_of(settings)).read() as work:
            head, last = await work.log.head(), await work.log.checkpoint()
            anchored = await largest_anchored_size(work.connection, work.log.log_id)
    finally:
        await engines.dispose()
    checkpoint = 0 if last is None else last.size
    _line("our log", f"{head.size} entries, checkpoint {checkpoint}, anchored {anchored}")


def _line(name: str, text: str) -> None:
    out.print(f"{name:10} {text}", highlight=False, markup=False, soft_wrap=True)


def _plan(settings: Settings, arguments: argparse.Namespace, directory: Path) -> BesuPlan:
    accounts = [_address(text) for text in arguments.account]
    if not accounts:
        accounts = [submitter(settings)]
    return BesuPlan(
        arguments.chain_id,
        arguments.validators,
        tuple(dict.fromkeys(accounts)),
        _time(directory),
        arguments.subnet,
        arguments.rpc_port,
        arguments.development,
    )


def _time(directory: Path) -> int:
    """The genesis block's: that of the first run."""
    path = directory / "plan.json"
    return int(_read(path)["time"]) if path.exists() else system_clock()


def _recorded(directory: Path, plan: BesuPlan) -> BesuPlan:
    """Record the parameters before the first key. Raises PlanRefused if the folder was made with others."""
    path = directory / "plan.json"
    wanted = plan.to_json()
    found = json.loads(write_once(path, json.dumps(wanted, indent=2, sort_keys=True).encode() + b"\n", 0o644))
    other = sorted(name for name in wanted if found.get(name) != wanted[name])
    if other:
        raise PlanRefused(f"{directory} is another network (differs in: {', '.join(other)}); take another folder")
    return plan


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
        int(document["time"])
    except (ValueError, KeyError, TypeError):
        raise InstanceDamaged(f"{path} is not of its format") from None
    return dict(document)


def _key(directory: Path) -> NodeKey:
    """A validator's key, made unless it is there; never written over."""
    private_directory(directory)
    path = directory / "key"
    write_once(path, _new_secret().hex().encode())
    try:
        return NodeKey(bytes.fromhex(read_private(path).decode("ascii").strip().removeprefix("0x")))
    except ValueError:
        raise InstanceDamaged(f"{path} is not hexadecimal") from None


def _new_secret() -> bytes:
    while True:
        secret = system_entropy(32)
        try:
            NodeKey(secret)
        except PlanRefused:  # zero or beyond the group's order: one in 2^128
            continue
        return secret


def submitter(settings: Settings) -> bytes:
    """Address of this instance's anchoring key, which is made if need be: the nodes must know it before `mzt init`."""
    keys = KeyDirectory(settings.data_dir, system_entropy)
    if not is_initialised(settings):  # of a finished instance a missing key is lost, and stays missing
        private_directory(settings.data_dir)
        keys.create()
    return EvmAccount(keys.secret("submitter", 32)).address


def _address(text: str) -> bytes:
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 20:
        raise BadRequest("bad-parameter", "account", "0x and 40 hexadecimal digits")
    return value
