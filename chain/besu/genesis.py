"""genesis.json of a QBFT network with header-selected validators and free gas.

"extraData": RLP([32 bytes of vanity, [addresses], [], 0, []])   no vote, round 0, no seals
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from chain.besu.plan import BesuPlan, NodeKey
from verifier.finality import rlp

BLOCK_SECONDS: Final = 2
EPOCH_BLOCKS: Final = 30_000
REQUEST_TIMEOUT_SECONDS: Final = 4  # of a round; twice the block period, as the documentation advises
GAS_LIMIT: Final = 30_000_000  # a deployment takes under 4 million, the dearest anchor under 5
CONTRACT_BYTES: Final = 24_576
ACCOUNT_WEI: Final = 10**18
# "ctical byzantine fault tolerance" in ASCII, cut to 32 bytes: marks headers whose extra data is BFT's
MIX_HASH: Final = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"


def extra_data(validators: Sequence[bytes]) -> bytes:
    """Extra data of the genesis block; validators ascending, as nodes keep them."""
    return rlp.encode([bytes(32), [*sorted(validators)], [], b"", []])


def genesis(plan: BesuPlan, keys: Sequence[NodeKey]) -> dict[str, Any]:
    """The document.

    London rules, no later ones: the contract is compiled for them, headers stay at 16 fields, and forks by time came
    to Besu's BFT engines late. They can be entered later, for a time to come, on all nodes.

    The contract is not in `alloc`. `mzt init` deploys it as everywhere: its storage is then what its constructor wrote,
    not what a generator believes that it would have written, and its deployment is a transaction in the chain's record.
    """
    qbft = {
        "blockperiodseconds": BLOCK_SECONDS,
        "epochlength": EPOCH_BLOCKS,
        "requesttimeoutseconds": REQUEST_TIMEOUT_SECONDS,
    }
    return {
        "config": {
            "chainId": plan.chain_id,
            "berlinBlock": 0,
            "londonBlock": 0,
            "zeroBaseFee": True,
            "contractSizeLimit": CONTRACT_BYTES,
            "qbft": qbft,
        },
        "nonce": "0x0",
        "timestamp": hex(plan.time),
        "extraData": "0x" + extra_data([key.address for key in keys]).hex(),
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x1",
        "mixHash": MIX_HASH,
        "coinbase": "0x" + bytes(20).hex(),
        # worth nothing while gas is free; without it a node that is set to a price would refuse everything
        "alloc": {account.hex(): {"balance": hex(ACCOUNT_WEI)} for account in plan.accounts},
    }


def genesis_file(plan: BesuPlan, keys: Sequence[NodeKey]) -> bytes:
    """genesis.json, the same bytes for the same plan and keys."""
    return json.dumps(genesis(plan, keys), indent=2).encode() + b"\n"
