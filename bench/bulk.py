"""`mz-verify --bulk` over one worker and over two: the command itself, by the clock, codes as NDJSON on its stdin."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.measure import Figure
from tests.support import kit
from verifier import code

CODES: Final = 20_000
DISTINCT: Final = 256
ROUNDS: Final = 3


def figures() -> Iterator[Figure]:
    """Best of some rounds that alternate. Starting the processes is part of it; with 20,000 codes it hardly shows."""
    with tempfile.TemporaryDirectory() as directory:
        command, lines = _prepared(Path(directory))
        best = {1: 0.0, 2: 0.0}
        for _ in range(ROUNDS):
            for jobs in best:
                best[jobs] = max(best[jobs], _rate([*command, "--jobs", str(jobs)], lines))
    yield Figure("mz-verify --bulk, one process", best[1], "/s")
    yield Figure("mz-verify --bulk, two processes", best[2], "/s", best[2] / best[1], "one process", "≥ 1.8")


def _prepared(place: Path) -> tuple[list[str], bytes]:
    (place / "trust.cbor").write_bytes(kit.signed_bundle())
    (place / "status.cbor").write_bytes(kit.status())
    statements = [kit.statement(kit.claims(cti=i.to_bytes(16, "big"))) for i in range(DISTINCT)]
    codes = [code.encode_code(s) for s in statements]
    rows = (json.dumps({"id": f"loan-{i}", "code": codes[i % DISTINCT]}) for i in range(CODES))
    command = [sys.executable, "-m", "verifier", "--bulk", "--trust", str(place / "trust.cbor")]
    return [*command, "--status", str(place / "status.cbor"), "--at", str(kit.AT), "-"], "\n".join(rows).encode()


def _rate(command: list[str], lines: bytes) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, input=lines, capture_output=True, check=True)
    spent = time.perf_counter() - start
    if done.stdout.count(b'", "outcome": "PASSED", "reason": "OK", "level"') != CODES:
        raise SystemExit("bench: a code did not pass")
    return CODES / spent
