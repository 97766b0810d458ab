"""Dead, slow, lying and garbled witnesses in front of the collector and the rollback guard."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from chain.errors import RolledBack, TooFewWitnesses, WitnessUnavailable
from chain.log.guard import SeenHead
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.witness.collector import Collector, WitnessState
from chain.witness.model import SIZE_TYPE, TEXT, KnownLog
from chain.witness.observer import WitnessObserver, ask_enough
from chain.witness.ports import HttpAnswer
from tests.simulators.witnesses import (
    Behaviour,
    Clock,
    MemorySource,
    MemoryWitnessStore,
    Network,
    honest,
    trusted,
    witness_over,
)
from tests.support.kit import AT, LOG_KEY, STRANGER_KEY, TestSigner
from tests.support.witness_lab import Tree
from verifier.checkpoint import SignedNote
from verifier.cosignature import Cosignature, cosignature_message, cosigner_key_id, cosigners
from verifier.quorum import Group, WitnessPolicy

NAMES = tuple(f"witness.{place}.example/w1" for place in ("north", "south", "west", "east", "mid"))
KEYS = {name: TestSigner(name.encode()) for name in NAMES}


def url(name: str) -> str:
    return f"https://{name}"


def policy(*groups: Group, names: Sequence[str] = NAMES[:3]) -> WitnessPolicy:
    groups = groups or (Group("most", len(names) // 2 + 1, tuple(names)),)
    return WitnessPolicy(tuple(trusted(n, KEYS[n]) for n in names), groups, groups[-1].name)


@dataclass
class Lab:
    """A log, its witnesses on a network in memory, and the collector."""

    tree: Tree
    stores: dict[str, MemoryWitnessStore]
    network: Network
    source: MemorySource
    collector: Collector
    policy: WitnessPolicy
    now: list[float]

    def checkpoint(self, size: int | None = None) -> StoredCheckpoint:
        size = len(self.tree.bodies) if size is None else size
        return StoredCheckpoint(size, self.tree.root_at(size), self.tree.note_at(size).encode(), b"", b"", AT)

    def note(self) -> SignedNote:
        size = len(self.tree.bodies)
        return self.tree.note_at(size).with_lines(c.to_line() for s, c in self.source.kept if s == size)


def lab(rules: WitnessPolicy | None = None, timeout: float = 30.0) -> Lab:
    rules = rules or policy()
    tree = Tree(LOG_KEY)
    tree.grow(5)
    clock, network, now = Clock(AT), Network(), [0.0]
    stores = {w.name: MemoryWitnessStore() for w in rules.witnesses}
    known = KnownLog(tree.origin, tree.tree, (LOG_KEY.key,))
    for name, store in stores.items():
        network.hosts[url(name)] = honest(witness_over(store, tree, name, KEYS[name], clock))
    observers = {w.name: (url(w.name), WitnessObserver(w, url(w.name), known, network)) for w in rules.witnesses}
    source = MemorySource(tree)
    identity = LogIdentity(tree.origin, tree.tree)
    collector = Collector(identity, rules, observers, network, source, clock, lambda: now[0], timeout)
    return Lab(tree, stores, network, source, collector, rules, now)


async def test_all_answer_and_the_note_verifies() -> None:
    it = lab()
    got = await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    assert got.quorum
    assert cosigners(it.note(), it.policy, AT) == frozenset(NAMES[:3])
    it.tree.grow(8)
    it.network.asked.clear()
    await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    assert len(it.network.asked) == 3  # each one's size is remembered: one question a witness, no 409
    assert cosigners(it.note(), it.policy, AT) == frozenset(NAMES[:3])


async def test_a_size_that_is_not_known_is_asked_for() -> None:
    it = lab()
    await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    later = lab()
    later.tree.grow(4)
    later.network.hosts = it.network.hosts
    got = await later.collector.collect(later.checkpoint(), set())
    assert got.quorum


async def test_one_dead_witness_of_three_changes_nothing_and_is_left_alone_for_a_while() -> None:
    it = lab()
    del it.network.hosts[url(NAMES[0])]
    got = await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    assert (got.quorum, got.names) == (True, frozenset(NAMES[1:3]))
    assert it.collector.states[NAMES[0]] is WitnessState.UNREACHABLE
    it.network.asked.clear()
    await it.collector.collect(it.checkpoint(), got.names)
    assert it.network.asked == []  # quorum is there and the dead one is not due
    for _ in range(3):
        it.now[0] += 1000
        await it.collector.collect(it.checkpoint(), {NAMES[1]})
    await it.collector.drain()
    assert it.collector.states[NAMES[0]] is WitnessState.UNREACHABLE


async def test_two_dead_ones_end_the_quorum_and_nothing_else() -> None:
    it = lab()
    for name in NAMES[:2]:
        del it.network.hosts[url(name)]
    got = await it.collector.collect(it.checkpoint(), set())
    assert (got.quorum, got.names) == (False, frozenset(NAMES[2:3]))


async def test_a_slow_one_is_not_waited_for_and_its_answer_is_kept() -> None:
    it = lab()
    gate = asyncio.Event()
    prompt = it.network.hosts[url(NAMES[1])]

    async def slow(path: str, body: bytes | None) -> HttpAnswer:
        await gate.wait()
        return await prompt(path, body)

    it.network.hosts[url(NAMES[1])] = slow
    got = await it.collector.collect(it.checkpoint(), set())
    assert got.quorum
    assert NAMES[1] not in got.names
    again = await it.collector.collect(it.checkpoint(), got.names)  # it is not asked twice at once
    assert again.names == got.names
    gate.set()
    await it.collector.drain()
    assert {c.name for _, c in it.source.kept} == set(NAMES[:3])


async def test_one_that_never_answers_is_given_up() -> None:
    it = lab(timeout=0.05)

    async def never(path: str, body: bytes | None) -> HttpAnswer:
        await asyncio.Event().wait()
        raise AssertionError

    it.network.hosts = {url(name): never for name in NAMES[:3]}
    got = await it.collector.collect(it.checkpoint(), set())
    assert got.names == frozenset()
    assert set(it.collector.states.values()) == {WitnessState.UNREACHABLE}


async def test_what_is_under_way_can_be_given_up() -> None:
    it = lab()
    begun = asyncio.Event()

    async def never(path: str, body: bytes | None) -> HttpAnswer:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    it.network.hosts[url(NAMES[0])] = never
    await it.collector.collect(it.checkpoint(), set())
    await begun.wait()
    await it.collector.close()
    assert NAMES[0] not in {c.name for _, c in it.source.kept}


def answering(status: int, body: bytes, kind: str = TEXT) -> Behaviour:
    async def behave(path: str, _: bytes | None) -> HttpAnswer:
        return HttpAnswer(status, kind, body)

    return behave


def line(name: str, signer: TestSigner, note: SignedNote, time: int = AT) -> bytes:
    signature = signer.sign(cosignature_message(note.checkpoint.note_text(), time))
    return Cosignature(name, cosigner_key_id(name, signer.key), time, signature).to_line().line().encode()


async def test_garbage_is_never_stored() -> None:
    it = lab()
    note = it.tree.note_at(5)
    other = it.tree.note_at(4)
    mine, key = NAMES[0], KEYS[NAMES[0]]
    good = line(mine, key, note)
    wrong_key = Cosignature(mine, cosigner_key_id(mine, key.key), AT, STRANGER_KEY.sign(b"x")).to_line().line().encode()
    answers = {
        "empty": b"",
        "html": b"<html>",
        "not UTF-8": b"\xff\xfe",
        "of another size": line(mine, key, other),
        "of another root": line(mine, key, it.tree.note_at(5, bytes(32))),
        "of a stranger's key": line(mine, STRANGER_KEY, note),
        "of the right key id and the wrong key": wrong_key,
        "of another witness": line(NAMES[1], KEYS[NAMES[1]], note),
        "good and bad": good + wrong_key,
        "from the future": line(mine, key, note, AT + 301),
        "without newline": good[:-1],
        "a log's line": it.tree.note_at(5).signatures[0].line().encode(),
    }
    for what, body in answers.items():
        it = lab()
        it.network.hosts = {url(mine): answering(200, body)}
        got = await it.collector.collect(it.checkpoint(), set())
        assert (got.names, it.source.kept) == (frozenset(), []), what
        assert it.collector.states[mine] is WitnessState.GARBAGE, what
    it = lab()
    it.network.hosts = {url(mine): answering(200, good)}
    assert (await it.collector.collect(it.checkpoint(), set())).names == {mine}


@pytest.mark.parametrize(
    ("status", "body", "kind", "state"),
    [
        (409, b"999\n", SIZE_TYPE, WitnessState.AHEAD),
        (409, b"999", SIZE_TYPE, WitnessState.UNREACHABLE),
        (409, b"-1\n", SIZE_TYPE, WitnessState.UNREACHABLE),
        (409, b"4\n", SIZE_TYPE, WitnessState.UNREACHABLE),  # the same again and again
        (409, b"", TEXT, WitnessState.INCONSISTENT),
        (422, b"", TEXT, WitnessState.INCONSISTENT),
        (404, b"", TEXT, WitnessState.REFUSED),
        (302, b"", TEXT, WitnessState.REFUSED),
        (500, b"", TEXT, WitnessState.REFUSED),
    ],
)
async def test_a_witness_alone_cannot_stop_the_log(status: int, body: bytes, kind: str, state: WitnessState) -> None:
    it = lab()
    liar = answering(status, body, kind)
    it.network.hosts[url(NAMES[0])] = liar
    for _ in range(2):
        got = await it.collector.collect(it.checkpoint(), set())
        await it.collector.drain()
        it.now[0] += 1000
    assert got.quorum
    assert it.collector.states[NAMES[0]] is state


async def test_our_own_signature_over_more_than_we_hold_does_stop_it() -> None:
    whole = lab()
    whole.tree.grow(4)
    await whole.collector.collect(whole.checkpoint(), set())
    await whole.collector.drain()
    restored = lab()  # five entries, as in the backup
    restored.network.hosts = whole.network.hosts
    with pytest.raises(RolledBack):
        await restored.collector.collect(restored.checkpoint(), set())
    with pytest.raises(RolledBack):  # it does not go away
        await restored.collector.collect(restored.checkpoint(), set(NAMES[:3]))


async def test_a_fork_that_we_signed_is_refused_by_all_and_stops_the_log() -> None:
    it = lab()
    await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    fork = lab()
    fork.tree.bodies[2] = b"rewritten"
    fork.network.hosts = it.network.hosts
    with pytest.raises(RolledBack):
        await fork.collector.collect(fork.checkpoint(), set())
    assert fork.source.kept == []
    assert all(len(store.kept) == 1 and store.kept[0].proven for store in it.stores.values())


async def test_a_witness_that_forgot_is_told_apart_and_not_used() -> None:
    it = lab()
    await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    it.tree.grow(3)
    it.stores[NAMES[0]].rows.clear()  # its database was restored from before
    got = await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    assert got.quorum
    assert it.collector.states[NAMES[0]] is WitnessState.FORGOT


async def test_nested_groups() -> None:
    inner = Group("inner", 2, NAMES[:3])
    either = Group("either", 1, NAMES[3:5])
    both = Group("both", 2, ("inner", "either"))
    for dead, reached in (((0,), True), ((0, 1), False), ((3, 4), False), ((2, 3), True), ((0, 1, 3, 4), False)):
        it = lab(policy(inner, either, both, names=NAMES))
        for i in dead:
            del it.network.hosts[url(NAMES[i])]
        got = await it.collector.collect(it.checkpoint(), set())
        await it.collector.drain()
        assert got.quorum is reached
        assert it.policy.reached(cosigners(it.note(), it.policy, AT)) is reached


# -- the rollback guard


def observers(it: Lab) -> list[tuple[object, WitnessObserver]]:
    known = KnownLog(it.tree.origin, it.tree.tree, (LOG_KEY.key,))
    return [(w, WitnessObserver(w, url(w.name), known, it.network)) for w in it.policy.witnesses]


async def test_enough_must_answer_that_no_quorum_is_missed() -> None:
    it = lab()
    await it.collector.collect(it.checkpoint(), set())
    await it.collector.drain()
    answers = await ask_enough(observers(it), it.policy, it.tree.origin)  # type: ignore[arg-type]
    assert [a.head for a in answers] == [SeenHead(5, it.tree.root_at(5))] * 3
    del it.network.hosts[url(NAMES[0])]
    assert len(await ask_enough(observers(it), it.policy, it.tree.origin)) == 2  # type: ignore[arg-type]
    del it.network.hosts[url(NAMES[1])]
    with pytest.raises(TooFewWitnesses):
        await ask_enough(observers(it), it.policy, it.tree.origin)  # type: ignore[arg-type]


async def test_silence_is_bounded() -> None:
    it = lab()

    async def never(path: str, body: bytes | None) -> HttpAnswer:
        await asyncio.Event().wait()
        raise AssertionError

    it.network.hosts[url(NAMES[0])] = never
    assert len(await ask_enough(observers(it), it.policy, it.tree.origin, 0.05)) == 2  # type: ignore[arg-type]
    it.network.hosts[url(NAMES[1])] = never
    with pytest.raises(TooFewWitnesses):
        await ask_enough(observers(it), it.policy, it.tree.origin, 0.05)  # type: ignore[arg-type]


async def test_before_the_first_cosignature_there_is_nothing_to_remember() -> None:
    it = lab()
    answers = await ask_enough(observers(it), it.policy, it.tree.origin)  # type: ignore[arg-type]
    assert [a.head for a in answers] == [None] * 3


async def test_an_answer_that_is_not_both_bodies_word_is_none() -> None:
    it = lab()
    note = it.tree.note_at(5)
    mine, key = NAMES[0], KEYS[NAMES[0]]
    (_, observer), *_ = observers(it)
    good = note.encode() + line(mine, key, note)
    forged = replace(it.tree, signer=STRANGER_KEY).note_at(9)
    for behave in (
        answering(200, note.encode()),
        answering(200, forged.encode() + line(mine, key, forged)),
        answering(200, good[:-1]),
        answering(200, b""),
        answering(500, good),
        answering(200, note.encode() + line(NAMES[1], KEYS[NAMES[1]], note)),
    ):
        it.network.hosts[url(mine)] = behave
        with pytest.raises(WitnessUnavailable):
            await observer.seen(it.tree.origin)
    it.network.hosts[url(mine)] = answering(200, good)
    assert await observer.seen(it.tree.origin) == SeenHead(5, it.tree.root_at(5))


@dataclass
class Full(MemorySource):
    """The log's own database refuses what a witness gave, or all of them."""

    refuses: bool = True
    refuses_only: str = ""

    async def keep(self, size: int, cosignature: Cosignature) -> None:
        if self.refuses and self.refuses_only in ("", cosignature.name):
            raise OSError("disk full")
        await super().keep(size, cosignature)


async def test_what_cannot_be_stored_is_not_counted_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    it = lab()
    full = Full(it.tree)
    monkeypatch.setattr(it.collector, "_log", full)
    with pytest.raises(OSError, match="disk full"):
        await it.collector.collect(it.checkpoint(), set())
    full.refuses = False
    got = await it.collector.collect(it.checkpoint(), set())
    assert got.quorum


async def test_an_error_of_a_late_answer_is_raised_by_the_next_round(monkeypatch: pytest.MonkeyPatch) -> None:
    it = lab()
    full = Full(it.tree, refuses_only=NAMES[1])
    monkeypatch.setattr(it.collector, "_log", full)
    gate = asyncio.Event()
    prompt = it.network.hosts[url(NAMES[1])]

    async def slow(path: str, body: bytes | None) -> HttpAnswer:
        await gate.wait()
        return await prompt(path, body)

    it.network.hosts[url(NAMES[1])] = slow
    assert (await it.collector.collect(it.checkpoint(), set())).quorum
    gate.set()
    await it.collector.drain()
    with pytest.raises(OSError, match="disk full"):
        await it.collector.collect(it.checkpoint(), set(NAMES[:3]))
    assert (await it.collector.collect(it.checkpoint(), set(NAMES[:3]))).quorum
