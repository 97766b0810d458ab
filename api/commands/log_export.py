"""`mzt log export DIR`: the log as static files; safe to repeat, and beside a running service."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.commands.audit import bar
from api.commands.common import EXIT_OK, out
from api.db.engine import create_engines
from api.db.uow import Database
from api.instance_state import identity_of
from api.services.log_export import LogExport
from api.settings import Settings


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Add what is new since the last run."""
    directory = Path(arguments.directory)
    engines = create_engines(settings.database_url)
    try:
        with bar("export") as progress:
            done = await LogExport(Database(engines, identity_of(settings)), identity_of(settings), directory).run(
                progress
            )
    finally:
        await engines.dispose()
    out.print(f"{done.size} entries in {directory}, {done.files} files written", highlight=False)
    return EXIT_OK
