"""Checkpoints, receipts and proofs over SM3 trees."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

from tests.golden.vectors_file import STATEMENT, log_with
from tests.golden.world import b64, flip
from tests.support import kit, rfc9162_reference
from verifier.merkle import TreeHash
from verifier.receipt import Receipt

DASH = "\u2014"


def _key(signer: kit.TestSigner) -> dict[str, str]:
    return {"crv": "sm2", "public_hex": signer.public_key.hex(), "kid_hex": signer.kid.hex()}


def checkpoint() -> dict[str, Any]:
    log, _ = log_with()
    note = log.note().decode()
    origin, size, root, _, line, _ = note.split("\n")
    blob = line.rpartition(" ")[2]
    other = kit.TestLog(signer=kit.OTHER_LOG_KEY)
    other.fill(11)
    stranger = other.note().decode().split("\n")[4]
    wrong = b64encode(b"\x00\x00\x00\x00" + bytes(64)).decode()
    accepted = {
        "good": (note, True),
        "second-line-of-unknown-key": (f"{note}{stranger}\n", True),
        "unknown-key-first": (f"{origin}\n{size}\n{root}\n\n{stranger}\n{line}\n", True),
        "only-unknown-key": (f"{origin}\n{size}\n{root}\n\n{stranger}\n", False),
        "other-size": (note.replace(f"\n{size}\n", "\n12\n"), False),
        "other-root": (f"{origin}\n{size}\n{b64encode(bytes(32)).decode()}\n\n{line}\n", False),
        "other-origin": (note.replace(f"{origin}\n{size}", f"x.example\n{size}"), False),
        "other-name-in-line": (f"{origin}\n{size}\n{root}\n\n{DASH} x.example {blob}\n", False),
        "other-key-id": (f"{origin}\n{size}\n{root}\n\n{DASH} {origin} {wrong}\n", False),
        "good-and-bad-line-of-one-key": (
            f"{note}{DASH} {origin} {b64encode(_raw(blob)[:4] + bytes(64)).decode()}\n",
            False,
        ),
        "short-signature": (
            f"{origin}\n{size}\n{root}\n\n{DASH} {origin} {b64encode(_raw(blob)[:-1]).decode()}\n",
            False,
        ),
    }
    text = f"{origin}\n{size}\n{root}\n"
    refused = {
        "empty": "",
        "no-signature": f"{text}\n",
        "no-empty-line": f"{text}{line}\n",
        "no-final-newline": note[:-1],
        "carriage-return": note.replace("\n", "\r\n"),
        "leading-newline": f"\n{note}",
        "extension-line": f"{text}extension\n\n{line}\n",
        "two-empty-lines": f"{text}\n\n{line}\n",
        "trailing-text": f"{note}more\n",
        "size-leading-zero": note.replace(f"\n{size}\n", f"\n0{size}\n"),
        "size-plus": note.replace(f"\n{size}\n", f"\n+{size}\n"),
        "size-negative": note.replace(f"\n{size}\n", "\n-1\n"),
        "size-hexadecimal": note.replace(f"\n{size}\n", "\n0xb\n"),
        "size-fullwidth": note.replace(f"\n{size}\n", "\n\uff11\uff11\n"),
        "size-beyond-63-bits": note.replace(f"\n{size}\n", "\n9223372036854775808\n"),
        "size-empty": note.replace(f"\n{size}\n", "\n\n", 1),
        "root-short": f"{origin}\n{size}\n{b64encode(bytes(31)).decode()}\n\n{line}\n",
        "root-not-base64": f"{origin}\n{size}\n!\n\n{line}\n",
        "root-base64url": f"{origin}\n{size}\n{'_' * 43}=\n\n{line}\n",
        "root-unpadded": note.replace(root, root.rstrip("=")),
        "root-non-canonical": note.replace(root, root[:-2] + chr(ord(root[-2]) + 1) + "="),
        "origin-empty": note.replace(f"{origin}\n{size}", f"\n{size}"),
        "origin-space": note.replace(f"{origin}\n{size}", f"a b\n{size}"),
        "origin-plus": note.replace(f"{origin}\n{size}", f"a+b\n{size}"),
        "origin-no-break-space": note.replace(f"{origin}\n{size}", f"a\u00a0b\n{size}"),
        "line-with-hyphen": note.replace(DASH, "-"),
        "line-without-name": f"{text}\n{DASH} {blob}\n",
        "line-two-spaces": f"{text}\n{DASH}  {origin} {blob}\n",
        "line-key-id-only": f"{text}\n{DASH} {origin} AAAAAA==\n",
        "line-not-base64": f"{text}\n{DASH} {origin} {blob[:-4]}!!!!\n",
        "too-many-lines": f"{text}\n" + f"{line}\n" * 65,
    }
    return {
        "key": {**_key(kit.LOG_KEY), "name": kit.ORIGIN},
        "accepted": [
            {"name": n, "note": t, "verifies": v, "size": int(t.split("\n")[1])} for n, (t, v) in accepted.items()
        ],
        "refused": [{"name": n, "note": t} for n, t in refused.items()],
    }


def _raw(blob: str) -> bytes:
    return b64decode(blob)


def receipt() -> dict[str, Any]:
    log, index = log_with()
    data = log.receipt(index)
    parsed = Receipt.parse(data)
    leaf = log.tree.leaf(log.bodies[index])
    accepted = {
        "good": (data, leaf, True),
        "neighbour": (log.receipt(index + 1), leaf, False),
        "other-leaf": (data, flip(leaf, 0), False),
        "flipped-signature": (flip(data, -1), leaf, False),
        "last-entry": (log.receipt(10), log.tree.leaf(log.bodies[10]), True),
    }
    return {
        "key": _key(kit.LOG_KEY),
        "statement_b64": b64(STATEMENT),
        "entry_salt_hex": kit.ENTRY_SALT.hex(),
        "entry_hex": log.bodies[index].hex(),
        "root_hex": log.root().hex(),
        "size": parsed.size,
        "accepted": [
            {"name": n, "receipt_b64": b64(d), "leaf_hex": h.hex(), "verifies": v} for n, (d, h, v) in accepted.items()
        ],
        "refused": [
            {"name": n, "receipt_b64": b64(d)}
            for n, d in {
                "empty": b"",
                "truncated": data[:-1],
                "trailing-byte": data + b"\x00",
                "certificate": STATEMENT,
                "untagged": data[1:],
            }.items()
        ],
    }


def merkle() -> dict[str, Any]:
    """Proofs of small trees, made by the recursive definitions, and their named corruptions."""
    leaves = [TreeHash.SM3.leaf(bytes([i])) for i in range(13)]
    return {
        "hash": "sm3",
        "leaf_data_hex": [f"{i:02x}" for i in range(13)],
        "roots_hex": [rfc9162_reference.root(rfc9162_reference.sm3, leaves[:n]).hex() for n in range(14)],
        "inclusion": list(_inclusion(leaves)),
        "consistency": list(_consistency(leaves)),
    }


def inclusion_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D_n), RFC 9162 section 2.1.3.1."""
    n = len(leaves)
    if n == 1:
        return []
    k = rfc9162_reference.split(n)
    root = rfc9162_reference.root
    if m < k:
        return [*inclusion_path(m, leaves[:k]), root(rfc9162_reference.sm3, leaves[k:])]
    return [*inclusion_path(m - k, leaves[k:]), root(rfc9162_reference.sm3, leaves[:k])]


