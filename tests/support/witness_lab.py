"""Witnesses as processes of their own on loopback, and a log in memory that they follow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.witness_instance import create, vkeys
from chain.witness.request import AddCheckpoint
from tests.support.kit import TestLog
from verifier.checkpoint import Checkpoint, KeyUse, NoteKey, NoteSignature, SignedNote, note_key_id
from verifier.merkle import Frontier, consistency_path

FAST = 1 << 10


class Tree(TestLog):
    """A log whose past sizes can be asked for."""

    def grow(self, n: int, seed: bytes = b"entry") -> None:
        start = len(self.bodies)
        self.bodies += [seed + i.to_bytes(4, "big") for i in range(start, start + n)]

    def root_at(self, size: int) -> bytes:
        return Frontier(self.tree).extend([self.tree.leaf(b) for b in self.bodies[:size]]).root()

    def note_at(self, size: int, root: bytes | None = None) -> SignedNote:
        point = Checkpoint(self.origin, size, self.root_at(size) if root is None else root)
        signature = self.signer.sign(point.note_text().encode())
        return SignedNote(point, (NoteSignature(self.origin, note_key_id(self.origin, self.signer.key), signature),))

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return () if old in (0, new) else tuple(consistency_path(self.tree, old, new, self.node))

    def request(self, old: int, new: int) -> bytes:
        return AddCheckpoint(old, self.proof(old, new), self.note_at(new)).encode()

    def line(self) -> str:
        """For a witness's list."""
        return f"log {NoteKey(self.origin, self.signer.key, KeyUse.LOG).encode()} {self.tree.value}\n"


@dataclass(frozen=True)
class Running:
    """A witness that serves. `key` is its first one."""

    directory: Path
    process: subprocess.Popen[bytes]
    url: str
    key: NoteKey

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


async def made(directory: Path, name: str, lines: str, algorithms: Sequence[str] = ("ed25519",)) -> NoteKey:
    """A witness's directory, its keys made with a cheap derivation; gives its first key."""
    await create(directory, name, algorithms, scrypt_n=FAST)
    (directory / "logs.txt").write_text(lines)
    return vkeys(directory)[0]


def start(directory: Path, *module: str) -> Running:
    """`mzt witness serve` as an operator starts it, or another module; returns when it says where it listens."""
    arguments = module or ("api", "witness", "serve", "--dir", str(directory), "--port", "0")
    process = subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    url = process.stdout.readline().decode().strip()
    if not url.startswith("http://127.0.0.1:"):
        process.communicate()
        raise AssertionError(f"it ended with {process.returncode}")
    return Running(directory, process, url, vkeys(directory)[0])


@contextmanager
def serving(*directories: Path) -> Iterator[list[Running]]:
    """Several at once; whatever still runs at the end is killed."""
    with ExitStack() as stack:
        running = []
        for directory in directories:
            one = start(directory)
            stack.callback(one.kill)
            running.append(one)
        yield running


def post(running: Running, body: bytes) -> httpx.Response:
    return httpx.post(f"{running.url}/add-checkpoint", content=body, trust_env=False)
