"""`mzt import`: issue or archive a file of records."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from api.bootstrap import open_service
from api.commands.common import EXIT_FAILED, EXIT_OK, EXIT_PARTLY, EXIT_USAGE, err, out, principal
from api.errors import BatchUnreadable
from api.services.importing import report
from api.services.importing.deciding import Mode
from api.services.importing.reading import form_of
from api.services.importing.running import Tally
from api.services.messages import reason_of
from api.services.service import Service
from api.settings import Settings

SHOWN = 20  # reasons on the screen; the report has all of them


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Import a file. Cut short, the same command with --resume goes on where it stopped; without, it begins again and
    finds what was made. Exit 0 all rows good, 1 some not taken, 2 stopped."""
    path = Path(arguments.file)
    if not path.is_file():
        err.print(f"mzt: {path}: no such file", highlight=False)
        return EXIT_USAGE
    if arguments.report and not arguments.report.endswith((".csv", ".ndjson")):
        err.print("mzt: --report: a name that ends in .csv or .ndjson", highlight=False)
        return EXIT_USAGE
    async with open_service(settings) as service:
        try:
            tally = await _run(service, path, arguments)
        except BatchUnreadable as error:
            err.print(f"mzt: {path.name}: {error}: {reason_of(error.code, arguments.lang)}", highlight=False)
            return EXIT_FAILED
        await service.ledger.sequence()
        await _remarks(service, tally, arguments)
    _say(tally, arguments)
    return EXIT_PARTLY if tally.rejected else EXIT_OK


async def _run(service: Service, path: Path, arguments: argparse.Namespace) -> Tally:
    party = principal(service.institution, arguments.as_)
    kind = service.makers.kind_for(party, arguments.kind)

    def source() -> AbstractContextManager[BinaryIO]:
        return path.open("rb")

    with _bar("checking" if arguments.dry_run else "importing") as progress:
        return await service.imports.run_file(
            party,
            kind,
            Mode.of(archive=arguments.archive, check=arguments.dry_run),
            source,
            form=form_of(path.name),
            encoding=arguments.encoding,
            resume=arguments.resume,
            relieve=service.ledger.sequence,
            progress=progress,
        )


@contextlib.contextmanager
def _bar(word: str) -> Iterator[Callable[[Tally], None]]:
    bar = Progress(TextColumn(word), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err)
    with bar:
        task: TaskID = bar.add_task(word, total=None)
        yield lambda tally: bar.update(task, total=tally.rows, completed=tally.position)


async def _remarks(service: Service, tally: Tally, arguments: argparse.Namespace) -> None:
    """The first reasons on the screen, all of them in the report, which only its owner may read."""
    shown = 0
    with _report(arguments.report) as write:
        form = "ndjson" if (arguments.report or "").endswith(".ndjson") else "csv"
        write(report.head(form))
        async for remark in service.imports.remarks(tally.job_id):
            write(report.line_of(remark, form, arguments.lang))
            shown += 1
            if shown <= SHOWN:
                words = f"{remark.field} {remark.code} {reason_of(remark.code, arguments.lang)}".strip()
                err.print(f"line {remark.line}: {words}", highlight=False)
    if shown > SHOWN:
        where = arguments.report or "--report FILE shows all"
        err.print(f"… {shown - SHOWN} more: {where}", highlight=False)


@contextlib.contextmanager
def _report(name: str | None) -> Iterator[Callable[[str], object]]:
    if name is None:
        yield lambda _: None
        return
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        yield stream.write


def _say(tally: Tally, arguments: argparse.Namespace) -> None:
    if tally.left_out:
        err.print(f"columns that the register does not take: {', '.join(tally.left_out)}", highlight=False)
    word = "recorded" if arguments.archive else "issued"
    made = "" if arguments.archive else f" ({tally.certificates} certificates)"
    check = "dry run, nothing was changed: " if arguments.dry_run else ""
    out.print(
        f"{check}{tally.position} rows: {tally.issued} {word}{made}, {tally.existing} {word} before, "
        f"{tally.rejected} rejected",
        highlight=False,
    )
