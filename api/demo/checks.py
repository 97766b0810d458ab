"""One check, the report file, and the table: what was expected and what came out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

PASSED, FAILED, INDETERMINATE = "PASSED", "FAILED", "INDETERMINATE"
WIDTH = 118  # of the table where nobody says how wide the screen is
SINGLE = "drill"
"""Group of checks that are each about something of their own; the table shows them one by one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Outcome and reason that the check must give."""

    outcome: str
    reason: str


OK = Expected(PASSED, "OK")
NOT_VALID = Expected(FAILED, "STATUS_NOT_VALID")


@dataclass(frozen=True, slots=True)
class Check:
    """`group` gathers like checks in the table; `name` is unique and never personal."""

    group: str
    name: str
    expected: Expected
    outcome: str
    reason: str

    @property
    def as_expected(self) -> bool:
        return (self.outcome, self.reason) == (self.expected.outcome, self.expected.reason)


def report_json(checks: Sequence[Check]) -> bytes:
    """report.json: {"checks": [{"name", "expected", "outcome", "reason"}]}."""
    rows = [
        {"name": f"{c.group}: {c.name}", "expected": c.expected.outcome, "outcome": c.outcome, "reason": c.reason}
        for c in checks
    ]
    return json.dumps({"checks": rows}, ensure_ascii=False, indent=1).encode() + b"\n"


def _gathered(checks: Sequence[Check]) -> list[list[Check]]:
    """Checks of one group and expectation together, groups in the order in which they were made."""
    rows: dict[object, list[Check]] = {}
    for c in checks:
        rows.setdefault((c.group, c.name if c.group == SINGLE else "", c.expected), []).append(c)
    order = list(dict.fromkeys(c.group for c in checks))
    return sorted(rows.values(), key=lambda row: order.index(row[0].group))


def print_table(checks: Sequence[Check], out: Console) -> None:
    """Like results of one group in one row; every check that came out otherwise in a row of its own."""
    table = Table(title="verified as a stranger", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("check", overflow="fold")
    table.add_column("n", justify="right")
    for column in ("expected", "outcome", "reason", ""):
        table.add_column(column, no_wrap=True)
    for row in _gathered([c for c in checks if c.as_expected]):
        name = row[0].name if row[0].group == SINGLE else row[0].group
        wanted = row[0].expected
        table.add_row(name, str(len(row)), wanted.outcome, wanted.outcome, wanted.reason, "[green]✓[/]")
    for c in checks:
        if not c.as_expected:
            both = f"{c.expected.outcome} {c.expected.reason}"
            table.add_row(f"{c.group}: {c.name}", "1", both, c.outcome, c.reason, "[bold red]✗[/]")
    (Console() if out.is_terminal else Console(width=WIDTH)).print(table)
    wrong = sum(not c.as_expected for c in checks)
    out.print(f"{len(checks)} checks, {len(checks) - wrong} as expected, {wrong} otherwise", highlight=False)
