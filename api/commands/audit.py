"""`mzt audit`: derive everything again, and name the first thing that is wrong.

Exit status: 0 clean, 1 a fault was found, 2 something could not be checked, 64 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DatabaseError

from api.clock import system_clock
from api.commands.audit_sources import ask_chain, ask_witnesses, backup_settings, beside
from api.commands.common import EXIT_USAGE, err, out
from api.db.audit_snapshot import brief, snapshot
from api.errors import ServiceError
from api.files import write_durably
from api.instance_state import identity_of
from api.services.audit import Inputs, Since, audit
from api.services.audit_context import Verifying
from api.services.audit_trust import log_keys
from api.settings import Settings
from certs.ports import Clock
from chain.audit.anchors import ChainView, Seen
from chain.audit.export import audit_export
from chain.audit.model import Check, Outcome, Report
from chain.audit.ports import Progress as ShowProgress
from chain.errors import ChainFault, Corrupt, JournalFault

EXIT: Final = {Outcome.CLEAN: 0, Outcome.FAULT: 1, Outcome.INCOMPLETE: 2}
_STYLE: Final = {Outcome.CLEAN: "green", Outcome.FAULT: "bold red", Outcome.INCOMPLETE: "yellow"}


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Audit this instance, a copied data directory, another database, or a static export."""
    since = None if arguments.since is None else since_of(arguments.since)
    if arguments.since is not None and (since is None or arguments.export is not None):
        err.print(
            "mzt: --since takes a size, or a time such as 2026-11-21T08:00:00Z; not with --export", highlight=False
        )
        return EXIT_USAGE
    wrong = _unusable(arguments)
    if wrong:
        err.print(f"mzt: {wrong}", highlight=False)
        return EXIT_USAGE
    try:
        report = await _report(settings, arguments, since)
    except Corrupt as fault:  # so broken that no check could begin
        err.print(f"{fault.table} {fault.position}: {fault.detail}", highlight=False, style="bold red")
        return EXIT[Outcome.FAULT]
    if arguments.json is not None:
        _write_json(report, arguments.json)
    if arguments.json != "-":
        show(report)
    return EXIT[report.outcome]


def _unusable(arguments: argparse.Namespace) -> str:
    """What is wrong with the command line itself: a slip of the caller's must not be reported as a fault found."""
    for option in ("export", "data_dir"):
        named = getattr(arguments, option)
        if named is not None and not Path(named).is_dir():
            return f"--{option.replace('_', '-')}: no such directory"
    if arguments.pin is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", arguments.pin):
        return "--pin: 64 hexadecimal digits"
    return ""


async def _report(settings: Settings, arguments: argparse.Namespace, since: Since | None) -> Report:
    with bar("audit") as progress, Verifying(arguments.processes) as verify:
        if arguments.export is not None:
            return audit_export(Path(arguments.export), arguments.pin, verify, progress, system_clock())
        live = arguments.data_dir is None and arguments.database_url is None
        if arguments.data_dir is not None:
            settings = backup_settings(settings, Path(arguments.data_dir))
        if arguments.database_url is not None:
            settings = replace(settings, database_url=arguments.database_url)
        inputs = inputs_of(settings, since, system_clock() if live else None)
        return await audit_settings(settings, inputs, verify, progress, offline=arguments.offline)


def inputs_of(settings: Settings, since: Since | None, now: int | None) -> Inputs:
    """What stands beside the database; chain and witnesses not asked yet."""
    there = beside(settings)
    kind = "instance" if now is not None else "backup"
    return Inputs(
        f"{kind} {settings.data_dir.name}",
        identity_of(settings).origin,
        now,
        there.pin,
        there.secrets,
        there.institution,
        there.keys_directory,
        since=since,
        publish_within=max(3600, settings.schedule.status_ttl),
    )


