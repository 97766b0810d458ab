"""The folder of a Besu network, read by other people's readers: RLP, TOML, YAML, secp256k1."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import tomllib
from dataclasses import replace
from typing import Any

import pytest
import rlp
import yaml
from eth.chains.base import Chain
from eth.db.atomic import AtomicDB
from eth.vm.forks.london import LondonVM
from eth_keys import keys as eth_keys

from chain.anchor.evm_account import EvmAccount
from chain.besu.files import network_files
from chain.besu.genesis import MIX_HASH, extra_data
from chain.besu.plan import BesuPlan, NodeKey, PlanRefused, consensus, fingerprint
from verifier import cbor
from verifier.consensus import Consensus, ConsensusKind
from verifier.finality.qbft import Header

ACCOUNT = EvmAccount(bytes(31) + b"\x42").address
PLAN = BesuPlan(990010, 4, (ACCOUNT,), 1767225600)
KEYS = [NodeKey(bytes([n]) * 32) for n in range(1, 5)]
# besu.hyperledger.org, "Configure QBFT consensus": the genesis example with four validators
DOCUMENTED = (
    "f87aa00000000000000000000000000000000000000000000000000000000000000000f8549464a702e6263b7297a96638cac6ae65e6541f416"
    "9943923390ad55e90c237593b3b0e401f3b08a0318594aefdb9a738c9f433e5b6b212a6d62f6370c2f69294c7eeb9a4e00ce683cf93039b2126"
    "48e01c6c6b78c080c0"
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(network_files(PLAN, KEYS))


def address(key: NodeKey) -> bytes:
    return eth_keys.PrivateKey(key.secret).public_key.to_canonical_address()


def public(key: NodeKey) -> str:
    return eth_keys.PrivateKey(key.secret).public_key.to_bytes().hex()


def compose(files: dict[str, bytes]) -> Any:
    return yaml.safe_load(files["docker-compose.yml"])


def test_addresses_and_node_names_follow_from_the_keys() -> None:
    for key in KEYS:
        assert key.address == address(key)
        assert key.public.hex() == public(key)


def test_genesis_names_the_validators_as_the_documentation_does(files: dict[str, bytes]) -> None:
    genesis = json.loads(files["genesis.json"])
    vanity, validators, vote, round_number, seals = rlp.decode(bytes.fromhex(genesis["extraData"][2:]))
    assert vanity == bytes(32)
    assert validators == sorted(address(key) for key in KEYS)
    assert (vote, round_number, seals) == ([], b"", [])
    zeros, documented, *rest = rlp.decode(bytes.fromhex(DOCUMENTED))
    assert (zeros, rest) == (vanity, [vote, round_number, seals])
    assert rlp.decode(extra_data(documented))[1] == sorted(documented)
    assert len(extra_data(documented).hex()) == len(DOCUMENTED)


def test_verifier_reads_the_validators_out_of_the_genesis_block(files: dict[str, bytes]) -> None:
    """The block as py-evm makes it of the same file; what Besu puts into the base fee of block 0 is not claimed."""
    document = json.loads(files["genesis.json"])
    alloc = {
        bytes.fromhex(name): {"balance": int(entry["balance"], 16), "nonce": 0, "code": b"", "storage": {}}
        for name, entry in document["alloc"].items()
    }
    parameters = {
        "coinbase": bytes.fromhex(document["coinbase"][2:]),
        "difficulty": int(document["difficulty"], 16),
        "extra_data": bytes.fromhex(document["extraData"][2:]),
        "gas_limit": int(document["gasLimit"], 16),
        "mix_hash": bytes.fromhex(document["mixHash"][2:]),
        "nonce": bytes(8),
        "timestamp": int(document["timestamp"], 16),
    }
    kind = Chain.configure("Besu", vm_configuration=((0, LondonVM),), chain_id=990010)
    block = kind.from_genesis(AtomicDB(), parameters, alloc).get_canonical_head()
    header = Header.parse(rlp.encode(block))
    assert header.block_hash == block.hash
    assert header.validators == tuple(sorted(address(key) for key in KEYS))
    assert (header.number, header.time, header.seals) == (0, PLAN.time, ())


def test_genesis_is_of_this_chain(files: dict[str, bytes]) -> None:
    genesis = json.loads(files["genesis.json"])
    config = genesis["config"]
    assert config["chainId"] == 990010
    assert config["zeroBaseFee"] is True
    assert config["qbft"]["requesttimeoutseconds"] >= 2 * config["qbft"]["blockperiodseconds"]
    assert set(config["qbft"]) == {"blockperiodseconds", "epochlength", "requesttimeoutseconds"}
    assert int(genesis["timestamp"], 16) == PLAN.time
    assert genesis["mixHash"] == MIX_HASH
    assert bytes.fromhex(MIX_HASH[2:]).decode() == "ctical byzantine fault tolerance"
    assert list(genesis["alloc"]) == [ACCOUNT.hex()]


def test_every_node_knows_the_others_and_who_may_send(files: dict[str, bytes]) -> None:
    expected = [f"enode://{public(key)}@172.28.240.{11 + n}:30303" for n, key in enumerate(KEYS)]
    for name in PLAN.names:
        assert json.loads(files[f"{name}/static-nodes.json"]) == expected
        permissions = tomllib.loads(files[f"{name}/permissions_config.toml"].decode())
        assert permissions == {"nodes-allowlist": expected, "accounts-allowlist": [f"0x{ACCOUNT.hex()}"]}


def test_node_configuration_lets_nobody_vote_or_join(files: dict[str, bytes]) -> None:
    config = tomllib.loads(files["config.toml"].decode())
    assert set(config["rpc-http-api"]) == {"ETH", "NET", "WEB3"}
    assert config["discovery-enabled"] is False
    assert config["permissions-nodes-config-file-enabled"] is True
    assert config["permissions-accounts-config-file-enabled"] is True
    assert config["min-gas-price"] == 0
    assert config["data-path"] != "/opt/besu"
    assert "*" not in config["host-allowlist"]


def test_compose_refers_to_files_that_are_there_and_publishes_on_loopback(files: dict[str, bytes]) -> None:
    document = compose(files)
    assert list(document["services"]) == list(PLAN.names)
    there = {*files, *(name.split("/")[0] for name in files)}
    ports = []
    for index, (name, service) in enumerate(document["services"].items()):
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source.removeprefix("./") in there, volume
        assert f"./{name}:/var/lib/besu" in service["volumes"]
        assert service["networks"]["chain"]["ipv4_address"] == PLAN.host(index)
        assert f"--p2p-host={PLAN.host(index)}" in service["command"]
        assert not service["user"].startswith(("0", "root"))
        ports += service["ports"]
    assert ports == [f"127.0.0.1:{8545 + n}:8545" for n in range(4)]


def test_health_probe_is_a_line_of_bash(files: dict[str, bytes]) -> None:
    for service in compose(files)["services"].values():
        shell, flag, line = service["healthcheck"]["test"][1:]
        line = line.replace("$$", "$")
        assert (shell, flag) == ("bash", "-c")
        assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0
        assert "GET /liveness HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" in shlex.split(line)


def test_consensus_is_what_a_trust_bundle_states(files: dict[str, bytes]) -> None:
    stated = Consensus.from_map(cbor.decode(files["consensus.cbor"]))
    assert fingerprint(stated) == hashlib.sha256(files["consensus.cbor"]).hexdigest()[:32]
    assert fingerprint(stated) in files["README.md"].decode()
    assert stated.kind is ConsensusKind.QBFT
    assert [(v.key, v.power) for v in stated.validators] == [(a, 1) for a in sorted(address(k) for k in KEYS)]


def test_no_file_but_the_key_holds_a_secret(files: dict[str, bytes]) -> None:
    for data in files.values():
        for key in KEYS:
            assert key.secret not in data
            assert key.secret.hex().encode() not in data.lower()


def test_readme_says_how_many_may_be_missing(files: dict[str, bytes]) -> None:
    text = files["README.md"].decode()
    assert "not run with Besu" in text.replace("\n", " ")
    assert "Whoever has 3 of them" in text
    assert "Stop 1: it grows on. Stop 2: it stands still" in text
    seven = network_files(replace(PLAN, validators=7), [NodeKey(bytes([n]) * 32) for n in range(1, 8)])
    assert "Stop 2: it grows on. Stop 3: it stands still" in seven["README.md"].decode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"validators": 3}, "3f\\+1"),
        ({"validators": 1}, "3f\\+1"),
        ({"validators": 0}, "3f\\+1"),
        ({"validators": 2, "development": True}, "one validator"),
        ({"validators": 65}, "at most 64"),
        ({"accounts": ()}, "nobody may send"),
        ({"accounts": (bytes(19),)}, "accounts"),
        ({"subnet": "172.28.240.0/29"}, "too small"),
        ({"subnet": "validators"}, "subnet"),
        ({"chain_id": 0}, "chain id"),
        ({"rpc_port": 65535}, "port"),
    ],
)
def test_network_that_would_be_none_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(PlanRefused, match=reason):
        replace(PLAN, **change)


def test_one_validator_is_for_development_and_has_to_be_asked_for() -> None:
    plan = replace(PLAN, validators=1, development=True)
    assert list(compose(dict(network_files(plan, KEYS[:1])))["services"]) == ["validator1"]


def test_bad_and_repeated_keys_are_refused() -> None:
    for secret in (bytes(32), b"\xff" * 32, bytes(31)):
        with pytest.raises(PlanRefused, match="secp256k1"):
            NodeKey(secret)
    with pytest.raises(PlanRefused, match="validators"):
        consensus([KEYS[0], KEYS[0], KEYS[1], KEYS[2]])
