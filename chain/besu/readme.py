"""README.md of a generated network, for whoever finds the folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chain.besu.plan import P2P_PORT, BesuPlan, NodeKey, consensus, fingerprint

_TEXT: Final = """\
# A QBFT network of {count} validators, chain {chain_id}

Written by `mzt chain init`; that fetches and starts nothing. **The files follow Besu's public documentation and were
not run with Besu by those who wrote the generator**: no container engine was at hand. Start it on a test machine first,
and go through the list below.

| file | what |
|---|---|
| `genesis.json` | the chain: QBFT, block every 2 s, free gas, these validators. The same on every node, never changed |
| `validatorN/key` | that validator's secret, 0600. **Whoever has {quorum} of them can write the chain's history** |
| `validatorN/static-nodes.json`, `permissions_config.toml` | who may connect, who may send |
| `config.toml`, `docker-compose.yml` | how a node runs; yours to edit, a second `mzt chain init` leaves them alone |
| `consensus.cbor` | the validators' addresses, as a trust bundle states them |
| `plan.json` | the parameters; another run with others is refused |

## Start

```sh
sudo chown -R 1000:1000 validator*      # the image's user; or: export BESU_UID=$(id -u) BESU_GID=$(id -g)
docker compose up -d
docker compose ps                       # all healthy within two minutes
export MZ_CHAIN={urls}
export MZ_CHAIN_ID={chain_id} MZ_CHAIN_PROFILE=besu
mzt init                                # deploys the contract; safe to repeat
mzt chain status
```

`docker-compose.yml` names an image by its version. Before production put the digest that you have checked in its place
(`BESU_IMAGE=hyperledger/besu@sha256:…`).

## Check on the first start

1. `mzt chain status` shows {count} nodes of equal height, and the height grows: a block every 2 seconds, empty or not.
2. Stop {bears}: it grows on. Stop {halting}: it stands still, and `mzt chain status` says so. Start them: it goes on.
3. A transaction of an account that is not in `accounts-allowlist` is refused ("not authorized").
4. `mzt chain status` shows the validators `{fingerprint}`: those recorded from the node are those of this folder.
5. `ss -ltn` on the machine shows ports {first_port} to {last_port} on 127.0.0.1 only.

## One validator to each organisation

All keys in one folder are one operator's chain: it bears crashes, not that operator. For a chain that binds its
operator every organisation makes its own key and gives out address and enode; or take the folders apart at once after
this run, each to its owner over a channel that keeps secrets, and delete them here. Then, on every machine, replace
{first_host} … in `static-nodes.json` and `permissions_config.toml` by the real addresses, open port {p2p} between the
validators, and keep only that machine's service in the compose file. Node permissioning compares address and port: with
a gateway in between, list what the other side sees.

Validators:

{validators}
"""


def readme(plan: BesuPlan, keys: Sequence[NodeKey]) -> str:
    """The text. A block of QBFT needs the seals of ceil(2n/3) validators: the rest may be missing."""
    quorum = -(-2 * plan.validators // 3)
    urls = [f"http://127.0.0.1:{plan.rpc_port + index}" for index in range(plan.validators)]
    return _TEXT.format(
        count=plan.validators,
        chain_id=plan.chain_id,
        quorum=quorum,
        bears=plan.validators - quorum,
        halting=plan.validators - quorum + 1,
        urls=",".join(urls),
        first_port=plan.rpc_port,
        last_port=plan.rpc_port + plan.validators - 1,
        fingerprint=fingerprint(consensus(keys)),
        first_host=plan.host(0),
        p2p=P2P_PORT,
        validators="\n".join(
            f"- {name}: `0x{key.address.hex()}` at {plan.host(index)}"
            for index, (name, key) in enumerate(zip(plan.names, keys, strict=True))
        ),
    )
