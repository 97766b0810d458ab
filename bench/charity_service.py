"""The charity ledger's service: donations over HTTP in batches, epochs, traces; each beside what bounds it.

One client sends batches of 2,000 new donations, one after the other, to a server process with all its background work.
The yardstick is the same server's `ROWS`, which reads the same body and answers how many rows it has. Epochs and
traces are measured on what was sent. BENCH_CHARITY_DONATIONS sends more (default 20,000), on each database.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import http_rig
from bench.charity_rig import ROWS
from bench.ledger_rig import postgres_server
from bench.measure import Figure

DONATIONS: Final = int(os.environ.get("BENCH_CHARITY_DONATIONS", "20000"))
BATCH: Final = 2000
TRACES: Final = 200
PAYMENTS: Final = 40
TICKS: Final = os.sysconf("SC_CLK_TCK")
DIGEST: Final = "ab" * 32


class Client:
    """One connection to the server, as the charity."""

    def __init__(self, port: int, token: str, server: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._server = server

    def post(self, path: str, body: bytes) -> Any:
        """The answer's JSON. Ends the bench for anything but 2xx."""
        return json.loads(self._asked("POST", path, body))

    def get(self, path: str) -> bytes:
        """The answer. Ends the bench for anything but 2xx."""
        return self._asked("GET", path, None)

    def _asked(self, method: str, path: str, body: bytes | None) -> bytes:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"bench: {path} answered {answer.status}: {content[:300]!r}")
        return content

    def act(self, path: str, ref: str, **event: Any) -> Any:
        return self.post(path, json.dumps({"ref": ref, "event": event}).encode())

    def cpu(self) -> float:
        """Seconds of CPU that the server has used."""
        fields = Path(f"/proc/{self._server}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> int:
        """Bytes of memory that the server holds."""
        pages = Path(f"/proc/{self._server}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def batches(count: int) -> list[bytes]:
    """Bodies of `BATCH` donations each."""
    made = []
    for first in range(0, count, BATCH):
        rows = [
            {"donation_no": f"B-{n:08d}", "amount_fen": 100 + n * 7919 % 90_000, "donor_type": "1",
             "donor_name": f"样例捐赠人{n}", "donor_ref": f"D{n % 50_000}", "received_on": today(),
             "channel": "互联网公开募捐服务平台", "handler": "样例经办人甲", "receipt_status": "WAIVED",
             "bank_reference": f"BANK-{n:010d}"}
            for n in range(first, min(first + BATCH, count))
        ]  # fmt: skip
        made.append(json.dumps({"donations": rows}, ensure_ascii=False).encode())
    return made


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as place:
        yield from _measured("SQLite", Path(place) / "sqlite", None)
        with postgres_server() as server:
            if server is not None:
                yield from _measured("PostgreSQL", Path(place) / "postgresql", server.url(server.create()))


def _measured(name: str, directory: Path, url: str | None) -> Iterator[Figure]:
    with served(directory, url) as client:
        book = client.post("/v1/charity/books", _fund())["book"]
        path = f"/v1/charity/books/{book}"
        bodies = batches(DONATIONS)
        seconds, cpu, taken = 0.0, 0.0, []
        limit_seconds = 0.0
        for body in bodies:
            start = time.perf_counter()
            client.post(ROWS, body)
            limit_seconds += time.perf_counter() - start
            start, used = time.perf_counter(), client.cpu()
            taken += client.post(f"{path}/donations", body)["donations"]
            seconds, cpu = seconds + time.perf_counter() - start, cpu + client.cpu() - used
        if any(one["state"] != "recorded" for one in taken):
            raise SystemExit("bench: not every donation was recorded")
        rate, limit = len(taken) / seconds, len(taken) / limit_seconds
        yield Figure(
            f"donations in batches of {BATCH}, {name}", rate, "/s", rate / limit, "reading the body", "≥ 3,000/s",
            f"{len(taken) / cpu:,.0f}/s of CPU",
        )  # fmt: skip
        yield from _followed(name, client, path, taken)


def _followed(name: str, client: Client, path: str, taken: list[dict[str, Any]]) -> Iterator[Figure]:
    total = sum(100 + n * 7919 % 90_000 for n in range(len(taken)))
    spent = total // 2 // PAYMENTS
    allocation: dict[str, Any] = {"kind": "allocated", "project": "p", "purpose": "q", "amount": spent * PAYMENTS}
    client.act(f"{path}/events", "a", **allocation, decision=DIGEST)
    start = time.perf_counter()
    for n in range(1, PAYMENTS + 1):
        pay = {"allocation": 1, "amount": spent, "cost_class": "direct_aid", "payee_type": "supplier"}
        client.act(f"{path}/events", f"r{n}", kind="reserved", **pay)
        client.act(f"{path}/events", f"p{n}", kind="paid", no=n, voucher=DIGEST)
    yield Figure(f"acts recorded, {name}", 2 * PAYMENTS / (time.perf_counter() - start), "/s")
    epoch = client.post("/bench/epoch", b"{}")["ms"]
    yield Figure(f"epoch over {len(taken):,} donations, {name}", epoch, "ms")
    times = []
    for n in range(TRACES):
        one = taken[n * len(taken) // TRACES]
        start = time.perf_counter()
        if client.post("/v1/charity/trace", json.dumps({"donation": one["donation"]}).encode())["trace"] is None:
            raise SystemExit("bench: a donation has no trace")
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    note = f"p99 {times[int(0.99 * TRACES)]:.1f} ms"
    yield Figure(f"one trace of {len(taken):,} by API, {name}", median(times), "ms", None, "", "≤ 10 ms", note)


def _fund() -> bytes:
    return json.dumps({"ref": "bench", "title": {"zh": "示例基金", "en": "Example fund"}}).encode()


@contextmanager
def served(directory: Path, url: str | None, *, prepared: bool = False) -> Iterator[Client]:
    """A server process over an instance, which is made before unless it is `prepared`."""
    if not prepared:
        asyncio.run(http_rig.prepare_instance(http_rig.settings_of(directory, url)))
    command = [sys.executable, "-m", "bench.charity_rig", str(directory), *([url] if url else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: the server ended with {process.wait()}")
        token = (directory / "tokens" / "charity-990001.token").read_text()
        yield Client(int(line), token, process.pid)
    finally:
        process.terminate()
        process.wait()
