"""Consent when things happen at once, end, or fail in the middle: one answer for one use, and none after the end."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from api.errors import Unavailable
from api.services.access import AccessLog
from tests.support import consenting, signing
from tests.support.api_lab import Lab, problem
from tests.support.consenting import (
    MAN,
    MARRIED,
    SPOUSES,
    STRANGER,
    WOMAN,
    Person,
    begin,
    begun,
    fetch,
    granted,
    match,
    state,
    subject,
)
from tests.support.signing import Client

DATABASES = ("sqlite", "postgresql")


@pytest.fixture
async def bank(lab: Lab) -> Client:
    return await signing.relying_party(lab, category="bank")


@pytest.fixture
async def man(lab: Lab) -> Person:
    assert (await lab.issue()).status_code == 201
    return await consenting.enrolled(lab, MAN)


def told(answers: list[httpx.Response]) -> list[object]:
    return sorted((a.status_code if a.is_success else str(problem(a)["code"]) for a in answers), key=str)


async def missing(lab: Lab, party: Client, trx: str, **change: object) -> bool:
    answer = await match(lab, party, trx, **change)
    return answer.status_code == 403 and problem(answer)["code"] == "consent-missing"


async def test_only_who_it_was_given_to_for_what_it_was_given(lab: Lab, bank: Client, man: Person) -> None:
    other = await signing.relying_party(lab, signing.OTHER_BANK, category="bank")
    assistance = await signing.relying_party(lab, signing.EMPLOYER, category="social-assistance")
    trx = await granted(lab, bank, [man], uses=2)
    waiting = await begun(lab, bank, await man.code(lab))
    assert await missing(lab, other, trx)
    assert await missing(lab, assistance, trx, purpose="household-means-check")
    assert await missing(lab, bank, trx, predicate="registered_divorce_within",
                         inputs={"subject": subject(MAN), "months": 1})  # fmt: skip
    assert await missing(lab, bank, trx, inputs={"subject": subject(STRANGER)})
    assert await missing(lab, bank, waiting)
    assert await missing(lab, bank, "00" * 16)
    assert (await match(lab, bank, trx)).json()["result"] == "TRUE"
    assert (await fetch(lab, bank, trx)).status_code == 200
    assert await missing(lab, bank, trx)  # used up


async def test_the_end_of_a_consent_ends_it_for_every_door(lab: Lab, bank: Client, man: Person) -> None:
    trx = await granted(lab, bank, [man], uses=3)
    day = "2027-01-15"
    lab.clock.now += 900 + 86400 - 1
    assert (await match(lab, bank, trx, as_of=day)).status_code == 200
    lab.clock.now += 1
    assert await missing(lab, bank, trx, as_of=day)
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"


async def test_of_many_at_once_as_many_are_answered_as_there_are_uses(lab: Lab, bank: Client, man: Person) -> None:
    trx = await granted(lab, bank, [man])
    assert told(await asyncio.gather(fetch(lab, bank, trx), fetch(lab, bank, trx))) == [200, "consent-state"]
    trx = await granted(lab, bank, [man], uses=2)
    answers = await asyncio.gather(*(match(lab, bank, trx) for _ in range(4)))
    assert told(answers) == [200, 200, "consent-missing", "consent-missing"]


async def test_a_code_two_parties_scan_at_once_is_one_party_s(lab: Lab, bank: Client, man: Person) -> None:
    other, code = await signing.relying_party(lab, signing.OTHER_BANK, category="bank"), await man.code(lab)
    answers = await asyncio.gather(*(begin(lab, party, code) for party in (bank, other, bank)))
    assert told(answers) == [201, "code-refused", "code-refused"]


async def test_a_person_decides_once_on_two_devices_at_once(lab: Lab, bank: Client, man: Person) -> None:
    trx = await begun(lab, bank, await man.code(lab))
    item = await man.item(lab, trx)
    assert item is not None
    answers = await asyncio.gather(*(man.decide(lab, trx, word, item["notice"]) for word in ("grant", "refuse")))
    assert told(list(answers)) == [200, "consent-state"]
    (kept,) = [a.json()["state"] for a in answers if a.is_success]
    assert await state(lab, bank, trx) == kept


async def test_a_withdrawal_while_the_answer_is_made_leaves_none(
    lab: Lab, bank: Client, man: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All has been read and signed by then."""
    trx = await granted(lab, bank, [man], uses=2)
    fetching = lab.service.consents.fetching

    async def meanwhile() -> None:
        monkeypatch.undo()
        assert (await man.decide(lab, trx, "withdraw")).json()["state"] == "withdrawn"

    monkeypatch.setattr(fetching, "_admit", meanwhile)
    answer = await fetch(lab, bank, trx)
    assert problem(answer)["code"] == "consent-state"
    assert "TRUE" not in answer.text
    uses = (await man.call(lab, "uses")).json()["uses"]
    assert "consent-fetch" not in [use["action"] for use in uses]
    assert await missing(lab, bank, trx)
    trx = await granted(lab, bank, [man])
    both = await asyncio.gather(fetch(lab, bank, trx), man.decide(lab, trx, "withdraw"))
    assert both[1].json()["state"] == "withdrawn"
    assert told([both[0]])[0] in (200, "consent-state")
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"


async def test_an_outage_in_the_middle_changes_nothing(
    lab: Lab, bank: Client, man: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> None:
        raise Unavailable("the database does not answer")

    woman = await consenting.enrolled(lab, WOMAN)
    trx, code = await begun(lab, bank, await man.code(lab), SPOUSES, MARRIED), await man.code(lab)
    assert (await man.decide(lab, trx, "grant")).status_code == 200
    with monkeypatch.context() as patch:  # the last thing that each of them does
        patch.setattr(AccessLog, "record_in", down)
        patch.setattr("api.services.consent.deciding.enqueue_in", down)
        for answer in (await woman.decide(lab, trx, "grant"), await begin(lab, bank, code)):
            assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
    assert await state(lab, bank, trx) == "waiting"
    item = await woman.item(lab, trx)
    assert item is not None
    assert (item["state"], item["decision"]) == ("waiting", None)
    assert (await begin(lab, bank, code)).status_code == 201  # not used up
    assert (await woman.decide(lab, trx, "grant")).json()["state"] == "authorised"
    with monkeypatch.context() as patch:
        patch.setattr(AccessLog, "record_in", down)
        for answer in (await fetch(lab, bank, trx), await match(lab, bank, trx)):
            assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
            assert "TRUE" not in answer.text
    assert await state(lab, bank, trx) == "authorised"
    assert len((await fetch(lab, bank, trx)).json()["answers"]) == 2
