"""`mzt publish`, `mzt checkpoint`, `mzt anchor`: what the background jobs do, once and now."""

from __future__ import annotations

import argparse

from api.bootstrap import open_service
from api.commands.common import EXIT_FAILED, EXIT_OK, out
from api.settings import Settings
from chain.anchor.anchorer import AnchorStatus


async def publish(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_service(settings) as service:
        count = await service.publishing.publish(force=arguments.force)
    out.print(f"{count} status lists signed", highlight=False)
    return EXIT_OK


async def checkpoint(settings: Settings, _: argparse.Namespace) -> int:
    async with open_service(settings) as service:
        await service.ledger.sequence()
        made = await service.ledger.checkpoint()
    if made is None:
        out.print("the log is empty")
        return EXIT_OK
    out.print(made.note.decode(), highlight=False, end="", markup=False)
    return EXIT_OK


async def anchor(settings: Settings, _: argparse.Namespace) -> int:
    async with open_service(settings) as service:
        step = await service.ledger.settle()
        figures = await service.figures()
    out.print(f"{step.status.value} {step.detail}; anchored {figures.anchored} of {figures.entries}", highlight=False)
    return EXIT_OK if step.status is AnchorStatus.NOTHING_NEW else EXIT_FAILED
