"""A log on a real database, and a slow oracle that checks all of it from the raw rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from api.db.anchor_store import SqlAnchorStore, open_anchors
from api.db.engine import create_engines
from api.db.log_store import SqlLogStore, create_log, open_log
from api.db.log_tables import anchor, anchor_proof, checkpoint, cosignature, entry, head, log, outbox, tile
from chain.log.checkpointer import Checkpointer
from chain.log.committer import GroupCommitter
from chain.log.guard import SigningPermit, check_rollback
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.sequencer import Sequencer
from chain.log.writer import LogWriter
from chain.ports import LogSigner
from tests.support import rfc9162_reference as rfc
from verifier.checkpoint import SignedNote
from verifier.cose import CoseKey
from verifier.labels import ALG_EDDSA, CRV_ED25519
from verifier.merkle import TreeHash

SM3_LOG = LogIdentity("log.minzheng.example/sm3-2026", TreeHash.SM3)
SHA_LOG = LogIdentity("log.minzheng.example/sha256-2026", TreeHash.SHA256)
REFERENCE_HASH = {TreeHash.SM3: rfc.sm3, TreeHash.SHA256: rfc.sha256}
NOW = 1767225600
TABLES = [log, entry, tile, head, checkpoint, cosignature, anchor, anchor_proof, outbox]

_ZEROBLOB = (  # SQLite's function, so that one text of a tampering serves both
    "CREATE OR REPLACE FUNCTION zeroblob(n integer) RETURNS bytea LANGUAGE sql AS"
    " $$ SELECT decode(repeat('00', n), 'hex') $$"
)


class Ed25519Signer:
    """A fast signer with a key from a seed; satisfies `LogSigner`."""

    alg = ALG_EDDSA

    def __init__(self, seed: bytes = bytes(32)) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key = CoseKey(CRV_ED25519, self.public_key)
        self.kid = self.key.kid

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class Lab:
    """One log, its database (a file or a URL), and everything that works on it. `restart()` forgets all memory."""

    def __init__(self, place: Path | str, identity: LogIdentity, signer: LogSigner, max_batch: int = 4096) -> None:
        self.url = place if isinstance(place, str) else f"sqlite+aiosqlite:///{place}"
        self.identity = identity
        self.signer = signer
        self.max_batch = max_batch
        self.now = NOW
        self.engines = create_engines(self.url)
        self._writers()

    def _writers(self) -> None:
        self.writer = LogWriter(self.identity)
        self.sequencer = Sequencer(self.writer, max_batch=self.max_batch)
        self.committer = GroupCommitter(self.identity, self.write, self.writer, max_batch=self.max_batch)

    async def create(self) -> Lab:
        async with self.engines.writer.begin() as conn:
            await conn.run_sync(lambda c: log.metadata.create_all(c, tables=TABLES))
            await create_log(conn, self.identity, self.now)
        return self

    async def restart(self) -> None:
        await self.engines.dispose()
        self.engines = create_engines(self.url)
        self._writers()

    def write(self) -> AbstractAsyncContextManager[SqlLogStore]:
        return self._open(self.engines.writer)

    def read(self) -> AbstractAsyncContextManager[SqlLogStore]:
        return self._open(self.engines.reader)

    @asynccontextmanager
    async def _open(self, engine: Any) -> AsyncIterator[SqlLogStore]:
        async with engine.begin() as conn:
            yield await open_log(conn, self.identity)

    def anchors(self, chain_id: int, contract: bytes) -> Any:
        @asynccontextmanager
        async def work() -> AsyncIterator[SqlAnchorStore]:
            async with self.engines.writer.begin() as conn:
                yield await open_anchors(conn, self.identity, chain_id, contract)

        return work

    async def stage(self, *items: tuple[bytes, bytes]) -> None:
        async with self.write() as store:
            await store.stage_many(items)

    async def fill(self, start: int, stop: int) -> None:
        """Stage and sequence the entries that `item` numbers."""
        await self.stage(*(item(n) for n in range(start, stop)))
        await self.sequencer.drain(self.write)

    async def permit(self) -> SigningPermit:
        async with self.read() as store:
            return await check_rollback(self.identity, store, [])

    async def checkpoint(self) -> StoredCheckpoint | None:
        maker = Checkpointer(self.identity, [self.signer], lambda: self.now, await self.permit())
        async with self.write() as store:
            return await maker.checkpoint(store)

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        async with self.engines.reader.begin() as conn:
            return list((await conn.execute(text(sql), values)).all())

    async def tamper(self, *statements: str) -> None:
        """What an intruder with the database file does, triggers notwithstanding."""
        async with self.engines.writer.begin() as conn:
            postgres = conn.dialect.name == "postgresql"
            if postgres:
                await conn.execute(text(_ZEROBLOB))
            for name in ("entry", "tile", "checkpoint"):
                place = f" ON {name}" if postgres else ""
                await conn.execute(text(f"DROP TRIGGER IF EXISTS {name}_no_update{place}"))
                await conn.execute(text(f"DROP TRIGGER IF EXISTS {name}_no_delete{place}"))
            for statement in statements:
                await conn.execute(text(statement))


def item(n: int) -> tuple[bytes, bytes]:
    """Idempotency key and body of test entry n."""
    return n.to_bytes(16, "big"), b"\xa2\x01\x01\x02\x58\x20" + rfc.sm3(n.to_bytes(8, "big"))


async def check_everything(lab: Lab) -> list[bytes]:
    """Check every stored row against the recursive definitions. Returns the bodies in log order."""
    h = REFERENCE_HASH[lab.identity.hash]
    entries = await lab.rows("SELECT idx, leaf_key, body, idem FROM entry ORDER BY idx")
    assert [row.idx for row in entries] == list(range(len(entries)))
    leaves = [rfc.leaf(h, row.body) for row in entries]
    assert [row.leaf_key for row in entries] == [int.from_bytes(leaf[:4], "big", signed=True) for leaf in leaves]
    assert len({row.idem for row in entries}) == len(entries)
    (stored,) = await lab.rows("SELECT size, root, frontier FROM head")
    assert (stored.size, stored.root) == (len(leaves), rfc.root(h, leaves))
    await _check_tiles(lab, h, leaves)
    previous = 0
    for row in await lab.rows("SELECT size, root, note, signed_at FROM checkpoint ORDER BY size"):
        note = SignedNote.parse(row.note)
        assert (note.checkpoint.origin, note.checkpoint.size) == (lab.identity.origin, row.size)
        assert note.checkpoint.root == row.root == rfc.root(h, leaves[: row.size])
        assert row.signed_at >= previous
        previous = row.signed_at
    return [row.body for row in entries]


async def _check_tiles(lab: Lab, h: rfc.Hash, leaves: list[bytes]) -> None:
    expected = []
    level, row = 0, leaves
    while len(row) >= 256:
        parts = [row[i : i + 256] for i in range(0, len(row) - 255, 256)]
        roots = [rfc.root(h, part) for part in parts]
        expected += [(level, n, b"".join(part), roots[n]) for n, part in enumerate(parts)]
        level, row = level + 1, roots
    stored = await lab.rows("SELECT level, n, data, root FROM tile ORDER BY level, n")
    assert [tuple(r) for r in stored] == expected
