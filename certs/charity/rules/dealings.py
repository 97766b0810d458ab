"""Rules about what a charity does with its assets and with whom: D13, D14, D26."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.charity.conduct import INVESTMENTS, OWN_MONEY, Transaction
from verifier.charity.general import Entry

from .law import Rule
from .obligation import Case, Obligation, State, once, unknown


def major(case: Case) -> list[Obligation]:
    """D13: what the charity's own standards call major, published with content and amount."""
    return [_published(case, rule, t) for rule, t in _in_force(case, "D13") if t.event.major]


def related(case: Case) -> list[Obligation]:
    """D14: dealings with a party that was an important related one on that day."""
    return [_published(case, rule, t) for rule, t in _in_force(case, "D14") if _important(case, t.event)]


def investments(case: Case) -> list[Obligation]:
    """D26: no government money, none that was given not to be invested; major ones by two thirds of the board."""
    found = []
    for rule, entry in _in_force(case, "D26"):
        event = entry.event
        if event.what not in INVESTMENTS:
            continue
        money = Obligation("D26", event.number, State.DONE, aspect="money", trigger=event.happened_on, entry=entry.seq)
        found.append(money if event.money == OWN_MONEY else replace(money, state=State.BREACHED))
        if event.major:
            found.append(_voted(rule, entry))
    return found


def _in_force(case: Case, name: str) -> Iterator[tuple[Rule, Entry[Transaction]]]:
    for entry in case.book.kept(Transaction):
        rule = case.law.rule(name, entry.event.happened_on)
        if rule is not None:
            yield rule, entry


def _published(case: Case, rule: Rule, entry: Entry[Transaction]) -> Obligation:
    happened = entry.event.happened_on
    return once(case, rule, entry.event.number, happened, rule.after(happened, case.calendar))


def _important(case: Case, event: Transaction) -> bool:
    if event.party is None:
        return False
    party, ended = case.book.parties[event.party]
    return party.important and party.since <= event.happened_on and (ended is None or event.happened_on < ended)


def _voted(rule: Rule, entry: Entry[Transaction]) -> Obligation:
    event = entry.event
    if event.board is None or event.board[1] == 0:
        return unknown("D26", event.number, "votes", aspect="votes", trigger=event.happened_on)
    (votes, members), (share, of) = event.board, rule.votes
    state = State.DONE if votes * of >= members * share else State.BREACHED
    return Obligation("D26", event.number, state, aspect="votes", trigger=event.happened_on, entry=entry.seq)
