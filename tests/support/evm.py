"""What the contract tests share: a chain, the registry on it, the names of its errors."""

from __future__ import annotations

import socket
import subprocess
import time
from ast import literal_eval
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_tester.exceptions import TransactionFailed
from eth_utils import function_abi_to_4byte_selector, function_signature_to_4byte_selector
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError
from web3.types import TxReceipt

from contracts.loader import ContractArtifact, load_artifact
from tests.support import rfc9162_reference as rfc

ANVIL = Path(__file__).parents[2] / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
HASHES = {1: rfc.sha256, 2: rfc.sm3}
HASH_NAMES = {1: "sha256", 2: "sm3"}
ZERO32 = bytes(32)
# Explicit gas: estimating would run the call twice, and hide a revert behind the estimate's own error.
GAS = 10_000_000


def origin_id(origin: str) -> bytes:
    return rfc.sha256(origin.encode())


def deploy(w3: Web3, artifact: ContractArtifact, *arguments: Any, sender: str) -> Contract:
    factory = w3.eth.contract(abi=list(artifact.abi), bytecode=artifact.bytecode)
    receipt = w3.eth.wait_for_transaction_receipt(
        factory.constructor(*arguments).transact({"from": sender, "gas": GAS}), poll_latency=0.005
    )
    assert receipt["status"] == 1
    return w3.eth.contract(address=receipt["contractAddress"], abi=list(artifact.abi))


@dataclass(frozen=True)
class Chain:
    """A registry with an admin and two submitters, and the harness for SM3."""

    w3: Web3
    registry: Contract
    admin: str
    submitters: tuple[str, str]
    stranger: str

    @classmethod
    def start(cls, w3: Web3) -> Chain:
        admin, first, second, stranger = w3.eth.accounts[:4]
        # The deployer is not the admin: nothing may depend on who paid for the deployment.
        registry = deploy(w3, load_artifact(), admin, sender=stranger)
        chain = cls(w3, registry, admin, (first, second), stranger)
        for account in (first, second):
            chain.send("addSubmitter", account, sender=admin)
        return chain

    def send(self, name: str, *arguments: Any, sender: str) -> TxReceipt:
        transaction = self.registry.functions[name](*arguments).transact({"from": sender, "gas": GAS})
        receipt = self.w3.eth.wait_for_transaction_receipt(transaction, poll_latency=0.005)
        assert receipt["status"] == 1
        return receipt

    def call(self, name: str, *arguments: Any, sender: str | None = None) -> Any:
        return self.registry.functions[name](*arguments).call({"from": sender or self.stranger, "gas": GAS})

    def register(self, origin: str, hash_alg: int) -> bytes:
        self.send("registerLog", origin, hash_alg, sender=self.admin)
        return origin_id(origin)

    def events(self, name: str, receipt: TxReceipt) -> list[Any]:
        return [event["args"] for event in self.registry.events[name]().process_receipt(receipt)]

    @contextmanager
    def reverts(self, name: str, *arguments: Any) -> Iterator[None]:
        """The body must revert with this custom error and, if given, exactly these arguments."""
        (entry,) = (e for e in load_artifact().abi if e["type"] == "error" and e["name"] == name)
        expected = function_abi_to_4byte_selector({**entry, "type": "function"}).hex()
        if arguments:
            expected += encode([item["type"] for item in entry["inputs"]], arguments).hex()
        with pytest.raises((ContractCustomError, TransactionFailed)) as caught:
            yield
        assert revert_data(caught.value).hex().startswith(expected)


def revert_data(error: BaseException) -> bytes:
    """What the contract returned with its revert. anvil hands it over; eth-tester prints the bytes into a message."""
    if isinstance(error, ContractCustomError):
        return bytes.fromhex(str(error.data).removeprefix("0x"))
    data = literal_eval(str(error).removeprefix("execution reverted: "))
    assert isinstance(data, bytes)
    return data


def batch_call(chain: Chain, contract: Contract, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
    """Results of many eth_calls, in requests of 200; a reverted call yields the revert's `data` as bytes."""
    inputs = {e["name"]: e["inputs"] for e in contract.abi if e["type"] == "function"}
    results: list[Any] = []

    def data(name: str, args: Sequence[Any]) -> str:  # a tenth of the time of contract.encode_abi
        types = [item["type"] for item in inputs[name]]
        return "0x" + (function_signature_to_4byte_selector(f"{name}({','.join(types)})") + encode(types, args)).hex()

    for start in range(0, len(calls), 200):
        requests = [
            (
                "eth_call",
                [{"to": contract.address, "from": chain.stranger, "data": data(name, args)}, "latest"],
            )
            for name, args in calls[start : start + 200]
        ]
        answers: Any = chain.w3.provider.make_batch_request(requests)
        for answer in sorted(answers, key=lambda item: int(item["id"])):
            results.append(bytes.fromhex((answer.get("result") or answer["error"]["data"])[2:]))
    return results


@contextmanager
def running_anvil(hardfork: str = "prague") -> Iterator[Web3]:
    """One anvil on a free loopback port, Prague rules as the consortium chains have them."""
    if not ANVIL.is_file():
        pytest.skip(f"anvil is not installed ({ANVIL.name} missing; run npm ci in contracts/)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [ANVIL, "--hardfork", hardfork, "--host", "127.0.0.1", "--port", str(port), "--quiet"],
        stdout=subprocess.DEVNULL,
    )
    try:
        w3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{port}"))
        deadline = time.monotonic() + 20
        while not w3.is_connected():
            assert process.poll() is None, "anvil ended at once"
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.02)
        yield w3
    finally:
        process.terminate()
        process.wait(timeout=10)
