"""What a consent does not release: another spouse's, another kind's, for two on one person's word, after its end."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from api.http.schemas import MARRIAGE_EXAMPLE
from certs.kinds import kind_by_name
from tests.support import consenting, signing
from tests.support.api_lab import OFFICE_1, OTHER_COUPLE, Lab, problem
from tests.support.consenting import CONTEXT, MAN, MARRIED, SPOUSES, STRANGER, WOMAN, Person, begin, begun, fetch
from tests.support.signing import Client
from verifier.online.answers import Expected, checked
from verifier.online.errors import BadAnswer

DATABASES = ("sqlite",)
SECOND_WIFE = {
    "cert_type": "111", "cert_num": OTHER_COUPLE["cert_num_woman"], "name": OTHER_COUPLE["name_woman"],
    "birth": OTHER_COUPLE["birth_woman"],
}  # fmt: skip
FIELDS: dict[str, Any] = {"predicates": None, "method": "collect", "purpose": "notarisation"}


@pytest.fixture
async def notary(lab: Lab) -> Client:
    return await signing.relying_party(lab, category="notary")


@pytest.fixture
async def man(lab: Lab) -> Person:
    assert (await lab.issue()).status_code == 201
    return await consenting.enrolled(lab, MAN)


async def divorce(lab: Lab) -> None:
    names = kind_by_name("divorce").info.columns
    row = {name: MARRIAGE_EXAMPLE[name] for name in names} | {
        "record_no": "DR-000001", "op_type": "IB", "zihao": "L990101-2026-000001", "op_date": "2026-04-04",
        "effective_from": "2026-04-04", "old_zihao": MARRIAGE_EXAMPLE["zihao"],
    }  # fmt: skip
    body = {"kind": "divorce", "record": row}
    answer = await lab.client.post("/v1/certificates", json=body, headers=lab.token(OFFICE_1))
    assert answer.status_code == 201, answer.text


async def marry_again(lab: Lab) -> None:
    new = {
        "record_no": "MR-000009", "zihao": "J990101-2026-000009", "op_date": "2026-06-01", "renew_flag": "1",
        "effective_from": "2026-06-01", "name_woman": SECOND_WIFE["name"], "birth_woman": SECOND_WIFE["birth"],
        "cert_num_woman": SECOND_WIFE["cert_num"],
    }  # fmt: skip
    answer = await lab.issue(new)
    assert answer.status_code == 201, answer.text


async def guard(lab: Lab, ward: Person, guardian: Person) -> None:
    body = {"ward": ward.holder, "guardian": guardian.holder, "action": "add"}
    answer = await lab.client.post("/v1/holders/guardians", json=body, headers=lab.token(OFFICE_1))
    assert answer.status_code == 200, answer.text


async def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["answers"]
    return dict(one)


async def test_the_first_wife_releases_nothing_of_the_second(lab: Lab, notary: Client, man: Person) -> None:
    """Consents live for months. Who is on the certificate at the fetch is who has to have agreed."""
    woman = await consenting.enrolled(lab, WOMAN)
    asked = {**FIELDS, "fields": ["marriage.spouse_name"], "days": 180}
    before, after = [await begun(lab, notary, await man.code(lab), **asked) for _ in range(2)]
    for trx in (before, after):
        assert (await man.decide(lab, trx, "grant")).json()["state"] == "waiting"
        assert (await woman.decide(lab, trx, "grant")).json()["state"] == "authorised"
    shown = await told(await fetch(lab, notary, before))
    assert shown["fields"] == {"spouse_name": WOMAN["name"]}
    assert (await woman.call(lab, "uses")).json()["uses"][0]["action"] == "consent-fetch"  # she agreed, and sees it
    await divorce(lab)
    await marry_again(lab)
    hidden = await told(await fetch(lab, notary, after))
    assert (hidden["result"], hidden["reasons"]) == ("UNDETERMINED", ["NOT_ESTABLISHED"])
    assert "fields" not in hidden
    assert SECOND_WIFE["name"] not in str(hidden)


async def test_what_stands_beside_a_signed_answer_is_held_against_it(lab: Lab, notary: Client, man: Person) -> None:
    trx = await begun(lab, notary, await man.code(lab), **FIELDS, fields=["marriage.registration_date"])
    await man.decide(lab, trx, "grant")
    good = await told(await fetch(lab, notary, trx))
    trust, expected = lab.service.trust.bundle, Expected(notary.owner, "notarisation", grant=trx)
    assert checked(good, expected, trust, lab.clock()).details["fields"] == {"registration_date": "2025-05-20"}
    file = bytearray(base64.b64decode(good["file"]))
    file[-1] ^= 1
    for change in (
        {"fields": {"registration_date": "2020-01-01"}},
        {"fields": {**good["fields"], "spouse_name": "李示例"}},
        {"fields": None},
        {"file": base64.b64encode(file).decode()},
        {"file": ""},
    ):
        with pytest.raises(BadAnswer):
            checked(good | change, expected, trust, lab.clock())


async def test_one_request_asks_for_one_other_person(lab: Lab, man: Person) -> None:
    """The present wife would consent to what is the former one's, and read that there is one."""
    court, code = await signing.relying_party(lab, category="court"), await man.code(lab)
    names = ["marriage.spouse_name", "divorce.former_spouse_name"]
    both = {**FIELDS, "purpose": "court-investigation", "fields": names}
    refused = await begin(lab, court, code, **both)
    assert [e["code"] for e in problem(refused)["errors"]] == ["ONE_OTHER_PERSON"]
    assert (await begin(lab, court, code, **{**both, "fields": names[1:]})).status_code == 201


