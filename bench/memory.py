"""Memory of a serving process over many signed questions: `make bench-memory N=1000000`.

Resident memory is read between rounds. What grows with the number of requests shows as a slope over the second half;
what is kept on purpose (nonces for some minutes, pages of the database) has come to rest by then.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.http_load import CONNECTIONS, PLACE, serving

ROUND: Final = 10_000
TARGETS: Final = ("/v1/authenticity", "/v1/match", "/v1/verify")


def slope(points: list[tuple[int, float]]) -> float:
    """MB for each 100,000 requests, by least squares."""
    n = len(points)
    mean_x, mean_y = (sum(column) / n for column in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return 100_000 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def main(total: int) -> None:
    """Print the curve: requests answered, MB."""
    console = Console(width=120)
    if not (PLACE / "node_modules").exists():
        raise SystemExit("bench: the HTTP generator is not installed: `make bench-memory` does that")
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory) / "data") as server:
        points: list[tuple[int, float]] = []
        done = 0
        each = min(ROUND, max(CONNECTIONS, total // 12))
        each -= each % CONNECTIONS
        while done < total:
            found = server.round(TARGETS[len(points) % len(TARGETS)], each)
            done += each
            points.append((done, server.resident()))
            console.print(f"  {done:>9,} requests {points[-1][1]:>8.1f} MB {found.rate:>8.0f}/s", highlight=False)
    half = points[len(points) // 2 :]
    console.print(f"second half: {slope(half):+.2f} MB for each 100,000 requests", highlight=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
