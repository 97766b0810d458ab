"""Quorums against a definition that searches, and notes that nobody can change into better ones."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import kit
from tests.support.strategies import edited
from tests.support.witnesses import (
    ALL,
    CHARITIES,
    COSIGNED_AT,
    NORTH,
    REGISTRIES,
    SOUTH,
    bundle,
    cosigned,
    witness_policy,
)
from verifier import cbor
from verifier.assess import Verifier
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote
from verifier.cose import CoseKey
from verifier.cosignature import cosigners
from verifier.errors import Malformed, VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.policy import TrustBundle
from verifier.quorum import Group, Witness, WitnessPolicy
from verifier.report import Reason

HEAD = Checkpoint(kit.ORIGIN, 11, sm3(b"root"))
NOTE = cosigned(HEAD)
POLICY = witness_policy()


@cache
def some_key(i: int) -> CoseKey:
    return kit.TestSigner(b"of many %d" % i).key


@st.composite
def policies(draw: st.DrawFn) -> WitnessPolicy:
    count = draw(st.integers(1, 6))
    names = [f"w{i}" for i in range(count)]
    witnesses = tuple(Witness(name, some_key(i), 0, kit.AT) for i, name in enumerate(names))
    groups = []
    for i in range(draw(st.integers(0, 5))):
        members = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True))
        groups.append(Group(f"g{i}", draw(st.integers(1, len(members))), tuple(members)))
        names.append(f"g{i}")
    return WitnessPolicy(witnesses, tuple(groups), draw(st.sampled_from(names)))


def searched(policy: WitnessPolicy, name: str, cosigned_by: AbstractSet[str]) -> bool:
    """By the words of tlog-policy, from the quorum downwards."""
    for group in policy.groups:
        if group.name == name:
            return len([m for m in group.members if searched(policy, m, cosigned_by)]) >= group.threshold
    return name in cosigned_by


@settings(max_examples=300, deadline=None)
@given(policies(), st.data())
def test_quorum_is_what_the_definition_says(policy: WitnessPolicy, data: st.DataObject) -> None:
    everybody = [w.name for w in policy.witnesses] + [g.name for g in policy.groups] + ["stranger"]
    names = data.draw(st.sets(st.sampled_from(everybody)))
    real = names & {w.name for w in policy.witnesses}
    assert policy.reached(names) is searched(policy, policy.quorum, real)


@settings(max_examples=150, deadline=None)
@given(policies())
def test_quorum_is_monotone_and_needs_somebody(policy: WitnessPolicy) -> None:
    names = [w.name for w in policy.witnesses]
    assert not policy.reached(frozenset())
    assert policy.reached(frozenset(names))
    reached = [policy.reached(frozenset(names[:n])) for n in range(len(names) + 1)]
    assert reached == sorted(reached)


@settings(max_examples=100, deadline=None)
@given(policies())
def test_policies_go_there_and_back(policy: WitnessPolicy) -> None:
    assert WitnessPolicy.from_map(cbor.decode(cbor.encode(policy.to_map()))) == policy


@settings(max_examples=400, deadline=None)
@given(edited(NOTE.encode()))
def test_no_change_of_a_note_adds_a_name_or_moves_one_to_another_tree(data: bytes) -> None:
    """Somebody who holds all good cosignatures can drop some of them, and nothing else."""
    try:
        note = SignedNote.parse(data)
    except Malformed:
        return
    found = cosigners(note, POLICY, kit.AT)
    if note.checkpoint != HEAD:
        assert found == frozenset()
    else:
        good = {s for s in NOTE.signatures if s in note.signatures}
        assert found <= {s.name for s in good}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_mixture_of_lines_adds_a_name(data: st.DataObject) -> None:
    """Names, ids and signatures of different lines put together again, lines copied, dropped and reordered."""
    other = cosigned(replace(HEAD, size=12)).signatures
    lines = (*NOTE.signatures, *other)
    pick = st.builds(
        NoteSignature,
        st.sampled_from([s.name for s in lines]),
        st.sampled_from([s.key_id for s in lines]),
        st.sampled_from([s.signature for s in lines]),
    )
    drawn = data.draw(st.lists(st.one_of(st.sampled_from(lines), pick), min_size=1, max_size=6))
    found = cosigners(SignedNote(HEAD, tuple(drawn)), POLICY, kit.AT)
    assert found <= {s.name for s in drawn if s in NOTE.signatures}


@settings(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(ALL)), st.integers(COSIGNED_AT - 1000, kit.AT + 1000))
def test_cosigners_are_those_who_signed_by_then(by: set[object], time: int) -> None:
    signers = [w for w in ALL if w in by]
    found = cosigners(cosigned(HEAD, signers, time), POLICY, kit.AT)
    assert found == ({w.name for w in signers} if time <= kit.AT + 300 else frozenset())


def _level_4(note: bytes) -> Reason:
    return VERIFIER.assess(kit.holder_file(checkpoints=(note,)), at=kit.AT, level="L4").levels["L4"]


def _whole() -> bytes:
    log = kit.TestLog()
    kit.holder_file(log=log)
    return cosigned(Checkpoint(log.origin, len(log.bodies), log.root()), (NORTH, SOUTH)).encode()


TWO = witness_policy(groups=(REGISTRIES,), quorum=REGISTRIES.name)
VERIFIER = Verifier(TrustBundle.parse(kit.signed_bundle(bundle(TWO))), [kit.status()])


def test_every_bit_of_a_note_that_just_makes_the_quorum() -> None:
    note = _whole()
    assert _level_4(note) is Reason.OK
    number = int.from_bytes(note, "big")
    flipped = [(number ^ 1 << i).to_bytes(len(note), "big") for i in range(len(note) * 8)]
    file = kit.holder_file()
    for changed in flipped:
        verifier = Verifier(VERIFIER.trust, [], checkpoints=[changed])
        assert verifier.assess(file, at=kit.AT).levels["L4"] is Reason.QUORUM_NOT_REACHED


@settings(max_examples=300, deadline=None)
@given(edited(cbor.encode(POLICY.to_map())))
def test_edited_policies_are_refused_or_mean_what_they_say(data: bytes) -> None:
    try:
        policy = WitnessPolicy.from_map(cbor.decode(data))
    except VerifierError:
        return
    assert cbor.encode(policy.to_map()) == data
    assert not policy.reached(frozenset())


@pytest.mark.parametrize("names", [{REGISTRIES.name, CHARITIES.name}, {"both"}, set()])
def test_names_of_groups_are_nobody(names: set[str]) -> None:
    assert not POLICY.reached(names)
