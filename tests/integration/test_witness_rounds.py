"""Aggregated quorum signatures end to end: witness processes, rounds over HTTP, policy file, verifier."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.commands.witness import _print_keys
from api.witness_instance import bls_key, create
from api.witnesslink import HttpxTransport
from chain.log.model import StoredCheckpoint
from chain.witness.policy_file import parse_policy_file
from chain.witness.ports import HttpAnswer
from chain.witness.rounds import MAX_SKEW, AddRound, Rounds
from tests.support.witness_lab import FAST, Running, Tree, post, serving
from verifier.aggregate import QuorumSignature
from verifier.checkpoint import SignedNote
from verifier.cosignature import cosigners
from verifier.errors import Malformed
from verifier.quorum import WitnessPolicy

NAMES = ("north.example/w", "south.example/w", "west.example/w")


def now() -> int:
    return int(time.time())


@pytest.fixture
def tree() -> Tree:
    made = Tree()
    made.grow(11)
    return made


@pytest.fixture
async def directories(tmp_path: Path, tree: Tree) -> list[Path]:
    found = []
    for place, name in enumerate(NAMES):
        directory = tmp_path / str(place)
        await create(directory, name, ("ed25519",), bls=True, scrypt_n=FAST)
        (directory / "logs.txt").write_text(tree.line())
        found.append(directory)
    return found


@pytest.fixture
def running(directories: list[Path]) -> Iterator[list[Running]]:
    with serving(*directories) as found:
        yield found


def bls_words(directory: Path) -> str:
    key = bls_key(directory)
    assert key is not None
    return " ".join(base64.b64encode(part).decode() for part in (key.public_key, key.possession))


def policy_text(running: list[Running], bls: bool = True) -> str:
    lines = [f"witness {n} {w.key.encode()} {w.url}\n" for n, w in zip("abc", running, strict=True)]
    lines += [f"bls {n} {bls_words(w.directory)}\n" for n, w in zip("abc", running, strict=True) if bls]
    return "".join(lines) + "group most 2 a b c\nquorum most\n"


def rounds(text: str) -> tuple[Rounds, HttpxTransport, WitnessPolicy]:
    file = parse_policy_file(text.encode())
    assert file.policy is not None
    transport = HttpxTransport()
    return Rounds(file.policy, file.urls, transport, now), transport, file.policy


def stored(tree: Tree, size: int) -> StoredCheckpoint:
    note = tree.note_at(size)
    return StoredCheckpoint(size, note.checkpoint.root, note.encode(), b"", bytes(64), now())


async def test_a_round_of_three_processes(tree: Tree, running: list[Running]) -> None:
    for witness in running:
        assert post(witness, tree.request(0, 11)).status_code == 200
    log, transport, policy = rounds(policy_text(running))
    try:
        whole = await log.collect(stored(tree, 11))
        assert whole is not None
        note = SignedNote.parse(tree.note_at(11).encode() + whole.to_line().line().encode())
        assert cosigners(note, policy, now()) == set(NAMES)
        running[0].kill()
        running[1].kill()
        assert await log.collect(stored(tree, 11)) is None  # one share is no quorum
    finally:
        await transport.close()


async def test_two_of_three_are_a_quorum_and_who_is_behind_does_not_count(tree: Tree, running: list[Running]) -> None:
    for witness in running[1:]:
        assert post(witness, tree.request(0, 11)).status_code == 200
    assert post(running[0], tree.request(0, 5)).status_code == 200
    log, transport, policy = rounds(policy_text(running))
    try:
        whole = await log.collect(stored(tree, 11))
        assert whole is not None
        line = QuorumSignature.from_line(whole.to_line())
        assert line.bitmap == 0b110
        note = SignedNote.parse(tree.note_at(11).encode() + line.to_line().line().encode())
        assert cosigners(note, policy, now()) == set(NAMES[1:])
    finally:
        await transport.close()


def ask(running: Running, body: bytes) -> httpx.Response:
    return httpx.post(f"{running.url}/add-round", content=body, trust_env=False)


async def test_each_refusal(tree: Tree, running: list[Running]) -> None:
    witness = running[0]
    good = AddRound(now(), tree.note_at(11))
    assert ask(witness, good.encode()).status_code == 409  # nothing cosigned yet
    assert post(witness, tree.request(0, 11)).status_code == 200
    assert ask(witness, good.encode()).status_code == 200
    smaller = ask(witness, AddRound(now(), tree.note_at(5)).encode())
    assert (smaller.status_code, smaller.text, smaller.headers["content-type"]) == (409, "11\n", "text/x.tlog.size")
    fork = tree.note_at(11, bytes(32))
    assert ask(witness, AddRound(now(), fork).encode()).status_code == 422
    assert ask(witness, replace(good, time=now() - 10 * MAX_SKEW).encode()).status_code == 400
    assert ask(witness, replace(good, time=now() + 10 * MAX_SKEW).encode()).status_code == 400
    unsigned = good.encode().rsplit("\u2014".encode(), 1)[0] + "\u2014 x.example AAAAAAAAAAA=\n".encode()
    assert ask(witness, unsigned).status_code == 403
    other = Tree(origin="other.example/log")
    other.grow(3)
    assert ask(witness, AddRound(now(), other.note_at(3)).encode()).status_code == 404
    for bad in (b"", b"round 1", good.encode()[6:], b"round 01\n\n" + tree.note_at(11).encode(), good.encode() + b"x"):
        assert ask(witness, bad).status_code == 400
    assert ask(witness, b"x" * 40_000).status_code == 413


class Liar:
    """Answers every question with one body."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.body, self.status = body, status

    async def post(self, url: str, body: bytes) -> HttpAnswer:
        return HttpAnswer(self.status, "text/plain", self.body)

    async def get(self, url: str) -> HttpAnswer:
        raise AssertionError("a round only posts")


async def test_lying_shares_are_not_added(tree: Tree, running: list[Running]) -> None:
    for witness in running:
        assert post(witness, tree.request(0, 11)).status_code == 200
    answer = ask(running[0], AddRound(now(), tree.note_at(11)).encode()).content
    file = parse_policy_file(policy_text(running).encode())
    assert file.policy is not None
    for body in (answer, answer * 2, b"", b"\xff", answer[:-9] + b"AAAAAAA=\n", b"x" * 1000):
        log = Rounds(file.policy, file.urls, Liar(body), now)
        assert await log.collect(stored(tree, 11)) is None


async def test_policy_lines_of_bls_keys(running: list[Running], capsys: pytest.CaptureFixture[str]) -> None:
    _print_keys(running[0].directory)
    printed = capsys.readouterr().out
    assert f"bls {NAMES[0]} {bls_words(running[0].directory)}" in printed
    text = policy_text(running)
    line = f"bls a {bls_words(running[0].directory)}\n"
    other = bls_words(running[1].directory).split(" ")[1]
    for bad, what in (
        (text.replace(line, line * 2), "no BLS key yet"),
        (line + text, "earlier line"),
        (text.replace(line, "bls a x y\n"), "base64"),
        (text.replace(line, "bls a AAAA AAAA\n"), "bls-key"),
        (text.replace(line, line.rsplit(" ", 1)[0] + f" {other}\n"), "possession"),
        (text.replace(line, line.replace(" a ", " most ")), "earlier line"),
    ):
        with pytest.raises(Malformed, match=what):
            parse_policy_file(bad.encode())
    plain, transport, policy = rounds(policy_text(running, bls=False))
    assert policy.aggregating == ()
    assert plain.key_id is None
    await transport.close()
