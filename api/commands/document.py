"""`mzt document`: a certificate as PDF or OFD, stated and sealed."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, out, principal
from api.errors import BadRequest
from api.files import write_durably
from api.services.documents import FORMATS, Copy, Order
from api.services.service import Service
from api.settings import Settings

DAY = 86400


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Render, take the statement into the log, write the file (0600: it shows a person's data)."""
    path = Path(arguments.out)
    form = arguments.format or path.suffix.removeprefix(".")
    if form not in FORMATS:
        raise BadRequest("bad-parameter", "out", "a name that ends in .pdf or .ofd, or --format")
    try:
        cti = bytes.fromhex(arguments.cti)
    except ValueError:
        raise BadRequest("bad-parameter", "cti", "32 hexadecimal digits") from None
    if (arguments.purpose is None) != (arguments.recipient is None):
        raise BadRequest("bad-parameter", "purpose", "an annotated copy has both --purpose and --recipient")
    photo = None if arguments.photo is None else Path(arguments.photo).read_bytes()
    async with open_service(settings) as service:
        copy = None
        if arguments.purpose is not None:
            copy = Copy(arguments.purpose, arguments.recipient, service.clock() + arguments.days * DAY)
        order = Order(FORMATS[form], arguments.lang, copy, photo)
        party = principal(service.institution, arguments.as_)
        await _log(service)  # the certificate may be of this minute: the file inside needs its receipt
        prepared = await service.documents.prepare(party, cti, order)
        await _log(service)
        data = await service.documents.finish(prepared)
    write_durably(path, data, 0o600)
    out.print(f"written to {path}: {len(data)} bytes, SM3 {prepared.stated.digest.hex()}", highlight=False)
    return EXIT_OK


async def _log(service: Service) -> None:
    await service.ledger.sequence()
    await service.ledger.checkpoint()