def _inclusion(leaves: list[bytes]) -> Iterator[dict[str, Any]]:
    def case(
        name: str, valid: bool, index: int, size: int, leaf: bytes, path: list[bytes], root: bytes
    ) -> dict[str, Any]:
        hexes = [p.hex() for p in path]
        return {
            "name": name,
            "valid": valid,
            "index": index,
            "size": size,
            "leaf": leaf.hex(),
            "path": hexes,
            "root": root.hex(),
        }

    for index, size in ((0, 1), (0, 2), (1, 2), (2, 3), (4, 7), (6, 7), (0, 8), (7, 8), (11, 12), (12, 13)):
        root = rfc9162_reference.root(rfc9162_reference.sm3, leaves[:size])
        path = inclusion_path(index, leaves[:size])
        leaf = leaves[index]
        yield case(f"leaf-{index}-of-{size}", True, index, size, leaf, path, root)
        yield case(f"leaf-{index}-of-{size}-extended", False, index, size, leaf, [*path, bytes(32)], root)
        yield case(f"leaf-{index}-of-{size}-other-leaf", False, index, size, flip(leaf, 31), path, root)
        yield case(f"leaf-{index}-of-{size}-other-root", False, index, size, leaf, path, flip(root, 0, 7))
        yield case(f"leaf-{index}-of-{size}-index-beyond", False, size, size, leaf, path, root)
        yield case(f"leaf-{index}-of-{size}-index-negative", False, -1, size, leaf, path, root)
        # Every hash is right and leads to the right root; only the number of levels gives the wrong size away.
        yield case(f"leaf-{index}-of-{size}-size-four-times", False, index, size * 4, leaf, path, root)
        if path:
            yield case(f"leaf-{index}-of-{size}-size-one", False, 0, 1, leaf, path, root)
            yield case(f"leaf-{index}-of-{size}-truncated", False, index, size, leaf, path[:-1], root)
            yield case(f"leaf-{index}-of-{size}-flipped", False, index, size, leaf, [flip(path[0], 0), *path[1:]], root)
            yield case(
                f"leaf-{index}-of-{size}-inner-node-as-leaf", False, index >> 1, (size + 1) >> 1, leaf, path[1:], root
            )
        if len(path) > 1:
            yield case(f"leaf-{index}-of-{size}-reversed", False, index, size, leaf, path[::-1], root)


