"""What a `Verifier` remembers of the notes that it has seen: signatures, and never what depends on the time."""

from __future__ import annotations

from itertools import islice, permutations

import pytest

from tests.support import kit
from tests.support.witnesses import ALL, COSIGNED_AT, bundle, cosigned, log_line
from verifier.assess import Verifier
from verifier.checkpoint import Checkpoint, SignedNote
from verifier.cose import CoseKey
from verifier.fields import CLOCK_SKEW
from verifier.report import Outcome, Reason

LOG = kit.TestLog()
FILE = kit.holder_file(log=LOG)
HEAD = Checkpoint(LOG.origin, len(LOG.bodies), LOG.root())
NOTE = cosigned(HEAD)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[CoseKey]:
    """The key of every signature that is checked."""
    seen: list[CoseKey] = []
    real = CoseKey.verify

    def counting(key: CoseKey, signature: bytes, message: bytes) -> bool:
        seen.append(key)
        return real(key, signature, message)

    monkeypatch.setattr(CoseKey, "verify", counting)
    return seen


def with_notes(*notes: SignedNote, receipts: int = 1) -> bytes:
    log = kit.TestLog()
    index = log.add(kit.ENTRY_SALT, kit.statement())
    again = (log.receipt(index),) * receipts
    return kit.holder_file(receipts=again, checkpoints=tuple(n.encode() for n in notes))


def head_of_one() -> Checkpoint:
    log = kit.TestLog()
    log.add(kit.ENTRY_SALT, kit.statement())
    return Checkpoint(log.origin, len(log.bodies), log.root())


def test_files_that_share_a_note_do_not_pay_for_it_again(checks: list[CoseKey]) -> None:
    v = Verifier(bundle(), [kit.status()], checkpoints=[NOTE.encode()])
    assert v.assess(FILE, at=kit.AT, level="L4").outcome is Outcome.PASSED
    first = len(checks)
    assert v.assess(FILE, at=kit.AT, level="L4").outcome is Outcome.PASSED
    assert len(checks) - first == 2  # the certificate's and the receipt's own


def test_eight_orders_of_the_same_lines_cost_each_line_once(checks: list[CoseKey]) -> None:
    head = head_of_one()
    lines = [w.cosign(head) for w in ALL[:3]]
    orders = islice(permutations(lines), 6)
    data = with_notes(*(SignedNote(head, (log_line(head), *order)) for order in orders), receipts=8)
    v = Verifier(bundle(), [kit.status()])
    checks.clear()
    assert v.assess(data, at=kit.AT, level="L4").reason is Reason.QUORUM_NOT_REACHED
    witnesses = {w.signer.key for w in ALL}
    assert len([key for key in checks if key in witnesses]) == 3
    assert len(checks) == 1 + 8 + 6 + 3  # certificate, receipts, the log's line under each note, cosignatures


def test_a_bad_line_is_remembered_as_bad() -> None:
    bad = cosigned(HEAD, ALL[:3], time=COSIGNED_AT)
    spoiled = SignedNote(HEAD, (*bad.signatures, ALL[3].cosign(Checkpoint(HEAD.origin, HEAD.size + 1, HEAD.root))))
    v = Verifier(bundle(), [kit.status()], checkpoints=[spoiled.encode()])
    for _ in range(2):
        assert v.assess(FILE, at=kit.AT, level="L4").reason is Reason.QUORUM_NOT_REACHED


def test_the_time_of_asking_is_not_remembered() -> None:
    v = Verifier(bundle(), [kit.status(iat=kit.AT - 2 * kit.DAY, exp=kit.AT + kit.DAY)], checkpoints=[NOTE.encode()])
    early = COSIGNED_AT - CLOCK_SKEW - 1
    for at, reason in ((kit.AT, Reason.OK), (early, Reason.QUORUM_NOT_REACHED), (kit.AT, Reason.OK)):
        assert v.assess(FILE, at=at, level="L4").levels["L4"] is reason


def test_other_evidence_costs_only_itself(checks: list[CoseKey]) -> None:
    """A service adds what it knows to what it was shown: a stranger's request must not check every status list."""
    v = Verifier(bundle(), [kit.status()], checkpoints=[NOTE.encode()])
    assert v.assess(FILE, at=kit.AT, level="L4").outcome is Outcome.PASSED
    checks.clear()
    bare = v.with_evidence([LOG.anchor()])
    assert checks == []
    assert bare.assess(FILE, at=kit.AT, level="L5").outcome is Outcome.PASSED
    assert bare.assess(FILE, at=kit.AT, level="L4").reason is Reason.QUORUM_NOT_REACHED
    noted = bare.with_evidence(checkpoints=[NOTE.encode()])
    assert noted.assess(FILE, at=kit.AT, level="L4").outcome is Outcome.PASSED
    assert noted.assess(FILE, at=kit.AT, level="L5").reason is Reason.ANCHOR_MISSING
    assert len(checks) == 4 * 2  # four certificates, four receipts
