"""`mzt publish`, `mzt checkpoint`, `mzt anchor`: what the background jobs do, once and now; `mzt witness log-line`."""

from __future__ import annotations

import argparse

from api.bootstrap import identity_of, open_service
from api.commands.common import EXIT_FAILED, EXIT_OK, out
from api.db.engine import create_engines
from api.db.uow import Database
from api.errors import NotInitialised
from api.settings import Settings
from chain.anchor.anchorer import AnchorStatus
from verifier.checkpoint import KeyUse, NoteKey
from verifier.policy import TrustBundle


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


async def log_line(settings: Settings, _: argparse.Namespace) -> int:
    """Print what a witness puts into its list to follow this instance's log. Works beside a running service."""
    identity = identity_of(settings)
    engines = create_engines(settings.database_url)
    try:
        async with Database(engines, identity).read() as work:
            row = await work.trust.latest()
    finally:
        await engines.dispose()
    log = None if row is None else TrustBundle.parse(row.signed).log(identity.origin)
    if log is None:
        raise NotInitialised("no trust bundle yet: run `mzt init`")
    for key in log.keys:
        text = NoteKey(log.origin, key.key, KeyUse.LOG).encode()
        out.print(f"log {text} {log.tree.value}", highlight=False, soft_wrap=True, markup=False)
    return EXIT_OK
