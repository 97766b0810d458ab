"""`python -m fuzz [TARGET…] [--seconds 60] [--jobs 2]`: every target in a process of its own, two at a time.

Exit status 1 if a target found something: the input is in out/fuzz/<target>/, its name says what it was (found,
timeout, oom), the log beside it says where. Corpora stay in out/fuzz/<target>/corpus, where the next run goes on.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from fuzz.model import Target
from fuzz.seeds import OUT, ROOT
from fuzz.targets import HOME, TARGETS

SLOWEST = 5  # seconds for one input, a hundred times what any of them takes
MEGABYTES = 1024


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description="fuzz the parsers")
    parser.add_argument("target", nargs="*", metavar="TARGET", help=f"of: {' '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(argv)
    unknown = set(asked.target) - TARGETS.keys()
    if unknown:
        parser.error(f"no such target: {' '.join(sorted(unknown))}")
    wanted = [TARGETS[name] for name in asked.target or TARGETS]
    with ThreadPoolExecutor(asked.jobs) as pool:
        found = list(pool.map(lambda target: fuzz(target, asked.seconds), wanted))
    bad = [target.name for target, fine in zip(wanted, found, strict=True) if not fine]
    print(f"{len(wanted)} targets, {len(bad)} with findings{': ' if bad else ''}{' '.join(bad)}")
    return 1 if bad else 0


def fuzz(target: Target, seconds: int) -> bool:
    """Whether nothing was found. Says a line about it."""
    place = OUT / target.name
    corpus, log = place / "corpus", place / "log.txt"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in target.seeds():
        if len(data) <= target.longest:
            (corpus / sha256(data).hexdigest()[:16]).write_bytes(data)
    options = [
        f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={target.longest}", f"-artifact_prefix={place}/", "-print_final_stats=1", "-use_value_profile=1",
    ]  # fmt: skip
    command = [sys.executable, "-m", "fuzz.run", HOME[target.name], target.name, *options, str(corpus)]
    with log.open("wb") as stream:
        done = subprocess.run(command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, check=False)
    text = log.read_text("utf-8", "replace")
    runs, coverage = _last(r"number_of_executed_units: (\d+)", text), _last(r"cov: (\d+)", text)
    word = "fine" if done.returncode == 0 else f"FOUND, see {log.relative_to(ROOT)}"
    print(f"{target.name:24}{runs:>10} runs {coverage:>6} branches   {word}", flush=True)
    return done.returncode == 0


def _last(pattern: str, text: str) -> str:
    found: list[str] = re.findall(pattern, text)
    return found[-1] if found else "?"


if __name__ == "__main__":
    sys.exit(main())
