"""A child process that makes an instance and issues the examples; killed by the fault tests at moments of their choice.

python -m tests.support.api_child DATA_DIRECTORY
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import api.keyring
from api.bootstrap import initialise, open_service
from api.demo import making
from api.settings import for_directory
from certs.keys import create_software_key
from tests.support.api_lab import EXAMPLES


async def main(directory: Path) -> None:
    settings = for_directory(directory)
    await initialise(settings, progress=lambda step: print(step, flush=True))
    async with open_service(settings) as service:
        items = []
        for source in making.sources(EXAMPLES):
            await making.issue_all(service, source, lambda report: print("issued", report.issued, flush=True))
            await service.ledger.sequence()
            await service.ledger.checkpoint()
            items += await making.collect(service, source)
        await making.revoke_one(service, items)
        await making.commit_outside(service)
    print("done", flush=True)


if __name__ == "__main__":
    api.keyring.create_software_key = partial(create_software_key, n=1024)
    asyncio.run(main(Path(sys.argv[1])))
