"""Genesis and configuration of a private BFT network of `injectived`: four equal validators, on loopback only.

Every default that would reach outside is overwritten: API, gRPC and p2p listen on all interfaces out of the box, and
peers are exchanged with whoever asks.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from eth_account import Account

CHAIN_ID = 990004
NETWORK = f"mzbft-{CHAIN_ID}"  # CometBFT's chain id: the text that validators sign
POWER = 1000  # of each validator
WEI = 10**18
DENOM = "inj"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_NO_CODE = "xdJGAYb3IzySfn2y3McDwOUAtlPKgic7e/rYBF2FpHA="  # base64 of keccak256(b"")


@dataclass(frozen=True, slots=True)
class Ports:
    """All on 127.0.0.1."""

    p2p: int
    comet: int
    evm: int
    ws: int
    grpc: int


@dataclass(frozen=True, slots=True)
class Options:
    """`deployers`: who may create contracts; None lets everybody. `mempool`: transactions a node keeps at most."""

    funded: tuple[bytes, ...]
    deployers: tuple[bytes, ...] | None = None
    mempool: int = 500


def bech32(prefix: str, data: bytes) -> str:
    """BIP 173. `bech32("inj", address)` is the same account as the 20-byte EVM address."""

    def polymod(values: Iterable[int]) -> int:
        check = 1
        for value in values:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ value
            for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= generator if top >> i & 1 else 0
        return check

    number = int.from_bytes(data, "big")
    assert len(data) * 8 % 5 == 0, "no padding is needed for 20 bytes"
    words = [number >> shift & 31 for shift in range(len(data) * 8 - 5, -1, -5)]
    expanded = [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix)]
    check = polymod([*expanded, *words, 0, 0, 0, 0, 0, 0]) ^ 1
    return prefix + "1" + "".join(_BECH32[w] for w in (*words, *(check >> 5 * (5 - i) & 31 for i in range(6))))


def validator_key(home: Path) -> str:
    """Base64 of the Ed25519 public key with which the node of this home votes."""
    key: str = json.loads((home / "config/priv_validator_key.json").read_text())["pub_key"]["value"]
    return key


def write_genesis(homes: Sequence[Path], options: Options) -> None:
    """The same genesis.json into every home; validators are those of the homes' keys."""
    genesis = json.loads((homes[0] / "config/genesis.json").read_text())
    genesis["chain_id"] = NETWORK
    genesis["consensus"]["params"]["block"]["max_gas"] = "50000000"
    state = genesis["app_state"]
    keys = [validator_key(home) for home in homes]
    operators = [Account.from_key(hashlib.sha256(key.encode()).digest()).address for key in keys]
    owners = [bytes.fromhex(address[2:]) for address in operators]
    _stake(state, list(zip(owners, keys, strict=True)))
    _fund(state, [*owners, *options.funded], len(homes))
    evm = state["evm"]["params"]
    evm["chain_config"].update(eip155_chain_id=str(CHAIN_ID), prague_time="0")
    if options.deployers is not None:
        evm.update(permissioned=True, authorized_deployers=["0x" + d.hex() for d in options.deployers])
    state["txfees"]["params"]["min_gas_price"] = "1.000000000000000000"  # zero is refused
    state["crisis"]["constant_fee"]["denom"] = DENOM
    state["mint"]["params"]["mint_denom"] = DENOM
    state["mint"]["minter"]["inflation"] = "0.000000000000000000"
    state["mint"]["params"].update(inflation_max="0.000000000000000000", inflation_min="0.000000000000000000")
    # Otherwise a validator that is down for 50 blocks is jailed, and the drill changes the validator set.
    state["slashing"]["params"].update(signed_blocks_window="1000000", min_signed_per_window="0.010000000000000000")
    for home in homes:
        (home / "config/genesis.json").write_text(json.dumps(genesis))


