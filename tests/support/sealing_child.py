"""A child process that rotates the key-encryption key and kills itself after some batches.

python -m tests.support.sealing_child DATA_DIRECTORY DATABASE_URL BATCHES
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from api.beside import open_beside
from api.clock import system_clock, system_entropy
from api.sealingring import RingDirectory
from api.services.sealing import SealingService
from tests.support.api_child import settings_of


async def main(directory: str, url: str, batches: int) -> None:
    seen = 0

    def progress(_done: int, _total: int) -> None:
        nonlocal seen
        seen += 1
        if seen > batches:
            os.kill(os.getpid(), signal.SIGKILL)

    async with open_beside(settings_of(directory, url)) as database:
        sealing = SealingService(database, RingDirectory(Path(directory)), system_entropy, system_clock)
        sealing.rotate()
        await sealing.rewrap(progress, batch=3)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
