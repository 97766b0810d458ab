"""The end of an enrolment: nothing speaks for the person, what waits expires, what was agreed carries nothing."""

from __future__ import annotations

import httpx
import pytest

from api.commands.audit import audit_settings, inputs_of
from api.services.audit_consents import HOLDERS
from api.services.audit_context import Verifying
from tests.support import consenting, signing
from tests.support.api_lab import OFFICE_1, OFFICE_2, Lab, problem
from tests.support.consenting import MAN, SPOUSES, STRANGER, WOMAN, Person, begin, begun, fetch, granted, match, state
from tests.support.signing import Client


@pytest.fixture
async def bank(lab: Lab) -> Client:
    return await signing.relying_party(lab, category="bank")


@pytest.fixture
async def man(lab: Lab) -> Person:
    assert (await lab.issue()).status_code == 201
    return await consenting.enrolled(lab, MAN)


async def office(lab: Lab, path: str, **body: str) -> httpx.Response:
    return await lab.client.post(f"/v1/holders/{path}", json=body, headers=lab.token(OFFICE_1))


async def test_everything_that_could_speak_for_the_person_ends(lab: Lab, bank: Client, man: Person) -> None:
    guardian = await consenting.enrolled(lab, STRANGER)
    assert (await office(lab, "guardians", ward=man.holder, guardian=guardian.holder, action="add")).is_success
    card = (await office(lab, "cards", holder=man.holder)).json()["card"]
    waiting, agreed = await begun(lab, bank, await man.code(lab)), await granted(lab, bank, [man])
    fetched = await granted(lab, bank, [man], uses=3)
    assert (await fetch(lab, bank, fetched)).status_code == 200
    invited = (await man.call(lab, "devices", {"action": "invite"})).json()["activation_code"]
    code = await man.code(lab)
    assert problem(await office(lab, "end", holder="00" * 16))["code"] == "not-found"
    ended = await office(lab, "end", holder=man.holder)
    assert ended.json() == {"holder": man.holder, "ended_at": lab.clock()}, ended.text
    lab.clock.now += 1
    assert (await office(lab, "end", holder=man.holder)).json() == ended.json()
    assert (await man.call(lab, "codes")).status_code == 401
    refused = await consenting.activate(lab, invited, signing.sm2_key())
    assert problem(refused)["code"] == "activation-refused"
    for shown in (code, card):
        assert problem(await begin(lab, bank, shown))["code"] == "code-refused"
    assert [await state(lab, bank, trx) for trx in (waiting, agreed, fetched)] == ["expired", "expired", "fetched"]
    assert problem(await fetch(lab, bank, agreed))["code"] == "consent-state"
    assert problem(await match(lab, bank, fetched))["code"] == "consent-missing"
    assert await guardian.items(lab) == {"pending": [], "past": []}
    seen = (await guardian.call(lab, "uses")).json()["uses"]
    assert [use["action"] for use in seen][:1] == ["guardian-end"]
    again = await lab.client.post("/v1/holders/enrol", json=MAN, headers=lab.token(OFFICE_2))
    assert [e["code"] for e in problem(again)["errors"]] == ["ENROLMENT_ENDED"]
    recorded = [use.action for _, use in await lab.service.access.uses_of(tag(lab, MAN))]
    assert recorded[:4] == ["enrol-end", "card-end", "guardian-end", "device-end"]


def tag(lab: Lab, person: dict[str, str]) -> bytes:
    return lab.service.access.tag(person["cert_type"], "156", person["cert_num"])


async def test_what_a_spouse_agreed_to_ends_as_well_and_what_she_was_not_asked_does_not_show(
    lab: Lab, bank: Client, man: Person
) -> None:
    woman = await consenting.enrolled(lab, WOMAN)
    agreed, used = [await granted(lab, bank, [man, woman], SPOUSES, uses=2) for _ in range(2)]
    assert (await fetch(lab, bank, used)).status_code == 200
    half, waiting = await granted(lab, bank, [man], SPOUSES), await begun(lab, bank, await man.code(lab), SPOUSES)
    assert (await office(lab, "end", holder=woman.holder)).is_success
    states = [await state(lab, bank, trx) for trx in (agreed, used, half, waiting)]
    assert states == ["expired", "fetched", "waiting", "waiting"]
    about = {"predicate": "spouses_match", "inputs": {"a": consenting.subject(MAN), "b": consenting.subject(WOMAN)}}
    assert problem(await match(lab, bank, used, **about))["code"] == "consent-missing"
    assert (await man.call(lab, "codes")).status_code == 200


async def faults(lab: Lab) -> set[str]:
    """What an audit finds wrong with holders: "table.field: detail"."""
    settings, now = lab.service.settings, lab.clock() + 60
    with Verifying(1) as verify:
        inputs = inputs_of(settings, None, now)
        report = await audit_settings(settings, inputs, verify, lambda *_: None, clock=lambda: now)
    (check,) = [check for check in report.checks if check.name == HOLDERS]
    return {f"{fault.table}.{fault.field}: {fault.detail}" for fault in check.first}


async def test_an_enrolment_that_is_set_back_to_life_is_found(lab: Lab, man: Person) -> None:
    assert (await office(lab, "end", holder=man.holder)).is_success
    assert await faults(lab) == set()
    async with lab.service.database.write() as work:
        await work.connection.exec_driver_sql("UPDATE holder SET ended_at = NULL")
    assert await faults(lab) == {"holder.ended_at: is not when the end was recorded"}
