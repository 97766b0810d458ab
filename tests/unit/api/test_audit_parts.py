"""Parts of the audit that the tamper matrix does not reach: processes, times, silent witnesses, new kinds."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.commands.audit import since_of
from api.commands.audit_sources import seen_by
from api.services.audit import Since
from api.services.audit_context import Verifying
from api.services.audit_terms import shapes
from certs.kinds import KINDS
from chain.audit.anchors import Seen, check_witnesses
from chain.audit.catalogue import ALL
from chain.audit.model import Check, Checks, Outcome, Report
from chain.audit.ports import Job
from chain.errors import WitnessUnavailable
from chain.log.guard import SeenHead
from verifier.labels import CRV_ED25519


def jobs(count: int, *, bad: frozenset[int]) -> list[Job]:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"jobs").digest())
    public = key.public_key().public_bytes_raw()
    return [Job(CRV_ED25519, public, key.sign(b"%d" % n), b"%d" % (n + 1 if n in bad else n)) for n in range(count)]


@pytest.mark.parametrize("processes", [1, 2])
def test_signatures_are_answered_in_order_however_many_processes_there_are(processes: int) -> None:
    bad = frozenset({0, 300, 699})
    with Verifying(processes) as verify:
        answers = verify(jobs(700, bad=bad))
    assert {n for n, good in enumerate(answers) if not good} == bad


def test_every_kind_has_a_second_description() -> None:
    """A kind without one would be audited by the code that issued it, or not at all."""
    assert set(shapes()) == set(KINDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", Since(size=0)),
        ("4096", Since(size=4096)),
        ("2026-11-21", Since(time=1795219200)),
        ("2026-11-21T08:00:00+08:00", Since(time=1795219200)),
        ("2026-11-21T00:00:00Z", Since(time=1795219200)),
        ("-1", None),
        ("yesterday", None),
        ("", None),
        ("٣", None),
    ],
)
def test_where_to_begin(text: str, expected: Since | None) -> None:
    assert since_of(text) == expected


class Observer:
    def __init__(self, name: str, answer: SeenHead | Exception | None) -> None:
        self.name, self._answer = name, answer

    async def seen(self, origin: str) -> SeenHead | None:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


async def test_a_silent_witness_is_incomplete_and_a_fresh_one_is_not() -> None:
    root = bytes([7]) * 32
    observers = [
        Observer("a", SeenHead(10, root)),
        Observer("b", None),
        Observer("c", WitnessUnavailable("no answer")),
    ]
    seen = await seen_by(observers, "log.example")
    assert seen == (Seen("a", 10, root), Seen("b"), Seen("c", failed="WitnessUnavailable"))
    check = Check(11, "witnesses", "")
    check_witnesses(seen, 20, {10: root}.get, check)
    assert (check.faults, check.unchecked) == (0, ["c: WitnessUnavailable"])
    check_witnesses([Seen("a", 10, bytes(32)), Seen("b", 21, root)], 20, {10: root}.get, check)
    assert [(f.table, f.position, f.field) for f in check.first] == [("checkpoint", "10", "root"), ("head", "", "size")]


def test_a_fault_outweighs_what_is_unknown_and_nothing_checked_is_not_clean() -> None:
    checks = Checks(ALL)
    report = Report("", "", 0, 0, b"", 0, checks.all())
    assert report.outcome is Outcome.CLEAN
    checks["outbox"].cannot("because")
    assert report.outcome is Outcome.INCOMPLETE
    checks["outbox"].fault("outbox", 1, "key", "second")
    checks["entries"].fault("entry", 5, "body", "cause")
    assert report.outcome is Outcome.FAULT
    assert str(report.first) == "entry 5 body: cause"
    assert Report("", "", 0, 0, b"", 0, ()).outcome is Outcome.INCOMPLETE
    numbers = [number for number, _, _ in ALL]
    assert numbers == sorted(set(numbers))


def test_faults_are_counted_and_only_the_first_are_kept() -> None:
    check = Check(3, "entries", "")
    for n in range(100):
        check.fault("entry", n, "body", "wrong")
    assert (check.faults, [f.position for f in check.first]) == (100, ["0", "1", "2", "3", "4"])
