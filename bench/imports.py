"""`mzt import` of a large register: rows a second sustained, and what it takes of memory.

In a process of its own, so that the peak of its memory is its own. Marriages of an archive, each with an event that is
sealed and logged; then donations, each with a signed certificate.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from api.http.schemas import DONATION_EXAMPLE, MARRIAGE_EXAMPLE
from bench.issue import id_number
from bench.measure import Figure

SMALL, LARGE, ISSUED = 10_000, 60_000, 20_000
_CHILD = (
    "import resource, sys; from api.cli import run; status = run(sys.argv[1:]);"
    " print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
)


def _marriage(i: int) -> dict[str, str]:
    """Couples who differ in name and number; identity numbers repeat over birthdays."""
    day = 1 + i % 28
    month = 1 + i // 28 % 12
    order = 2 * (i // 336 % 498) + 2
    man, woman = f"1985{month:02d}{day:02d}", f"1988{month:02d}{day:02d}"
    return MARRIAGE_EXAMPLE | {
        "record_no": f"OLD-{i:07d}", "zihao": f"J990101-{2010 + i // 900_000}-{i % 900_000 + 1:06d}",
        "op_date": "2010-06-01", "effective_from": "2010-06-01",
        "name_man": f"示例{chr(0x4E00 + i % 9000)}{chr(0x4E00 + i // 9000)}",
        "name_woman": f"样本{chr(0x4E00 + i % 9000)}{chr(0x5000 + i // 9000)}",
        "birth_man": f"1985-{month:02d}-{day:02d}", "birth_woman": f"1988-{month:02d}-{day:02d}",
        "cert_num_man": id_number(man, order - 1), "cert_num_woman": id_number(woman, order),
    }  # fmt: skip


def _donation(i: int) -> dict[str, str]:
    return DONATION_EXAMPLE | {"donation_no": f"DN-B-{i:07d}", "receipt_number": f"{i:010d}"}


def _write(path: Path, rows: Iterator[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        first = next(rows)
        file.write(",".join(first) + "\n")
        file.write(",".join(first.values()) + "\n")
        for row in rows:
            file.write(",".join(row.values()) + "\n")


def _run(directory: Path, *arguments: str) -> tuple[float, float]:
    """(seconds, peak memory in MB) of one command in a new process."""
    environment = {**os.environ, "MZ_DATA_DIR": str(directory / "data")}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"bench: {arguments[0]} failed: {done.stdout[-300:]}{done.stderr[-600:]}")
    return seconds, int(done.stdout.split()[-1]) / 1024


def figures() -> Iterator[Figure]:
    """From start to end of the command, the start-up of the service included."""
    with tempfile.TemporaryDirectory(prefix="mz-bench-") as folder:
        directory = Path(folder)
        _run(directory, "init")
        small, large, donations = (directory / name for name in ("small.csv", "large.csv", "donations.csv"))
        _write(small, (_marriage(i) for i in range(SMALL)))
        _write(large, (_marriage(i) for i in range(SMALL, SMALL + LARGE)))
        _write(donations, (_donation(i) for i in range(1, ISSUED + 1)))
        started, _ = _run(directory, "publish")
        _, memory = _run(directory, "import", str(small), "--kind", "marriage", "--archive")
        seconds, more = _run(directory, "import", str(large), "--kind", "marriage", "--archive")
        issued, _ = _run(directory, "import", str(donations), "--kind", "donation")
    yield Figure(
        f"archive of {LARGE:,} marriages, CSV, SQLite", LARGE / (seconds - started), "rows/s", target="≥ 1,500"
    )
    yield Figure(f"peak memory with {SMALL:,} rows", memory, "MB")
    yield Figure(f"peak memory with {LARGE:,} rows", more, "MB", more / memory, f"{SMALL:,} rows", "flat")
    yield Figure(f"{ISSUED:,} donations with certificates, CSV", ISSUED / (issued - started), "rows/s")