def _stake(state: dict[str, Any], validators: Sequence[tuple[bytes, str]]) -> None:
    staking = state["staking"]
    staking["params"]["bond_denom"] = DENOM
    tokens = str(POWER * WEI)
    for owner, key in validators:
        valoper = bech32(DENOM + "valoper", owner)
        staking["validators"].append(
            {
                "operator_address": valoper,
                "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key},
                "jailed": False,
                "status": "BOND_STATUS_BONDED",
                "tokens": tokens,
                "delegator_shares": f"{tokens}.000000000000000000",
                "description": {
                    "moniker": "v",
                    "identity": "",
                    "website": "",
                    "security_contact": "",
                    "details": "",
                },
                "unbonding_height": "0",
                "unbonding_time": "1970-01-01T00:00:00Z",
                "commission": {
                    "commission_rates": dict.fromkeys(("rate", "max_rate", "max_change_rate"), "0.000000000000000000"),
                    "update_time": "1970-01-01T00:00:00Z",
                },
                "min_self_delegation": "1",
                "unbonding_on_hold_ref_count": "0",
                "unbonding_ids": [],
            }
        )
        signer = bech32(DENOM + "valcons", hashlib.sha256(base64.b64decode(key)).digest()[:20])
        info = {"address": signer, "start_height": "0", "index_offset": "0", "missed_blocks_counter": "0"}
        info |= {"jailed_until": "1970-01-01T00:00:00Z", "tombstoned": False}
        state["slashing"]["signing_infos"].append({"address": signer, "validator_signing_info": info})
        staking["delegations"].append(
            {
                "delegator_address": bech32(DENOM, owner),
                "validator_address": valoper,
                "shares": f"{tokens}.000000000000000000",
            }
        )


def _fund(state: dict[str, Any], owners: Sequence[bytes], validators: int) -> None:
    balance, bonded = 10**6 * WEI, validators * POWER * WEI
    for owner in owners:
        account = {"address": bech32(DENOM, owner), "pub_key": None, "account_number": "0", "sequence": "0"}
        state["auth"]["accounts"].append(
            {"@type": "/injective.types.v1beta1.EthAccount", "base_account": account, "code_hash": _NO_CODE}
        )
    # Module accounts are named by hash: the pool that holds bonded stake.
    pool = bech32(DENOM, hashlib.sha256(b"bonded_tokens_pool").digest()[:20])
    holdings = [(pool, bonded), *((bech32(DENOM, owner), balance) for owner in owners)]
    state["bank"]["balances"] = [
        {"address": address, "coins": [{"denom": DENOM, "amount": str(amount)}]} for address, amount in holdings
    ]
    state["bank"]["supply"] = [{"denom": DENOM, "amount": str(sum(amount for _, amount in holdings))}]


def write_configuration(home: Path, ports: Ports, peers: Sequence[str], options: Options) -> None:
    """app.toml and config.toml: nothing listens beyond 127.0.0.1, no peer but the given `id@host:port`."""
    app = tomlkit.parse((home / "config/app.toml").read_text())
    _set(
        app,
        {
            "minimum-gas-prices": f"1{DENOM}",
            "iavl-cache-size": 10_000,
            "api.enable": False,
            "api.address": "tcp://127.0.0.1:0",
            "grpc.enable": True,  # the Ethereum RPC does not start without it
            "grpc.address": f"127.0.0.1:{ports.grpc}",
            "grpc-web.enable": False,
            "json-rpc.address": f"127.0.0.1:{ports.evm}",
            "json-rpc.ws-address": f"127.0.0.1:{ports.ws}",
        },
    )
    (home / "config/app.toml").write_text(tomlkit.dumps(app))
    node = tomlkit.parse((home / "config/config.toml").read_text())
    _set(
        node,
        {
            "log_level": "error",
            "rpc.laddr": f"tcp://127.0.0.1:{ports.comet}",
            "rpc.pprof_laddr": "",
            "p2p.laddr": f"tcp://127.0.0.1:{ports.p2p}",
            "p2p.persistent_peers": ",".join(peers),
            "p2p.persistent_peers_max_dial_period": "1s",
            "p2p.pex": False,
            "p2p.addr_book_strict": False,
            "p2p.allow_duplicate_ip": True,
            "mempool.size": options.mempool,
        },
    )
    (home / "config/config.toml").write_text(tomlkit.dumps(node))


def _set(document: Any, values: dict[str, Any]) -> None:
    """Overwrite settings that exist; a name that the release does not know is an error, not a new key."""
    for name, value in values.items():
        *sections, key = name.split(".")
        table = document
        for section in sections:
            table = table[section]
        assert key in table, name
        table[key] = value
