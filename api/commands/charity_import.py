"""`mzt charity import` and `mzt charity reconcile`."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from api.bootstrap import open_service
from api.commands.common import EXIT_FAILED, EXIT_OK, EXIT_PARTLY, EXIT_USAGE, err, organisation, out
from api.errors import BatchUnreadable
from api.services.charity.books import civil_day_number
from api.services.charity.donations import Taken
from api.services.charity.imports import Imported
from api.services.charity.moneyreport import decode_report
from api.services.importing.reading import CSV, form_of
from api.services.messages import reason_of
from api.services.parties import Principal
from api.services.service import Service
from api.settings import Settings
from certs.charity.reconcile import CLASSES, Finding, counts

SHOWN: Final = 20
SPAN: Final = 92
MAX_BYTES: Final = 64 << 20
_EPOCH: Final = date(1970, 1, 1)
_CLASSES: Final = {
    "taken": ("新收录", "kept"),
    "known": ("此前已收录", "known before"),
    "rejected": ("未接受", "rejected"),
    "recorded": ("已入账", "recorded"),
    "waiting": ("等待合并入账", "waiting for a group"),
    "existing": ("此前已入账", "recorded before"),
}
_WORDS: Final = {
    "line": ("第 {line} 行：", "line {line}: "),
    "more": ("…… 另有 {n} 条", "… {n} more"),
    "fine": ("{n} 笔相符，无差异", "{n} agree, no gaps"),
    "gaps": ("{n} 处差异", "{n} gaps"),
}


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Bring in a file. Exit 0 all rows good, 1 some not taken, 2 the file cannot be read."""
    path = Path(arguments.file)
    trouble = _unusable(path, arguments)
    if trouble:
        err.print(f"mzt: {trouble}", highlight=False)
        return EXIT_USAGE
    async with open_service(settings) as service:
        party = _party(service, arguments)
        try:
            made = await _brought(service, party, path, arguments)
        except BatchUnreadable as error:
            err.print(f"mzt: {path.name}: {error}: {reason_of(error.code, arguments.lang)}", highlight=False)
            return EXIT_FAILED
    if arguments.codes:
        _write_codes(arguments.codes, made.taken, settings.code_host)
    report = decode_report(made.row.report)
    for problem in report["problems"][:SHOWN]:
        words = f"{problem['field']} {problem['code']} {reason_of(problem['code'], arguments.lang)}".strip()
        err.print(_word("line", arguments, line=problem["line"]) + words, highlight=False)
    left = len(report["problems"]) - SHOWN + report["left_out"]
    if left > 0:
        err.print(_word("more", arguments, n=left), highlight=False)
    classes = ", ".join(f"{_CLASSES[name][arguments.lang == 'en']} {n}" for name, n in report["classes"].items() if n)
    out.print(f"{made.row.import_id.hex()} {classes}", highlight=False)
    return EXIT_PARTLY if report["classes"]["rejected"] else EXIT_OK


def _unusable(path: Path, arguments: argparse.Namespace) -> str:
    if not path.is_file():
        return f"{path}: no such file"
    if path.stat().st_size > MAX_BYTES:
        return f"{path}: more than {MAX_BYTES} bytes"
    if arguments.source == "bank":
        return "a statement is for no fund" if arguments.book or arguments.settlement or arguments.codes else ""
    if arguments.book is None or len(arguments.book) != 32 or set(arguments.book) - set("0123456789abcdef"):
        return "--book: 32 hexadecimal digits"
    return ""


async def _brought(service: Service, party: Principal, path: Path, arguments: argparse.Namespace) -> Imported:
    data = path.read_bytes()
    if arguments.source == "bank":
        if form_of(path.name) != CSV:
            raise BatchUnreadable("no-header")
        return await service.charity_imports.bank(party, data, arguments.encoding)
    book = bytes.fromhex(arguments.book)
    return await service.charity_imports.platform(
        party, book, data, form_of(path.name), arguments.encoding, arguments.settlement
    )


def _write_codes(name: str, taken: Iterable[tuple[int, Taken]], host: str) -> None:
    """line,code,url of every donation that is in the book. Whoever has a code sees where that donation went."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("line", "code", "url"))
        for line, one in taken:
            if one.code is not None:
                writer.writerow((line, one.code.text(), one.code.url(host)))


async def reconcile(settings: Settings, arguments: argparse.Namespace) -> int:
    """Hold the books against the statements. Exit 0 no gaps, 1 gaps."""
    try:
        first = None if arguments.first is None else date.fromisoformat(arguments.first)
        last = None if arguments.last is None else date.fromisoformat(arguments.last)
    except ValueError:
        err.print("mzt: a day is written 2026-11-01", highlight=False)
        return EXIT_USAGE
    async with open_service(settings) as service:
        party = _party(service, arguments)
        until = civil_day_number(service.clock()) if last is None else (last - _EPOCH).days
        since = until - SPAN if first is None else (first - _EPOCH).days
        found = await service.charity_reconciliation.of(party.uscc, since, until)
    gaps = found.gaps()
    for gap in gaps[:SHOWN]:
        out.print(_gap(gap, arguments.lang), highlight=False)
    if len(gaps) > SHOWN:
        out.print(_word("more", arguments, n=len(gaps) - SHOWN), highlight=False)
    fine = sum(n for code, n in counts(found.findings).items() if code.startswith("matched")) if not gaps else len(gaps)
    out.print(_word("gaps" if gaps else "fine", arguments, n=fine), highlight=False)
    return EXIT_PARTLY if gaps else EXIT_OK


def _gap(gap: Finding, lang: str) -> str:
    where = []
    if gap.row is not None:
        where.append(f"{gap.row.place[0].hex()[:8]}:{gap.row.place[1]}")
    if gap.item is not None:
        where.append(f"{gap.item.source} {gap.item.place[0].hex()[:8]}:{gap.item.place[1]}")
    side = gap.row or gap.item
    assert side is not None  # a finding is of a line, a booking, or both
    day = _EPOCH + timedelta(days=side.day)
    return f"{day.isoformat()} {gap.code} {' / '.join(where)} {CLASSES[gap.code][lang == 'en']}"


def _party(service: Service, arguments: argparse.Namespace) -> Principal:
    found = organisation(service.institution, arguments.as_)
    return Principal(found.uscc, found.role, "")


def _word(name: str, arguments: argparse.Namespace, **values: object) -> str:
    return _WORDS[name][arguments.lang == "en"].format(**values)
