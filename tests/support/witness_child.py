"""A witness that dies by `kill -9` beside its write: `python -m tests.support.witness_child before|after DIRECTORY`."""

from __future__ import annotations

import os
import signal
import sys

from api import cli
from api.db.witness_store import SqlWitnessStore
from chain.witness.model import Held

_real = SqlWitnessStore.advance


async def _before(self: SqlWitnessStore, old: Held | None, new: Held) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return await _real(self, old, new)


async def _after(self: SqlWitnessStore, old: Held | None, new: Held) -> bool:
    await _real(self, old, new)
    os.kill(os.getpid(), signal.SIGKILL)
    return True


if __name__ == "__main__":
    SqlWitnessStore.advance = {"before": _before, "after": _after}[sys.argv[1]]  # type: ignore[method-assign]
    sys.exit(cli.run(["witness", "serve", "--dir", sys.argv[2], "--port", "0"]))
