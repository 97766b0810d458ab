"""Windows of CPU time, best of several, alternating with the baseline."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WINDOWS = 5
SECONDS = 0.6


@dataclass(frozen=True)
class Figure:
    """One line of the result: `ratio` against `baseline` where there is one; `target` as the project set it."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    baseline: str = ""
    target: str = ""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {k: getattr(self, k) for k in ("name", "value", "unit", "ratio", "baseline", "target", "note")}


def rate(work: Callable[[], int], seconds: float = SECONDS) -> float:
    """Units of work a second of this process's CPU time, over one window."""
    start = time.process_time()
    done = 0
    while True:
        done += work()
        spent = time.process_time() - start
        if spent >= seconds:
            return done / spent


def openssl_sm2() -> tuple[float, float]:
    """(signatures/s, verifications/s) of `openssl speed sm2`, one second each."""
    return _openssl("sm2", "SM2")


def openssl_p256() -> tuple[float, float]:
    """The same of `openssl speed ecdsap256`."""
    return _openssl("ecdsap256", "nistp256")


def _openssl(algorithm: str, line: str) -> tuple[float, float]:
    command = ["openssl", "speed", "-seconds", "1", algorithm]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match = re.search(line + r".*?s\s+[\d.]+s\s+([\d.]+)\s+([\d.]+)", out)
    if match is None:
        raise SystemExit(f"bench: `openssl speed {algorithm}` printed no figures")
    return float(match[1]), float(match[2])


def best_against(baseline: int, *work: Callable[[], int], windows: int = WINDOWS) -> tuple[float, list[float]]:
    """(best baseline rate, best rate of each work): baseline 0 = OpenSSL's signatures, 1 = its verifications."""
    base = 0.0
    best = [0.0] * len(work)
    for _ in range(windows):
        base = max(base, openssl_sm2()[baseline])
        for i, w in enumerate(work):
            best[i] = max(best[i], rate(w))
    return base, best
