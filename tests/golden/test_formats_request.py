"""Golden vectors of add-checkpoint, run against the parser and against a witness that holds what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.witness.core import Witness
from chain.witness.limits import OriginLimiter
from chain.witness.model import Cosigner, Held, KnownLog
from chain.witness.request import AddCheckpoint
from tests.simulators.witnesses import Clock, MemoryWitnessStore
from tests.support.kit import AT, TestSigner
from verifier.checkpoint import NoteKey, SignedNote
from verifier.errors import Malformed
from verifier.merkle import TreeHash

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "add-checkpoint.json").read_text())


def cases(member: str) -> Iterator[Any]:
    for case in DOCUMENT[member]:
        yield pytest.param(case, id=case["name"])


@pytest.mark.parametrize("case", cases("accepted"))
def test_accepted(case: dict[str, Any]) -> None:
    parsed = AddCheckpoint.parse(case["text"].encode())
    assert parsed.encode().decode() == case["text"]
    assert parsed.old == case["old"]


@pytest.mark.parametrize("case", cases("refused"))
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        AddCheckpoint.parse(case["text"].encode())


@pytest.mark.parametrize("case", cases("outcomes"))
async def test_outcomes(case: dict[str, Any]) -> None:
    log = NoteKey.parse(DOCUMENT["log"])
    held = SignedNote.parse(DOCUMENT["held"].encode())
    store = MemoryWitnessStore()
    point = held.checkpoint
    store.rows[log.name] = Held(log.name, point.size, point.root, held.encode(), b"", AT)
    known = KnownLog(log.name, TreeHash(DOCUMENT["tree"]), (log.key,))
    cosigner = Cosigner("witness.north.example/w1", TestSigner(b"golden witness"))
    witness = Witness([known], [cosigner], store, Clock(AT), OriginLimiter(1, 1.0, lambda: 0.0))
    answer = await witness.add_checkpoint(case["text"].encode())
    assert answer.verdict.value == case["status"]
    if case["body"] is not None:
        assert answer.body.decode() == case["body"]
    if case["status"] != 200:
        assert store.rows[log.name].size == point.size
