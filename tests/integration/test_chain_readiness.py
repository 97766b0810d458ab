"""How readiness tells a chain that does not answer from one that answers and is not well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain.anchor.model import Health
from tests.support.api_lab import Lab


class Sick:
    def __init__(self, health: Health) -> None:
        self._health = health

    async def health(self) -> Health:
        return self._health


@pytest.mark.parametrize(
    ("health", "word"),
    [
        (Health(True, 7, ""), "ok"),
        (Health(False, 7, "the chain stands still: no block for 61 s"), "not well"),
        (Health(False, None, "endpoint: ConnectionError"), "down"),
    ],
)
async def test_chain_is_named_by_how_it_fails(lab: Lab, health: Health, word: str) -> None:
    service = replace(lab.service, chain=Sick(health))  # type: ignore[arg-type]
    assert (await service.readiness())["chain"] == word
