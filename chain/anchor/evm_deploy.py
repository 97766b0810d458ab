"""Setting a chain up for a log: contract, submitter, log registration. Safe to repeat after a crash at any
point.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3
from web3.exceptions import TransactionNotFound, Web3RPCError

from chain.anchor.evm import HASH_ALG, origin_id
from chain.anchor.evm_account import EvmAccount, Fees
from chain.anchor.evm_client import EvmClient, rpc_message
from chain.anchor.evm_texts import classify
from chain.anchor.model import Accepted
from chain.errors import ChainMismatch, ChainRejected, ChainUnavailable
from chain.log.model import LogIdentity
from contracts.loader import load_artifact

_DEPLOY_GAS: Final = 4_000_000
_ADMIN_GAS: Final = 300_000
_POLL_SECONDS: Final = 0.25
_POLLS: Final = 240


def contract_address(deployer: bytes, nonce: int) -> bytes:
    """Address a creation transaction gives: last 20 bytes of keccak(RLP([sender, nonce])). Known before it
    is sent.
    """
    if nonce == 0:
        number = b"\x80"
    else:
        raw = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
        number = raw if nonce < 0x80 else bytes([0x80 + len(raw)]) + raw
    body = b"\x94" + deployer + number
    return bytes(keccak(bytes([0xC0 + len(body)]) + body))[-20:]


class EvmSetup:
    """Administrative transactions of one key: deployer and admin of the registry."""

    def __init__(self, client: EvmClient, admin: EvmAccount, fees: Fees | None = None) -> None:
        self._client = client
        self._admin = admin
        self._fees = fees if fees is not None else Fees()
        self._artifact = load_artifact()

    async def first_block(self) -> int:
        """A block before which this key's registry cannot have been: the newest one, if the key never sent anything."""
        if await self._nonce():
            return 0
        return await self._client.call(lambda w3: w3.eth.block_number)

    async def ensure_registry(self, known: bytes | None) -> bytes:
        """Address of a registry with exactly our code: `known`, or one this key deployed, or a new one.

        A crash after the deployment and before the caller recorded the address costs nothing: the address
        follows from the key and the nonce, so the next run finds the contract where the last one put it.
        Raises ChainMismatch if `known` has other code, ChainRejected, ChainUnavailable.
        """
        await self._client.check_chain()
        if known is not None:
            if await self._code(known) != self._artifact.deployed_bytecode:
                raise ChainMismatch("no AnchorRegistry at the recorded address")
            return known
        nonce = await self._nonce()
        for earlier in range(min(nonce, 16)):
            address = contract_address(self._admin.address, earlier)
            if await self._code(address) == self._artifact.deployed_bytecode:
                return address
        contract: Any = self._client.w3.eth.contract(abi=list(self._artifact.abi), bytecode=self._artifact.bytecode)
        data = contract.constructor(self._admin.checksummed).data_in_transaction
        await self._send(None, bytes.fromhex(data.removeprefix("0x")), _DEPLOY_GAS)
        return contract_address(self._admin.address, nonce)

    async def ensure_submitter(self, registry: bytes, submitter: bytes) -> None:
        """Let a key anchor, if it may not yet."""
        functions = self._functions(registry)
        address = to_checksum_address(submitter)
        if not await self._read(functions.isSubmitter(address)):
            await self._call(registry, functions.addSubmitter(address))

    async def ensure_log(self, registry: bytes, identity: LogIdentity) -> None:
        """Register a log, if it is not. Raises ChainMismatch if it is registered with another hash."""
        functions = self._functions(registry)
        wanted = HASH_ALG[identity.hash]
        hash_alg, _, _ = await self._read(functions.logInfo(origin_id(identity.origin)))
        if hash_alg == 0:
            await self._call(registry, functions.registerLog(identity.origin, wanted))
        elif hash_alg != wanted:
            raise ChainMismatch("the log is registered with another hash")

    def _functions(self, registry: bytes) -> Any:
        address = to_checksum_address(registry)
        return self._client.w3.eth.contract(address, abi=list(self._artifact.abi)).functions

    async def _call(self, registry: bytes, function: Any) -> None:
        data = bytes.fromhex(function._encode_transaction_data().removeprefix("0x"))
        await self._send(registry, data, _ADMIN_GAS)

    async def _send(self, to: bytes | None, data: bytes, gas: int) -> None:
        tx = self._admin.sign(to, data, await self._nonce(), gas, self._client.chain_id, self._fees)
        try:
            await self._client.call(lambda w3: w3.eth.send_raw_transaction(tx.raw))
        except Web3RPCError as error:
            if not isinstance(classify(rpc_message(error)), Accepted):  # "already known": an earlier run sent it
                raise ChainRejected(rpc_message(error)) from None
        for _ in range(_POLLS):
            ok = await self._client.call(lambda w3: _status(w3, tx.tx_hash))
            if ok is not None:
                if not ok:
                    raise ChainRejected("a set-up transaction was included and failed")
                return
            await asyncio.sleep(_POLL_SECONDS)
        if await self._nonce("latest") > tx.nonce:
            # what CometBFT chains do with a deployment by a key that is not on their list: nonce spent, no receipt
            raise ChainRejected("the chain used a set-up transaction up and shows no receipt: may this key do that?")
        raise ChainUnavailable("a set-up transaction was sent and is in no block yet; run again")

    async def _nonce(self, block: Literal["pending", "latest"] = "pending") -> int:
        return await self._client.call(lambda w3: w3.eth.get_transaction_count(self._admin.checksummed, block))

    async def _code(self, address: bytes) -> bytes:
        return bytes(await self._client.call(lambda w3: w3.eth.get_code(to_checksum_address(address))))

    async def _read(self, function: Any) -> Any:
        return await self._client.call(lambda _: function.call())


def _status(w3: Web3, tx_hash: bytes) -> bool | None:
    try:
        return w3.eth.get_transaction_receipt(tx_hash)["status"] == 1  # type: ignore[arg-type]
    except TransactionNotFound:
        return None
