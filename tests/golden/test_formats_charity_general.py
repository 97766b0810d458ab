"""Golden vectors of a general book: bodies, a history with every kind of event, and what does not follow."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from verifier.charity.errors import LedgerRefused
from verifier.charity.general import General
from verifier.charity.generalevents import encode, kinds, parse
from verifier.errors import Malformed

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "charity-general.json").read_text())


def test_every_kind_is_accepted_and_written_as_it_was_read() -> None:
    bodies = [bytes.fromhex(case["body_hex"]) for case in DOCUMENT["accepted"]]
    events = [parse(body) for body in bodies]
    assert [encode(event) for event in events] == bodies
    assert {event.KIND for event in events} == kinds()
    book = General.replay(events)
    assert (book.size, book.ended is None) == (len(events), False)


@pytest.mark.parametrize("case", DOCUMENT["refused"], ids=lambda c: c["name"])
def test_refused_bodies(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        parse(bytes.fromhex(case["body_hex"]))


@pytest.mark.parametrize("case", DOCUMENT["unfit"], ids=lambda c: c["name"])
def test_what_does_not_follow_changes_nothing(case: dict[str, Any]) -> None:
    book = General.replay(parse(bytes.fromhex(body)) for body in case["events_hex"])
    before = copy.deepcopy(book)
    with pytest.raises(LedgerRefused) as refused:
        book.apply(parse(bytes.fromhex(case["next_hex"])))
    assert refused.value.code.value == case["code"]
    assert book == before
