"""`mzt erase`."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, out, principal
from api.errors import BadRequest
from api.files import write_durably
from api.settings import Settings
from certs.erasure import ErasureReason


async def erase(settings: Settings, arguments: argparse.Namespace) -> int:
    """Destroy what opens the records, one transaction each, and write the receipts if a directory is named."""
    try:
        ctis = [bytes.fromhex(text) for text in arguments.cti]
    except ValueError:
        raise BadRequest("bad-parameter", "cti", "32 hexadecimal digits each") from None
    if arguments.out is not None:  # before anything is gone for good
        Path(arguments.out).mkdir(mode=0o700, parents=True, exist_ok=True)
    erased = 0
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        for cti in ctis:
            done = await service.erasing.erase(
                party, cti, ErasureReason(arguments.reason), registration=arguments.registration
            )
            erased += not done.again
        await service.ledger.sequence()
        await service.ledger.checkpoint()
        if arguments.out is not None:
            for cti in ctis:
                receipt = await service.erasing.receipt(party, cti)
                assert receipt is not None
                write_durably(Path(arguments.out) / f"{cti.hex()}.erasure", receipt)
    out.print(f"{erased} erased, {len(ctis) - erased} were already", highlight=False)
    return EXIT_OK
