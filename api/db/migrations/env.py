"""alembic environment. `api.db.migrate` hands the connection in: nothing here reads a file or the environment."""

from __future__ import annotations

from alembic import context

import api.db.log_tables
import api.db.tables  # noqa: F401 - both modules put their tables on the one metadata
from api.db.metadata import metadata

connection = context.config.attributes["connection"]
# One transaction for a whole upgrade: a process killed half-way leaves the old schema, not half of a new one.
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
