"""Arguments of `mzt charity`."""

from __future__ import annotations

import argparse

Subparsers = argparse._SubParsersAction


def add(commands: Subparsers[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("charity", help="the charity ledger: files brought in, books given out")
    actions = parser.add_subparsers(required=True, metavar="action")
    _money(actions)
    _law(actions)


def _law(actions: Subparsers[argparse.ArgumentParser]) -> None:
    duties = actions.add_parser("obligations", help="what the law asks of a charity; exit 1 if something is overdue")
    duties.add_argument("--as", dest="as_", metavar="CHARITY", required=True, help="slug or social credit code")
    duties.add_argument("--day", metavar="DAY", help="as it could be known on 2026-11-01 (default: today)")
    duties.add_argument("--all", action="store_true", help="also what is done, to come, or cannot be judged")
    duties.add_argument("--lang", choices=("zh", "en"), default="zh")
    duties.set_defaults(run="api.commands.charity_law:obligations")


def _money(actions: Subparsers[argparse.ArgumentParser]) -> None:
    imports = actions.add_parser("import", help="a bank statement or a platform's donations; safe to repeat")
    imports.add_argument("source", choices=("bank", "platform"))
    imports.add_argument("file", help="CSV; of a platform also XLSX or NDJSON")
    imports.add_argument("--as", dest="as_", metavar="CHARITY", required=True, help="slug or social credit code")
    imports.add_argument("--book", metavar="HEX", help="the fund that a platform's donations are for")
    imports.add_argument("--settlement", metavar="REFERENCE", help="bank's reference of the credit that pays for all")
    imports.add_argument("--codes", metavar="FILE", help="write receipt codes there as CSV, mode 0600")
    imports.add_argument("--encoding", choices=("auto", "utf-8", "gb18030"), default="auto")
    imports.set_defaults(run="api.commands.charity_import:run")
    compare = actions.add_parser("reconcile", help="hold the books against the imported statements; exit 1 if gaps")
    compare.add_argument("--as", dest="as_", metavar="CHARITY", required=True, help="slug or social credit code")
    compare.add_argument("--from", dest="first", metavar="DAY", help="2026-11-01 (default: 92 days back)")
    compare.add_argument("--to", dest="last", metavar="DAY", help="default: today")
    compare.set_defaults(run="api.commands.charity_import:reconcile")
    for parser in (imports, compare):
        parser.add_argument("--lang", choices=("zh", "en"), default="zh")
