"""Hostile bytes: every parser answers with its object or with VerifierError, and `assess` always with a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import kit
from tests.support.fund_story import sealed, story, trace_of
from tests.support.qbft_chain import Anchor
from tests.support.strategies import cbor_values, edited, remodelled
from tests.support.witnesses import cosigned, witness_policy
from verifier import cbor, receipt
from verifier.anchor import AnchorObservation
from verifier.assess import Verifier
from verifier.charity.epoch import Epoch
from verifier.charity.trace import check_trace
from verifier.charity.tracefile import Trace
from verifier.charity.tracewords import trace_text
from verifier.checkpoint import Checkpoint, KeyUse, NoteKey, SignedNote
from verifier.cose import CoseKey, Sign1
from verifier.credential import Certificate, Claims, HolderFile
from verifier.errors import VerifierError
from verifier.finality.proof import AnchorProof
from verifier.policy import TrustBundle
from verifier.quorum import WitnessPolicy
from verifier.report import Report
from verifier.status_list import StatusList, parse_bits
from verifier.wording import to_text

STATEMENT = kit.statement()
LOG = kit.TestLog()
FILE = kit.holder_file(log=LOG)
RECEIPT = HolderFile.parse(FILE).receipts[0]
NOTE = cosigned(Checkpoint(LOG.origin, len(LOG.bodies), LOG.root()))
POLICY = witness_policy()
TRUST = TrustBundle.parse(kit.signed_bundle())
VERIFIER = Verifier(TRUST, [kit.status()], [LOG.anchor()])
TRACE = trace_of(story(), 2).encode()


def foreign(data: bytes) -> object:
    return receipt.verify_foreign_inclusion(data, kit.LOG_KEY.key, bytes(32))


def foreign_consistency(data: bytes) -> object:
    return receipt.verify_foreign_consistency(data, kit.LOG_KEY.key, bytes(32), bytes(32))


PARSERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "certificate": (Certificate.parse, kit.statement()),
    "donation": (Certificate.parse, kit.statement(kit.donation_claims(), kit.CHARITY_KEY)),
    "claims": (Claims.parse, kit.claims().encode()),
    "file": (HolderFile.parse, FILE),
    "status": (StatusList.parse, kit.status()),
    "note": (SignedNote.parse, LOG.note()),
    "receipt": (receipt.Receipt.parse, RECEIPT),
    "foreign": (foreign, RECEIPT),
    "foreign-consistency": (foreign_consistency, RECEIPT),
    "entry": (receipt.parse_entry_body, LOG.bodies[0]),
    "proof": (receipt.parse_inclusion, cbor.encode([11, 4, [bytes(32)] * 4])),
    "trust": (TrustBundle.parse, kit.signed_bundle()),
    "anchor": (AnchorObservation.parse, LOG.anchor().encode()),
    "anchor-proof": (AnchorProof.parse, Anchor(LOG.origin, len(LOG.bodies), LOG.root()).proof()),
    "cosigned-file": (HolderFile.parse, kit.holder_file(checkpoints=(NOTE.encode(),))),
    "cosigned-note": (SignedNote.parse, NOTE.encode()),
    "witness-policy": (lambda data: WitnessPolicy.from_map(cbor.decode(data)), cbor.encode(POLICY.to_map())),
    "witnessed-trust": (TrustBundle.parse, kit.signed_bundle(kit.bundle(witnesses=POLICY))),
    "sign1": (Sign1.parse_any, kit.statement()),
    "epoch": (Epoch.parse, sealed(story().a.claims()).encode()),
    "trace": (Trace.parse, TRACE),
}
ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "file": HolderFile.encode,
    "note": SignedNote.encode,
    "anchor": AnchorObservation.encode,
    "anchor-proof": AnchorProof.encode,
    "cosigned-file": HolderFile.encode,
    "cosigned-note": SignedNote.encode,
    "witness-policy": lambda policy: cbor.encode(policy.to_map()),
    "claims": Claims.encode,
    "sign1": Sign1.encode,
    "epoch": Epoch.encode,
    "trace": Trace.encode,
}
EVERY = pytest.mark.parametrize("name", PARSERS)


def check(name: str, data: bytes) -> None:
    try:
        value = PARSERS[name][0](data)
    except VerifierError:
        return
    if name in ENCODERS:  # what was accepted is the one encoding of what was read
        known = name != "claims" or (value.kind, value.kind_version) in {(1, 1), (3, 1)}  # type: ignore[attr-defined]
        assert ENCODERS[name](value) == data or not known


@EVERY
@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=300), cbor_values().map(cbor.encode)))
def test_any_bytes(name: str, data: bytes) -> None:
    check(name, data)


@EVERY
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_edited_objects(name: str, data: st.DataObject) -> None:
    check(name, data.draw(edited(PARSERS[name][1])))


@pytest.mark.parametrize("name", [n for n in PARSERS if not n.endswith("note")])
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_remodelled_objects(name: str, data: st.DataObject) -> None:
    """Well-formed CBOR of the wrong shape; for signed objects the payload's shape and the header's."""
    value = cbor.decode(PARSERS[name][1])
    if isinstance(value, cbor.Tag) and isinstance(value.value[2], bytes) and data.draw(st.booleans()):
        part = data.draw(st.sampled_from([0, 2]))
        body = list(value.value)
        body[part] = cbor.encode(data.draw(remodelled(cbor.decode(body[part]))))
        check(name, cbor.encode(cbor.Tag(value.tag, body)))
    else:
        check(name, cbor.encode(data.draw(remodelled(value))))


@settings(max_examples=150, deadline=None)
@given(cbor_values())
def test_keys_and_bits_of_any_value(value: Any) -> None:
    for parse in (CoseKey.from_map, parse_bits):
        with pytest.raises(VerifierError, match=r"\w"):
            parse(value)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_remodelled_keys(data: st.DataObject) -> None:
    try:
        key = CoseKey.from_map(data.draw(remodelled(kit.REGISTRY_KEY.key.to_map())))
    except VerifierError:
        return
    assert key.public


def told(report: Report) -> None:
    """The report can be written in every form."""
    json.dumps(report.to_json())
    to_text(report, "zh")
    to_text(report, "en")


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), st.binary(max_size=300), edited(FILE)), st.integers(0, 253402300799))
def test_assess_never_raises(data: bytes | str, at: int) -> None:
    told(VERIFIER.assess(data, at=at))


@settings(max_examples=250, deadline=None)
@given(st.data(), st.sampled_from([None, "L1", "L2", "L3", "L4", "L5"]), st.integers(0, 253402300799))
def test_assess_never_raises_behind_the_signature(data: st.DataObject, level: str | None, at: int) -> None:
    """Every signature passes here, so that the steps behind it see hostile claims, disclosures and receipts."""
    value = cbor.decode(FILE)
    body = list(value.value)
    if data.draw(st.booleans()):
        body[2] = cbor.encode(data.draw(remodelled(cbor.decode(body[2]))))
    if data.draw(st.booleans()):
        body[1] = data.draw(remodelled(body[1]))
    with patch.object(Sign1, "verify", lambda *_: True):
        told(VERIFIER.assess(cbor.encode(cbor.Tag(18, body)), at=at, level=level))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=100), edited(kit.status())), max_size=4))
def test_verifier_takes_any_status_bytes(lists: list[bytes]) -> None:
    told(Verifier(TRUST, lists).assess(STATEMENT, at=kit.AT))


VKEY = NoteKey(kit.ORIGIN, kit.LOG_KEY.key, KeyUse.LOG).encode()


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), edited(VKEY.encode()).map(lambda data: data.decode("utf-8", "surrogateescape"))))
def test_verifier_keys(text: str) -> None:
    try:
        parsed = NoteKey.parse(text)
    except VerifierError:
        return
    assert parsed.encode() == text


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from([None, "L1", "L5"]))
def test_check_trace_never_raises_behind_the_signature(data: st.DataObject, level: str | None) -> None:
    """Every signature passes here; what is shown adds up to the donation, or nothing is shown."""
    value = cbor.decode(TRACE, max_bytes=1 << 20)
    key = data.draw(st.sampled_from([2, 3, 4, 5]))
    if key == 4 and data.draw(st.booleans()):
        hop = data.draw(st.integers(0, len(value[4]) - 1))
        member = data.draw(st.integers(1, 11))
        value[4][hop][member] = data.draw(remodelled(value[4][hop][member]))
    else:
        value[key] = data.draw(remodelled(value[key]))
    with patch.object(Sign1, "verify", lambda *_: True):
        report = check_trace(cbor.encode(value), VERIFIER, at=kit.AT, level=level)
    json.dumps(report.to_json())
    assert trace_text(report, "zh") != trace_text(report, "en")
    shown = 0 if report.donated is None else report.donated.amount
    assert sum(p.amount for p in report.portions) == shown
