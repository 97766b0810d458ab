"""A witness's store in memory, and witnesses as functions: what an HTTP transport would reach."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from chain.errors import WitnessUnavailable
from chain.witness.core import Witness
from chain.witness.limits import OriginLimiter
from chain.witness.model import Cosigner, Evidence, Held, KnownLog
from chain.witness.ports import HttpAnswer
from tests.support.kit import TestSigner
from tests.support.witness_lab import Tree
from verifier.cosignature import Cosignature
from verifier.quorum import Witness as Trusted


@dataclass
class MemoryWitnessStore:
    """Implements `chain.witness.store.WitnessStore`."""

    rows: dict[str, Held] = field(default_factory=dict)
    kept: list[Evidence] = field(default_factory=list)

    async def held(self, origin: str) -> Held | None:
        return self.rows.get(origin)

    async def advance(self, old: Held | None, new: Held) -> bool:
        await asyncio.sleep(0)  # others run between the look and the swap
        if self.rows.get(new.origin) != old:
            return False
        self.rows[new.origin] = new
        return True

    async def keep_evidence(self, evidence: Evidence) -> None:
        self.kept.append(evidence)


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def witness_over(
    store: MemoryWitnessStore, log: Tree, name: str, signer: TestSigner, clock: Clock, **options: object
) -> Witness:
    known = KnownLog(log.origin, log.tree, (log.signer.key,))
    limiter = OriginLimiter(10_000, 10_000.0, lambda: 0.0)
    return Witness([known], [Cosigner(name, signer)], store, clock, limiter, **options)  # type: ignore[arg-type]


Behaviour = Callable[[str, bytes | None], Awaitable[HttpAnswer]]
"""(path below the prefix, body or None for GET) -> answer"""


@dataclass
class Network:
    """Implements `chain.witness.ports.WitnessTransport`. `hosts`: behaviour by prefix; absent ones are dead."""

    hosts: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def post(self, url: str, body: bytes) -> HttpAnswer:
        return await self._reach(url, body)

    async def get(self, url: str) -> HttpAnswer:
        return await self._reach(url, None)

    async def _reach(self, url: str, body: bytes | None) -> HttpAnswer:
        self.asked.append(url)
        for prefix, behave in self.hosts.items():
            if url.startswith(prefix + "/"):
                return await behave(url[len(prefix) + 1 :], body)
        raise WitnessUnavailable("refused")


def honest(witness: Witness) -> Behaviour:
    """As the HTTP application answers."""

    async def behave(path: str, body: bytes | None) -> HttpAnswer:
        if body is None:
            note = await witness.latest(path.partition("/")[0])
            return HttpAnswer(404, "text/plain", b"") if note is None else HttpAnswer(200, "text/plain", note)
        answer = await witness.add_checkpoint(body)
        return HttpAnswer(answer.verdict.value, answer.content_type, answer.body)

    return behave


@dataclass
class MemorySource:
    """`chain.witness.ports.LogSource` over a tree in memory."""

    tree: Tree
    kept: list[tuple[int, Cosignature]] = field(default_factory=list)

    async def size(self) -> int:
        return len(self.tree.bodies)

    async def root_at(self, size: int) -> bytes:
        return self.tree.root_at(size)

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        return self.tree.proof(old, new)

    async def keep(self, size: int, cosignature: Cosignature) -> None:
        self.kept.append((size, cosignature))


def trusted(name: str, signer: TestSigner) -> Trusted:
    return Trusted(name, signer.key, 0, 4_000_000_000)
