"""How kinds of EVM chains differ, as data. The rest of the adapter knows no engine by name.

| profile  | final          | price of gas      | calls in a request | `eth_getProof` | halted after   |
|----------|----------------|-------------------|--------------------|----------------|----------------|
| embedded | at once        | stated            | 1 (in process)     | no             | –              |
| evm      | N blocks later | stated, EIP-1559  | 50                 | yes            | –              |
| besu     | at once (QBFT) | 0, legacy field   | 50                 | yes            | 60 s           |
| fisco    | at once (PBFT) | 0, legacy field   | 8                  | no             | –              |
| cometbft | at once        | at least 1 wei    | 50                 | no             | 60 s           |

"Halted after": these make empty blocks, so a minute without any says that two thirds of the validators are not
there. The others make a block when there is something to put into one, and silence means nothing.

FISCO BCOS answers state queries for its newest block whatever block was asked for, and its header roots are not
Ethereum's: nothing in the adapter asks for an older state, so that costs nothing but the storage proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain.anchor.evm_account import GWEI, Fees
from chain.anchor.model import FeeModel, FinalityModel


@dataclass(frozen=True, slots=True)
class EvmProfile:
    """`log_span`: blocks that one `eth_getLogs` may cover; None where a node sets no bound. `halt_seconds`: age of the
    newest block at which the chain stands still; None where blocks only come with transactions.
    """

    name: str
    finality: FinalityModel
    fees: Fees
    max_batch: int
    log_span: int | None
    storage_proof: bool
    halt_seconds: int | None = None

    @property
    def fee_model(self) -> FeeModel:
        """FREE if a transaction without money in the account is taken."""
        return FeeModel.PRICED if self.fees.max_fee else FeeModel.FREE


_FREE: Final = Fees(max_fee=0, priority=0, legacy=True)
EMBEDDED: Final = EvmProfile("embedded", FinalityModel.INSTANT, Fees(), 1, None, False)
PROFILES: Final = {
    profile.name: profile
    for profile in (
        EvmProfile("evm", FinalityModel.DEPTH, Fees(), 50, 5_000, True),
        EvmProfile("besu", FinalityModel.INSTANT, _FREE, 50, 5_000, True, 60),
        EvmProfile("fisco", FinalityModel.INSTANT, _FREE, 8, 5_000, False),
        EvmProfile("cometbft", FinalityModel.INSTANT, Fees(max_fee=GWEI, priority=1), 50, 5_000, False, 60),
    )
}
"""By the word that `MZ_CHAIN_PROFILE` takes."""
