"""A child process that imports a file with --resume, and kills itself before or after a commit of its choice.

python -m tests.support.import_child DATA_DIRECTORY FILE COMMITS before|after|never
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from api.bootstrap import open_service
from api.commands.common import operator
from api.services.importing import deciding
from api.services.importing.deciding import Mode
from api.settings import for_directory


async def main(directory: str, file: str, commits: int, when: str) -> None:
    once, done = deciding._once, 0
    made = deciding.made

    async def counted(*arguments: Any) -> Any:
        nonlocal done
        done += 1
        result = await made(*arguments)
        if when == "before" and done == commits:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    async def committed(*arguments: Any) -> Any:
        result = await once(*arguments)
        if when == "after" and done == commits:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    deciding.made, deciding._once = counted, committed  # type: ignore[assignment]
    async with open_service(for_directory(Path(directory))) as service:
        tally = await service.imports.run_file(
            operator,
            service.makers.kind_for(operator, "marriage"),
            Mode.ARCHIVE,
            partial(Path(file).open, "rb"),
            form="csv",
            encoding="auto",
            resume=True,
            relieve=service.ledger.sequence,
            progress=lambda _: None,
        )
        await service.ledger.sequence()
    print(tally.position, tally.issued, tally.existing, tally.rejected)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
