"""`mzt casefile`: everything about one certificate for a court, in one archive."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, out, principal
from api.errors import BadRequest
from api.files import write_durably
from api.settings import Settings


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write the case file (0600) and record for which case it was made."""
    try:
        cti = bytes.fromhex(arguments.cti)
    except ValueError:
        raise BadRequest("bad-parameter", "cti", "32 hexadecimal digits") from None
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        await service.ledger.sequence()
        await service.ledger.checkpoint()
        data = await service.casefiles.export(party, cti, arguments.case)
    write_durably(Path(arguments.file), data, 0o600)
    out.print(f"written to {arguments.file}: {len(data)} bytes", highlight=False)
    return EXIT_OK
