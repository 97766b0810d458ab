"""A general book under hostile bytes and in any order of events: one encoding, typed refusals, nothing half done."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.charity.rules import case_of, judge
from tests.golden.formats_charity_general import DAY, HISTORY
from tests.support.strategies import edited, remodelled
from verifier import cbor
from verifier.charity.errors import LedgerRefused
from verifier.charity.general import General
from verifier.charity.generalevents import GeneralEvent, encode, parse
from verifier.errors import Malformed

BODIES = [encode(event) for event in HISTORY]


def check(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert encode(parse(data)) == data


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_edited_and_remodelled_bodies_are_refused_or_the_one_encoding(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES))
    check(data.draw(edited(body)))
    check(cbor.encode(data.draw(remodelled(cbor.decode(body)))))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(HISTORY[1:]), max_size=30), st.integers(DAY, DAY + 1200))
def test_any_order_is_refused_or_judged(events: list[GeneralEvent], day: int) -> None:
    book, taken = General.replay(HISTORY[:1]), list(HISTORY[:1])
    for event in events:
        before = copy.deepcopy(book)
        offered = replace(event, seq=book.size, day=max(event.day, book.day))
        try:
            book.apply(offered)
        except LedgerRefused:
            assert book == before
        else:
            taken.append(offered)
    assert General.replay(taken) == book
    found = judge(case_of(taken, day))
    assert all((one.missing is None) == (one.state != "NOT_CHECKABLE") for one in found)
    assert all(one.due is not None for one in found if one.state in {"OVERDUE", "DONE_LATE", "NOT_DUE", "DUE_SOON"})
