"""Issuing over HTTP: once, to the right party, or not at all."""

from __future__ import annotations

import asyncio

import pytest

from api.http.schemas import DONATION_EXAMPLE, MARRIAGE_EXAMPLE
from tests.support.api_lab import AUDITOR, CHARITY, OFFICE_1, OFFICE_2, Lab, problem

DATABASES = ("sqlite", "postgresql")


async def test_a_registration_yields_one_certificate_per_spouse(lab: Lab) -> None:
    answer = await lab.issue()
    assert answer.status_code == 201
    body = answer.json()
    assert body["created"] is True
    assert [c["role"] for c in body["certificates"]] == ["man", "woman"]
    codes = [c["code"] for c in body["certificates"]]
    assert all(code.startswith("https://minzheng.example/v#") for code in codes)
    assert codes[0] != codes[1]


async def test_the_same_record_again_gives_the_same_certificates(lab: Lab) -> None:
    first, second = await lab.issue(), await lab.issue()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["certificates"] == second.json()["certificates"]
    assert second.json()["created"] is False


async def test_the_same_business_id_with_other_content_conflicts(lab: Lab) -> None:
    first = await lab.issue()
    second = await lab.issue({"remark": "另一内容"})
    assert second.status_code == 409
    assert problem(second)["code"] == "conflict"
    again = await lab.issue()
    assert again.json()["certificates"] == first.json()["certificates"]


async def test_requests_at_the_same_time_issue_once(lab: Lab) -> None:
    answers = await asyncio.gather(*(lab.issue() for _ in range(8)), lab.service.ledger.sequence())
    statuses = sorted(a.status_code for a in answers[:-1] if not isinstance(a, int))
    assert statuses == [200] * 7 + [201]
    await lab.service.ledger.settle()
    assert (await lab.service.figures()).entries == 5  # trust bundle, purposes, the registration, two certificates


async def test_an_idempotency_key_repeats_the_answer_with_its_status(lab: Lab) -> None:
    key = {"Idempotency-Key": "b7c1f0de-0001"}
    first, second = await lab.issue(**key), await lab.issue(**key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_an_idempotency_key_with_another_request_is_refused(lab: Lab) -> None:
    key = {"Idempotency-Key": "b7c1f0de-0002"}
    await lab.issue(**key)
    other = await lab.issue({"record_no": "MR-000777", "zihao": "J990101-2025-000777"}, **key)
    assert other.status_code == 409
    assert problem(other)["code"] == "idempotency-conflict"
    async with lab.service.database.read() as work:
        assert len(await work.statuses.lists()) == 1


@pytest.mark.parametrize("key", ["short", "x" * 129, "with\ttab-character"])
async def test_an_unusable_idempotency_key_is_refused(lab: Lab, key: str) -> None:
    answer = await lab.issue(**{"Idempotency-Key": key})
    assert problem(answer)["code"] == "bad-header"


async def test_a_broken_rule_names_field_and_rule_and_not_the_value(lab: Lab) -> None:
    answer = await lab.issue({"cert_num_man": "990101199803070014"})
    assert answer.status_code == 422
    body = problem(answer)
    assert body["code"] == "rejected"
    assert body["errors"][0]["field"] == "cert_num_man"
    assert body["errors"][0]["code"] == "CHECK_CHARACTER"
    assert "990101199803070014" not in answer.text


async def test_no_token_no_certificate(lab: Lab) -> None:
    body = {"kind": "marriage", "record": MARRIAGE_EXAMPLE}
    for headers in ({}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer mzt_0_0"}):
        answer = await lab.client.post("/v1/certificates", json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert problem(answer)["code"] == "unauthenticated"


async def test_a_wrong_secret_under_a_known_id_is_no_token(lab: Lab) -> None:
    good = lab.token(OFFICE_1)["Authorization"]
    bad = good[:-1] + ("A" if good[-1] != "A" else "B")
    answer = await lab.client.post("/v1/certificates", json={}, headers={"Authorization": bad})
    assert answer.status_code == 401


async def test_expired_and_withdrawn_tokens_are_refused(lab: Lab) -> None:
    token_id = lab.token(OFFICE_1)["Authorization"].split("_")[1]
    await lab.service.parties.revoke_token(token_id)
    assert (await lab.issue()).status_code == 401
    lab.clock.now += 366 * 86400
    assert (await lab.donate()).status_code == 401


@pytest.mark.parametrize("slug", [OFFICE_2, CHARITY, AUDITOR])
async def test_nobody_issues_for_another_authority(lab: Lab, slug: str) -> None:
    body = {"kind": "marriage", "record": MARRIAGE_EXAMPLE}
    answer = await lab.client.post("/v1/certificates", json=body, headers=lab.token(slug))
    assert answer.status_code == 403
    assert problem(answer)["code"] == "forbidden"


async def test_a_registry_does_not_record_donations(lab: Lab) -> None:
    answer = await lab.client.post("/v1/donations", json={"record": DONATION_EXAMPLE}, headers=lab.token(OFFICE_1))
    assert answer.status_code == 403


async def test_lookup_finds_by_number_and_holder_for_the_issuer_only(lab: Lab) -> None:
    issued = (await lab.issue()).json()["certificates"]
    searches = [({"zihao": MARRIAGE_EXAMPLE["zihao"]}, 2), ({"holder": "111:156:990101199803070013"}, 1)]
    for search, count in searches:
        answer = await lab.client.post("/v1/certificates/lookup", json=search, headers=lab.token(OFFICE_1))
        found = answer.json()["certificates"]
        assert len(found) == count
        assert found[0]["cti"] == issued[0]["cti"]
        other = await lab.client.post("/v1/certificates/lookup", json=search, headers=lab.token(OFFICE_2))
        assert other.json()["certificates"] == []


async def test_revoking_shows_in_the_next_published_list_and_is_the_issuers_alone(lab: Lab) -> None:
    issued = (await lab.issue()).json()["certificates"]
    cti, code = issued[0]["cti"], issued[0]["code"]
    stranger = await lab.client.post("/v1/certificates/revoke", json={"cti": [cti]}, headers=lab.token(OFFICE_2))
    assert stranger.status_code == 404
    for expected in ({"revoked": 1, "already": 0}, {"revoked": 0, "already": 1}):
        body = {"cti": [cti], "reason": "annulled"}
        answer = await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
        assert answer.json() == expected
    await lab.service.publishing.publish()
    report = (await lab.client.post("/v1/verify", json={"code": code})).json()
    assert (report["outcome"], report["reason"]) == ("FAILED", "STATUS_NOT_VALID")
    spouse = (await lab.client.post("/v1/verify", json={"code": issued[1]["code"]})).json()
    assert spouse["outcome"] == "PASSED"


async def test_revoking_many_is_all_or_nothing(lab: Lab) -> None:
    cti = (await lab.issue()).json()["certificates"][0]["cti"]
    body = {"cti": [cti, "00" * 16]}
    answer = await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    assert answer.status_code == 404
    async with lab.service.database.read() as work:
        stored = await work.certificates.get(bytes.fromhex(cti))
    assert stored is not None
    assert stored.revoked_at is None


async def test_donations_are_summed_per_plan(lab: Lab) -> None:
    assert (await lab.donate()).status_code == 201
    assert (await lab.donate()).status_code == 200
    plans = (await lab.client.get("/v1/donations/summary")).json()["plans"]
    assert plans == [
        {
            "plan_filing_no": DONATION_EXAMPLE["plan_filing_no"],
            "charity": DONATION_EXAMPLE["charity_uscc"],
            "donations": 1,
            "amount_fen": 10000,
        }
    ]
