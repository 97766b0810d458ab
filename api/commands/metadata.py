"""`mzt metadata`."""

from __future__ import annotations

import argparse
import json

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, out, principal
from api.errors import BadRequest
from api.settings import Settings


async def metadata(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print one certificate's metadata or directory entry as JSON."""
    try:
        cti = bytes.fromhex(arguments.cti)
    except ValueError:
        raise BadRequest("bad-parameter", "cti", "32 hexadecimal digits") from None
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        if arguments.directory:
            answer = await service.metadata.directory(party, cti, arguments.batch)
        else:
            answer = await service.metadata.metadata(party, cti)
    out.print(json.dumps(answer, ensure_ascii=False, indent=1), highlight=False)
    return EXIT_OK
