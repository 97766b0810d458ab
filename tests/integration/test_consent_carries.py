"""What a consent carries at /v1/match: the question that was read before it was given, and nothing beside it."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.support import consenting, signing
from tests.support.api_lab import Lab, problem
from tests.support.consenting import CONTEXT, MAN, MARRIED, PURPOSE, STRANGER, WOMAN, Person, begun, fetch
from tests.support.signing import Client
from verifier.answer import Answer

DAY = "2027-01-10"
DIVORCED: dict[str, Any] = {"predicate": "registered_divorce_within", "inputs": {"months": 6}, "as_of": DAY}


def subject(person: dict[str, str]) -> dict[str, str]:
    return {name: person[name] for name in ("cert_type", "cert_num", "name")}


async def match(lab: Lab, party: Client, trx: str, **change: Any) -> httpx.Response:
    """Whether the man is married today, or as `change` has it."""
    body = {"context": CONTEXT, "purpose": PURPOSE, "predicate": "registered_married",
            "inputs": {"subject": subject(MAN)}, "grant": trx} | change  # fmt: skip
    return await consenting.post(lab, "/v1/match", body, party.auth)


def spouses(b: dict[str, str]) -> dict[str, Any]:
    return {"predicate": "spouses_match", "as_of": DAY, "inputs": {"a": subject(MAN), "b": b}}


@pytest.fixture
async def bank(lab: Lab) -> Client:
    return await signing.relying_party(lab, category="bank")


@pytest.fixture
async def man(lab: Lab) -> Person:
    assert (await lab.issue()).status_code == 201
    return await consenting.enrolled(lab, MAN)


async def granted(lab: Lab, bank: Client, people: tuple[Person, ...], *asks: dict[str, Any], **more: Any) -> str:
    trx = await begun(lab, bank, await people[0].code(lab), *asks, **more)
    for person in people:
        assert (await person.decide(lab, trx, "grant")).status_code == 200
    return trx


async def test_what_opens_a_fetched_answer_names_nobody_whom_the_party_did_not_name(
    lab: Lab, bank: Client, man: Person
) -> None:
    woman = await consenting.enrolled(lab, WOMAN)
    trx = await granted(lab, bank, (man, woman), MARRIED, consenting.SPOUSES)
    for told in (await fetch(lab, bank, trx)).json()["answers"]:
        question, salt = (base64.b64decode(told["opening"][name]) for name in ("question", "salt"))
        for value in (MAN["cert_num"], MAN["name"], MAN["birth"], MAN["birth"].replace("-", "")):
            assert value.encode() not in question
        assert Answer.parse(base64.b64decode(told["answer"])).opens(salt, question)
    assert WOMAN["cert_num"].encode() in question  # the party's own words: spouses_match is the last


async def test_a_consent_carries_the_question_that_was_read(lab: Lab, bank: Client, man: Person) -> None:
    woman, asks = await consenting.enrolled(lab, WOMAN), ({**MARRIED, "as_of": DAY}, DIVORCED)
    trx = await granted(lab, bank, (man, woman), *asks, {**consenting.SPOUSES, "as_of": DAY}, uses=3)
    six = {"months": 6, "subject": subject(MAN)}
    refused = {
        "another day": {"as_of": "2027-01-11"},
        "today": {},
        "more months": {**DIVORCED, "inputs": six | {"months": 7}},
        "another day of the months": {**DIVORCED, "as_of": "2027-01-09", "inputs": six},
        "another spouse": spouses(subject(STRANGER)),
        "another name for her": spouses(subject(WOMAN) | {"name": STRANGER["name"]}),
        "the other way round": {**spouses(subject(WOMAN)), "inputs": {"a": subject(WOMAN), "b": subject(MAN)}},
        "of her alone": {"as_of": DAY, "inputs": {"subject": subject(WOMAN)}},
        "another person": {"as_of": DAY, "inputs": {"subject": subject(STRANGER)}},
    }
    for name, change in refused.items():
        assert problem(await match(lab, bank, trx, **change))["code"] == "consent-missing", name
    assert (await match(lab, bank, trx, as_of=DAY)).json()["result"] == "TRUE"
    asked = await match(lab, bank, trx, **DIVORCED | {"inputs": six})
    assert asked.json()["predicate"] == "registered_divorce_within"
    assert (await match(lab, bank, trx, **spouses(WOMAN))).json()["result"] == "TRUE"
    assert problem(await match(lab, bank, trx, as_of=DAY))["code"] == "consent-missing"  # three uses, of both
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"


async def test_a_period_is_carried_with_both_its_days(lab: Lab, man: Person) -> None:
    notary = await signing.relying_party(lab, category="notary")
    days = {"from": "2024-01-01", "to": "2026-12-31"}
    trx = await granted(
        lab, notary, (man,), {"predicate": "registered_between", "inputs": days}, purpose="notarisation", uses=2
    )  # fmt: skip
    for change in ({"from": "2023-12-31"}, {"to": "2027-01-01"}, {"to": "2026-12-30"}, {}):
        inputs = {"subject": subject(MAN), **days, **change}
        answer = await match(lab, notary, trx, purpose="notarisation", predicate="registered_between", inputs=inputs)
        if change:
            assert problem(answer)["code"] == "consent-missing", change
        else:
            assert answer.json()["predicate"] == "registered_between", answer.text
