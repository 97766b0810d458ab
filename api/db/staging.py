"""The log as issuing sees it: entries wait in the outbox, in the transaction of what they commit to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import insert_rows
from api.db.log_store import SqlLogStore
from api.db.log_tables import outbox
from chain.errors import Conflict
from chain.log.model import LogIdentity
from chain.log.plan import check_entry

_IN_LIST = 500


class StagingLog(SqlLogStore):
    """`certs.ports.LogStage` on top of the log's store."""

    def __init__(self, conn: AsyncConnection, identity: LogIdentity, log_id: int) -> None:
        super().__init__(conn, identity, log_id)
        self._connection, self._tree = conn, identity.hash

    async def stage_many(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """Stage in order. Raises Conflict if a key stands for another body, Malformed for bounds."""
        wanted: dict[bytes, bytes] = {}
        for idem, body in entries:
            check_entry(idem, body)
            if wanted.setdefault(idem, body) != body:
                raise Conflict(None)
        for idem, known in (await self.find_idem(list(wanted))).items():
            if known.leaf_hash != self._tree.leaf(wanted.pop(idem)):
                raise Conflict(known.index)
        rows = [(self.log_id, "log", idem, body) for idem, body in wanted.items()]
        columns = ("log_id", "kind", "key", "payload")
        if await insert_rows(self._connection, outbox, columns, rows, skip_known=True) < len(rows):
            for idem, body in (await self._waiting(list(wanted))).items():
                if wanted[idem] != body:
                    raise Conflict(None)

    async def _waiting(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for at in range(0, len(keys), _IN_LIST):
            mine = (outbox.c.log_id == self.log_id) & (outbox.c.kind == "log")
            query = select(outbox.c.key, outbox.c.payload).where(mine, outbox.c.key.in_(keys[at : at + _IN_LIST]))
            found.update({row.key: row.payload for row in await self._connection.execute(query)})
        return found
