"""The demo's three witnesses: real processes of `mzt witness serve`, each with a directory and a key of its own.

They belong to three bodies in earnest; here they lie in the demo's data directory, so that a second run finds them as
the first one left them. They stop with the demo, however it ends: their standard input ends with it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from api.commands.log_line import log_lines
from api.errors import Unavailable
from api.files import private_directory, write_durably
from api.settings import Settings
from api.witness_instance import create, vkeys
from verifier.checkpoint import NoteKey

PLACES = (("north", "ed25519"), ("south", "ed25519"), ("west", "sm2"))
RULE = "group registries 2 north south west\nquorum registries\n"
START_SECONDS = 30.0  # also for one whose predecessor, of a run that was killed, is still letting go of its lock


@dataclass(frozen=True, slots=True)
class Running:
    """One witness. `place` is its name in the policy."""

    place: str
    key: NoteKey
    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self._reap()

    def stop(self) -> None:
        """As its operator would."""
        if self.process.poll() is None and self.process.stdin is not None:
            self.process.terminate()
        self._reap()

    def _reap(self) -> None:
        with suppress(OSError):
            self.process.communicate(timeout=START_SECONDS)


@dataclass(frozen=True, slots=True)
class Trio:
    """The witnesses, and the policy file that says: two of them."""

    running: tuple[Running, ...]
    policy: Path


@asynccontextmanager
async def witnesses(settings: Settings) -> AsyncIterator[Trio]:
    """Make them unless they are made, tell them of this instance's log, start them. Raises Unavailable."""
    folder = settings.data_dir / "demo-witnesses"
    private_directory(folder)
    lines = "".join(f"{line}\n" for line in await log_lines(settings)).encode()
    for place, algorithm in PLACES:
        await create(folder / place, f"witness.{place}.example/w1", [algorithm])
        write_durably(folder / place / "logs.txt", lines)
    running: list[Running] = []
    try:
        started = await asyncio.gather(*(asyncio.to_thread(_start, folder / place) for place, _ in PLACES))
        running += started
        policy = folder / "policy.txt"
        write_durably(policy, _policy(running).encode())
        yield Trio(tuple(running), policy)
    finally:
        for one in running:
            await asyncio.to_thread(one.stop)


def _policy(running: Sequence[Running]) -> str:
    return "".join(f"witness {w.place} {w.key.encode()} {w.url}\n" for w in running) + RULE


def _start(directory: Path) -> Running:
    command = [sys.executable, "-m", "api", "witness", "serve", "--dir", str(directory), "--port", "0", "--until-eof"]
    end = time.monotonic() + START_SECONDS
    while True:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        url = process.stdout.readline().decode("ascii").strip()
        if url:
            return Running(directory.name, vkeys(directory)[0], url, process)
        process.communicate()
        if time.monotonic() > end:
            raise Unavailable(f"witness {directory.name} did not start: status {process.returncode}")
        time.sleep(0.2)
