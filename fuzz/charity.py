"""Targets of the charity ledger: traces, epochs, receipt codes, events of a general book."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

from fuzz.model import Target, same
from fuzz.seeds import golden
from tests.support import kit
from verifier.assess import Verifier
from verifier.charity.epoch import Epoch
from verifier.charity.generalevents import encode, parse
from verifier.charity.opening import ReceiptCode
from verifier.charity.trace import check_trace
from verifier.charity.tracefile import Trace
from verifier.cose import Sign1

_VERIFIER = Verifier(kit.bundle())
_HOST = "minzheng.example"


def _trace(data: bytes) -> None:
    same(data, Trace.parse(data).encode())


def _checked(data: bytes) -> None:
    """With every signature good, so that the steps behind it see hostile trees. What is shown adds up."""
    trace = Trace.parse(data)
    bare = replace(trace, epochs={book: replace(e, receipts=()) for book, e in trace.epochs.items()})
    with patch.object(Sign1, "verify", lambda *_: True):
        report = check_trace(bare.encode(), _VERIFIER, at=kit.AT, level="L1")
    shown = 0 if report.donated is None else report.donated.amount
    if sum(p.amount for p in report.portions) != shown:
        raise AssertionError("the portions are not the donation")


def _epoch(data: bytes) -> None:
    same(data, Epoch.parse(data).encode())


def _general_event(data: bytes) -> None:
    same(data, encode(parse(data)))


def _receipt_code(data: bytes) -> None:
    """One code has one spelling in each form, but for the host."""
    text = data.decode("utf-8", "replace")
    code = ReceiptCode.parse(text)
    spelled = code.text() if text.startswith("MZD1:") else code.url(_HOST)
    if spelled.partition("#")[2] != text.partition("#")[2] or ("#" not in spelled and spelled != text):
        raise AssertionError("accepted, and spelled otherwise")


def _traces() -> list[bytes]:
    return [data for data in golden("formats/donor-trace.json", "trace_b64") if len(data) < 1 << 14]


TARGETS = (
    Target("donor-trace", _trace, _traces, shape="cbor"),
    Target("donor-trace-checked", _checked, _traces, shape="cbor"),
    Target("fund-epoch", _epoch, lambda: golden("formats/fund-epoch.json", "epoch_b64"), shape="cbor"),
    Target("general-event", _general_event, lambda: golden("formats/charity-general.json", "body_hex"), shape="cbor"),
    Target("receipt-code", _receipt_code, lambda: golden("formats/receipt-code.json", "text", "url")),
)
