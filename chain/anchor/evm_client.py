"""One place where web3 is called: on one thread, with every failure turned into one of ours.

One thread, because the embedded engine is not thread-safe and a key needs one lane anyway; a thread at all,
because py-evm and HTTP both block. A refused or reset connection is tried again twice within a third of a
second (a node's restart behind a load balancer; web3's own default does not cover it), reads and
`eth_sendRawTransaction` alike: the same bytes have the same hash. Nothing else is retried: the callers are
loops that come again, and a longer retry would only hide the outage.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import requests
from eth_tester.exceptions import TransactionFailed  # type: ignore[import-untyped]
from eth_utils.exceptions import ValidationError
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3Exception, Web3RPCError
from web3.middleware import ExtraDataToPOAMiddleware
from web3.providers import BaseProvider
from web3.providers.rpc.utils import ExceptionRetryConfiguration

from chain.anchor.evm_embedded import EmbeddedChain, EmbeddedProvider
from chain.anchor.evm_revert import revert_name
from chain.errors import ChainMismatch, ChainRejected, ChainUnavailable

T = TypeVar("T")
RPC_TIMEOUT_SECONDS: Final = 10.0
CONNECT_TIMEOUT_SECONDS: Final = 3.0
_ATTEMPTS: Final = 3
_FIRST_PAUSE: Final = 0.1  # seconds, doubled each time


class EvmClient:
    """A connection to one EVM node or to the embedded chain."""

    def __init__(self, provider: BaseProvider, chain_id: int, engine: str) -> None:
        self.w3 = Web3(provider)
        self.w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)  # QBFT and clique headers; else harmless
        self.chain_id = chain_id
        self.engine = engine
        self._retry = provider.exception_retry_configuration if isinstance(provider, HTTPProvider) else None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evm")

    @classmethod
    def embedded(cls, chain: EmbeddedChain) -> EvmClient:
        """Client of an opened in-process chain."""
        return cls(EmbeddedProvider(chain), chain.chain_id, "py-evm")

    @classmethod
    def rpc(cls, url: str, chain_id: int, *, timeout: float = RPC_TIMEOUT_SECONDS) -> EvmClient:
        """Client of a JSON-RPC endpoint. Connects at the first call, not now."""
        retry = ExceptionRetryConfiguration(
            errors=(requests.exceptions.ConnectionError,), retries=_ATTEMPTS, backoff_factor=_FIRST_PAUSE
        )
        limits = {"timeout": (min(timeout, CONNECT_TIMEOUT_SECONDS), timeout)}
        provider = HTTPProvider(url, request_kwargs=limits, exception_retry_configuration=retry)
        return cls(provider, chain_id, "evm-rpc")

    async def call(self, work: Callable[[Web3], T]) -> T:
        """Run `work` on the client's thread.

        Raises ChainUnavailable for no answer and for answers that make no sense, ChainRejected for a
        revert, Web3RPCError and TransactionNotFound untouched: they are answers, and their meaning depends
        on the question.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._guarded(work))

    async def request(self, method: str, parameters: list[Any]) -> Any:
        """The `result` of any JSON-RPC method, as it comes. Raises ChainUnavailable for no answer and for an error."""
        answer = await self.call(lambda w3: w3.provider.make_request(method, parameters))  # type: ignore[arg-type]
        if "result" not in answer or answer.get("error") is not None:
            raise ChainUnavailable(f"the node gives no result for {method}")
        return answer["result"]

    async def check_chain(self) -> None:
        """Raises ChainMismatch if the endpoint serves another chain than the configured one."""
        found = await self.call(lambda w3: w3.eth.chain_id)
        if found != self.chain_id:
            raise ChainMismatch(f"the endpoint serves chain {found}, not {self.chain_id}")

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=True)

    def _guarded(self, work: Callable[[Web3], T]) -> T:
        try:
            result = work(self.w3)
            self._retrying(True)
            return result
        except (Web3RPCError, TransactionNotFound):
            self._retrying(True)
            raise
        except (ContractLogicError, TransactionFailed) as error:
            raise ChainRejected(f"call reverted: {revert_name(error) or _short(error)}") from None
        except requests.exceptions.RequestException as error:
            self._retrying(False)
            raise ChainUnavailable(f"endpoint: {type(error).__name__}") from None  # its text holds the URL
        except (Web3Exception, ValidationError, ValueError, OSError) as error:
            raise ChainUnavailable(f"endpoint answers nonsense: {type(error).__name__}") from None

    def _retrying(self, on: bool) -> None:
        """A node that was down at the last call is asked once: one dead endpoint of several must not slow the rest."""
        provider = self.w3.provider
        if isinstance(provider, HTTPProvider):
            provider.exception_retry_configuration = self._retry if on else None  # type: ignore[assignment]  # None: once


def rpc_message(error: Web3RPCError) -> str:
    """The node's own words, lower case, bounded."""
    response: Any = error.rpc_response or {}
    detail = response.get("error", {}) if isinstance(response, dict) else {}
    message = detail.get("message") if isinstance(detail, dict) else None
    return (message if isinstance(message, str) else str(error)).lower()[:200]


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
