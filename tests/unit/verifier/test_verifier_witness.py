"""Witness policies, cosigned notes and what a report says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certs.present import present
from tests.golden.other_signers import P256_KEY
from tests.support import kit
from tests.support.qbft_chain import Anchor, chain_trust
from tests.support.witnesses import (
    ALL,
    CHARITIES,
    COSIGNED_AT,
    NORTH,
    REGISTRIES,
    SOUTH,
    bundle,
    cosigned,
    log_line,
    witness_policy,
)
from verifier.assess import Verifier, assess, verify
from verifier.checkpoint import MAX_SIGNATURES, Checkpoint, KeyUse, NoteKey, NoteSignature, SignedNote, note_key_id
from verifier.cosignature import Cosignature, cosigner_key_id, cosigners
from verifier.credential import HolderFile
from verifier.errors import Malformed, Unsupported, VerificationFailed
from verifier.policy import ChainTrust, TrustBundle
from verifier.report import Need, Outcome, Reason
from verifier.wording import to_text

LOG = kit.TestLog()
FILE = kit.holder_file(log=LOG)
HEAD = Checkpoint(LOG.origin, len(LOG.bodies), LOG.root())
PLACE = f"{LOG.origin} at size {HEAD.size}"


def needs(*notes: SignedNote, trust: TrustBundle | None = None) -> tuple[Need, ...]:
    report = assess(
        FILE,
        trust=trust or bundle(),
        at=kit.AT,
        statuses=[kit.status()],
        checkpoints=[n.encode() for n in notes],
        level="L4",
    )
    assert report.outcome is Outcome.INDETERMINATE
    assert report.reason is Reason.QUORUM_NOT_REACHED
    return report.needs


def test_needs_name_what_is_missing_for_level_4() -> None:
    assert needs(trust=kit.bundle()) == (Need("witness-policy", "in the trust bundle"),)
    assert needs() == (Need("checkpoint", f"{PLACE}, cosigned by both"),)
    two = cosigned(HEAD, (NORTH, SOUTH))
    assert needs(cosigned(HEAD, ()), two) == (Need("cosignatures", f"{PLACE}: 2 of 4 witnesses, not enough for both"),)


def test_needs_are_named_only_to_who_asked() -> None:
    report = assess(FILE, trust=bundle(), at=kit.AT, statuses=[kit.status()])
    assert (report.outcome, report.needs) == (Outcome.PASSED, ())
    assert report.levels["L4"] is Reason.QUORUM_NOT_REACHED


def test_needs_of_a_proof_whose_validators_nobody_states() -> None:
    proof = Anchor(HEAD.origin, HEAD.size, HEAD.root).proof()
    given = {"at": kit.AT, "statuses": [kit.status()], "proofs": [proof], "level": "L5"}
    report = assess(FILE, trust=kit.bundle(), **given)  # type: ignore[arg-type]
    assert report.reason is Reason.ANCHOR_PROOF_INVALID
    assert set(report.needs) == {
        Need("anchor", PLACE),
        Need("validators", f"of chain {kit.CHAIN_ID} in the trust bundle"),
    }
    assert "validators of chain 990000" in to_text(report, "en")
    assert verify(FILE, trust=kit.bundle(chains=(chain_trust(),)), **given).level == "L5"  # type: ignore[arg-type]


def test_levels_4_and_5_do_not_imply_each_other() -> None:
    trust = bundle(chains=(chain_trust(),))
    note = cosigned(HEAD).encode()
    proof = Anchor(HEAD.origin, HEAD.size, HEAD.root).proof()
    only_4 = Verifier(trust, [kit.status()], checkpoints=[note]).assess(FILE, at=kit.AT, level="L4")
    only_5 = Verifier(trust, [kit.status()], proofs=[proof]).assess(FILE, at=kit.AT, level="L5")
    assert (only_4.outcome, only_4.level, only_4.levels["L5"]) == (Outcome.PASSED, "L4", Reason.ANCHOR_MISSING)
    assert (only_5.outcome, only_5.level, only_5.levels["L4"]) == (Outcome.PASSED, "L5", Reason.QUORUM_NOT_REACHED)


def test_a_fork_is_said_in_both_languages() -> None:
    lie = cosigned(replace(HEAD, root=bytes(32)), ())
    with pytest.raises(VerificationFailed) as raised:
        verify(FILE, trust=kit.bundle(), at=kit.AT, statuses=[kit.status()], checkpoints=[lie.encode()])
    report = raised.value.report
    assert report.reason is Reason.LOG_FORKED
    assert "日志分叉" in to_text(report)
    assert "two different trees of one size" in to_text(report, "en")


def test_a_presentation_keeps_the_cosigned_checkpoints() -> None:
    note = cosigned(HEAD).encode()
    shown = present(kit.holder_file(checkpoints=(note,)), ["holder_name"])
    assert HolderFile.parse(shown).checkpoints == (note,)
    report = assess(shown, trust=bundle(), at=kit.AT, statuses=[kit.status()], level="L4")
    assert report.outcome is Outcome.PASSED
    assert set(report.disclosed) == {"holder_name"}


def test_a_file_with_more_than_can_be_read_back_is_not_written() -> None:
    note = cosigned(HEAD).encode()
    many = tuple(note + b"x" * i for i in range(9))
    for bad in (many, (note, note), (b"",), (bytes(16 * 1024 + 1),)):
        with pytest.raises(Malformed, match="mzc: checkpoint"):
            kit.holder_file(checkpoints=bad)


def test_lines_are_added_once_and_behind_those_that_are_there() -> None:
    note = cosigned(HEAD, (NORTH,))
    line = SOUTH.cosign(HEAD)
    more = note.with_lines([line, line, note.signatures[1]])
    assert more.signatures == (*note.signatures, line)
    assert more.with_lines([line]) == more
    assert SignedNote.parse(more.encode()) == more


def test_a_note_does_not_grow_beyond_what_can_be_read_back() -> None:
    line = NORTH.cosign(HEAD)
    lines = [replace(line, name=f"w{i}.example") for i in range(MAX_SIGNATURES)]
    assert len(cosigned(HEAD, ()).with_lines(lines[1:]).signatures) == MAX_SIGNATURES
    with pytest.raises(Malformed, match="too-large"):
        cosigned(HEAD, ()).with_lines(lines)
    with pytest.raises(Malformed, match="too-large"):
        cosigned(HEAD, ()).with_lines([NoteSignature("x", bytes(4), bytes(64 * 1024))])


def test_a_key_has_another_id_for_each_use_and_name() -> None:
    for witness in (NORTH, SOUTH):
        key = witness.signer.key
        ids = {
            note_key_id(witness.name, key),
            cosigner_key_id(witness.name, key),
            cosigner_key_id("other.example", key),
        }
        assert len(ids) == 3
    with pytest.raises(Unsupported):
        NoteKey(SOUTH.name, P256_KEY.key, KeyUse.COSIGNER)


def test_a_cosignature_of_no_time_is_not_written() -> None:
    for time in (-1, 1 << 63):
        with pytest.raises(Malformed, match="time"):
            Cosignature("w.example", bytes(4), time, bytes(64)).to_line()


def test_a_bundle_in_which_a_log_watches_itself_is_not_built() -> None:
    spy = replace(NORTH.witness(), key=kit.LOG_KEY.key)
    namesake = replace(NORTH.witness(), name=kit.ORIGIN)
    for bad in (spy, namesake):
        with pytest.raises(Malformed, match="witness"):
            kit.bundle(witnesses=witness_policy(witnesses=(bad,), groups=(), quorum=bad.name))


def test_bundles_with_policy_and_validators_go_there_and_back() -> None:
    for trust in (bundle(), bundle(chains=(chain_trust(), ChainTrust(1, bytes(20), "other")))):
        assert TrustBundle.parse(kit.signed_bundle(trust)) == trust
    assert TrustBundle.parse(kit.signed_bundle()).witnesses is None


def test_a_copied_line_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else sixty-four copies of a line would cost sixty-four checks of a signature."""
    calls = []
    real = Cosignature.verify
    monkeypatch.setattr(Cosignature, "verify", lambda self, *a: calls.append(self.name) or real(self, *a))
    line = CHARITIES.cosign(HEAD)
    note = SignedNote(HEAD, (log_line(HEAD), *[line] * 63))
    assert cosigners(note, witness_policy(), kit.AT) == {CHARITIES.name}
    assert calls == [CHARITIES.name]


def test_lists_are_bounded_before_anything_is_verified() -> None:
    policy = witness_policy(groups=(REGISTRIES,), quorum=REGISTRIES.name)
    with pytest.raises(Malformed, match="count"):
        replace(policy, witnesses=policy.witnesses * 17)
    assert cosigners(cosigned(HEAD, ALL, COSIGNED_AT), policy, kit.AT) == {w.name for w in ALL}
