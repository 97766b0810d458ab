"""`mzt import`: issue or archive a file of records."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Final

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

_SUMMARY: Final = {
    ("zh", False): "{rows} 行：签发 {new} 行（{certificates} 份证照），此前已签发 {old} 行，未接受 {rejected} 行",
    ("zh", True): "{rows} 行：登记 {new} 行，此前已登记 {old} 行，未接受 {rejected} 行",
    ("en", False): "{rows} rows: {new} issued ({certificates} certificates), {old} issued before, {rejected} rejected",
    ("en", True): "{rows} rows: {new} recorded, {old} recorded before, {rejected} rejected",
}
"""By language and whether it is an archive."""
_WORDS: Final = {
    "importing": ("导入", "importing"),
    "trying": ("试运行", "checking"),
    "line": ("第 {line} 行：", "line {line}: "),
    "note": ("提示：", "note: "),
    "more": ("…… 另有 {n} 条：{where}", "… {n} more: {where}"),
    "all": ("--report 文件 可列出全部", "--report FILE shows all"),
    "left out": ("登记簿不收录的列：", "columns that the register does not take: "),
    "dry": ("试运行，未作任何更改：", "dry run, nothing was changed: "),
}
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

    with _bar(_word("trying" if arguments.dry_run else "importing", arguments)) as progress:
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
                note = _word("note", arguments) if remark.is_note else ""
                words = f"{remark.field} {remark.code} {reason_of(remark.code, arguments.lang)}".strip()
                err.print(f"{_word('line', arguments, line=remark.line)}{note}{words}", highlight=False)
    if shown > SHOWN:
        where = arguments.report or _word("all", arguments)
        err.print(_word("more", arguments, n=shown - SHOWN, where=where), highlight=False)


def _word(name: str, arguments: argparse.Namespace, **values: object) -> str:
    return _WORDS[name][0 if arguments.lang == "zh" else 1].format(**values)


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
        err.print(_word("left out", arguments) + ", ".join(tally.left_out), highlight=False)
    counts = {"rows": tally.position, "new": tally.issued, "certificates": tally.certificates}
    said = _SUMMARY[arguments.lang, arguments.archive].format(**counts, old=tally.existing, rejected=tally.rejected)
    out.print((_word("dry", arguments) if arguments.dry_run else "") + said, highlight=False)
