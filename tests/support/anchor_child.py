"""A service in the small that is killed (-9) between every two things it writes, once at each place.

    python -m tests.support.anchor_child DIRECTORY

Each life recovers what the last one left, then stages, sequences, signs and anchors, and dies at its point. Prints a
line `killed POINT` for each; a point that is never reached ends the row of its kind. One process is forked for each
life, so that the imports are paid for once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import event

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm_client import EvmClient
from tests.support.anchor_lab import anchored, anchorer, embedded, set_up
from tests.support.fault_lab import ActingPort
from tests.support.log_lab import NOW, SM3_LOG, Ed25519Signer, Lab

CALLS = [f"{when}-{name}" for when in ("before", "after") for name in ("prepare", "submit", "receipt", "find")]
ENTRIES = 3


def die() -> None:
    """No handler, no flush, no rollback."""
    os.kill(os.getpid(), signal.SIGKILL)


def points() -> Iterator[tuple[str, int]]:
    """Kinds with their numbers; the number of commits in a life is found by trying."""
    for call in CALLS:
        yield call, 1
    for kind in ("commit", "before journal", "after journal", "before state", "after state"):
        for number in range(1, 40):
            yield kind, number


def dying(real: Callable[..., Any], number: int, *, after: bool) -> Callable[..., Any]:
    """`real`, of which the call with this number is the last thing that happens."""
    left = [number]

    def call(*arguments: Any, **options: Any) -> Any:
        left[0] -= 1
        if not left[0] and not after:
            die()
        result = real(*arguments, **options)
        if not left[0]:
            die()
        return result

    return call


async def live(directory: Path, turn: int, kind: str, number: int) -> None:
    """One life. Returns if its point is never reached."""
    lab = await Lab(directory / "log.db", SM3_LOG, Ed25519Signer()).create()
    lab.now = NOW + 10 * turn
    chain = embedded(directory / "journal", lambda: lab.now)
    port: Any = await set_up(EvmClient.embedded(chain), lab)
    await anchorer(lab, port).check_last()
    await settle(lab, port)
    when, _, what = kind.partition(" ")
    if kind == "commit":
        event.listen(lab.engines.writer.sync_engine, "commit", dying(lambda _: None, number, after=False))
    elif what == "journal":
        chain._journal.append = dying(chain._journal.append, number, after=when == "after")  # type: ignore[method-assign]
    elif what == "state":
        chain.state.commit = dying(chain.state.commit, number, after=when == "after")  # type: ignore[method-assign]
    else:
        port = ActingPort(port, kind, die)
    lab.now += 5
    await lab.fill(ENTRIES * turn, ENTRIES * (turn + 1))
    await settle(lab, port)


async def settle(lab: Lab, port: Any) -> None:
    await lab.sequencer.drain(lab.write)
    await lab.checkpoint()
    worker = anchorer(lab, port)
    while (await anchored(worker)).status is not AnchorStatus.NOTHING_NEW:
        pass


def main(directory: Path) -> None:
    exhausted: set[str] = set()
    for turn, (kind, number) in enumerate(points()):
        if kind in exhausted:
            continue
        child = os.fork()
        if not child:
            asyncio.run(live(directory, turn, kind, number))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            print(f"killed {kind} {number}", flush=True)
        elif os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            exhausted.add(kind)
        else:
            sys.exit(f"life {turn} ({kind} {number}) ended with {status}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