def _consistency(leaves: list[bytes]) -> Iterator[dict[str, Any]]:
    sm3 = rfc9162_reference.sm3

    def case(
        name: str, valid: bool, old: int, new: int, roots: tuple[bytes, bytes], proof: list[bytes]
    ) -> dict[str, Any]:
        return {
            "name": name,
            "valid": valid,
            "old_size": old,
            "new_size": new,
            "old_root": roots[0].hex(),
            "new_root": roots[1].hex(),
            "proof": [p.hex() for p in proof],
        }

    for old, new in ((1, 1), (1, 2), (2, 3), (3, 4), (3, 7), (4, 7), (6, 8), (7, 13), (8, 13), (12, 13), (13, 13)):
        both = rfc9162_reference.root(sm3, leaves[:old]), rfc9162_reference.root(sm3, leaves[:new])
        proof = rfc9162_reference.consistency_proof(sm3, old, leaves[:new])
        name = f"{old}-to-{new}"
        yield case(name, True, old, new, both, proof)
        yield case(f"{name}-extended", False, old, new, both, [*proof, bytes(32)])
        yield case(f"{name}-other-old-root", False, old, new, (flip(both[0], 3), both[1]), proof)
        yield case(f"{name}-other-new-root", False, old, new, (both[0], flip(both[1], 3)), proof)
        yield case(f"{name}-shrunk", False, new + 1, old, both, proof)
        yield case(f"{name}-new-size-four-times", False, old, new * 4, both, proof)
        if old != new:
            yield case(f"{name}-roots-swapped", False, old, new, both[::-1], proof)
            yield case(f"{name}-truncated", False, old, new, both, proof[:-1])
            yield case(f"{name}-empty", False, old, new, both, [])
            yield case(f"{name}-flipped", False, old, new, both, [*proof[:-1], flip(proof[-1], 9)])
            yield case(f"{name}-said-to-be-equal", False, new, new, both, [])
    # 11 = 8 + 3 and 13 = 8 + 5: the proof goes on above the tree of 5, to roots that are not of 3 and 5 leaves.
    both = rfc9162_reference.root(sm3, leaves[:11]), rfc9162_reference.root(sm3, leaves)
    proof = rfc9162_reference.consistency_proof(sm3, 11, leaves)
    yield case("11-to-13", True, 11, 13, both, proof)
    yield case("11-to-13-said-to-be-3-to-5", False, 3, 5, both, proof)
    empty = rfc9162_reference.root(sm3, [])
    yield case("empty-to-empty", False, 0, 0, (empty, empty), [])
    yield case("empty-to-3", False, 0, 3, (empty, rfc9162_reference.root(sm3, leaves[:3])), [])
