"""`kill -9` beside a witness's write, lost and foreign databases, a clock that goes back, a disk that refuses."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api.db.engine import DatabaseUnsuitable
from api.db.witness_store import MAX_EVIDENCE, create_file, open_store
from api.errors import InstanceDamaged, NotInitialised, Unavailable
from api.http.witness import create_witness_app
from api.metrics import WitnessMetrics
from api.witness_instance import create, open_witness
from chain.errors import AlreadyLocked, ClockWentBackwards, SigningFailed
from chain.witness.core import Witness
from chain.witness.limits import OriginLimiter
from chain.witness.model import Cosigner, Evidence, Held, KnownLog, Verdict
from tests.simulators.witnesses import Clock, MemoryWitnessStore, witness_over
from tests.support.kit import AT, LOG_KEY, TestSigner
from tests.support.witness_lab import FAST, Tree, made, post, serving, start
from verifier.checkpoint import SignedNote
from verifier.cosignature import cosigners
from verifier.quorum import Witness as Trusted
from verifier.quorum import WitnessPolicy

NAME = "witness.north.example/w1"
KEY = TestSigner(b"kill witness")


def log(size: int = 5) -> Tree:
    tree = Tree(LOG_KEY, "log.example/kill")
    tree.grow(size)
    return tree


def row(directory: Path) -> tuple[int, bytes] | None:
    with closing(sqlite3.connect(directory / "witness.db")) as database:
        found: tuple[int, bytes] | None = database.execute("select size, lines from held").fetchone()
    return found


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_beside_the_write_it_gives_one_answer(tmp_path: Path, moment: str) -> None:
    directory = tmp_path / "w"
    await made(directory, NAME, log().line())
    dying = start(directory, "tests.support.witness_child", moment, str(directory))
    with pytest.raises(httpx.HTTPError):
        post(dying, log().request(0, 5))
    assert dying.process.wait(30) == -9
    dying.kill()
    stored = row(directory)
    assert (stored is None) is (moment == "before")
    fork = log(4)
    fork.grow(1, b"other")
    with serving(directory) as (alive,):
        if stored is None:  # nothing was promised: the first to come is cosigned
            assert post(alive, log().request(0, 5)).status_code == 200
            return
        # It was stored and may have got out, so it is what it says from now on, to everybody.
        assert post(alive, fork.request(0, 5)).content == b"5\n"
        assert post(alive, fork.request(5, 5)).status_code == 422
        assert post(alive, log().request(0, 5)).content == b"5\n"
        again = post(alive, log().request(5, 5))
        assert (again.status_code, again.content) == (200, stored[1])
        note = SignedNote.parse(log().note_at(5).encode() + again.content)
        policy = WitnessPolicy((Trusted(NAME, alive.key.key, 0, 4_000_000_000),), (), NAME)
        assert cosigners(note, policy, 4_000_000_000) == {NAME}


async def test_what_is_lost_is_not_made_anew(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    await made(whole, NAME, log().line())
    for part in ("witness.db", "passphrase", "logs.txt", "keys/ed25519.key"):
        copy = Path(shutil.copytree(whole, tmp_path / part.replace("/", "-")))
        (copy / part).unlink()
        with pytest.raises(InstanceDamaged):
            async with open_witness(copy):
                raise AssertionError
        with pytest.raises(InstanceDamaged):
            await create(copy, NAME, ["ed25519"], scrypt_n=FAST)
    with pytest.raises(NotInitialised):
        async with open_witness(tmp_path / "nowhere"):
            raise AssertionError
    with pytest.raises(InstanceDamaged):  # another witness's directory
        await create(whole, "witness.south.example/w1", ["ed25519"], scrypt_n=FAST)
    await create(whole, NAME, ["ed25519"], scrypt_n=FAST)
    async with open_witness(whole):
        with pytest.raises(AlreadyLocked):
            async with open_witness(whole):
                raise AssertionError


async def test_keys_from_a_backup_are_no_beginning(tmp_path: Path) -> None:
    """With an empty memory they would cosign a second history: `init` must not help."""
    whole = tmp_path / "whole"
    await made(whole, NAME, log().line())
    restored = Path(shutil.copytree(whole, tmp_path / "restored"))
    for part in ("name", "witness.db", "logs.txt"):
        (restored / part).unlink()
    with pytest.raises(InstanceDamaged, match="forgotten"):
        await create(restored, NAME, ["ed25519"], scrypt_n=FAST)
    unfinished = Path(shutil.copytree(whole, tmp_path / "unfinished"))
    for part in ("name", "logs.txt", "keys/ed25519.key"):  # killed while the keys were being made
        (unfinished / part).unlink()
    await create(unfinished, NAME, ["ed25519"], scrypt_n=FAST)


async def test_foreign_and_damaged_databases_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    await create_file(path)
    await create_file(path)
    await (await open_store(path)).close()
    assert path.stat().st_mode & 0o777 == 0o600
    for name, statement in (("version", "PRAGMA user_version=2"), ("application", "PRAGMA application_id=1")):
        copy = Path(shutil.copy(path, tmp_path / f"{name}.db"))
        with closing(sqlite3.connect(copy)) as database:
            database.execute(statement)
        with pytest.raises(DatabaseUnsuitable):
            await open_store(copy)
        with pytest.raises(DatabaseUnsuitable):
            await create_file(copy)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(InstanceDamaged):
        await open_store(path)
    with pytest.raises(NotInitialised):
        await open_store(tmp_path / "absent.db")


def held(size: int, root: bytes = bytes(32), at: int = AT) -> Held:
    return Held("log.example/x", size, root, b"note", b"line %d %d" % (size, at), at)


async def test_the_store_swaps_only_what_it_was_shown_and_never_back(tmp_path: Path) -> None:
    await create_file(tmp_path / "w.db")
    store = await open_store(tmp_path / "w.db")
    try:
        assert await store.held("log.example/x") is None
        assert await store.advance(None, held(3))
        assert not await store.advance(None, held(9))
        assert not await store.advance(held(2), held(9))
        assert not await store.advance(held(3, b"\x01" * 32), held(9))
        assert await store.held("log.example/x") == held(3)
        assert await store.advance(held(3), held(4, at=AT + 1))
        for back in (held(3, at=AT + 2), held(4, b"\x01" * 32, AT + 2), held(5, at=AT)):
            with pytest.raises(Unavailable):  # the trigger
                await store.advance(held(4, at=AT + 1), back)
        assert await store.held("log.example/x") == held(4, at=AT + 1)
        for i in range(MAX_EVIDENCE + 5):
            evidence = Evidence("log.example/x", i, bytes(32), b"n", b"h", True, AT)
            await store.keep_evidence(evidence)
            await store.keep_evidence(evidence)
        kept = await store.evidence("log.example/x")
        assert [e.size for e in kept] == list(range(MAX_EVIDENCE))
    finally:
        await store.close()
    with closing(sqlite3.connect(tmp_path / "w.db")) as database, pytest.raises(sqlite3.IntegrityError):
        database.execute("delete from held")


async def test_what_anybody_can_send_does_not_crowd_out_the_proof_of_a_fork(tmp_path: Path) -> None:
    await create_file(tmp_path / "w.db")
    store = await open_store(tmp_path / "w.db")
    try:
        for i in range(MAX_EVIDENCE + 1):  # the log's public checkpoints, each with a wrong consistency proof
            await store.keep_evidence(Evidence("log.example/x", i, bytes(32), b"n", b"h", False, AT))
        fork = Evidence("log.example/x", 7, b"\x01" * 32, b"n", b"h", True, AT)
        await store.keep_evidence(fork)
        kept = await store.evidence("log.example/x")
        assert len(kept) == MAX_EVIDENCE + 1
        assert kept[-1] == fork
    finally:
        await store.close()


async def test_time_never_goes_back_in_what_it_signs() -> None:
    store, clock, tree = MemoryWitnessStore(), Clock(AT), log()
    witness = witness_over(store, tree, NAME, KEY, clock)
    first = await witness.add_checkpoint(tree.request(0, 5))
    tree.grow(2)
    clock.now = AT - 1
    with pytest.raises(ClockWentBackwards):
        await witness.add_checkpoint(tree.request(5, 7))
    assert store.rows[tree.origin].size == 5
    assert (await witness.add_checkpoint(tree.request(5, 5))).body == first.body  # that signs nothing
    clock.now = AT
    assert (await witness.add_checkpoint(tree.request(5, 7))).verdict is Verdict.COSIGNED


async def test_new_keys_sign_again_what_was_cosigned() -> None:
    store, tree = MemoryWitnessStore(), log()
    old = await witness_over(store, tree, NAME, KEY, Clock(AT)).add_checkpoint(tree.request(0, 5))
    new = await witness_over(store, tree, NAME, TestSigner(b"next key"), Clock(AT)).add_checkpoint(tree.request(5, 5))
    assert new.verdict is Verdict.COSIGNED
    assert new.body != old.body


async def test_a_fork_is_kept_as_evidence() -> None:
    store, tree, seen = MemoryWitnessStore(), log(), list[Evidence]()
    witness = witness_over(store, tree, NAME, KEY, Clock(AT), on_evidence=seen.append)
    await witness.add_checkpoint(tree.request(0, 5))
    fork = log(4)
    fork.grow(1, b"other")
    assert (await witness.add_checkpoint(fork.request(5, 5))).verdict is Verdict.INCONSISTENT
    fork.grow(3)
    assert (await witness.add_checkpoint(fork.request(5, 8))).verdict is Verdict.INCONSISTENT
    assert seen == store.kept
    assert [(e.size, e.proven) for e in seen] == [(5, True), (8, False)]
    assert {SignedNote.parse(e.held).checkpoint.root for e in seen} == {tree.root_at(5)}
    assert SignedNote.parse(seen[0].note).checkpoint.root != tree.root_at(5)


async def test_one_log_cannot_wear_out_the_disk_and_strangers_cannot_use_up_its_share() -> None:
    now = [0.0]
    store, tree = MemoryWitnessStore(), log(40)
    known = KnownLog(tree.origin, tree.tree, (LOG_KEY.key,))
    witness = Witness([known], [Cosigner(NAME, KEY)], store, Clock(AT), OriginLimiter(3, 0.5, lambda: now[0]))
    for size in (1, 2, 3):
        assert (await witness.add_checkpoint(tree.request(size - 1, size))).verdict is Verdict.COSIGNED
        for _ in range(5):  # repeated by whoever saw it
            assert (await witness.add_checkpoint(tree.request(size, size))).verdict is Verdict.COSIGNED
            assert (await witness.add_checkpoint(tree.request(0, size))).verdict is Verdict.OTHER_SIZE
    refused = await witness.add_checkpoint(tree.request(3, 4))
    assert (refused.verdict, refused.retry_after) == (Verdict.TOO_MANY, 2)
    now[0] += 2
    assert (await witness.add_checkpoint(tree.request(3, 4))).verdict is Verdict.COSIGNED


class Refusing(MemoryWitnessStore):
    """A full disk, or one that became read-only."""

    full = True

    async def advance(self, old: Held | None, new: Held) -> bool:
        if self.full:
            raise Unavailable("the witness database does not answer")
        return await super().advance(old, new)


async def test_nothing_is_sent_that_could_not_be_stored() -> None:
    store, tree = Refusing(), log()
    witness = witness_over(store, tree, NAME, KEY, Clock(AT))
    app = create_witness_app(witness, WitnessMetrics(), monotonic=lambda: 0.0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://w") as client:
        refused = await client.post("/add-checkpoint", content=tree.request(0, 5))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert "—" not in refused.text
        address = f"/{hashlib.sha256(tree.origin.encode()).hexdigest()}/checkpoint"
        assert (await client.get(address)).status_code == 404
        store.full = False
        assert (await client.post("/add-checkpoint", content=tree.request(0, 5))).status_code == 200
        assert (await client.get(address)).status_code == 200


async def test_one_address_cannot_occupy_it() -> None:
    now = [0.0]
    witness = witness_over(MemoryWitnessStore(), log(), NAME, KEY, Clock(AT))
    app = create_witness_app(witness, WitnessMetrics(), behind_proxy=True, monotonic=lambda: now[0])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://w") as client:

        async def ask(address: str) -> httpx.Response:
            return await client.post(
                "/add-checkpoint", content=b"x", headers={"X-Forwarded-For": f"6.6.6.6, {address}"}
            )

        statuses = [(await ask("10.0.0.1")).status_code for _ in range(201)]
        assert statuses == [400] * 200 + [429]
        assert (await ask("10.0.0.2")).status_code == 400
        assert (await ask("10.0.0.1")).headers["retry-after"] == "1"


class Faulty(TestSigner):
    """A signer whose hardware failed, or is under attack."""

    def sign(self, message: bytes) -> bytes:
        good = super().sign(message)
        return bytes([good[0] ^ 1]) + good[1:]


async def test_a_faulted_signature_never_leaves() -> None:
    store, tree = MemoryWitnessStore(), log()
    witness = witness_over(store, tree, NAME, Faulty(b"faulty"), Clock(AT))
    with pytest.raises(SigningFailed):
        await witness.add_checkpoint(tree.request(0, 5))
    assert store.rows == {}
