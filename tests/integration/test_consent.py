"""Consent over HTTP: begin, decide, fetch; two spouses; every refusal by its name."""

from __future__ import annotations

import base64
import json

import pytest

from certs.consent.machine import Decision
from tests.support import consenting, signing
from tests.support.api_lab import Lab, problem
from tests.support.consenting import CONTEXT, MAN, MARRIED, SPOUSES, STRANGER, WOMAN, Person, begin, begun, fetch, state
from tests.support.signing import Client
from verifier.answer import Answer, Basis, Predicate, Result
from verifier.hazmat.sm3 import sm3
from verifier.report import Reason

DATABASES = ("sqlite", "postgresql")


@pytest.fixture
async def bank(lab: Lab) -> Client:
    return await signing.relying_party(lab, category="bank")


@pytest.fixture
async def man(lab: Lab) -> Person:
    assert (await lab.issue()).status_code == 201
    return await consenting.enrolled(lab, MAN)


async def test_one_person_from_the_code_to_the_answer(lab: Lab, bank: Client, man: Person) -> None:
    trx = await begun(lab, bank, await man.code(lab))
    assert await state(lab, bank, trx) == "waiting"
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"
    (item,) = (await man.items(lab))["pending"]
    notice = json.loads(item["notice"])
    assert (notice["recipient"]["uscc"], notice["recipient"]["name"]) == (bank.owner, "示例机构")
    assert notice["recipient"]["contact"]
    assert notice["categories"][0]["code"] == "marriage-registration"
    assert (notice["purpose"]["code"], notice["method"]["code"]) == (consenting.PURPOSE, "query-archive")
    assert (notice["retention"]["days"], notice["other"]) == (180, None)
    assert sm3(item["notice"].encode()).hex() == item["notice_sm3"]
    assert (await man.decide(lab, trx, "grant")).json()["state"] == "authorised"
    assert await state(lab, bank, trx) == "authorised"
    answer = await fetch(lab, bank, trx)
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["answers"]
    signed = Answer.parse(base64.b64decode(told["answer"]))
    assert signed.check(lab.service.trust.bundle, lab.clock()) is Reason.OK
    assert (signed.claims.predicate, signed.claims.result) == (Predicate.REGISTERED_MARRIED, Result.TRUE)
    assert (signed.claims.basis, signed.claims.aud) == (Basis.CONSENT, bank.owner)
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"
    assert await state(lab, bank, trx) == "fetched"
    uses = (await man.call(lab, "uses")).json()["uses"]
    assert [use["action"] for use in uses] == ["consent-fetch", "consent-begin", "device", "enrol"]
    assert CONTEXT["user"] not in json.dumps(uses)


async def test_codes_are_good_once_for_one_party_and_for_two_minutes(lab: Lab, bank: Client, man: Person) -> None:
    other = await signing.relying_party(lab, signing.OTHER_BANK, category="bank")
    code = await man.code(lab)
    trx = await begun(lab, bank, code)
    for party in (bank, other):  # used; forwarded to somebody else
        assert problem(await begin(lab, party, code))["code"] == "code-refused"
    assert problem(await fetch(lab, other, trx))["code"] == "not-found"
    assert "not-found" in await state(lab, other, trx)
    old, new = await man.code(lab), await man.code(lab)
    assert problem(await begin(lab, bank, old))["code"] == "code-refused"  # a newer one ended it
    lab.clock.now += 120
    assert problem(await begin(lab, bank, new))["code"] == "code-refused"  # expired
    assert problem(await begin(lab, bank, "A" * 22))["code"] == "code-refused"  # never given out
    assert problem(await begin(lab, bank, "MZ1C:" + "A" * 31))["code"] == "code-refused"


async def test_a_question_that_may_not_be_asked_uses_no_code_up(lab: Lab, bank: Client, man: Person) -> None:
    employer = await signing.relying_party(lab, signing.EMPLOYER, category="employer")
    code = await man.code(lab)
    assert problem(await begin(lab, employer, code))["code"] == "purpose-refused"
    assert problem(await begin(lab, bank, code, uses=24))["code"] == "rejected"
    fields = {"predicates": None, "fields": ["marriage.spouse_name"], "method": "collect"}
    assert problem(await begin(lab, bank, code, **fields))["code"] == "purpose-refused"
    assert (await begin(lab, bank, code)).status_code == 201


