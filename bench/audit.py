"""The audit of the tree: entries to root, tiles and checkpoints compared, from an SQLite file, on one core."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, create_engine, insert

from api.db.audit_reader import SqlLedger
from api.db.log_tables import checkpoint, entry, head, log, tile
from bench.measure import Figure
from chain.audit.catalogue import ALL
from chain.audit.ledger import LedgerPass
from chain.audit.model import Checks
from chain.log.model import leaf_key
from chain.log.plan import cut_tiles
from verifier.merkle import Frontier, TreeHash
from verifier.receipt import entry_body

ENTRIES = 262_144 + 300
POINTS = 2_000  # checkpoints, as a busy office has them: one for every 130 entries
MILLION = 1_000_000


def tree_seconds(connection: Connection, log_id: int, tree: TreeHash) -> tuple[int, float]:
    """(entries, seconds of this process's time) of one audit of the tree. Raises if it is not clean.

    For any database in which a log is: a plain connection, or one inside `AsyncConnection.run_sync`.
    """
    checks = Checks(ALL)
    started = time.process_time()
    walk = LedgerPass(tree, SqlLedger(connection, log_id), checks, lambda *_: None, total=0)
    walk.run(0)
    spent = time.process_time() - started
    faults = [fault for check in checks.all() for fault in check.first]
    if faults:
        raise SystemExit(f"bench: the log is not whole: {faults[0]}")
    return walk.size, spent


def figures() -> Iterator[Figure]:
    """Seconds per million entries, for both hashes."""
    for tree in TreeHash:
        with tempfile.TemporaryDirectory() as directory:
            engine = create_engine(f"sqlite:///{Path(directory) / 'log.db'}")
            with engine.begin() as connection:
                _fill(connection, tree)
            with engine.connect() as connection:
                size, spent = min((tree_seconds(connection, 1, tree) for _ in range(2)), key=lambda r: r[1])
            engine.dispose()
        yield Figure(
            f"audit of the tree, {tree.value}",
            spent / size * MILLION,
            "s/million",
            target="<= 5",
            note=f"{size} entries, {POINTS} checkpoints, 1 core",
        )


def _fill(connection: Connection, tree: TreeHash) -> None:
    tables = [log, entry, tile, head, checkpoint]
    log.metadata.create_all(connection, tables=tables)
    connection.execute(insert(log).values(log_id=1, origin="bench", hash_alg=tree.value, created_at=0))
    bodies = [entry_body(n.to_bytes(32, "big")) for n in range(ENTRIES)]
    leaves = [tree.leaf(body) for body in bodies]
    rows = [
        {"log_id": 1, "idx": n, "leaf_key": leaf_key(leaf), "body": bodies[n], "idem": n.to_bytes(16, "big")}
        for n, leaf in enumerate(leaves)
    ]
    connection.execute(insert(entry), rows)
    level, row = 0, leaves
    while len(row) >= 256:
        made = cut_tiles(tree, level, 0, row)
        values = [{"log_id": 1, "level": t.level, "n": t.n, "root": t.root, "data": t.data} for t in made]
        connection.execute(insert(tile), values)
        level, row = level + 1, [t.root for t in made]
    frontier, at, points = Frontier(tree), 0, []
    for size in sorted({ENTRIES * k // POINTS for k in range(1, POINTS + 1)}):
        frontier, at = frontier.extend(leaves[at:size]), size
        blank = {"note": b"", "receipt_protected": b"", "receipt_signature": bytes(64), "signed_at": 0}
        points.append({"log_id": 1, "size": size, "root": frontier.root(), **blank})
    connection.execute(insert(checkpoint), points)
    values = {"log_id": 1, "size": frontier.size, "root": frontier.root(), "frontier": frontier.encode()}
    connection.execute(insert(head).values(**values))
