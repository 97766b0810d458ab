"""C2SP tlog-witness from outside: a witness as its operator starts it, HTTP, and what each sentence of the text asks.

The sentences are those of https://c2sp.org/tlog-witness. Cosignatures are checked with the `cryptography` package from
raw bytes: nothing of ours takes part in that.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.support.kit import OTHER_LOG_KEY, TestSigner
from tests.support.witness_lab import Running, Tree, made, post, serving
from verifier.checkpoint import NoteSignature, SignedNote
from verifier.cosignature import Cosignature
from verifier.merkle import TreeHash

NAME = "witness.north.example/w1"
SM3 = TestSigner(b"witnessed sm3 log")
SHA = TestSigner(b"witnessed sha log")


def tree(name: str, hash: TreeHash = TreeHash.SM3, signer: TestSigner = SM3) -> Tree:
    return Tree(signer, f"log.example/{name}", hash)


LOGS = [
    "statuses", "malformed", "race", "conflict", "fork", "zero", "again", "sha", "keys", "kept", "monitor", "large",
]  # fmt: skip


@pytest.fixture(scope="module")
async def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("witness") / "w"
    lines = "".join(tree(n, *((TreeHash.SHA256, SHA) if n == "sha" else ())).line() for n in LOGS)
    await made(path, NAME, "# logs of the test\n\n" + lines, ("ed25519", "sm2"))
    return path


@pytest.fixture(scope="module")
def witness(directory: Path) -> Iterator[Running]:
    with serving(directory) as (running,):
        yield running


def raw_cosignature(running: Running, line: str) -> tuple[int, bytes]:
    """(time, signature) of an Ed25519 line, taken apart by hand; checks name and key id."""
    dash, name, value = line.rstrip("\n").split(" ")
    raw = base64.b64decode(value, validate=True)
    public = running.key.key.public
    assert (dash, name) == ("—", NAME)
    assert raw[:4] == hashlib.sha256(NAME.encode() + b"\n\x04" + public).digest()[:4]
    assert len(raw) == 4 + 8 + 64
    return int.from_bytes(raw[4:12], "big"), raw[12:]


def test_a_cosignature_verifies_without_any_code_of_ours(witness: Running) -> None:
    log = tree("statuses")
    log.grow(5)
    answer = post(witness, log.request(0, 5))
    assert answer.status_code == 200
    lines = answer.text.splitlines(keepends=True)
    assert len(lines) == 2  # its Ed25519 and its SM2 key
    time, signature = raw_cosignature(witness, lines[0])
    root = base64.b64encode(log.root_at(5)).decode()
    message = f"cosignature/v1\ntime {time}\nlog.example/statuses\n5\n{root}\n".encode()
    public = Ed25519PublicKey.from_public_bytes(witness.key.key.public)
    public.verify(signature, message)
    with pytest.raises(InvalidSignature):
        public.verify(signature, message.replace(b"\n5\n", b"\n6\n"))
    # "The old size MUST be equal to or lower than the checkpoint size. Otherwise … 400"
    assert post(witness, log.request(0, 5).replace(b"old 0", b"old 6")).status_code == 400
    # "If it doesn't match … 409 … the tree size of the latest cosigned checkpoint in decimal, followed by a newline …
    # Content-Type of text/x.tlog.size"
    stale = post(witness, log.request(0, 5))
    assert (stale.status_code, stale.headers["content-type"], stale.content) == (409, "text/x.tlog.size", b"5\n")
    log.grow(3)
    assert post(witness, log.request(4, 8)).content == b"5\n"
    assert post(witness, log.request(5, 8)).status_code == 200


def test_unknown_logs_and_unknown_keys(witness: Running) -> None:
    stranger = tree("nobody")
    stranger.grow(1)
    assert post(witness, stranger.request(0, 1)).status_code == 404
    log = tree("keys", signer=OTHER_LOG_KEY)
    log.grow(1)
    assert post(witness, log.request(0, 1)).status_code == 403
    # a bad line of a known key spoils the note, also beside a good one; "it MUST ignore signatures from unknown keys"
    genuine = tree("keys")
    genuine.grow(1)
    note = genuine.note_at(1)
    line = note.signatures[0]
    bad = NoteSignature(line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    for lines in ((bad,), (bad, line), (line, bad)):
        body = b"old 0\n\n" + SignedNote(note.checkpoint, lines).encode()
        assert post(witness, body).status_code == 403
    foreign = NoteSignature("elsewhere.example", b"abcd", bytes(64))
    good = b"old 0\n\n" + SignedNote(note.checkpoint, (foreign, line)).encode()
    assert post(witness, good).status_code == 200


MALFORMED = {
    "empty": lambda b: b"",
    "no old line": lambda b: b.partition(b"\n")[2],
    "old without size": lambda b: b.replace(b"old 0", b"old ", 1),
    "leading zero": lambda b: b.replace(b"old 0", b"old 00", 1),
    "sign": lambda b: b.replace(b"old 0", b"old +0", 1),
    "two blanks": lambda b: b.replace(b"old 0", b"old  0", 1),
    "size of 2^63": lambda b: b.replace(b"old 0", b"old 9223372036854775808", 1),
    "size of twenty digits": lambda b: b.replace(b"old 0", b"old 10000000000000000000", 1),
    "carriage returns": lambda b: b.replace(b"\n", b"\r\n"),
    "no empty line": lambda b: b.replace(b"\n\n", b"\n", 1),
    "short hash": lambda b: b.replace(b"\n\n", b"\nAAAA\n\n", 1),
    "hash in base64url": lambda b: b.replace(b"\n\n", b"\n" + b"-" * 43 + b"=\n\n", 1),
    "hash with loose bits": lambda b: b.replace(b"\n\n", b"\n" + b"A" * 42 + b"B=\n\n", 1),
    "hash without padding": lambda b: b.replace(b"\n\n", b"\n" + b"A" * 43 + b"\n\n", 1),
    "64 hashes": lambda b: b.replace(b"\n\n", b"\n" + (b"A" * 43 + b"=\n") * 64 + b"\n", 1),
    "no last newline": lambda b: b[:-1],
    "something behind": lambda b: b + b"x",
    "extension line": lambda b: b.replace(b"=\n\n", b"=\nextension\n\n", 1),
    "no signature": lambda b: b[: b.rindex(b"\n\n") + 2],
    "not UTF-8": lambda b: b + b"\xff\n",
    "zero byte": lambda b: b.replace(b"log.example", b"log\x00example"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_requests(witness: Running, name: str) -> None:
    log = tree("malformed")
    log.grow(2)
    answer = post(witness, MALFORMED[name](log.request(0, 2)))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "log.example" not in answer.text  # nothing that was sent comes back


def test_nothing_malformed_moved_it(witness: Running) -> None:
    log = tree("malformed")
    log.grow(2)
    assert post(witness, log.request(0, 2)).status_code == 200


def test_bodies_are_bounded_announced_or_not(witness: Running) -> None:
    log = tree("large")
    log.grow(1)
    body = log.request(0, 1)
    assert post(witness, body + b"x" * 40_000).status_code == 413
    pieces = (b"x" * 1000 for _ in range(50))
    assert httpx.post(f"{witness.url}/add-checkpoint", content=pieces, trust_env=False).status_code == 413
    assert httpx.get(f"{witness.url}/add-checkpoint", trust_env=False).status_code == 405
    assert post(witness, body).status_code == 200


def test_a_fork_is_refused(witness: Running) -> None:
    log = tree("fork")
    log.grow(7)
    assert post(witness, log.request(0, 7)).status_code == 200
    fork = tree("fork")
    fork.grow(6)
    fork.grow(4, b"another")
    # "If the Merkle Consistency Proof doesn't verify … 422"; the log's own key signed all of these
    assert post(witness, fork.request(7, 10)).status_code == 422
    assert post(witness, fork.request(7, 7)).status_code == 422  # same size, other root
    log.grow(3)
    good = log.request(7, 10)
    lines = good.split(b"\n")
    assert post(witness, b"\n".join([lines[0], *lines[2:]])).status_code == 422  # a hash left out
    doubled = b"\n".join([lines[0], lines[1], lines[1], *lines[2:]])
    assert post(witness, doubled).status_code == 422
    body = log.request(7, 7).replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n", 1)
    assert post(witness, body).status_code == 422  # a proof where none belongs
    assert post(witness, good).status_code == 200


def test_size_zero(witness: Running) -> None:
    log = tree("zero")
    wrong = b"old 0\n\n" + log.note_at(0, bytes(32)).encode()
    assert post(witness, wrong).status_code == 422
    assert post(witness, log.request(0, 0)).status_code == 200
    assert post(witness, log.request(0, 0)).status_code == 200
    log.grow(3)
    # "The proof MUST be empty if the old size is zero"
    body = log.request(0, 3).replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n", 1)
    assert post(witness, body).status_code == 422
    assert post(witness, log.request(0, 3)).status_code == 200


def test_the_hash_belongs_to_the_log(witness: Running) -> None:
    log = tree("sha", TreeHash.SHA256, SHA)
    log.grow(5)
    assert post(witness, log.request(0, 5)).status_code == 200
    other = Tree(SHA, log.origin, TreeHash.SM3)
    other.grow(9)
    assert post(witness, other.request(5, 9)).status_code == 422
    log.grow(4)
    assert post(witness, log.request(5, 9)).status_code == 200


def test_the_same_request_again_has_the_same_outcome(witness: Running) -> None:
    log = tree("again")
    log.grow(4)
    first = post(witness, log.request(0, 4))
    again = [post(witness, log.request(4, 4)) for _ in range(3)]
    assert {a.status_code for a in again} == {200}
    assert {a.content for a in again} == {first.content}
    assert len({post(witness, log.request(0, 4)).content for _ in range(3)}) == 1  # 409 and the size


def test_of_conflicting_requests_exactly_one_wins(witness: Running) -> None:
    bodies = []
    for i in range(24):
        fork = tree("conflict")
        fork.grow(3, bytes([i]))
        bodies.append(fork.request(0, 3))
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda body: post(witness, body), bodies))
    statuses = sorted(a.status_code for a in answers)
    assert statuses == [200, *[409] * 23]
    held = httpx.get(monitor(witness, "log.example/conflict"), trust_env=False).content
    winner = next(b for b, a in zip(bodies, answers, strict=True) if a.status_code == 200)
    assert SignedNote.parse(held).checkpoint == SignedNote.parse(winner.partition(b"\n\n")[2]).checkpoint


def test_of_growing_requests_none_rolls_another_back(witness: Running) -> None:
    """The race that the text describes: A with size N and B with size N+K from the same old size."""
    log = tree("race")
    log.grow(40)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda new: post(witness, log.request(0, new)), range(1, 17)))
    won = [size for size, answer in zip(range(1, 17), answers, strict=True) if answer.status_code == 200]
    assert len(won) == 1
    assert {a.content for a in answers if a.status_code == 409} == {b"%d\n" % won[0]}
    assert post(witness, log.request(won[0], 40)).status_code == 200


def monitor(running: Running, origin: str) -> str:
    return f"{running.url}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


def test_monitors_read_what_was_cosigned_last(witness: Running) -> None:
    log = tree("monitor")
    assert httpx.get(monitor(witness, log.origin), trust_env=False).status_code == 404
    log.grow(2)
    lines = post(witness, log.request(0, 2)).content
    answer = httpx.get(monitor(witness, log.origin), trust_env=False)
    assert answer.status_code == 200
    assert answer.content == log.note_at(2).encode() + lines
    note = SignedNote.parse(answer.content)
    sm2 = Cosignature.from_line(note.signatures[2])
    assert sm2.name == NAME
    for wrong in (monitor(witness, "unknown.example"), f"{witness.url}/{'A' * 64}/checkpoint", f"{witness.url}/x"):
        assert httpx.get(wrong, trust_env=False).status_code == 404


def test_a_line_said_often_is_kept_once(witness: Running) -> None:
    log = tree("kept")
    log.grow(2)
    note = log.note_at(2)
    body = b"old 0\n\n" + SignedNote(note.checkpoint, note.signatures * 60).encode()
    answer = post(witness, body)
    assert answer.status_code == 200
    assert httpx.get(monitor(witness, log.origin), trust_env=False).content == note.encode() + answer.content


def test_nothing_that_was_sent_is_in_its_log(tmp_path: Path, directory: Path) -> None:
    log = tree("statuses")
    log.grow(9)
    copy = Path(shutil.copytree(directory, tmp_path / "w"))
    command = [sys.executable, "-m", "api", "witness", "serve", "--dir", str(copy), "--port", "0", "--until-eof"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        for body in (log.request(0, 9), log.request(5, 9), b"old x\n\nsecret", b"secret"):
            httpx.post(f"{url}/add-checkpoint?q=secret", content=body, trust_env=False)
        httpx.get(f"{url}/secret/checkpoint", trust_env=False)
        process.stdin.close()  # as when its parent dies
        assert process.stderr is not None
        written = process.stderr.read().decode()
    assert process.returncode == 0
    assert '"event":"add-checkpoint","origin":"log.example/statuses"' in written
    assert "secret" not in written
    assert base64.b64encode(log.root_at(9)).decode() not in written


def test_for_its_operator(witness: Running) -> None:
    assert httpx.get(f"{witness.url}/healthz", trust_env=False).text == "ok\n"
    page = httpx.get(f"{witness.url}/metrics", trust_env=False).text
    assert "mzt_witness_answers_total" in page
    assert "log.example" not in page
