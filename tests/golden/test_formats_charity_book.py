"""Golden vectors of a fund's book: bodies, a history with every kind of event, and acts that it refuses."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from verifier.charity.book import Book, wants
from verifier.charity.errors import LedgerRefused
from verifier.charity.events import NAMES, Received, parse_event
from verifier.charity.line import Inflow
from verifier.charity.state import At, Batch
from verifier.errors import Malformed

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "charity-book.json").read_text())
BOOK = bytes.fromhex(DOCUMENT["book_hex"])


def replayed(history: dict[str, Any], count: int) -> tuple[Book, list[Inflow]]:
    book = Book(BOOK)
    line = [Inflow.parse(bytes.fromhex(leaf)) for leaf in history["in_hex"]]
    for body in history["events_hex"][:count]:
        event = parse_event(bytes.fromhex(body))
        batch = Batch.of(line[event.start : event.start + event.count]) if isinstance(event, Received) else None
        made = book.apply(event, batch, at(line, wants(event))).inflow
        assert made in (None, line[book.in_count - 1])
    return book, line


def at(line: list[Inflow], idx: int | None) -> At | None:
    if idx is None or idx >= len(line):
        return None
    return At(idx, line[idx].kind, sum(leaf.amount for leaf in line[:idx]), line[idx].amount)


def everything(book: Book) -> object:
    return copy.deepcopy(
        {name: getattr(book, name) for name in vars(book)} | {"accounts": dict(book.accounts.balances)}
    )


@pytest.mark.parametrize("case", DOCUMENT["accepted"], ids=lambda c: c["name"])
def test_accepted(case: dict[str, str]) -> None:
    body = bytes.fromhex(case["body_hex"])
    event = parse_event(body)
    assert type(event) is NAMES[case["name"]]
    assert event.encode() == body


@pytest.mark.parametrize("history", ["money", "goods"])
def test_history(history: str) -> None:
    expected = DOCUMENT[history]
    book, line = replayed(expected, len(expected["events_hex"]))
    assert book.in_count == len(line)
    assert [leaf.encode().hex() for leaf in book.outflows] == expected["out_hex"]
    assert [s.encode().hex() for s in book.settlements] == expected["settlement_hex"]
    assert dict(book.accounts.balances) == expected["balances"]
    assert book.accounts.conserve()


def test_goods_are_worth_what_their_lots_say() -> None:
    """1 000 001 fen for 10 000 pieces: no cut of the lot loses or makes a fen."""
    book, _ = replayed(DOCUMENT["goods"], 3)
    found = [book.value_of(start, end) for start, end, _ in DOCUMENT["goods"]["values"]]
    assert [value for value, _ in found] == [value for *_, value in DOCUMENT["goods"]["values"]]
    assert [unvalued for _, unvalued in found] == DOCUMENT["goods"]["unvalued"]


@pytest.mark.parametrize("case", [c for c in DOCUMENT["refused"] if "code" not in c], ids=lambda c: c["name"])
def test_bodies_that_are_no_event(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        parse_event(bytes.fromhex(case["body_hex"]))


@pytest.mark.parametrize("case", [c for c in DOCUMENT["refused"] if "code" in c], ids=lambda c: c["name"])
def test_acts_that_the_book_refuses(case: dict[str, Any]) -> None:
    book, line = replayed(DOCUMENT["money"], case["after"])
    before, event = everything(book), parse_event(bytes.fromhex(case["body_hex"]))
    with pytest.raises(LedgerRefused) as refused:
        book.apply(event, Batch.of(line[:3]), at(line[: book.in_count], wants(event)))
    assert refused.value.code.value == case["code"]
    assert everything(book) == before


def test_the_sample_of_the_page_is_the_vector() -> None:
    page = (ROOT / "docs/formats/charity-book.md").read_text(encoding="utf-8")
    sample = bytes.fromhex(re.findall(r"```text\n(.*?)```", page, re.DOTALL)[0])
    assert sample.hex() == next(c["body_hex"] for c in DOCUMENT["accepted"] if c["name"] == "released")
