"""docs/tamper-matrix.md, from the data that the test runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from api.db.metadata import metadata
from tests.support.tamper import Case
from tests.support.tamper_attacks import STORIES
from tests.support.tamper_cases import table_cases

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "tamper-matrix.md"
_HEAD: Final = """# Tamper matrix

Rendered from the data of `tests/fault/test_tamper_matrix.py`, which applies every attack below to a copy of a real
instance and asserts that `mzt audit` finds it, and where it points first. The intruder has the database file: he drops
the append-only triggers and puts them back, and no constraint stops him. Some have the log's key as well.

"Found at" is the place that the first fault names, as table and column; the position (index, size, row) is asserted
too. What no audit can find stands here with the reason why that is no hole. What is the same in every row cannot
be exchanged, and where the keys forbid a second row, a schema without those keys is found by check 1.

"""
_ATTACKS: Final = ("flip", "swap")
_ROWS: Final = ("delete", "truncate", "duplicate")


def render() -> str:
    """The whole page."""
    lines = [_HEAD, "## People who know the system\n", "| attack | outcome | found at, or why not |", "|---|---|---|"]
    lines += [f"| {s.name} | {s.outcome} | {_where(s.place, s.says)} |" for s in STORIES]
    lines += ["", "An edited journal of the embedded chain: `chain journal` (`test_an_edited_journal_is_a_fault`).", ""]
    cases = {(case.table, case.column, case.attack): case for case in table_cases()}
    for table in metadata.sorted_tables:
        if (table.name, "", "delete") not in cases:
            continue
        lines += [f"## `{table.name}`\n", "| column | bit flipped | exchanged with another row's |", "|---|---|---|"]
        for column in table.columns:
            cells = [_cell(cases[table.name, column.name, attack]) for attack in _ATTACKS]
            lines.append(f"| `{column.name}` | {' | '.join(cells)} |")
        rows = [f"{attack}: {_cell(cases[table.name, '', attack])}" for attack in _ROWS]
        lines += ["", "Whole rows: " + "; ".join(rows) + ".", ""]
    lines += [
        "## `anchor_proof`\n",
        "Empty on an embedded chain, which proves nothing. `tests/unit/chain/test_audit_proofs.py` has its columns.",
    ]
    return "\n".join(lines) + "\n"


def _cell(case: Case) -> str:
    return _where(case.place, case.why)


def _where(place: object, says: str) -> str:
    if place is None:
        return f"*not findable:* {says}" if says else "*not findable*"
    return f"`{place}`" + (f": {says}" if says else "")
