"""The same audit on PostgreSQL: clean, and an intruder with the role of the database's owner is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from api.commands.audit import audit_settings, inputs_of
from api.db.log_tables import REFUSE_POSTGRESQL
from api.services.audit_context import Verifying
from api.settings import Settings
from chain.audit.model import Report
from tests.support import postgres
from tests.support.api_lab import NOW, Clock
from tests.support.audit_lab import FIRST_SIZE, make

_OFF: Final = "ALTER TABLE checkpoint DISABLE TRIGGER USER"
_ON: Final = [
    f"ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_no_{change}"
    for change in ("update", "delete", "truncate")
]
_SHIFT: Final = f"UPDATE checkpoint SET signed_at = signed_at + {{}} WHERE size = {FIRST_SIZE}"
_HOLLOW: Final = REFUSE_POSTGRESQL.replace("RAISE EXCEPTION", "RETURN NULL; RAISE EXCEPTION")

# (statements, statements that undo them, the place that must be named first)
ATTACKS: Final = (
    (
        ["ALTER TABLE entry DISABLE TRIGGER entry_no_update"],
        ["ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_no_update"],
        ("trigger", "entry_no_update", ""),
    ),
    ([_HOLLOW], [REFUSE_POSTGRESQL], ("trigger", "anchor_proof_no_delete", "")),
    (
        [_OFF, _SHIFT.format(1), *_ON],
        [_OFF, _SHIFT.format(-1), *_ON],
        ("checkpoint", str(FIRST_SIZE), "receipt_protected"),
    ),
    (
        ["ALTER TABLE certificate ADD COLUMN holder text"],
        ["ALTER TABLE certificate DROP COLUMN holder"],
        ("table", "certificate", "holder"),
    ),
    (["CREATE TABLE notes (x int)"], ["DROP TABLE notes"], ("table", "notes", "")),
    (
        ["ALTER TABLE entry DROP CONSTRAINT uq_entry_idem"],
        ["ALTER TABLE entry ADD CONSTRAINT uq_entry_idem UNIQUE (log_id, idem)"],
        ("table", "entry", "uq_entry_idem"),
    ),
)


async def audited(settings: Settings) -> Report:
    inputs = inputs_of(settings, None, NOW + 7200)
    with Verifying(1) as verify:
        return await audit_settings(settings, inputs, verify, lambda *_: None, clock=Clock(NOW + 7200))


async def test_clean_until_somebody_changes_something(postgres_server: postgres.Server, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        made = await make(tmp_path / "data", patch, postgres_server.url(postgres_server.create()))
    settings = replace(made, witness_policy=None)  # nobody answers at their addresses
    name = settings.database_url.rpartition("/")[2].partition("?")[0]
    report = await audited(settings)
    assert report.first is None
    assert {c.name for c in report.checks if c.unchecked} == {"witnesses"}
    assert report.size > 600
    for attack, undo, place in ATTACKS:
        postgres_server.execute(*attack, database=name)
        first = (await audited(settings)).first
        postgres_server.execute(*undo, database=name)
        assert first is not None, attack
        assert (first.table, first.position, first.field) == place
    assert (await audited(settings)).first is None
