"""Every attack on every table: found, and at the right place; or not findable, and then it says why that is no hole.

docs/tamper-matrix.md is rendered from the same data: `python -m tests.fault.test_tamper_matrix`.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from api.db.metadata import metadata
from api.settings import Settings
from chain.audit.anchors import Seen
from chain.audit.model import Report
from tests.support.api_lab import NOW, Clock
from tests.support.audit_lab import Bench, make, seen_outside
from tests.support.remembered import remembered
from tests.support.tamper import Case, Unchangeable, as_intruder, matches, put, rows_of
from tests.support.tamper_attacks import STORIES, Story, World
from tests.support.tamper_cases import UNFINDABLE, table_cases
from tests.support.tamper_doc import DOCUMENT, render

AT = NOW + 7200  # longer after the last event than a list may take to be published
CASES = list(table_cases())


@dataclass(frozen=True)
class Scene:
    """The instance, a place for copies, and the auditor of that place."""

    settings: Settings
    world: World
    copy: Path
    audit: Bench

    def fresh(self) -> Path:
        shutil.copy(self.settings.data_dir / "minzheng.db", self.copy)
        return self.copy

    def report(self, world: World | None = None) -> Report:
        told = self.world if world is None else world
        return self.audit(now=AT, chain=told.chain, seen=told.seen)


@pytest.fixture(scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    directory = tmp_path_factory.mktemp("tamper") / "data"
    with pytest.MonkeyPatch.context() as patch:
        settings = await make(directory, patch)
    chain = await seen_outside(settings, Clock(AT))
    seen = (Seen("witness.east", chain.before, chain.events[-1].root),)
    yesterday = directory.with_name("yesterday") / "minzheng.db"
    copy = directory.with_name("case.db")
    with remembered():
        yield Scene(
            settings, World(directory, settings.log_origin, chain, seen, yesterday), copy, Bench(settings, copy)
        )


def test_the_untouched_instance_is_clean(scene: Scene) -> None:
    scene.fresh()
    report = scene.report()
    assert (report.outcome.value, report.first) == ("clean", None)
    assert all(check.counted for check in report.checks if check.name != "anchor proofs")


def test_what_an_intruder_leaves_is_clean_until_he_changes_something(scene: Scene) -> None:
    with as_intruder(scene.fresh()) as connection:
        put(connection, "head", rows_of(connection, "head")[0], size=rows_of(connection, "head")[0]["size"])
    assert scene.report().outcome.value == "clean"


@pytest.mark.parametrize("table", [t for t in metadata.tables if t != "anchor_proof"])
def test_every_column_and_row(scene: Scene, table: str) -> None:
    cases = [case for case in CASES if case.table == table]
    wrong = [problem for case in cases if case.place is not None for problem in _try(scene, [case])]
    unfindable = [case for case in cases if case.place is None]
    wrong += _together(scene, [case for case in unfindable if case.column])
    wrong += [problem for case in unfindable if not case.column for problem in _try(scene, [case])]
    assert wrong == []


def _together(scene: Scene, cases: Sequence[Case]) -> list[str]:
    """What nobody is to find in columns: all of it at once, and one by one if something is found."""
    if not cases or not list(_try(scene, cases)):
        return []
    return [problem for case in cases for problem in _try(scene, [case])]


def _try(scene: Scene, cases: Sequence[Case]) -> Iterator[str]:
    with as_intruder(scene.fresh()) as connection:
        touched = [(case, place) for case in cases if (place := _attack(connection, case)) is not None]
    if not touched:
        return
    report = scene.report()
    first = report.first
    for case, where in touched:
        if case.place is None:
            if report.outcome.value != "clean":
                yield f"{case.name}: found after all, take it out of UNFINDABLE: {first}"
            continue
        place = replace(case.place, position=case.place.position or where)
        if first is None or not matches(place, first.table, first.position, first.field):
            yield f"{case.name}: expected {place}, found {first}"


def _attack(connection: sqlite3.Connection, case: Case) -> str | None:
    """Where it was done; None if it cannot be."""
    try:
        return case.apply(connection)
    except Unchangeable:  # the same value in every row: there is nothing to exchange
        assert case.attack == "swap"
    except sqlite3.IntegrityError:  # the keys forbid it, and a schema without them is found by check 1
        assert case.attack == "duplicate"
    return None


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_attacks_of_people_who_know_the_system(scene: Scene, story: Story) -> None:
    with as_intruder(scene.fresh()) as connection:
        world = story.does(connection, scene.world)
    report = scene.report(world)
    first = report.first
    if story.place is None:
        assert (report.outcome.value, first) == (story.outcome, None)
    else:
        assert first is not None
        assert matches(story.place, first.table, first.position, first.field), first


def test_every_column_has_its_cases() -> None:
    """A new column without a case, or a sentence about a column that is gone, fails here."""
    columns = {(t.name, c.name) for t in metadata.tables.values() for c in t.columns if t.name != "anchor_proof"}
    assert {(case.table, case.column) for case in CASES if case.column} == columns
    assert {case.attack for case in CASES} == {"flip", "swap", "delete", "truncate", "duplicate"}
    stated = {(case.table, case.column, case.attack) for case in CASES}
    assert UNFINDABLE.keys() <= stated


def test_the_document_is_this_matrix() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render()


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
