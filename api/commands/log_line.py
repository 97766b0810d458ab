"""`mzt witness log-line`: what a witness puts into its list to follow this instance's log."""

from __future__ import annotations

import argparse

from api.commands.common import EXIT_OK, out
from api.db.engine import create_engines
from api.db.uow import Database
from api.errors import NotInitialised
from api.instance_state import identity_of
from api.settings import Settings
from verifier.checkpoint import KeyUse, NoteKey
from verifier.policy import TrustBundle


async def log_line(settings: Settings, _: argparse.Namespace) -> int:
    """Print the lines, one a key. Works beside a running service."""
    for line in await log_lines(settings):
        out.print(line, highlight=False, soft_wrap=True, markup=False)
    return EXIT_OK


async def log_lines(settings: Settings) -> list[str]:
    """`log <vkey> <hash>` of every key in the latest trust bundle. Raises NotInitialised."""
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
    return [f"log {NoteKey(log.origin, key.key, KeyUse.LOG).encode()} {log.tree.value}" for key in log.keys]
