"""`mzt revoke`."""

from __future__ import annotations

import argparse

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, out, principal
from api.errors import BadRequest
from api.settings import Settings


async def revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make certificates not valid, and publish the list that says so."""
    try:
        ctis = [bytes.fromhex(text) for text in arguments.cti]
    except ValueError:
        raise BadRequest("bad-parameter", "cti", "32 hexadecimal digits each") from None
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        done = await service.revoking.revoke(party, ctis, arguments.reason)
        await service.publishing.publish()
        await service.ledger.sequence()
    out.print(f"{done.revoked} revoked, {done.already} were already", highlight=False)
    return EXIT_OK
