"""Gas of anchors on anvil: the same measurement that a test holds docs/formats/anchor-registry.md to.

python -m bench.gas     the table in Markdown, as the README quotes it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.measure import Figure
from tests.contracts.test_anchor_gas import SIZES, gas_used, hashes
from tests.support.evm import HASH_NAMES, Chain, running_anvil

NEWS = 60  # entries since the last anchor: a minute at one a second
HEADER = (
    "| entries | since the last anchor | proof hashes | node hashes | SHA-256, gas | SM3, gas |\n"
    "|--:|--:|--:|--:|--:|--:|\n"
)


@dataclass(frozen=True)
class Anchor:
    """One row: an anchor that moves the head from `before` to `after` entries. `gas` by the contract's hash number."""

    before: int
    after: int
    proof: int
    gas: dict[int, int]

    def markdown(self) -> str:
        """E.g. "| 100 | 60 | 5 | 5 | 64,315 | 290,618 |"."""
        cells = (self.after, self.after - self.before, self.proof, hashes(self.before, self.after), *self.gas.values())
        return "| " + " | ".join(f"{cell:,}" for cell in cells) + " |\n"


def anchors() -> Iterator[Anchor]:
    """At each log size: after a minute's entries, and after the log has doubled."""
    with running_anvil() as w3:
        chain = Chain.start(w3)
        for after in SIZES:
            for before in (after - NEWS, after // 2):
                used = {alg: gas_used(chain, alg, before, after) for alg in HASH_NAMES}
                yield Anchor(before, after, used[1][1], {alg: gas for alg, (gas, _) in used.items()})


def table() -> str:
    """Markdown, a line for each row of `anchors`."""
    return HEADER + "".join(row.markdown() for row in anchors())


def figures() -> Iterator[Figure]:
    """Both hashes at three log sizes."""
    for row in anchors():
        for alg, used in row.gas.items():
            yield Figure(
                f"anchor of {row.after:,} entries, {row.after - row.before:,} new, {HASH_NAMES[alg]}", used, "gas"
            )


if __name__ == "__main__":
    print(table(), end="")