async def test_consent_of_one_spouse_releases_nothing(lab: Lab, bank: Client, man: Person) -> None:
    woman = await consenting.enrolled(lab, WOMAN)
    trx = await begun(lab, bank, await man.code(lab), SPOUSES, MARRIED)
    notice = json.loads((await man.items(lab))["pending"][0]["notice"])
    assert "对方会看到" in notice["other"]["zh"]
    assert len(notice["asks"]) == 2
    assert await woman.items(lab) == {"pending": [], "past": []}  # not before he has agreed
    stolen = consenting.sign_statement(woman.key, bank.owner, trx, "?", Decision.GRANT, lab.clock())
    assert problem(await woman.send(lab, trx, "grant", stolen))["code"] == "not-found"
    assert (await man.decide(lab, trx, "grant")).json()["state"] == "waiting"
    assert await state(lab, bank, trx) == "waiting"
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"
    (hers,) = (await woman.items(lab))["pending"]
    assert hers["role"] == "spouse"
    assert len(json.loads(hers["notice"])["asks"]) == 1
    assert (await woman.decide(lab, trx, "grant")).json()["state"] == "authorised"
    answers = (await fetch(lab, bank, trx)).json()["answers"]
    assert [(a["item"], a["result"]) for a in answers] == [("spouses_match", "TRUE"), ("registered_married", "TRUE")]
    used = (await woman.call(lab, "uses")).json()["uses"]
    assert [(u["action"], u["what"]) for u in used[:1]] == [("consent-fetch", ["spouses_match"])]
    assert not any(u["action"] == "consent-begin" for u in used)  # where he showed his code is his


async def test_the_other_spouse_refuses(lab: Lab, bank: Client, man: Person) -> None:
    woman = await consenting.enrolled(lab, WOMAN)
    trx = await begun(lab, bank, await man.code(lab), SPOUSES)
    await man.decide(lab, trx, "grant")
    assert (await woman.decide(lab, trx, "refuse")).json()["state"] == "refused"
    assert await state(lab, bank, trx) == "refused"
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"
    item = await man.item(lab, trx)
    assert item is not None
    assert item["notice"]
    assert problem(await man.decide(lab, trx, "withdraw"))["code"] == "consent-state"


async def test_withdrawing_ends_it_at_once(lab: Lab, bank: Client, man: Person) -> None:
    trx = await begun(lab, bank, await man.code(lab), uses=3)
    await man.decide(lab, trx, "grant")
    match = {"context": CONTEXT, "purpose": consenting.PURPOSE, "predicate": "registered_married",
             "inputs": {"subject": {k: MAN[k] for k in ("cert_type", "cert_num", "name")}}, "grant": trx}  # fmt: skip
    first = await consenting.post(lab, "/v1/match", match, bank.auth)
    assert (first.status_code, first.json()["result"]) == (200, "TRUE")
    stranger = match | {"inputs": {"subject": {k: STRANGER[k] for k in ("cert_type", "cert_num", "name")}}}
    assert problem(await consenting.post(lab, "/v1/match", stranger, bank.auth))["code"] == "consent-missing"
    assert (await man.decide(lab, trx, "withdraw")).json()["state"] == "withdrawn"
    assert (await man.decide(lab, trx, "withdraw")).json()["state"] == "withdrawn"
    assert problem(await consenting.post(lab, "/v1/match", match, bank.auth))["code"] == "consent-missing"
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"


async def test_a_statement_is_good_for_one_text_party_and_transaction(lab: Lab, bank: Client, man: Person) -> None:
    first = await begun(lab, bank, await man.code(lab))
    second = await begun(lab, bank, await man.code(lab))
    item, now = await man.item(lab, first), lab.clock()
    assert item is not None
    notice, stranger = item["notice"], signing.sm2_key()
    wrong = {
        "another text": (man.key, bank.owner, first, notice + " ", Decision.GRANT, now),
        "another party": (man.key, signing.OTHER_BANK, first, notice, Decision.GRANT, now),
        "another transaction": (man.key, bank.owner, second, notice, Decision.GRANT, now),
        "another decision": (man.key, bank.owner, first, notice, Decision.REFUSE, now),
        "another time": (man.key, bank.owner, first, notice, Decision.GRANT, now - 301),
        "another key": (stranger, bank.owner, first, notice, Decision.GRANT, now),
    }
    for name, parts in wrong.items():
        answer = await man.send(lab, first, "grant", consenting.sign_statement(*parts))
        assert problem(answer)["code"] == "statement-refused", name
    good = consenting.sign_statement(man.key, bank.owner, first, notice, Decision.GRANT, now)
    assert (await man.send(lab, first, "grant", good)).status_code == 200
    assert problem(await man.send(lab, first, "grant", good))["code"] == "consent-state"  # replayed


async def test_time_ends_what_nobody_decided(lab: Lab, bank: Client, man: Person) -> None:
    left, agreed = await begun(lab, bank, await man.code(lab)), await begun(lab, bank, await man.code(lab))
    assert (await man.decide(lab, agreed, "grant")).status_code == 200
    lab.clock.now += 900
    assert (await state(lab, bank, left), await state(lab, bank, agreed)) == ("expired", "authorised")
    assert problem(await man.decide(lab, left, "grant"))["code"] == "consent-state"
    assert (await lab.service.consents.ending.step()).expired == 1
    assert (await lab.service.consents.ending.step()).expired == 0
    lab.clock.now += 86400
    assert await state(lab, bank, agreed) == "expired"
    assert problem(await fetch(lab, bank, agreed))["code"] == "consent-state"
