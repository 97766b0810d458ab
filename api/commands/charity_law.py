"""`mzt charity obligations`: what the law asks of a charity, and how that stands."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any, Final

from api.bootstrap import open_service
from api.commands.common import EXIT_FAILED, EXIT_OK, EXIT_PARTLY, EXIT_USAGE, err, organisation, out
from api.errors import NotFound
from api.settings import Settings
from certs.charity.rules.calendar import day_number

_QUIET: Final = frozenset({"done", "open", "unknown"})
_WORDS: Final = {
    "none": ("尚无综合账簿", "there is no general book yet"),
    "fine": ("没有逾期或不符合规定的事项", "nothing is overdue or breached"),
    "bad": ("{n} 项逾期或不符合规定", "{n} overdue or breached"),
    "due": ("期限 {day}", "due {day}"),
    "late": ("迟 {n} 天", "{n} days late"),
}


async def obligations(settings: Settings, arguments: argparse.Namespace) -> int:
    """List what needs somebody, or with --all everything. Exit 0 nothing overdue or breached, 1 something is."""
    try:
        day = None if arguments.day is None else day_number(date.fromisoformat(arguments.day))
    except ValueError:
        err.print("mzt: a day is written 2026-11-01", highlight=False)
        return EXIT_USAGE
    async with open_service(settings) as service:
        charity = organisation(service.institution, arguments.as_).uscc
        try:
            found = await service.oversight.obligations.of(charity, day)
        except NotFound:
            err.print(f"mzt: {_say('none', arguments)}", highlight=False)
            return EXIT_FAILED
    for one in found["obligations"]:
        if arguments.all or one["state"] not in _QUIET:
            out.print(_line(one, arguments), highlight=False)
    bad = sum(one["bad"] for one in found["obligations"])
    out.print(_say("bad", arguments, n=bad) if bad else _say("fine", arguments), highlight=False)
    return EXIT_PARTLY if bad else EXIT_OK


def _line(one: dict[str, Any], arguments: argparse.Namespace) -> str:
    lang = arguments.lang
    parts = [f"{one['rule']} {one['title'][lang]}", one["subject"], one["aspect"] and one["aspect"][lang]]
    parts += [one["said"][lang], one["missing"] and one["missing"][lang]]
    parts += [one["due"] and _say("due", arguments, day=one["due"])]
    parts += [_say("late", arguments, n=one["days_late"]) if one["days_late"] else None]
    return " · ".join(part for part in parts if part)


def _say(name: str, arguments: argparse.Namespace, **values: object) -> str:
    return _WORDS[name][arguments.lang == "en"].format(**values)
