"""One place where CometBFT's RPC is called: HTTP GET, JSON back, every failure turned into one of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

import requests

from chain.errors import ChainUnavailable

TIMEOUT_SECONDS: Final = 10.0
MAX_ANSWER_BYTES: Final = 4 << 20


class CometRpc(Protocol):
    """A node's RPC."""

    async def get(self, method: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The `result` of a method. Raises ChainUnavailable for no answer, and for one that says it failed."""


class CometClient:
    """`CometRpc` over HTTP. Connects at the first call."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout

    async def get(self, method: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        return await asyncio.to_thread(self._get, method, parameters)

    def _get(self, method: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        try:
            with requests.get(
                f"{self._url}/{method}", dict(parameters), timeout=self._timeout, stream=True, allow_redirects=False
            ) as answer:
                body = answer.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
            if len(body) > MAX_ANSWER_BYTES:
                raise ChainUnavailable("the node's answer is too long")
            result = json.loads(body)["result"]
        except (requests.exceptions.RequestException, OSError) as error:
            raise ChainUnavailable(f"node: {type(error).__name__}") from None  # its text holds the URL
        except (ValueError, KeyError, TypeError):
            raise ChainUnavailable(f"the node gives no result for {method}") from None
        if not isinstance(result, dict):
            raise ChainUnavailable(f"the node gives no result for {method}")
        return result
