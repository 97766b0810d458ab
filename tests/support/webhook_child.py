"""A child process that commits messages to one endpoint and sends them, to be killed by the fault tests.

python -m tests.support.webhook_child DATA_DIRECTORY URL CA_FILE
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import api.keyring
from api.bootstrap import open_service
from api.db.repositories.parties import Party
from api.services import webhooks
from api.services.webhooks import Event, Notice
from api.settings import Settings, for_directory
from certs.keys import create_software_key
from tests.support.api_lab import NOW, Clock
from tests.support.signing import BANK

MESSAGES = 6


def settings_of(directory: str, ca: str) -> Settings:
    return replace(for_directory(Path(directory)), webhook_private=True, webhook_ca=Path(ca))


async def main(directory: str, url: str, ca: str) -> None:
    async with open_service(settings_of(directory, ca), clock=Clock(NOW)) as service:
        await service.parties.add(Party(BANK, "verifier", "示例银行", "Example Bank"))
        if not await service.webhooks.endpoints(BANK):
            await service.webhooks.register(BANK, url)
        for _ in range(MESSAGES):
            async with service.database.write() as work:
                notice = Notice(NOW, os.urandom(16), "withdrawn")
                await webhooks.enqueue_in(work, BANK, Event.CONSENT_WITHDRAWN, notice)
        await service.dispatcher.turn()


if __name__ == "__main__":
    api.keyring.create_software_key = partial(create_software_key, n=1024)
    asyncio.run(main(*sys.argv[1:]))
