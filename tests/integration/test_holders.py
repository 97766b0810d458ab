"""Holders over HTTP: enrolment, activation, devices, own certificates; cards, the counter, guardians."""

from __future__ import annotations

import base64

import pytest

from api.commands.common import principal
from api.services.holders.showing import MAX_WRONG_PINS
from certs.consent.machine import Decision
from tests.support import consenting, signing
from tests.support.api_lab import OFFICE_1, OFFICE_2, Lab, problem
from tests.support.consenting import DECISIONS, MAN, SPOUSES, STRANGER, WOMAN, Person, begin, begun, fetch, state
from tests.support.signing import Client, Signed
from verifier.credential import HolderFile
from verifier.presentation import Binding

DATABASES = ("sqlite",)


@pytest.fixture
async def bank(lab: Lab) -> Client:
    return await signing.relying_party(lab, category="bank")


@pytest.fixture
async def man(lab: Lab) -> Person:
    assert (await lab.issue()).status_code == 201
    return await consenting.enrolled(lab, MAN)


async def test_an_activation_code_is_good_once_and_for_five_tries(lab: Lab) -> None:
    first, second = signing.sm2_key(), signing.sm2_key()
    given = await consenting.activation(lab, MAN)
    code = given["activation_code"]
    stolen = await consenting.activate(lab, code, first, proof=second.sign(b"another message"))
    assert problem(stolen)["code"] == "activation-refused"
    assert (await consenting.activate(lab, code, first)).status_code == 200
    again = await consenting.activate(lab, code, second)
    assert problem(again)["code"] == "activation-refused"
    code = (await consenting.activation(lab, WOMAN))["activation_code"]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _ in range(5):
        assert problem(await consenting.activate(lab, wrong, second))["code"] == "activation-refused"
    assert problem(await consenting.activate(lab, code, second))["code"] == "activation-refused"
    late = (await consenting.activation(lab, STRANGER))["activation_code"]
    lab.clock.now += 7 * 86400
    assert problem(await consenting.activate(lab, late, second))["code"] == "activation-refused"


async def test_several_devices_and_a_revoked_one(lab: Lab, man: Person) -> None:
    invited = (await man.call(lab, "devices", {"action": "invite"})).json()
    other = signing.sm2_key()
    assert (await consenting.activate(lab, invited["activation_code"], other)).json()["holder"] == man.holder
    listed = (await man.call(lab, "devices", {"action": "list"})).json()["devices"]
    assert [d["current"] for d in listed].count(True) == 1
    second = Person(man.holder, other, Signed(other, lab.clock))
    assert (await second.call(lab, "devices", {"action": "revoke", "keyid": man.key.keyid})).status_code == 200
    assert (await man.call(lab, "codes")).status_code == 401
    assert (await second.call(lab, "codes")).status_code == 200
    stranger = await consenting.enrolled(lab, STRANGER)
    taken = await stranger.call(lab, "devices", {"action": "revoke", "keyid": other.keyid})
    assert problem(taken)["code"] == "not-found"


async def test_own_certificates_and_nothing_of_the_spouse_s(lab: Lab, man: Person) -> None:
    woman = await consenting.enrolled(lab, WOMAN)
    (his,) = (await man.call(lab, "certificates")).json()["certificates"]
    (hers,) = (await woman.call(lab, "certificates")).json()["certificates"]
    assert his["cti"] != hers["cti"]
    for path, body in (("file", {"cti": hers["cti"]}), ("bindings", {"cti": hers["cti"]})):
        assert problem(await man.call(lab, path, body))["code"] == "not-found"
    shown = await man.call(lab, "file", {"cti": his["cti"], "slots": ["zihao", "registration_date"]})
    assert {d.name for d in HolderFile.parse(shown.content).disclosures} == {"zihao", "registration_date"}
    none = await man.call(lab, "file", {"cti": his["cti"], "slots": []})
    assert HolderFile.parse(none.content).disclosures == ()
    bound = (await man.call(lab, "bindings", {"cti": his["cti"]})).json()
    binding = Binding.parse(base64.b64decode(bound["binding"]))
    assert (binding.key, binding.cti.hex()) == (man.key.public, his["cti"])
    assert (await (await consenting.enrolled(lab, STRANGER)).call(lab, "certificates")).json() == {"certificates": []}


