"""Arguments of `mzt charity`."""

from __future__ import annotations

import argparse

Subparsers = argparse._SubParsersAction


def add(commands: Subparsers[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("charity", help="the charity ledger: files brought in, books given out")
    actions = parser.add_subparsers(required=True, metavar="action")
    _books(actions)
    _money(actions)
    _law(actions)
    _hidden(actions)


def _books(actions: Subparsers[argparse.ArgumentParser]) -> None:
    epoch = actions.add_parser("epoch", help="sign and log the epochs of books with news; a running service does it")
    epoch.set_defaults(run="api.commands.charity:epoch")
    export = actions.add_parser("export", help="write the public files of every book, for mz-verify --charity")
    export.add_argument("directory")
    export.set_defaults(run="api.commands.charity:export")


def _law(actions: Subparsers[argparse.ArgumentParser]) -> None:
    duties = actions.add_parser("obligations", help="what the law asks of a charity; exit 1 if something is overdue")
    duties.add_argument("--as", dest="as_", metavar="CHARITY", required=True, help="slug or social credit code")
    duties.add_argument("--day", metavar="DAY", help="as it could be known on 2026-11-01 (default: today)")
    duties.add_argument("--all", action="store_true", help="also what is done, to come, or cannot be judged")
    duties.add_argument("--lang", choices=("zh", "en"), default="zh")
    duties.set_defaults(run="api.commands.charity_law:obligations")


def _hidden(actions: Subparsers[argparse.ArgumentParser]) -> None:
    write = actions.add_parser("hidden-write", help="EXPERIMENTAL: a day's donations with hidden amounts, total open")
    write.add_argument("book", help="the fund, 32 hexadecimal digits")
    write.add_argument("day", help="2026-11-02")
    write.add_argument("file")
    write.add_argument("--as", dest="as_", metavar="CHARITY", required=True, help="slug or social credit code")
    write.set_defaults(run="api.commands.charity_hidden:write")
    check = actions.add_parser("hidden-check", help="EXPERIMENTAL: does a list add up, and am I in it; exit 1 if not")
    check.add_argument("file")
    check.add_argument("--line", metavar="FILE", help="the fund's in.bin, whose leaves of the day must have that total")
    check.add_argument("--code", metavar="FILE", help="file with a receipt code, MZD1:… or its address: it is a secret")
    check.add_argument("--amount", metavar="YUAN", help="what was given with it")
    check.set_defaults(run="api.commands.charity_hidden:check")
    for parser in (write, check):
        parser.add_argument("--lang", choices=("zh", "en"), default="zh")


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
