"""`mzt charity hidden-write` and `hidden-check`: the experiment with hidden amounts, where the operator allows it."""

from __future__ import annotations

import argparse
import asyncio
from datetime import date
from pathlib import Path
from typing import Final

from api.bootstrap import open_service
from api.commands.common import EXIT_FAILED, EXIT_OK, EXIT_PARTLY, EXIT_USAGE, err, organisation, out
from api.errors import NotFound
from api.services.service import Service
from api.settings import Settings
from certs.charity.hidden import MAX_ENTRIES, HiddenDay, holds_mine, make, total_holds
from certs.charity.money import parse_yuan
from certs.charity.records import open_donation
from certs.errors import CertsError, InvalidField
from verifier.charity.line import In, parse_inflows
from verifier.charity.opening import ReceiptCode
from verifier.errors import VerifierError

MAX_LIST: Final = MAX_ENTRIES * 52
_EPOCH: Final = date(1970, 1, 1)
_GIVEN: Final = (In.DONATION, In.GROUP)
_WORDS: Final = {
    "written": ("{n} 笔捐赠，合计 {total} 分", "{n} donations, {total} fen together"),
    "total": ("合计相符：{n} 笔，{total} 分", "the total holds: {n} donations, {total} fen"),
    "no total": ("合计不符", "the total does not hold"),
    "line": ("与账本当日入账相符", "it is what the book took in on that day"),
    "no line": ("与账本当日入账不符", "it is not what the book took in on that day"),
    "mine": ("该捐赠在列，金额相符", "the donation is in the list with this amount"),
    "not mine": ("该捐赠不在列或金额不符", "the donation is not in the list with this amount"),
    "limits": (
        "试验功能：无范围证明，负数金额可掩盖遗漏；未经审计",
        "experimental: no range proofs, a negative amount can hide an omission; not audited",
    ),
}


def _allowed(settings: Settings) -> bool:
    if not settings.hidden_amounts:
        err.print("mzt: an experiment; MZ_EXPERIMENTAL_HIDDEN_AMOUNTS=yes allows it", highlight=False)
    return settings.hidden_amounts


async def write(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write the list of one fund and day. It holds no amount, and nobody's name."""
    if not _allowed(settings):
        return EXIT_USAGE
    try:
        book, day = bytes.fromhex(arguments.book), (date.fromisoformat(arguments.day) - _EPOCH).days
    except ValueError:
        err.print("mzt: a fund of 32 hexadecimal digits, a day like 2026-11-02", highlight=False)
        return EXIT_USAGE
    async with open_service(settings) as service:
        charity = organisation(service.institution, arguments.as_).uscc
        made = await _list(service, charity, book, day)
    Path(arguments.file).write_bytes(made.encode())
    _say("written", arguments, n=len(made.commitments), total=made.total)
    _say("limits", arguments)
    return EXIT_OK


async def _list(service: Service, charity: str, book: bytes, day: int) -> HiddenDay:
    """Raises NotFound, Malformed (too few donations), Erased."""
    async with service.database.read() as work:
        row = await work.charity.books.get(book)
        if row is None or row.charity != charity:
            raise NotFound
        donations = await work.charity.donations.entered(book, day)
    sealer = service.makers.registry.sealer

    def opened() -> HiddenDay:
        secrets = (open_donation(gift.donation_id, gift.sealed, sealer).secret for gift in donations)
        codes = (ReceiptCode(gift.donation_id, secret) for gift, secret in zip(donations, secrets, strict=True))
        return make(book, day, zip(codes, (gift.amount for gift in donations), strict=True))

    return await asyncio.to_thread(opened)


async def check(settings: Settings, arguments: argparse.Namespace) -> int:
    """Whether a list adds up, has the book's total, and holds one's own donation. Needs no instance and no network."""
    if not _allowed(settings):
        return EXIT_USAGE
    if (arguments.code is None) != (arguments.amount is None):
        err.print("mzt: --code and --amount go together", highlight=False)
        return EXIT_USAGE
    try:
        hidden = HiddenDay.parse(_bytes(arguments.file, MAX_LIST))
        answers = [("total" if total_holds(hidden) else "no total")]
        if arguments.line is not None:
            answers.append("line" if _taken_in(arguments.line, hidden.day) == hidden.total else "no line")
        if arguments.code is not None:
            code = ReceiptCode.parse(Path(arguments.code).read_text(encoding="utf-8").strip())
            mine = holds_mine(hidden, code, parse_yuan(arguments.amount, field="amount"))
            answers.append("mine" if mine else "not mine")
    except (VerifierError, CertsError, InvalidField, OSError, UnicodeDecodeError) as error:
        err.print(f"mzt: {type(error).__name__}: {error}", highlight=False)
        return EXIT_FAILED
    for answer in (*answers, "limits"):
        _say(answer, arguments, n=len(hidden.commitments), total=hidden.total)
    return EXIT_PARTLY if any(answer.startswith("no") for answer in answers) else EXIT_OK


def _taken_in(name: str, day: int) -> int:
    """Fen of the donations and groups of a day, by the fund's in.bin."""
    leaves = parse_inflows(Path(name).read_bytes())
    return sum(leaf.amount for leaf in leaves if leaf.day == day and leaf.kind in _GIVEN)


def _bytes(name: str, most: int) -> bytes:
    with Path(name).open("rb") as stream:
        return stream.read(most + 1)


def _say(name: str, arguments: argparse.Namespace, **values: object) -> None:
    out.print(_WORDS[name][arguments.lang == "en"].format(**values), highlight=False)
