"""What is wrong on disk is never signed: re-derivation names the place, the rollback guard refuses old backups."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from chain.errors import ChainUnavailable, Corrupt, RolledBack, UnknownLog
from chain.log.checkpointer import Checkpointer
from chain.log.guard import SeenHead, SigningPermit, check_rollback
from tests.support.log_lab import SHA_LOG, SM3_LOG, Ed25519Signer, Lab, check_everything

DATABASES = ("sqlite", "postgresql")
TAMPERINGS = {
    "leaf key after the checkpoint": ("entry", "UPDATE entry SET leaf_key = 0 WHERE idx = 520"),
    "body after the checkpoint": ("entry", "UPDATE entry SET body = zeroblob(1) WHERE idx = 599"),
    "bodies swapped": (
        "entry",
        "UPDATE entry SET body = (SELECT body FROM entry e WHERE e.idx = 1111 - entry.idx) WHERE idx IN (555, 556)",
    ),
    "entry deleted": ("entry", "DELETE FROM entry WHERE idx = 550"),
    "tail deleted": ("entry", "DELETE FROM entry WHERE idx >= 590"),
    "body before the checkpoint": ("entry", "UPDATE entry SET body = zeroblob(1) WHERE idx = 301"),
    "leaf key before the checkpoint": ("entry", "UPDATE entry SET leaf_key = 0 WHERE idx = 301"),
    "body and its leaf key in a new tile": (
        "tile",
        "UPDATE entry SET (body, leaf_key) = (SELECT body, leaf_key FROM entry e WHERE e.idx = 402) WHERE idx = 401",
    ),
    "body and its leaf key behind the tiles": (
        "head",
        "UPDATE entry SET (body, leaf_key) = (SELECT body, leaf_key FROM entry e WHERE e.idx = 598) WHERE idx = 599",
    ),
    "old tile's root": ("head", "UPDATE tile SET root = zeroblob(32) WHERE level = 0 AND n = 0"),
    "new tile": ("tile", "UPDATE tile SET data = zeroblob(8192) WHERE level = 0 AND n = 1"),
    "new tile's root": ("tile", "UPDATE tile SET root = zeroblob(32) WHERE level = 0 AND n = 1"),
    "new tile deleted": ("tile", "DELETE FROM tile WHERE n = 1"),
    "head root": ("head", "UPDATE head SET root = zeroblob(32)"),
    "head frontier": ("head", "UPDATE head SET frontier = zeroblob(length(frontier))"),
    "head size": ("head", "UPDATE head SET size = 601"),
    "signed root": ("checkpoint", "UPDATE checkpoint SET root = zeroblob(32)"),
}


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    """400 entries under a checkpoint, 200 more not yet."""
    made = await Lab(database_url, SM3_LOG, Ed25519Signer()).create()
    await made.fill(0, 400)
    await made.checkpoint()
    await made.fill(400, 600)
    yield made
    await made.engines.dispose()


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_tampered_rows_are_not_signed(lab: Lab, name: str) -> None:
    table, statement = TAMPERINGS[name]
    await lab.tamper(statement)
    with pytest.raises(Corrupt, match=" ") as caught:
        await lab.checkpoint()
    assert caught.value.table == table
    assert await lab.rows("SELECT size FROM checkpoint") == [(400,)]


class Witness:
    """An observer with a fixed memory."""

    name = "witness"

    def __init__(self, seen: SeenHead | Exception | None) -> None:
        self._seen = seen

    async def seen(self, origin: str) -> SeenHead | None:
        if isinstance(self._seen, Exception):
            raise self._seen
        return self._seen


async def guard(lab: Lab, seen: SeenHead | Exception | None) -> SigningPermit:
    async with lab.read() as store:
        return await check_rollback(lab.identity, store, [Witness(seen)])


async def test_restored_backup_is_refused(lab: Lab, backup: Callable[[str], str]) -> None:
    old = backup(lab.url)
    await lab.fill(600, 700)
    newest = await lab.checkpoint()
    assert newest is not None
    seen = SeenHead(newest.size, newest.root)
    assert (await guard(lab, seen)).observers == ("witness",)
    restored = Lab(old, SM3_LOG, Ed25519Signer())
    with pytest.raises(RolledBack, match="witness has seen size 700, the store is at 600") as caught:
        await guard(restored, seen)
    assert caught.value.seen_size == 700
    await restored.fill(1000, 1200)  # the operator goes on as if nothing had happened: now it is a fork
    with pytest.raises(RolledBack, match="another root at that size"):
        await guard(restored, seen)
    await restored.engines.dispose()


async def test_observer_that_cannot_say_gives_no_permit(lab: Lab) -> None:
    with pytest.raises(ChainUnavailable, match="no answer"):
        await guard(lab, ChainUnavailable("no answer"))
    await lab.fill(600, 601)  # sequencing needs no permit
    assert len(await check_everything(lab)) == 601


async def test_permit_is_for_one_log(lab: Lab) -> None:
    permit = await guard(lab, None)
    with pytest.raises(UnknownLog, match="another log"):
        Checkpointer(SHA_LOG, [Ed25519Signer()], lambda: 0, permit)
