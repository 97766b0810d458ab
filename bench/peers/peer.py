"""Children that verify on request: a line of JSON with sizes first, then one rate for each line `NAME SECONDS`."""

from __future__ import annotations

import json
import subprocess


class Peers:
    """Some children, asked by the names that they announced."""

    def __init__(self, *children: subprocess.Popen[str]) -> None:
        self.sizes: dict[str, int] = {}
        self._of: dict[str, subprocess.Popen[str]] = {}
        for child in children:
            found = json.loads(_line(child))
            self.sizes |= found
            self._of |= dict.fromkeys(found, child)

    def rate(self, name: str, seconds: float) -> float:
        """Verifications a second of the child's CPU time, over one window."""
        child = self._of[name]
        assert child.stdin is not None
        child.stdin.write(f"{name} {seconds}\n")
        child.stdin.flush()
        return float(_line(child))


def _line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise SystemExit(f"bench: {child.args!r} ended with {child.wait()}")
    return line