async def audit_settings(
    settings: Settings,
    inputs: Inputs,
    verify: Verifying,
    progress: ShowProgress,
    *,
    offline: bool = False,
    clock: Clock = system_clock,
) -> Report:
    """Ask the outside, take a snapshot, ask again, check. The first answers say what must have a row in the snapshot,
    the second ones what its rows must be found in: a service that runs beside moves on between the two."""
    if offline:
        inputs = replace(inputs, silent="--offline: the chain was not asked")
        async with snapshot(settings.database_url) as on_snapshot:
            return await on_snapshot(lambda connection: audit(connection, inputs, verify, progress))
    try:
        before, silent = await _chain(settings, clock, inputs.origin)
    except JournalFault as fault:  # an embedded chain that was tampered with, not one that is down
        before, silent, inputs = None, "", replace(inputs, broken=str(fault))
    seen = await _witnesses(settings, inputs.origin)
    async with snapshot(settings.database_url) as on_snapshot:
        after: ChainView | None = None
        if before is not None:
            after, silent = await _chain(settings, clock, inputs.origin)
        if after is not None and before is not None:
            inputs = replace(inputs, chain=replace(after, before=before.before), seen=seen)
        else:
            inputs = replace(inputs, silent=silent, seen=seen)
        return await on_snapshot(lambda connection: audit(connection, inputs, verify, progress))


async def _chain(settings: Settings, clock: Clock, origin: str) -> tuple[ChainView | None, str]:
    try:
        return await ask_chain(settings, clock, origin), ""
    except JournalFault:
        raise
    except (ChainFault, ServiceError) as fault:
        return None, f"the chain cannot be asked: {type(fault).__name__}: {fault}"


async def _witnesses(settings: Settings, origin: str) -> tuple[Seen, ...]:
    """Asked before the snapshot is taken: what they remember must be in it."""
    if settings.witness_policy is None:
        return ()
    try:
        async with brief(settings.database_url) as on_database:
            keys = await on_database(lambda connection: log_keys(connection, origin))
    except DatabaseError as error:
        raise Corrupt("database", "", f"cannot be read: {type(error.orig).__name__}") from None
    return await ask_witnesses(settings, keys)


def since_of(text: str) -> Since | None:
    """`4096`, `2026-11-21`, `2026-11-21T08:00:00Z`; None for anything else."""
    if text.isascii() and text.isdigit():
        return Since(size=int(text))
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Since(time=int((time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp()))


def _write_json(report: Report, where: str) -> None:
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=1)
    if where == "-":
        out.print(text, highlight=False)
    else:
        write_durably(Path(where), text.encode() + b"\n")


def show(report: Report) -> None:
    """The report as text: one line a check, and under it what is wrong, unknown or worth knowing."""
    for check in report.checks:
        style = _STYLE[check.outcome]
        word = f"[{style}]{check.outcome.value:10}[/{style}]"
        out.print(
            f"{check.number:3} {check.name:16} {word} {check.counted:>10}  {check.promise}",
            highlight=False,
            markup=True,
        )
        for line in _lines(check):
            out.print(f"      {line}", highlight=False)
    first = report.first
    style = _STYLE[report.outcome]
    out.print(
        f"\n[{style}]{report.outcome.value}[/{style}]: {escape(report.source)}, {report.origin}",
        highlight=False,
        markup=True,
    )
    out.print(f"{report.size} entries, root {report.root.hex()}, judged at {report.as_of}", highlight=False)
    if first is not None:
        out.print(f"begin here: {first}", highlight=False)


def _lines(check: Check) -> list[str]:
    faults = [f"fault: {fault}" for fault in check.first]
    if check.faults > len(check.first):
        faults.append(f"and {check.faults - len(check.first)} more")
    return [*faults, *(f"not checked: {why}" for why in check.unchecked), *(f"note: {text}" for text in check.notes)]


@contextmanager
def bar(title: str) -> Iterator[ShowProgress]:
    """A progress bar on the error stream, so that JSON on the output stays JSON."""
    columns = (TextColumn("{task.description:16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task(title, total=None)

        def progress(what: str, done: int, total: int | None) -> None:
            shown.update(task, description=what, completed=done, total=total)

        yield progress
