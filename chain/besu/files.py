"""The folder's other files: node configuration, permissions, compose. What the texts mean is in the folder's README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from chain.besu.genesis import genesis_file
from chain.besu.plan import P2P_PORT, RPC_PORT, BesuPlan, NodeKey, consensus, enodes
from chain.besu.readme import readme
from verifier import cbor

IMAGE: Final = "hyperledger/besu:25.6.0"
USER: Final = 1000  # the image's `besu`
DATA: Final = "/var/lib/besu"  # the documentation forbids a volume at the image's default, /opt/besu

_CONFIG = """\
# Besu, every validator alike. Options: besu.hyperledger.org, "Public network command line options".
data-path="{data}"
genesis-file="/config/genesis.json"
logging="INFO"
sync-mode="FULL"
data-storage-format="BONSAI"
min-gas-price=0

# Peers: those of static-nodes.json and permissions_config.toml in the data path, and nobody else.
p2p-port={p2p}
discovery-enabled=false
permissions-nodes-config-file-enabled=true
permissions-accounts-config-file-enabled=true

# RPC. All interfaces of the container; compose publishes it on the machine's loopback only. No ADMIN, PERM or QBFT:
# whoever reaches the port could vote validators in and out. For a vote add "QBFT", restart, vote, take it out again.
rpc-http-enabled=true
rpc-http-host="0.0.0.0"
rpc-http-port={rpc}
rpc-http-api=["ETH","NET","WEB3"]
host-allowlist={hosts}
"""

_SERVICE = """\
  {name}:
    image: ${{BESU_IMAGE:-{image}}}
    user: "${{BESU_UID:-{user}}}:${{BESU_GID:-{user}}}"
    command: ["--config-file=/config/config.toml", "--p2p-host={host}"]
    environment:
      BESU_OPTS: ${{BESU_OPTS:--Xmx1g}}
    volumes:
      - ./genesis.json:/config/genesis.json:ro
      - ./config.toml:/config/config.toml:ro
      - ./{name}:{data}
    ports: ["127.0.0.1:{port}:{rpc}"]
    networks:
      chain:
        ipv4_address: {host}
    restart: unless-stopped
    cap_drop: ["ALL"]
    security_opt: ["no-new-privileges:true"]
    healthcheck:
      test: ["CMD", "bash", "-c", {probe}]
      interval: 15s
      timeout: 5s
      start_period: 60s
      retries: 4
"""

_COMPOSE = """\
# Written by `mzt chain init`. {count} QBFT validators on one machine, RPC on its loopback; README.md says the rest.
name: minzheng-chain
services:
{services}networks:
  chain:
    ipam:
      config:
        - subnet: {subnet}
"""
# `liveness` answers as soon as HTTP does. The image has bash and need not have curl. $$ is compose's way to write $.
_PROBE = (
    "exec 3<>/dev/tcp/127.0.0.1/{rpc}; "
    "printf 'GET /liveness HTTP/1.0\\\\r\\\\nHost: localhost\\\\r\\\\n\\\\r\\\\n' >&3; "
    "read -r -t 3 line <&3; [[ $$line == *' 200 '* ]]"
)


def network_files(plan: BesuPlan, keys: Sequence[NodeKey]) -> Mapping[str, bytes]:
    """Every file without a secret, by path in the folder. The keys go to `validatorN/key`, 64 hexadecimal digits.

    `consensus.cbor` is the wire form of `verifier.consensus`, sample: {1: 2, 2: "", 3: [[h'…20', 1], …]}.
    """
    urls = enodes(plan, keys)
    files = {
        "genesis.json": genesis_file(plan, keys),
        "config.toml": _config(plan),
        "docker-compose.yml": _compose(plan),
        "consensus.cbor": cbor.encode(consensus(keys).to_map()),
        "README.md": readme(plan, keys).encode(),
    }
    for name in plan.names:
        files[f"{name}/static-nodes.json"] = json.dumps(urls, indent=2).encode() + b"\n"
        files[f"{name}/permissions_config.toml"] = _permissions(plan, urls)
    return files


def _list(values: Sequence[str]) -> str:
    """A TOML array of plain strings (JSON's is one, too)."""
    return json.dumps(list(values))


def _config(plan: BesuPlan) -> bytes:
    hosts = _list(["localhost", "127.0.0.1", *plan.names])
    return _CONFIG.format(data=DATA, p2p=P2P_PORT, rpc=RPC_PORT, hosts=hosts).encode()


def _permissions(plan: BesuPlan, urls: Sequence[str]) -> bytes:
    accounts = _list([f"0x{account.hex()}" for account in plan.accounts])
    return f"nodes-allowlist={_list(urls)}\n\naccounts-allowlist={accounts}\n".encode()


def _compose(plan: BesuPlan) -> bytes:
    probe = '"' + _PROBE.format(rpc=RPC_PORT) + '"'
    services = "".join(
        _SERVICE.format(
            name=name,
            image=IMAGE,
            user=USER,
            host=plan.host(index),
            data=DATA,
            port=plan.rpc_port + index,
            rpc=RPC_PORT,
            probe=probe,
        )
        for index, name in enumerate(plan.names)
    )
    return _COMPOSE.format(count=plan.validators, services=services, subnet=plan.subnet).encode()
