"""A chain's validators in the trust bundle: sorted, unique, bounded, nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from verifier.consensus import MAX_TOTAL_POWER, Consensus, ConsensusKind, Validator
from verifier.errors import Malformed, Unsupported

A, B = b"\x01" * 32, b"\x02" * 32
GOOD: dict[int, Any] = {1: 1, 2: "net-1", 3: [[A, 1], [B, 7]]}
QBFT: dict[int, Any] = {1: 2, 2: "", 3: [[A[:20], 1], [B[:20], 1]]}


@pytest.mark.parametrize("value", [GOOD, QBFT])
def test_round_trip(value: dict[int, Any]) -> None:
    assert Consensus.from_map(value).to_map() == value


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({3: [[B, 7], [A, 1]]}, "validator-order"),
        ({3: [[A, 1], [A, 1]]}, "validator-order"),
        ({3: []}, "validators"),
        ({3: [[i.to_bytes(32, "big"), 1] for i in range(129)]}, "list"),
        ({3: [[A, 0]]}, "validator-power"),
        ({3: [[A, -1]]}, "validator-power"),
        ({3: [[A, True]]}, "validator"),
        ({3: [[A]]}, "validator"),
        ({3: [[A, 1, 1]]}, "validator"),
        ({3: ["x"]}, "validator"),
        ({3: [["x", 1]]}, "validator"),
        ({3: [[A[:31], 1]]}, "validator-key"),
        ({3: [[A, MAX_TOTAL_POWER], [B, 1]]}, "total-power"),
        ({2: ""}, "network"),
        ({2: "n" * 51}, "network"),
        ({2: 1}, "network"),
        ({4: 0}, "unknown-member"),
    ],
)
def test_refused(change: dict[int, Any], reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        Consensus.from_map({**GOOD, **change})
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "change", [{2: "x"}, {3: [[A[:20], 2]]}, {3: [[A, 1]]}], ids=["named-network", "unequal", "long-key"]
)
def test_refused_for_qbft(change: dict[int, Any]) -> None:
    with pytest.raises(Malformed):
        Consensus.from_map({**QBFT, **change})


def test_unknown_protocol() -> None:
    with pytest.raises(Unsupported):
        Consensus.from_map({**GOOD, 1: 3})


def test_largest_power_is_accepted() -> None:
    stated = Consensus(ConsensusKind.COMETBFT, "n", (Validator(A, MAX_TOTAL_POWER),))
    assert stated.total_power == MAX_TOTAL_POWER
