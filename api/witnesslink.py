"""The service's connection to its witnesses: the policy file, checked against our log, and HTTP to their addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from api.errors import SettingsError
from api.settings import Settings
from chain.errors import WitnessUnavailable
from chain.log.model import LogIdentity
from chain.witness.model import KnownLog
from chain.witness.policy_file import parse_policy_file
from chain.witness.ports import HttpAnswer
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.quorum import WitnessPolicy

MAX_ANSWER_BYTES = 64 * 1024
TIMEOUT = 4.0  # seconds for each step of an exchange; the collector bounds the whole


class HttpxTransport:
    """`chain.witness.ports.WitnessTransport`. Reads nothing of the environment: a proxy is a setting or nothing.

    A witness may be anybody's. Its cookies are not kept: they would pile up, and travel to others on the same host.
    Its answers are not unpacked: a kilobyte can hold hundreds of megabytes, which are there before one can count them.
    """

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT,
            limits=limits,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def post(self, url: str, body: bytes) -> HttpAnswer:
        return await self._send("POST", url, body)

    async def get(self, url: str) -> HttpAnswer:
        return await self._send("GET", url, None)

    async def _send(self, method: str, url: str, body: bytes | None) -> HttpAnswer:
        try:
            async with self._client.stream(method, url, content=body) as answer:
                if answer.headers.get("content-encoding", "identity").lower() != "identity":
                    raise WitnessUnavailable("a witness's answer is packed")
                content = bytearray()
                async for piece in answer.aiter_raw():
                    content += piece
                    if len(content) > MAX_ANSWER_BYTES:
                        raise WitnessUnavailable("a witness's answer is too long")
                return HttpAnswer(answer.status_code, answer.headers.get("content-type", ""), bytes(content))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise WitnessUnavailable(f"no answer of a witness: {type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class WitnessLink:
    """Policy, submission prefixes by key name, our log as witnesses know it, and the transport, for others to close."""

    policy: WitnessPolicy
    urls: Mapping[str, str]
    log: KnownLog
    transport: HttpxTransport


def connect(settings: Settings, identity: LogIdentity, keys: Sequence[CoseKey]) -> WitnessLink | None:
    """The link of MZ_WITNESS_POLICY; None without one, and for `quorum none`. Opens nothing yet.

    `keys`: every key that the log has signed with. Raises SettingsError.
    """
    if settings.witness_policy is None:
        return None
    try:
        file = parse_policy_file(settings.witness_policy.read_bytes())
    except OSError:
        raise SettingsError("MZ_WITNESS_POLICY: the file cannot be read") from None
    except Malformed as error:
        raise SettingsError(f"MZ_WITNESS_POLICY: {error}") from None
    if file.logs and not any(key.name == identity.origin and key.key in keys for key in file.logs):
        raise SettingsError("MZ_WITNESS_POLICY: its logs are others than this instance's (`mzt witness log-line`)")
    if file.policy is None:
        return None
    if not file.policy.reached(set(file.urls)):
        raise SettingsError("MZ_WITNESS_POLICY: those with an address cannot make the quorum")
    return WitnessLink(file.policy, file.urls, KnownLog(identity.origin, identity.hash, tuple(keys)), HttpxTransport())
