"""Pages that SQLite cannot read. PostgreSQL has its turn in tests/fault/test_postgres_faults.py."""

from __future__ import annotations

import sqlite3

import pytest

from chain.errors import Corrupt
from tests.support.api_lab import Lab, problem


async def test_damaged_pages_stop_the_log_and_issuing(lab: Lab) -> None:
    """Not an outage that passes: what is issued now would never get into the log."""
    await lab.service.ledger.settle()
    path = lab.service.settings.data_dir / "minzheng.db"
    database = sqlite3.connect(path)
    (page,) = database.execute("select rootpage from sqlite_master where name = 'entry'").fetchone()
    (size,) = database.execute("pragma page_size").fetchone()
    database.close()
    assert (await lab.issue()).status_code == 201
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    await lab.service.database.engines.dispose()  # drops what SQLite has in memory
    with pytest.raises(Corrupt, match="database"):
        await lab.service.ledger.sequence()
    assert (await lab.client.get("/readyz")).json()["parts"]["log"] == "Corrupt"
    answer = await lab.issue({"record_no": "MR-000002"})
    assert answer.status_code == 503
    assert problem(answer)["code"] == "unavailable"
