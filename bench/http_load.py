"""Questions over HTTP, under autocannon with 32 connections, beside what the same server does without us.

Each question has a yardstick on the same server: the same statements and one signature (bench/http_rig.py). Rounds
alternate; ratios by the clock and by the CPU time of the server's process, which other work on the machine moves less.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench import http_rig
from bench.ledger_rig import postgres_server
from bench.measure import Figure

CONNECTIONS: Final = 32
PLACE: Final = Path(".peers/load")
COUNT: Final = int(os.environ.get("BENCH_HTTP_COUNT", "4096"))  # requests of a round
ROUNDS: Final = int(os.environ.get("BENCH_HTTP_ROUNDS", "3"))
TICKS: Final = os.sysconf("SC_CLK_TCK")
YARDSTICKS: Final = {"/v1/authenticity": "/bench/certificate", "/v1/match": "/bench/people"}
TARGETS: Final = {"/v1/authenticity": "≥ 0.6", "/v1/match": "≥ 0.4"}


@dataclass(frozen=True, slots=True)
class Round:
    """Answers a second, by the clock and by the server's CPU time; milliseconds."""

    rate: float
    cpu_rate: float
    p50: float
    p99: float


class Server:
    """A running child."""

    def __init__(self, process: subprocess.Popen[str], instance: http_rig.Instance) -> None:
        self._process, self._instance = process, instance
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: the server ended with {process.wait()}")
        self.authority = f"127.0.0.1:{int(line)}"
        self._sent = 0

    def round(self, target: str, count: int, connections: int = CONNECTIONS) -> Round:
        """Send `count` requests that nobody sent before. Ends the bench if one is not answered with 200."""
        with tempfile.TemporaryDirectory() as place:
            requests = Path(place) / "requests.ndjson"
            http_rig.write_requests(requests, self._instance, target, self.authority, count, self._sent)
            self._sent += count
            before = self.cpu()
            found = load(f"http://{self.authority}", connections, requests)
            cpu = self.cpu() - before
        if found["answered"] != count or found["errors"]:
            raise SystemExit(f"bench: {target}: {found}")
        return Round(count / found["seconds"], count / cpu, found["p50"], found["p99"])

    def cpu(self) -> float:
        """Seconds of CPU time, all threads, without children."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self) -> float:
        """Resident memory, MB."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def load(url: str, connections: int, requests: Path) -> dict[str, Any]:
    """What the generator saw."""
    script = shutil.copy(Path(__file__).parent / "load/load.mjs", PLACE)
    command = ["node", str(script), url, str(connections), str(requests)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: the generator failed: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def serving(directory: Path, url: str | None = None) -> Iterator[Server]:
    """An instance with something in it, and a server over it."""
    instance = asyncio.run(http_rig.prepare_instance(http_rig.settings_of(directory, url)))
    command = [sys.executable, "-m", "bench.http_rig", str(directory), *([] if url is None else [url])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(process, instance)
    finally:
        process.terminate()
        process.wait()


def figures() -> Iterator[Figure]:
    """On SQLite, then on PostgreSQL where there is one."""
    if not (PLACE / "node_modules").exists():
        yield Figure("not installed: `make bench-http` does that", 0, "", note="nothing measured")
        return
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory) / "data") as server:
        yield from _of("SQLite", server)
    with postgres_server() as postgres, tempfile.TemporaryDirectory() as directory:
        if postgres is not None:
            with serving(Path(directory) / "data", postgres.url(postgres.create())) as server:
                yield from _of("PostgreSQL", server)


def _of(name: str, server: Server) -> Iterator[Figure]:
    targets = [*YARDSTICKS, *YARDSTICKS.values(), "/v1/verify"]
    best: dict[str, Round] = {}
    for target in targets:
        server.round(target, CONNECTIONS * 4)  # caches fill, statements are compiled
    for _ in range(ROUNDS):
        for target in targets:
            found = server.round(target, COUNT)
            best[target] = _better(best.get(target, found), found)
    yield Figure(f"{name}: POST /v1/verify", best["/v1/verify"].rate, "/s", note=_times(best["/v1/verify"]))
    for target, yardstick in YARDSTICKS.items():
        raw, mine = best[yardstick], best[target]
        yield Figure(f"{name}: POST {yardstick}: statements, signature", raw.rate, "/s", note=_times(raw))
        ratio = mine.rate / raw.rate
        yield Figure(f"{name}: POST {target}", mine.rate, "/s", ratio, "that", TARGETS[target], _times(mine))
        cpu = mine.cpu_rate / raw.cpu_rate
        yield Figure("  by the server's CPU time", mine.cpu_rate, "/s", cpu, "that", TARGETS[target])


def _better(one: Round, other: Round) -> Round:
    best = max(one, other, key=lambda r: r.rate)
    return replace(best, cpu_rate=max(one.cpu_rate, other.cpu_rate), p99=min(one.p99, other.p99))


def _times(found: Round) -> str:
    return f"p50 {found.p50:.0f}, p99 {found.p99:.0f} ms"
