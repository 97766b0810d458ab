"""`mzt issue-batch`, `mzt revoke`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, EXIT_PARTLY, err, out, principal
from api.errors import BadRequest
from api.services.messages import reason_of
from api.settings import Settings


async def issue_batch(settings: Settings, arguments: argparse.Namespace) -> int:
    """Issue a file of records. Cut short, the same command goes on where it stopped."""
    data = Path(arguments.file).read_bytes()
    bar = Progress(TextColumn("issuing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err)
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        with bar:
            task = bar.add_task("issuing", total=None)
            report = await service.issuing.issue_file(
                party,
                arguments.kind,
                data,
                csv=not arguments.file.endswith((".ndjson", ".jsonl")),
                progress=lambda r: bar.update(
                    task, total=r.rows, completed=r.issued + r.existing + len({bad.line for bad in r.rejected})
                ),
            )
        await service.ledger.sequence()
    for bad in report.rejected:
        err.print(f"line {bad.line}: {bad.field} {bad.code} {reason_of(bad.code, 'zh')}", highlight=False)
    lines = len({bad.line for bad in report.rejected})
    out.print(
        f"{report.rows} rows: {report.issued} issued ({report.certificates} certificates), "
        f"{report.existing} issued before, {lines} rejected",
        highlight=False,
    )
    return EXIT_PARTLY if lines else EXIT_OK


async def revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make certificates not valid, and publish the list that says so."""
    try:
        ctis = [bytes.fromhex(text) for text in arguments.cti]
    except ValueError:
        raise BadRequest("bad-parameter", "cti", "32 hexadecimal digits each") from None
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        done = await service.revoking.revoke(party, ctis, arguments.reason)
        await service.publishing.publish()
        await service.ledger.sequence()
    out.print(f"{done.revoked} revoked, {done.already} were already", highlight=False)
    return EXIT_OK
