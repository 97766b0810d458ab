"""add-checkpoint (C2SP tlog-witness): bodies that parse, bodies that do not, and what a witness answers to them.

Any witness can be tried with the outcomes: it follows `log` (a vkey) with the hash `tree`, and holds `held`.
"""

from __future__ import annotations

from typing import Any

from chain.witness.request import AddCheckpoint
from tests.support.kit import LOG_KEY, STRANGER_KEY
from tests.support.witness_lab import Tree
from verifier.checkpoint import KeyUse, NoteKey, NoteSignature, SignedNote

HELD, NEXT = 6, 11
HASH_LINE = "A" * 43 + "="


def log(entries: int = NEXT) -> Tree:
    tree = Tree(LOG_KEY)
    tree.grow(entries)
    return tree


def forked() -> Tree:
    tree = log(HELD - 1)
    tree.grow(NEXT - HELD + 1, b"another")
    return tree


def requests() -> dict[str, Any]:
    tree = log()
    body = tree.request(HELD, NEXT).decode()
    return {
        "log": NoteKey(tree.origin, LOG_KEY.key, KeyUse.LOG).encode(),
        "tree": tree.tree.value,
        "held": tree.note_at(HELD).encode().decode(),
        "accepted": [
            {"name": name, "text": text, "old": AddCheckpoint.parse(text.encode()).old}
            for name, text in _accepted(tree, body).items()
        ],
        "refused": [{"name": name, "text": text} for name, text in _refused(body).items()],
        "outcomes": [
            {"name": name, "text": text, "status": status, "body": answer}
            for name, (text, status, answer) in _outcomes(tree, body).items()
        ],
    }


def _accepted(tree: Tree, body: str) -> dict[str, str]:
    note = tree.note_at(NEXT)
    foreign = NoteSignature("elsewhere.example", b"abcd", bytes(64))
    unknown = SignedNote(note.checkpoint, (*note.signatures, foreign))
    most = 63 - len(tree.proof(HELD, NEXT))
    return {
        "good": body,
        "from-nothing": tree.request(0, NEXT).decode(),
        "same-size": tree.request(NEXT, NEXT).decode(),
        "empty-tree": tree.request(0, 0).decode(),
        "line-of-unknown-key": AddCheckpoint(0, (), unknown).encode().decode(),
        "sixty-three-hashes": body.replace("\n\n", f"\n{_lines(most)}\n", 1),
    }


def _lines(count: int) -> str:
    return f"{HASH_LINE}\n" * count


def _refused(body: str) -> dict[str, str]:
    old = f"old {HELD}\n"
    return {
        "empty": "",
        "no-old-line": body.removeprefix(old),
        "old-without-size": body.replace(old, "old \n", 1),
        "old-leading-zero": body.replace(old, f"old 0{HELD}\n", 1),
        "old-two-blanks": body.replace(old, f"old  {HELD}\n", 1),
        "old-beyond-63-bits": body.replace(old, "old 9223372036854775808\n", 1),
        "no-empty-line": body.replace("\n\n", "\n", 1),
        "carriage-returns": body.replace("\n", "\r\n"),
        "sixty-four-hashes": body.replace("\n\n", f"\n{_lines(64)}\n", 1),
        "hash-of-31-bytes": body.replace("\n\n", f"\n{'A' * 42}==\n\n", 1),
        "hash-base64url": body.replace("\n\n", f"\n{'-' * 43}=\n\n", 1),
        "hash-loose-bits": body.replace("\n\n", f"\n{'A' * 42}B=\n\n", 1),
        "checkpoint-with-extension-line": body.replace("=\n\n\u2014", "=\nmore\n\n\u2014", 1),
        "checkpoint-without-signature": body[: body.rindex("\n\n") + 2],
        "no-newline-at-the-end": body[:-1],
        "something-behind": body + "x",
    }


def _outcomes(tree: Tree, body: str) -> dict[str, tuple[str, int, str | None]]:
    fork, stranger = forked(), Tree(STRANGER_KEY, tree.origin, bodies=list(tree.bodies))
    other = Tree(LOG_KEY, "log.elsewhere.example", bodies=list(tree.bodies))
    size = f"{HELD}\n"
    hashes = body.split("\n")
    return {
        "continues": (body, 200, None),
        "held-again": (tree.request(HELD, HELD).decode(), 200, None),
        "old-too-small": (tree.request(HELD - 1, NEXT).decode(), 409, size),
        "old-zero": (tree.request(0, NEXT).decode(), 409, size),
        "old-too-large": (tree.request(HELD + 1, NEXT).decode(), 409, size),
        "old-above-checkpoint": (body.replace(f"old {HELD}", f"old {NEXT + 1}", 1), 400, None),
        "rollback": (tree.request(HELD - 2, HELD - 1).decode(), 409, size),
        "fork-at-held-size": (fork.request(HELD, HELD).decode(), 422, None),
        "fork-above-held-size": (fork.request(HELD, NEXT).decode(), 422, None),
        "hash-left-out": ("\n".join([hashes[0], *hashes[2:]]), 422, None),
        "hash-too-many": (body.replace("\n\n", f"\n{HASH_LINE}\n\n", 1), 422, None),
        "hash-where-none-belongs": (
            tree.request(HELD, HELD).decode().replace("\n\n", f"\n{HASH_LINE}\n\n", 1), 422, None,
        ),
        "signed-by-a-stranger": (stranger.request(HELD, NEXT).decode(), 403, None),
        "of-another-log": (other.request(HELD, NEXT).decode(), 404, None),
    }  # fmt: skip