async def test_a_guardian_who_is_the_spouse_is_one_person(lab: Lab, notary: Client, man: Person) -> None:
    """Who the spouse is only shows when the first one has agreed: what counts is who signed."""
    woman = await consenting.enrolled(lab, WOMAN)
    await guard(lab, man, woman)
    trx = await begun(lab, notary, await man.code(lab), **FIELDS, fields=["marriage.spouse_name"])
    item = await woman.item(lab, trx)
    assert item is not None
    assert (await woman.decide(lab, trx, "grant", item["notice"])).json()["state"] == "waiting"
    item = await woman.item(lab, trx)
    assert item is not None
    assert problem(await woman.decide(lab, trx, "grant", item["notice"]))["code"] == "not-found"
    assert problem(await fetch(lab, notary, trx))["code"] == "consent-state"


async def test_a_guardian_of_both_is_one_person(lab: Lab, notary: Client, man: Person) -> None:
    woman, guardian = await consenting.enrolled(lab, WOMAN), await consenting.enrolled(lab, STRANGER)
    await guard(lab, man, guardian)
    await guard(lab, woman, guardian)
    trx = await begun(lab, notary, await man.code(lab), SPOUSES, purpose="notarisation")
    for _ in range(2):
        item = await guardian.item(lab, trx)
        assert item is not None
        await guardian.decide(lab, trx, "grant", item["notice"])
    assert problem(await fetch(lab, notary, trx))["code"] == "consent-state"
    assert (await woman.decide(lab, trx, "grant")).json()["state"] == "authorised"


@pytest.mark.parametrize(
    ("category", "purpose", "field", "reason"),
    [
        ("immigration", "family-visa", "divorce.registration_date", "DIVORCE_NOT_NEEDED"),
        ("public-security", "household-register", "divorce.zihao", "DIVORCE_NOT_NEEDED"),
        ("immigration", "family-visa", "minimum-living-allowance.holder_name", "FIELD_NOT_IN_PURPOSE"),
        ("court", "court-investigation", "disability-subsidy.remark", "FIELD_NOT_IN_PURPOSE"),
    ],
)
async def test_a_field_s_name_is_no_leave_for_another_kind(
    lab: Lab, man: Person, category: str, purpose: str, field: str, reason: str
) -> None:
    party = await signing.relying_party(lab, category=category)
    refused = await begin(lab, party, await man.code(lab), **{**FIELDS, "purpose": purpose}, fields=[field])
    assert problem(refused)["errors"][0]["code"] == reason


async def test_a_withdrawal_that_was_signed_outlives_what_a_thief_sets_back(lab: Lab, man: Person) -> None:
    bank = await signing.relying_party(lab, category="bank")
    trx = await begun(lab, bank, await man.code(lab), MARRIED, uses=3)
    await man.decide(lab, trx, "grant")
    assert (await man.decide(lab, trx, "withdraw")).json()["state"] == "withdrawn"
    async with lab.service.database.write() as work:
        for statement in (
            "UPDATE consent_transaction SET state = 'authorised', expires_at = expires_at + 86400",
            "UPDATE consent_grant SET withdrawn_at = NULL WHERE decision = 1",
        ):
            await work.connection.exec_driver_sql(statement)
    assert problem(await fetch(lab, bank, trx))["code"] == "consent-state"
    subject = {k: MAN[k] for k in ("cert_type", "cert_num", "name")}
    body = {"context": CONTEXT, "purpose": consenting.PURPOSE, "predicate": "registered_married",
            "inputs": {"subject": subject}, "grant": trx}  # fmt: skip
    assert problem(await consenting.post(lab, "/v1/match", body, bank.auth))["code"] == "consent-missing"
