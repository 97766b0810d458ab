"""transparency-dev/merkle: inclusion and consistency probes for SHA-256, 196 files, most of them negative."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.support.outside_vectors import VECTORS, needs_vectors
from verifier.merkle import TreeHash, verify_consistency, verify_inclusion

pytestmark = needs_vectors
FOLDER = VECTORS / "merkle"
H = TreeHash.SHA256

STRICTER = {"consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"}
"""Accepted there, refused here: its roots are the text "don't care 2", and 12 bytes are no SHA-256 value."""


def files(kind: str) -> list[Path]:
    return sorted((FOLDER / kind).rglob("*.json"))


def name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def proof(case: dict[str, Any]) -> list[bytes]:
    return [b64decode(p) for p in case["proof"] or []]


def test_all_files_are_there() -> None:
    assert len(files("inclusion")) + len(files("consistency")) == 196


@pytest.mark.parametrize("path", files("inclusion"), ids=name)
def test_inclusion(path: Path) -> None:
    case = json.loads(path.read_text())
    leaf, root = b64decode(case["leafHash"] or ""), b64decode(case["root"] or "")
    good = verify_inclusion(H, leaf, case["leafIdx"], case["treeSize"], proof(case), root)
    assert good is not case["wantErr"]


@pytest.mark.parametrize("path", files("consistency"), ids=name)
def test_consistency(path: Path) -> None:
    case = json.loads(path.read_text())
    roots = b64decode(case["root1"] or ""), b64decode(case["root2"] or "")
    good = verify_consistency(H, case["size1"], roots[0], case["size2"], roots[1], proof(case))
    assert good is (not case["wantErr"] and name(path) not in STRICTER)


def test_an_empty_old_tree_proves_nothing() -> None:
    """0 to 0: the version of the vectors at hand refuses it, others accept it. We refuse it whatever they say."""
    for path in files("consistency"):
        case = json.loads(path.read_text())
        if case["size1"] == 0:
            roots = b64decode(case["root1"] or ""), b64decode(case["root2"] or "")
            assert not verify_consistency(H, 0, roots[0], case["size2"], roots[1], proof(case))
    assert not verify_consistency(H, 0, H.empty_root, 0, H.empty_root, [])
