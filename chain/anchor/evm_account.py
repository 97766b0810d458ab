"""The submitting key and what its transactions cost: always stated, never estimated by a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from eth_account import Account
from eth_utils.address import to_checksum_address

from chain.anchor.model import PreparedTx

GWEI: Final = 10**9


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas. `legacy` for chains without EIP-1559 or with price 0 (Besu zero-gas, FISCO BCOS)."""

    max_fee: int = 10 * GWEI
    priority: int = GWEI
    legacy: bool = False

    def fields(self) -> dict[str, int]:
        """Transaction fields."""
        if self.legacy:
            return {"gasPrice": self.max_fee}
        return {"maxFeePerGas": self.max_fee, "maxPriorityFeePerGas": self.priority}


class EvmAccount:
    """A secp256k1 key held in memory. Signing is deterministic (RFC 6979): same fields, same bytes, same
    hash.
    """

    def __init__(self, secret: bytes) -> None:
        self._account = Account.from_key(secret)
        self.address = bytes.fromhex(self._account.address.removeprefix("0x"))

    @property
    def checksummed(self) -> Any:
        """EIP-55 text, as web3 wants it."""
        return to_checksum_address(self.address)

    def sign(self, to: bytes | None, data: bytes, nonce: int, gas: int, chain_id: int, fees: Fees) -> PreparedTx:
        """Sign a transaction without value; `to` None creates a contract."""
        fields: dict[str, Any] = {
            "nonce": nonce,
            "gas": gas,
            "chainId": chain_id,
            "value": 0,
            "data": data,
            **fees.fields(),
        }
        if to is not None:
            fields["to"] = to_checksum_address(to)
        signed = self._account.sign_transaction(fields)
        return PreparedTx(nonce, bytes(signed.raw_transaction), bytes(signed.hash))
