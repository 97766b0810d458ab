"""A witness against every order of requests, of a log that forks at will: what it cosigns is one history, always."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from chain.errors import ClockWentBackwards
from chain.witness.model import Answer, Verdict
from chain.witness.request import AddCheckpoint
from tests.simulators.witnesses import Clock, MemoryWitnessStore, trusted, witness_over
from tests.support.kit import AT, LOG_KEY, TestSigner
from tests.support.witness_lab import Tree
from verifier.checkpoint import SignedNote
from verifier.cosignature import cosigners
from verifier.errors import Malformed
from verifier.quorum import WitnessPolicy

NAME = "witness.north.example/w1"
KEY = TestSigner(b"machine witness")
RULES = WitnessPolicy((trusted(NAME, KEY),), (), NAME)
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


class History(RuleBasedStateMachine):
    """Branches of one log, all signed with its key; the witness is asked for any size of any of them, in any order."""

    branches = Bundle("branches")

    def __init__(self) -> None:
        super().__init__()
        self.store, self.clock = MemoryWitnessStore(), Clock(AT)
        self.cosigned: list[tuple[int, bytes, tuple[bytes, ...]]] = []  # size, root, the entries behind it
        self.made()

    def made(self) -> None:
        self.witness = witness_over(self.store, Tree(LOG_KEY), NAME, KEY, self.clock)

    @rule(target=branches, entries=st.lists(st.binary(max_size=2), min_size=1, max_size=6))
    def log(self, entries: list[bytes]) -> tuple[bytes, ...]:
        return tuple(entries)

    @rule(target=branches, old=branches, cut=st.integers(0, 6), more=st.lists(st.binary(max_size=2), max_size=6))
    def branch(self, old: tuple[bytes, ...], cut: int, more: list[bytes]) -> tuple[bytes, ...]:
        return (*old[: max(0, len(old) - cut)], *more)

    @rule(entries=branches, known=st.booleans(), old=st.integers(0, 12), later=st.integers(-1, 2))
    def ask(self, entries: tuple[bytes, ...], known: bool, old: int, later: int) -> None:
        tree = Tree(LOG_KEY, bodies=list(entries))
        size, held = len(entries), self.store.rows.get(tree.origin)
        old = min(held.size if known and held is not None else old, size)
        self.clock.now += later
        try:
            answer = run(self.witness.add_checkpoint(tree.request(old, size)))
        except ClockWentBackwards:
            assert self.store.rows.get(tree.origin) == held
            return
        if answer.verdict is Verdict.COSIGNED:
            self.check(answer, tree, entries)
        elif answer.verdict is Verdict.OTHER_SIZE:
            assert answer.body == b"%d\n" % (0 if held is None else held.size)
            assert old != (0 if held is None else held.size)
        else:
            assert answer.verdict is Verdict.INCONSISTENT
            assert self.store.rows.get(tree.origin) == held
            assert held is not None
            assert tree.root_at(held.size) != held.root  # an honest continuation is never refused

    def check(self, answer: Answer, tree: Tree, entries: tuple[bytes, ...]) -> None:
        note = SignedNote.parse(tree.note_at(len(entries)).encode() + answer.body)
        assert cosigners(note, RULES, self.clock.now + 10) == {NAME}
        self.cosigned.append((len(entries), note.checkpoint.root, entries))

    @rule()
    def restart(self) -> None:
        self.made()

    @invariant()
    def one_history(self) -> None:
        for before, after in zip(self.cosigned, self.cosigned[1:], strict=False):
            assert before[0] <= after[0]
            assert after[2][: before[0]] == before[2]


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_parser(data: bytes) -> None:
    try:
        parsed = AddCheckpoint.parse(data)
    except Malformed:
        return
    assert parsed.encode() == data


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_request_with_any_byte_changed_is_refused_or_says_something_else(data: st.DataObject) -> None:
    tree = Tree(LOG_KEY)
    tree.grow(6)
    body = tree.request(3, 6)
    place = data.draw(st.integers(0, len(body) - 1))
    changed = body[:place] + bytes([body[place] ^ data.draw(st.integers(1, 255))]) + body[place + 1 :]
    try:
        parsed = AddCheckpoint.parse(changed)
    except Malformed:
        return
    assert parsed != AddCheckpoint.parse(body)
    assert parsed.encode() == changed
    witness = witness_over(MemoryWitnessStore(), tree, NAME, KEY, Clock(AT))
    assert run(witness.add_checkpoint(tree.request(0, 3))).verdict is Verdict.COSIGNED
    answer = run(witness.add_checkpoint(changed))
    assert answer.verdict is not Verdict.COSIGNED
