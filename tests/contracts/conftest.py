"""Two engines for the same contract: py-evm in the process (the embedded default) and anvil (revm, for the bulk)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_tester import EthereumTester, PyEVMBackend
from web3 import Web3

from tests.support.evm import Chain, running_anvil


@pytest.fixture(scope="session")
def anvil_w3() -> Iterator[Web3]:
    with running_anvil() as w3:
        yield w3


@pytest.fixture(scope="module")
def pyevm() -> Chain:
    return Chain.start(Web3(Web3.EthereumTesterProvider(EthereumTester(PyEVMBackend()))))


@pytest.fixture(scope="module")
def anvil(anvil_w3: Web3) -> Chain:
    return Chain.start(anvil_w3)
