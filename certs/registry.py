"""Everything the use cases work with, put together once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.policy import TrustBundle

from .authority import Authorities
from .ports import Clock, Entropy, LookupKey, Sealer
from .status import StatusPolicy, StatusPublisher


@dataclass(frozen=True, slots=True)
class Registry:
    """`trust` must contain every authority's keys: what it does not believe, the self-check does not release."""

    authorities: Authorities
    trust: TrustBundle
    status: StatusPolicy
    sealer: Sealer
    lookup: LookupKey
    entropy: Entropy
    clock: Clock
    publisher: StatusPublisher = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "publisher", StatusPublisher(self.authorities, self.trust, self.status))
