"""`mzt demo`: issue, log, anchor, write, and verify as a stranger. May be killed anywhere and run again."""

from __future__ import annotations

import argparse
import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.bootstrap import initialise, open_service
from api.commands.common import EXIT_OK, EXIT_PARTLY, out
from api.demo import asking, giving, making, tracing, verifying, watching, writing
from api.demo.checks import Check, print_table, report_json
from api.demo.witnesses import Trio, witnesses
from api.files import write_whole
from api.services.batch import BatchReport
from api.services.service import Service
from api.settings import Settings


async def demo(settings: Settings, arguments: argparse.Namespace) -> int:
    """Exit status 0 if every check came out as expected, 1 if not."""
    logging.getLogger().setLevel(logging.ERROR)
    directory = Path(arguments.out)
    directory.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    bar = Progress(
        TextColumn("{task.description:38}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), console=out
    )
    with bar:
        await _initialise(settings, bar)
        async with _watched(settings, bar) as (service, trio):
            checks = await _run(service, trio, Path(arguments.examples), directory, bar)
    write_whole(directory / "report.json", report_json(checks))
    print_table(checks, out)
    _say_where(settings, directory, time.monotonic() - started)
    return EXIT_OK if all(check.as_expected for check in checks) else EXIT_PARTLY


@asynccontextmanager
async def _watched(settings: Settings, bar: Progress) -> AsyncIterator[tuple[Service, Trio]]:
    """The service, with three witnesses that run as processes of their own."""
    task = bar.add_task("three witnesses, each a process", total=1)
    async with witnesses(settings) as trio:
        bar.advance(task)
        async with open_service(replace(_unhurried(settings), witness_policy=trio.policy)) as service:
            yield service, trio


def _unhurried(settings: Settings) -> Settings:
    """The demo asks its own server more in a second than a stranger may."""
    return replace(settings, limits=replace(settings.limits, verify_burst=10_000))


async def _initialise(settings: Settings, bar: Progress) -> None:
    steps = bar.add_task("keys, database, log, contract", total=7)
    await initialise(settings, progress=lambda _: bar.advance(steps))


async def _run(service: Service, trio: Trio, examples: Path, directory: Path, bar: Progress) -> list[Check]:
    items: list[making.Item] = []
    for source in making.sources(examples):
        task = bar.add_task(f"issue {source.path.name}", total=None)
        await making.issue_all(service, source, _shown(bar, task))
        items += await making.collect(service, source, making.ended_numbers(examples))
    task = bar.add_task("a charity takes donations, spends them", total=1)
    story = await giving.give(service)
    bar.advance(task)
    task = bar.add_task("revoke one, log, checkpoint, witness, anchor", total=1)
    await making.revoke_one(service, items)
    await making.commit_outside(service)
    bar.advance(task)
    task = bar.add_task("PDF and OFD, sealed and stated", total=sum(item.valid for item in items))
    documents = await writing.prepare_all(service, items, lambda: bar.advance(task))
    anchored = await making.commit_outside(service)
    task = bar.add_task("write files, documents, code pictures", total=len(items))
    await writing.write_all(service, items, anchored, directory, lambda: bar.advance(task))
    await writing.write_documents(service, documents, directory)
    await giving.write(service, story, directory)
    return await _verify(service, trio, items, story, examples, directory, bar)


def _shown(bar: Progress, task: TaskID) -> Callable[[BatchReport], None]:
    return lambda report: bar.update(task, total=report.rows, completed=report.issued + report.existing)


async def _verify(
    service: Service,
    trio: Trio,
    items: list[making.Item],
    story: giving.Story,
    examples: Path,
    directory: Path,
    bar: Progress,
) -> list[Check]:
    task = bar.add_task("read the codes from their pictures", total=1)
    codes = await asyncio.to_thread(verifying.decode_codes, items, directory)
    bar.advance(task)
    task = bar.add_task("verify offline with mz-verify", total=1)
    checks = await asyncio.to_thread(verifying.offline, items, codes, directory)
    bar.advance(task)
    task = bar.add_task("follow a donation, audit the funds", total=1)
    checks += await asyncio.to_thread(tracing.verify, story, directory)
    bar.advance(task)
    task = bar.add_task("verify through the HTTP API", total=1)
    checks += await verifying.through_api(service, items, codes, directory)
    bar.advance(task)
    task = bar.add_task("a bank asks, two spouses consent", total=1)
    checks += await asking.ask(service, items, codes, examples, directory)
    bar.advance(task)
    task = bar.add_task("verify what must not pass", total=1)
    checks += await asyncio.to_thread(verifying.negative, service, items, codes, directory)
    bar.advance(task)
    task = bar.add_task("fork the log, kill two witnesses", total=1)
    checks += await watching.drills(service, items, trio, directory)
    bar.advance(task)
    return checks


def _say_where(settings: Settings, directory: Path, seconds: float) -> None:
    address = f"http://{settings.host}:{settings.port}/v"
    root = (settings.data_dir / "trust-root.hex").read_text().strip()
    for line in (
        f"{directory}: report.json, trust-bundle.cbor, status-list.cbor, certificates/, divorces/, donations/, "
        f"others/, giving/ ({seconds:.0f} s)",
        "check one yourself:",
        f"  .venv/bin/mz-verify --trust {directory}/trust-bundle.cbor --status {directory}/status-list.cbor "
        f"--root {root} {directory}/certificates/certificate-002-a.ofd",
        f"  .venv/bin/mz-verify --trust {directory}/trust-bundle.cbor --root {root} {directory}/giving/donation.mzd",
        f"open the pages: make serve, then {address} (a picture from {directory}/certificates is a good first try)",
    ):
        out.print(line, soft_wrap=True, highlight=False, markup=False)
