"""A child process that makes an instance and issues the examples; killed by the fault tests at moments of their choice.

python -m tests.support.api_child DATA_DIRECTORY [DATABASE_URL]
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import api.keyring
from api.bootstrap import initialise, open_service
from api.demo import making
from api.settings import Settings, for_directory
from certs.keys import create_software_key
from tests.support.api_lab import EXAMPLES


def settings_of(directory: str, url: str | None = None) -> Settings:
    settings = for_directory(Path(directory))
    return settings if url is None else replace(settings, database_url=url)


async def main(settings: Settings) -> None:
    await initialise(settings, progress=lambda step: print(step, flush=True))
    async with open_service(settings) as service:
        items = []
        for source in making.sources(EXAMPLES):
            await making.issue_all(service, source, lambda report: print("issued", report.issued, flush=True))
            await service.ledger.sequence()
            await service.ledger.checkpoint()
            items += await making.collect(service, source, making.ended_numbers(EXAMPLES))
        await making.revoke_one(service, items)
        await making.commit_outside(service)
    print("done", flush=True)


if __name__ == "__main__":
    api.keyring.create_software_key = partial(create_software_key, n=1024)
    asyncio.run(main(settings_of(*sys.argv[1:])))
