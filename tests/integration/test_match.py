"""Questions of relying parties over HTTP: what is answered, what is refused, what nobody can read off an answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from api.http.relationships import EVENT_EXAMPLE
from api.http.schemas import MARRIAGE_EXAMPLE
from certs.envelope import Envelope
from tests.support import signing
from tests.support.api_lab import NOW, OFFICE_1, OTHER_COUPLE, Lab, problem
from tests.support.signing import Client
from verifier.answer import Answer, Predicate, Result
from verifier.hazmat.sm3 import sm3
from verifier.report import Reason

DATABASES = ("sqlite", "postgresql")
CONTEXT = {
    "user": "0017",
    "item_name": "示例事项",
    "item_code": "990000-SAMPLE-001",
    "business_code": "2027-000123",
    "use_cause": "示例原因",
}
EX = MARRIAGE_EXAMPLE
MAN = {"cert_type": "111", "cert_num": EX["cert_num_man"], "name": EX["name_man"]}
WOMAN = {"cert_type": "111", "cert_num": EX["cert_num_woman"], "name": EX["name_woman"]}
STRANGER = {"cert_type": "111", "cert_num": OTHER_COUPLE["cert_num_man"], "name": OTHER_COUPLE["name_man"]}
SHAPE = {
    "request_id", "predicate", "result", "reasons", "as_of", "known_at", "level", "status_age_seconds", "answer",
    "opening",
}  # fmt: skip


@pytest.fixture
async def court(lab: Lab) -> Client:
    """May ask everything without consent."""
    return await signing.relying_party(lab, category="court")


async def ask(
    lab: Lab, who: Client, predicate: str, inputs: dict[str, Any], purpose: str = "court-investigation", **more: Any
) -> httpx.Response:
    body = {"context": CONTEXT, "purpose": purpose, "predicate": predicate, "inputs": inputs, **more}
    return await lab.client.post("/v1/match", json=body, auth=who.auth)


async def said(lab: Lab, who: Client, predicate: str, inputs: dict[str, Any], **more: Any) -> tuple[str, list[str]]:
    answer = await ask(lab, who, predicate, inputs, **more)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == SHAPE
    return answer.json()["result"], answer.json()["reasons"]


async def tell(lab: Lab, **changes: str) -> None:
    body = {"record": {**EVENT_EXAMPLE, **changes}}
    told = await lab.client.post("/v1/registrations/events", json=body, headers=lab.token(OFFICE_1))
    assert told.status_code == 201, told.text


def evidence(lab: Lab, answer: httpx.Response) -> Answer:
    """The signed answer, checked as its party checks it later."""
    body = answer.json()
    signed = Answer.parse(base64.b64decode(body["answer"]))
    assert signed.check(lab.service.trust.bundle, lab.clock()) is Reason.OK
    salt, question = (base64.b64decode(body["opening"][part]) for part in ("salt", "question"))
    assert signed.opens(salt, question)
    assert not signed.opens(salt, question + b"\x00")
    return signed


async def test_married_and_what_a_judgment_changes(lab: Lab, court: Client) -> None:
    await lab.issue()
    inputs = {"subject": MAN}
    assert await said(lab, court, "registered_married", inputs) == ("TRUE", ["RECORDED"])
    assert await said(lab, court, "registered_married", inputs, as_of="2025-05-19") == (
        "UNDETERMINED",
        ["NOT_ESTABLISHED"],
    )
    assert await said(lab, court, "spouses_match", {"a": WOMAN, "b": MAN}) == ("TRUE", ["RECORDED"])
    dates = {"subject": WOMAN, "from": "2025-05-01", "to": "2025-05-31"}
    assert (await said(lab, court, "registered_between", dates))[0] == "TRUE"
    later = {"subject": WOMAN, "from": "2025-06-01", "to": "2025-12-31"}
    assert (await said(lab, court, "registered_between", later))[0] == "FALSE"
    lab.clock.now += 60
    await tell(lab)  # divorced by a court from 2026-05-12
    assert await said(lab, court, "registered_married", inputs) == ("FALSE", ["RECORDED_OTHERWISE"])
    assert (await said(lab, court, "registered_married", inputs, as_of="2026-05-11"))[0] == "TRUE"
    assert (await said(lab, court, "spouses_match", {"a": MAN, "b": WOMAN}))[0] == "FALSE"
    assert (await said(lab, court, "registered_divorce_within", inputs | {"months": 12}))[0] == "TRUE"
    assert (await said(lab, court, "registered_divorce_within", inputs | {"months": 8}))[0] == "FALSE"


async def test_a_death_is_found_through_the_marriage_and_not_named(lab: Lab, court: Client) -> None:
    await lab.issue()
    lab.clock.now += 60
    man = {name: "" for name in EVENT_EXAMPLE if name.endswith("_man")}
    await tell(lab, **man, op_type="DEATH", old_zihao="", effective_from="2026-05-10", op_date="2026-05-12")
    assert await said(lab, court, "registered_married", {"subject": MAN}) == ("FALSE", ["RECORDED_OTHERWISE"])


async def test_nothing_tells_a_wrong_name_from_no_record(lab: Lab, court: Client) -> None:
    await lab.issue()
    misnamed = MAN | {"name": "李示例"}
    born = MAN | {"birth": "1998-03-07"}
    sayings = [await said(lab, court, "registered_married", {"subject": who}) for who in (misnamed, STRANGER)]
    assert sayings == [("UNDETERMINED", ["NOT_ESTABLISHED"])] * 2
    assert (await said(lab, court, "registered_married", {"subject": born}))[0] == "TRUE"
    assert (await said(lab, court, "spouses_match", {"a": MAN, "b": WOMAN | {"name": "李示例"}}))[0] == "UNDETERMINED"
    assert (await said(lab, court, "spouses_match", {"a": MAN, "b": STRANGER}))[0] == "FALSE"
    lengths = {
        len((await ask(lab, court, "registered_married", {"subject": s})).content) for s in (MAN, misnamed, STRANGER)
    }
    assert max(lengths) - min(lengths) <= 2 * len("UNDETERMINED" + "NOT_ESTABLISHED")


async def test_the_answer_is_evidence_and_holds_nothing_personal(lab: Lab, court: Client) -> None:
    await lab.issue()
    answer = await ask(lab, court, "registered_married", {"subject": MAN}, as_of="2026-01-01")
    signed = evidence(lab, answer)
    c = signed.claims
    assert (c.predicate, c.result, c.purpose) == (Predicate.REGISTERED_MARRIED, Result.TRUE, "court-investigation")
    assert (c.aud, c.iat, c.known_at, str(c.as_of)) == (court.owner, NOW, NOW, "2026-01-01")
    raw = base64.b64decode(answer.json()["answer"])
    for value in (*MAN.values(), EX["name_woman"], EX["zihao"], *CONTEXT.values()):
        if value not in ("111",):
            assert value.encode() not in raw
    again = evidence(lab, await ask(lab, court, "spouses_match", {"a": MAN, "b": WOMAN}))
    single = evidence(lab, await ask(lab, court, "registered_divorce_within", {"subject": MAN, "months": 3}))
    assert single.claims.pseudonym == c.pseudonym, "one party recognises one person"
    assert again.claims.pseudonym != c.pseudonym
    other = await signing.relying_party(lab, signing.OTHER_BANK, "immigration")
    elsewhere = await ask(lab, other, "registered_married", {"subject": MAN}, "family-visa")
    assert evidence(lab, elsewhere).claims.pseudonym != c.pseudonym, "and no two parties do together"


async def test_every_answer_is_recorded_for_the_person_before_it_is_told(lab: Lab, court: Client) -> None:
    await lab.issue()
    await ask(lab, court, "spouses_match", {"a": MAN, "b": STRANGER})
    for person, count in ((MAN, 1), (STRANGER, 1), (WOMAN, 0)):
        tag = lab.service.access.tag("111", "156", person["cert_num"])
        uses = [use for _, use in await lab.service.access.uses_of(tag) if use.action == "match"]
        assert len(uses) == count
        for use in uses:
            assert (use.uscc, use.purpose, use.predicate) == (court.owner, "court-investigation", "spouses_match")
            assert use.item_code == CONTEXT["item_code"]


async def test_an_outage_of_the_access_log_tells_nothing(
    lab: Lab, court: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.errors import Unavailable
    from api.services.access import AccessLog

    await lab.issue()

    async def down(*_: object) -> None:
        raise Unavailable("the access could not be recorded")

    monkeypatch.setattr(AccessLog, "append", down)
    answer = await ask(lab, court, "registered_married", {"subject": MAN})
    assert problem(answer)["code"] == "unavailable"
    assert "TRUE" not in answer.text


async def test_what_the_catalogue_does_not_allow(lab: Lab) -> None:
    bank = await signing.relying_party(lab)
    employer = await signing.relying_party(lab, signing.EMPLOYER, "employer")
    for who, predicate, inputs, purpose in (
        (employer, "registered_married", {"subject": MAN}, "shown-code"),
        (bank, "registered_between", {"subject": MAN, "from": "2025-01-01", "to": "2025-12-31"}, "mortgage-joint-debt"),
        (bank, "registered_married", {"subject": MAN}, "family-visa"),
        (bank, "registered_married", {"subject": MAN}, "no-such-purpose"),
        (bank, "registered_divorce_within", {"subject": MAN, "months": 37}, "mortgage-joint-debt"),
        (bank, "certificate_valid", {"file": "AAAA"}, "shown-code"),
    ):
        assert problem(await ask(lab, who, predicate, inputs, purpose))["code"] == "purpose-refused"
    for more in ({}, {"grant": "00" * 16}):
        refused = await ask(lab, bank, "registered_married", {"subject": MAN}, "mortgage-joint-debt", **more)
        assert problem(refused)["code"] == "consent-missing"
    by_token = await lab.client.post(
        "/v1/match",
        json={
            "context": CONTEXT,
            "purpose": "family-visa",
            "predicate": "registered_married",
            "inputs": {"subject": MAN},
        },
        headers=lab.token(OFFICE_1),
    )
    assert by_token.status_code == 401


BROKEN: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("registered_married", {}, {}, "invalid-fields"),
    ("registered_married", {"subject": MAN, "b": WOMAN}, {}, "invalid-fields"),
    ("registered_married", {"subject": MAN | {"cert_num": EX["cert_num_man"][:17] + "1"}}, {}, "rejected"),
    ("registered_married", {"subject": MAN | {"birth": "1998-03-08"}}, {}, "rejected"),
    ("registered_married", {"subject": {"cert_type": "414", "cert_num": "P1234567", "name": "样"}}, {}, "rejected"),
    ("registered_married", {"subject": MAN}, {"as_of": "2027-01-16"}, "bad-parameter"),
    ("registered_married", {"subject": MAN}, {"as_of": "2026-02-30"}, "bad-parameter"),
    ("registered_married", {"subject": MAN}, {"as_of": "1899-12-31"}, "bad-parameter"),
    ("registered_divorce_within", {"subject": MAN, "months": 0}, {}, "invalid-fields"),
    ("registered_between", {"subject": MAN, "from": "2026-01-02", "to": "2026-01-01"}, {}, "bad-parameter"),
    ("document_authentic", {"sm3": "00" * 32}, {"as_of": "2026-01-01"}, "bad-parameter"),
    ("document_authentic", {"sm3": "00"}, {}, "invalid-fields"),
    ("certificate_valid", {}, {}, "bad-parameter"),
    ("certificate_valid", {"file": "%%"}, {}, "bad-parameter"),
    ("who_is_the_spouse", {"subject": MAN}, {}, "invalid-fields"),
    ("registered_married", {"subject": MAN}, {"encrypt": True}, "encryption-key-missing"),
]  # fmt: skip


async def test_questions_that_are_none(lab: Lab, court: Client) -> None:
    for predicate, inputs, more, code in BROKEN:
        refused = await ask(lab, court, predicate, inputs, **more)
        assert problem(refused)["code"] == code, (predicate, refused.text)
        assert EX["cert_num_man"][:17] not in refused.text
    without = {"purpose": "court-investigation", "predicate": "registered_married", "inputs": {"subject": MAN}}
    assert problem(await lab.client.post("/v1/match", json=without, auth=court.auth))["code"] == "invalid-fields"


async def test_documents_and_certificates(lab: Lab, court: Client) -> None:
    issued = (await lab.issue()).json()["certificates"]
    file = await lab.file(issued[0]["cti"])
    shown = {"file": base64.b64encode(file).decode(), "level": "L1"}
    unknown = {"sm3": sm3(b"another file").hex()}
    assert await said(lab, court, "document_authentic", unknown) == ("UNDETERMINED", ["NOT_ESTABLISHED"])
    assert (await said(lab, court, "certificate_valid", shown))[0] == "TRUE"
    lab.clock.now += 1
    body = {"cti": [issued[0]["cti"]], "reason": "annulled"}
    revoked = await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    assert revoked.status_code == 200, revoked.text
    assert await said(lab, court, "certificate_valid", shown) == ("FALSE", ["STATUS_NOT_VALID"])


async def test_an_envelope_opens_with_the_partys_key_alone(lab: Lab) -> None:
    court = await signing.relying_party(lab, category="court", encrypt=True)
    assert court.decryption is not None
    await lab.issue()
    answer = await ask(lab, court, "registered_married", {"subject": MAN}, encrypt=True)
    assert answer.json().keys() == {"envelope", "media_type"}
    envelope = Envelope.parse(base64.b64decode(answer.json()["envelope"]))
    content = json.loads(envelope.open(court.decryption))
    assert content.keys() == SHAPE
    assert content["result"] == "TRUE"