async def test_a_card_names_somebody_and_the_counter_decides(lab: Lab, bank: Client, man: Person) -> None:
    made = await lab.client.post("/v1/holders/cards", json={"holder": man.holder}, headers=lab.token(OFFICE_1))
    card, pin = made.json()["card"], made.json()["pin"]
    trx = await begun(lab, bank, card)
    assert await state(lab, bank, trx) == "waiting"
    office = await signing.registry_key(lab, principal(lab.service.institution, OFFICE_1).uscc)
    path, asked = "/v1/holders/counter/authorise", {"trx": trx, "card": card, "pin": pin}
    assert (await lab.client.post(path, json=asked, headers=lab.token(OFFICE_1))).status_code == 401  # no second factor
    read = (await consenting.post(lab, path, asked, office.auth)).json()
    by_bank = consenting.sign_statement(bank.key, bank.owner, trx, read["notice"], Decision.GRANT, lab.clock())
    refused = await consenting.post(lab, path, asked | {"decision": "grant", "statement": by_bank}, office.auth)
    assert problem(refused)["code"] == "statement-refused"
    for word, told in (("grant", "authorised"), ("withdraw", "withdrawn")):
        said = consenting.sign_statement(
            office.key, bank.owner, trx, read["notice"], DECISIONS[word], lab.clock()
        )  # fmt: skip
        done = await consenting.post(lab, path, asked | {"decision": word, "statement": said}, office.auth)
        assert done.json()["state"] == told, done.text
    wrong = asked | {"pin": "135790" if pin != "135790" else "246802"}
    for _ in range(MAX_WRONG_PINS):
        assert problem(await consenting.post(lab, path, wrong, office.auth))["code"] == "card-refused"
    assert problem(await consenting.post(lab, path, asked, office.auth))["code"] == "card-locked"
    assert problem(await begin(lab, bank, card))["code"] == "code-refused"


async def test_a_printed_card_has_no_pin_and_another_one_ends_it(lab: Lab, bank: Client, man: Person) -> None:
    first = (
        await lab.client.post("/v1/holders/cards", json={"holder": man.holder}, headers=lab.token(OFFICE_2))
    ).json()
    page = await lab.client.post(
        "/v1/holders/cards", json={"holder": man.holder, "pin": "493027", "form": "pdf"}, headers=lab.token(OFFICE_2)
    )  # fmt: skip
    assert page.content.startswith(b"%PDF")
    assert b"493027" not in page.content
    assert problem(await begin(lab, bank, first["card"]))["code"] == "code-refused"
    plain = await lab.client.post(
        "/v1/holders/cards", json={"holder": man.holder, "pin": "123456"}, headers=lab.token(OFFICE_2)
    )  # fmt: skip
    assert problem(plain)["code"] == "rejected"


async def test_what_an_office_does_to_somebody_s_standing_is_recorded_and_seen(lab: Lab, man: Person) -> None:
    """A card with its PIN, or a guardian, decides in a person's place: nobody makes one unseen."""
    guardian = await consenting.enrolled(lab, WOMAN)
    standing = {"ward": man.holder, "guardian": guardian.holder}
    for path, body in (
        ("cards", {"holder": man.holder}),
        ("cards/revoke", {"holder": man.holder}),
        ("cards/revoke", {"holder": man.holder}),
        ("guardians", standing | {"action": "add"}),
        ("guardians", standing | {"action": "end"}),
    ):
        answer = await lab.client.post(f"/v1/holders/{path}", json=body, headers=lab.token(OFFICE_2))
        assert answer.status_code == 200, answer.text
    uses = (await man.call(lab, "uses")).json()["uses"]
    assert [use["action"] for use in uses[:4]] == ["guardian-end", "guardian", "card-end", "card"]
    assert {use["recipient"]["uscc"] for use in uses[:4]} == {principal(lab.service.institution, OFFICE_2).uscc}
    hers = (await guardian.call(lab, "uses")).json()["uses"]
    assert [use["action"] for use in hers[:2]] == ["guardian-end", "guardian"]


async def test_a_guardian_decides_but_never_on_both_sides(lab: Lab, bank: Client, man: Person) -> None:
    woman, guardian = await consenting.enrolled(lab, WOMAN), await consenting.enrolled(lab, STRANGER)
    for who in (guardian, man):
        body = {"ward": woman.holder, "guardian": who.holder, "action": "add"}
        assert (
            await lab.client.post("/v1/holders/guardians", json=body, headers=lab.token(OFFICE_1))
        ).status_code == 200
    trx = await begun(lab, bank, await man.code(lab), SPOUSES)
    assert (await man.decide(lab, trx, "grant")).json()["state"] == "waiting"
    assert problem(await man.decide(lab, trx, "grant"))["code"] == "consent-state"  # he is her guardian, and asks her
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"
    (item,) = (await guardian.items(lab))["pending"]
    assert item["role"] == "guardian"
    assert (await guardian.decide(lab, trx, "grant")).json()["state"] == "authorised"
    body = {"ward": woman.holder, "guardian": guardian.holder, "action": "end"}
    await lab.client.post("/v1/holders/guardians", json=body, headers=lab.token(OFFICE_1))
    assert await guardian.item(lab, trx) is None
