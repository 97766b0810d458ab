"""Codes and files of relying parties: one, many, and shown by a holder's device."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from certs.answers import bind_device
from tests.support import signing
from tests.support.api_lab import OFFICE_1, Lab, problem
from tests.support.signing import Client, sm2_key
from verifier.answer import Answer, Predicate
from verifier.cose import encode_sign1, protected_header, sig_structure
from verifier.labels import ALG_SM2, TYP_PRESENTATION
from verifier.presentation import presentation_payload
from verifier.report import Reason

DATABASES = ("sqlite", "postgresql")
CONTEXT = {
    "user": "0017",
    "item_name": "示例事项",
    "item_code": "990000-SAMPLE-001",
    "business_code": "2027-000123",
    "use_cause": "示例原因",
}
HEAD = {"context": CONTEXT, "purpose": "file-authenticity"}


@pytest.fixture
async def bank(lab: Lab) -> Client:
    return await signing.relying_party(lab)


async def check(lab: Lab, who: Client, **body: Any) -> httpx.Response:
    return await lab.client.post("/v1/authenticity", json={**HEAD, **body}, auth=who.auth)


async def revoke(lab: Lab, cti: str) -> None:
    body = {"cti": [cti], "reason": "annulled"}
    done = await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    assert done.status_code == 200, done.text


def signed(answer: dict[str, Any]) -> Answer:
    return Answer.parse(base64.b64decode(answer["answer"]))


async def test_a_code_and_a_file(lab: Lab, bank: Client) -> None:
    issued = (await lab.issue()).json()["certificates"][0]
    code = await check(lab, bank, code=issued["code"])
    assert (code.status_code, code.json()["result"], code.json()["level"]) == (200, "TRUE", "L1"), code.text
    evidence = signed(code.json())
    assert evidence.check(lab.service.trust.bundle, lab.clock()) is Reason.OK
    assert (evidence.claims.predicate, evidence.claims.status_age) == (Predicate.AUTHENTICITY, 0)
    file = base64.b64encode(await lab.file(issued["cti"])).decode()
    one = (await check(lab, bank, file=file, level="L1")).json()
    assert (one["result"], signed(one).claims.pseudonym) == ("TRUE", evidence.claims.pseudonym)
    assert (await check(lab, bank, file=file)).json()["result"] == "UNDETERMINED"  # L3, and not in the log yet
    forged = (await check(lab, bank, code=issued["code"][:-8] + "AAAAAAAA")).json()
    assert (forged["result"], forged["reasons"]) == ("FALSE", ["SIGNATURE_INVALID"])
    nothing = (await check(lab, bank, code="MZ1:")).json()
    assert (nothing["result"], nothing["reasons"]) == ("FALSE", ["MALFORMED_CREDENTIAL"])
    assert signed(nothing).claims.pseudonym is None
    assert nothing.keys() == one.keys()


async def test_what_ended_is_false_before_the_list_says_so(lab: Lab, bank: Client) -> None:
    issued = (await lab.issue()).json()["certificates"][0]
    assert (await check(lab, bank, code=issued["code"])).json()["result"] == "TRUE"
    await revoke(lab, issued["cti"])
    ended = (await check(lab, bank, code=issued["code"])).json()
    assert (ended["result"], ended["reasons"]) == ("FALSE", ["STATUS_NOT_VALID"])


async def test_the_holder_sees_it_and_the_spouse_does_not(lab: Lab, bank: Client) -> None:
    from api.http.schemas import MARRIAGE_EXAMPLE as EX

    views = (await lab.issue()).json()["certificates"]
    man = next(v for v in views if v["role"] == "man")
    await check(lab, bank, code=man["code"])
    seen = {}
    for who in ("man", "woman"):
        tag = lab.service.access.tag("111", "156", EX[f"cert_num_{who}"])
        seen[who] = [u.uscc for _, u in await lab.service.access.uses_of(tag) if u.action == "authenticity"]
    assert seen == {"man": [bank.owner], "woman": []}


async def test_bodies_that_are_none(lab: Lab, bank: Client) -> None:
    for body, code in (
        ({}, "bad-parameter"),
        ({"code": "x", "file": "AAAA"}, "bad-parameter"),
        ({"code": 5}, "invalid-fields"),
        ({"code": "x", "level": "L9"}, "invalid-fields"),
        ({"code": "x", "purpose": "mortgage-joint-debt"}, "purpose-refused"),
        ({"code": "x", "context": {**CONTEXT, "use_cause": ""}}, "invalid-fields"),
        ({"code": "x", "encrypt": True}, "encryption-key-missing"),
    ):
        assert problem(await check(lab, bank, **body))["code"] == code, body
    assert (await lab.client.post("/v1/authenticity", json={**HEAD, "code": "x"})).status_code == 401


# ---------------------------------------------------------------------------------------------------------- bulk


async def bulk(lab: Lab, who: Client, *lines: object) -> list[dict[str, Any]]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    answer = await lab.client.post(
        "/v1/authenticity/bulk", content=text.encode(), auth=who.auth, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_many_lines_each_by_itself(lab: Lab, bank: Client) -> None:
    codes = [view["code"] for view in (await lab.issue()).json()["certificates"]]
    lines = [{"code": codes[0]}, "no json", {"code": codes[1]}, {"code": "MZ1:"}, {"kode": 1}, {}] * 4
    found = await bulk(lab, bank, HEAD, *lines)
    assert [f.get("result") or f["problem"]["code"] for f in found[:6]] == [
        "TRUE",
        "malformed-json",
        "TRUE",
        "FALSE",
        "invalid-fields",
        "bad-parameter",
    ]
    assert [f["line"] for f in found[:-1]] == list(range(1, 25))
    assert found[-1] == {"end": {"lines": 24, "answered": 12, "digest": "match"}}
    answers = [signed(f) for f in found if "answer" in f]
    assert len({a.claims.request_id for a in answers}) == 12
    assert all(a.check(lab.service.trust.bundle, lab.clock()) is Reason.OK for a in answers)
    uses = lab.service.access.transactions
    assert uses < 12, "lines that are there together share a commit"


async def test_another_body_than_was_signed_is_told_at_the_end(lab: Lab, bank: Client) -> None:
    signed_body = json.dumps(HEAD).encode() + b'\n{"code": "MZ1:"}\n'
    for digest in ("sm3", "sha-256"):
        headers = bank.auth.but(digest=digest).headers("POST", "/v1/authenticity/bulk", signed_body)
        headers["Content-Type"] = "application/x-ndjson"
        sent = {**headers, "Host": "minzheng.example"}
        answer = await lab.client.post("/v1/authenticity/bulk", content=signed_body + b"{}\n", headers=sent)
        assert answer.status_code == 200, answer.text
        assert json.loads(answer.text.splitlines()[-1])["end"]["digest"] == "mismatch"
    again = await lab.client.post("/v1/authenticity/bulk", content=signed_body, headers=sent)
    assert problem(again)["code"] == "unauthenticated", "the nonce is used up"


async def test_a_head_that_is_none_is_refused_as_a_whole(lab: Lab, bank: Client) -> None:
    for head, code in (
        ("", "malformed-json"),
        ("{}", "invalid-fields"),
        (json.dumps({**HEAD, "purpose": "xx"}), "purpose-refused"),
    ):
        answer = await lab.client.post(
            "/v1/authenticity/bulk",
            content=head.encode() or b"\n",
            auth=bank.auth,
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert problem(answer)["code"] == code
    plain = await lab.client.post("/v1/authenticity/bulk", content=b"x", auth=bank.auth)
    assert problem(plain)["code"] == "unsupported-media-type"


async def test_lines_are_read_no_faster_than_answers_are_taken(lab: Lab, bank: Client) -> None:
    from api.errors import RateLimited
    from api.http.authenticity import Presented
    from api.http.ndjson import line_problem, read_line
    from api.services.bulk import OPEN, TOGETHER
    from api.services.questions import Question, QuestionContext

    caller = await _caller(lab, bank)
    given = 0

    async def lines() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b'{"code": "MZ1:"}'

    def question(line: bytes) -> Question:
        shown = read_line(line, Presented).data()
        return Question(Predicate.AUTHENTICITY, "file-authenticity", QuestionContext(**CONTEXT), presented=shown)

    service = lab.service.relying.bulk
    running = [service.answers(caller, lines(), question, line_problem) for _ in range(OPEN)]
    for one in running:
        assert (await anext(one))["line"] == 1
    for _ in range(50):
        await asyncio.sleep(0)
    assert given <= OPEN * (2 * TOGETHER + 3), "the rest waits at the client"
    with pytest.raises(RateLimited):
        service.answers(caller, lines(), question, line_problem)
    for one in running:
        await one.aclose()
    before = given
    for _ in range(50):
        await asyncio.sleep(0)
    assert given == before, "nobody reads for somebody who left"
    again = service.answers(caller, lines(), question, line_problem)
    assert (await anext(again))["line"] == 1
    await again.aclose()


async def _caller(lab: Lab, who: Client) -> Any:
    from api.services.clients import Caller

    return Caller(who.owner, "party", "verifier", "bank", who.key.keyid, who.owner)


# ------------------------------------------------------------------------------------------------------ presentations


async def challenge(lab: Lab, who: Client) -> bytes:
    answer = await lab.client.post("/v1/presentations/challenge", auth=who.auth)
    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_at"] == lab.clock() + 120
    return base64.b64decode(answer.json()["nonce"])


async def shown(lab: Lab, audience: str, nonce: bytes) -> bytes:
    """What a holder's device makes of its file."""
    cti = (await lab.issue()).json()["certificates"][0]["cti"]
    device, registry = sm2_key(), lab.service.makers.registry
    async with lab.service.database.read() as work:
        certificate = await work.certificates.get(bytes.fromhex(cti))
    assert certificate is not None
    binding = bind_device(certificate, device.public, registry)
    now = lab.clock()
    payload = presentation_payload(audience, nonce, now, now + 120, await lab.file(cti), binding)
    head = protected_header(ALG_SM2, device.public.kid, TYP_PRESENTATION)
    return encode_sign1(head, {}, payload, device.sign(sig_structure(head, payload)))


async def present(lab: Lab, who: Client, data: bytes, nonce: bytes, **more: Any) -> httpx.Response:
    body = {
        **HEAD,
        **more,
        "presentation": base64.b64encode(data).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "level": "L1",
    }
    return await lab.client.post("/v1/presentations/verify", json=body, auth=who.auth)


async def test_a_presentation_is_good_once_for_one_party(lab: Lab, bank: Client) -> None:
    nonce = await challenge(lab, bank)
    data = await shown(lab, bank.owner, nonce)
    other = await signing.relying_party(lab, signing.OTHER_BANK)
    assert problem(await present(lab, other, data, nonce))["code"] == "challenge-refused", "forwarded with its nonce"
    first = await present(lab, bank, data, nonce)
    assert (first.status_code, first.json()["result"]) == (200, "TRUE"), first.text
    assert first.json()["report"]["disclosed"]
    assert problem(await present(lab, bank, data, nonce))["code"] == "challenge-refused", "used"
    forwarded = await present(lab, other, data, await challenge(lab, other))
    assert (forwarded.json()["result"], forwarded.json()["reasons"]) == ("FALSE", ["PRESENTATION_MISMATCH"])
    assert forwarded.json()["report"] is None
    replayed = await present(lab, bank, data, await challenge(lab, bank))
    assert replayed.json()["reasons"] == ["PRESENTATION_MISMATCH"]
    fresh = await challenge(lab, bank)
    late = await shown(lab, bank.owner, fresh)
    lab.clock.now += 121
    assert problem(await present(lab, bank, late, fresh))["code"] == "challenge-refused", "expired"
    third = await challenge(lab, bank)
    altered = await present(lab, bank, late[:-1] + bytes([late[-1] ^ 1]), third)
    assert altered.json()["result"] == "FALSE"
    assert problem(await present(lab, bank, late, third))["code"] == "challenge-refused", "one try each"
    assert problem(await present(lab, bank, late, bytes(16)))["code"] == "challenge-refused"
    assert problem(await present(lab, bank, late, bytes(15)))["code"] in ("bad-parameter", "invalid-fields")


async def test_an_employer_checks_what_is_shown_and_is_told_no_more(lab: Lab, bank: Client) -> None:
    employer = await signing.relying_party(lab, signing.EMPLOYER, category="employer")
    nonce = await challenge(lab, employer)
    data = await shown(lab, employer.owner, nonce)
    refused = await present(lab, employer, data, nonce)
    assert problem(refused)["errors"][0]["code"] == "NOTHING_BY_DEFAULT"  # the purpose for files
    answer = await present(lab, employer, data, nonce, purpose="shown-code")  # and the nonce was not used up
    assert (answer.status_code, answer.json()["result"]) == (200, "TRUE"), answer.text
    assert (answer.json()["predicate"], answer.json()["report"]) == ("authenticity", None)
    signed = Answer.parse(base64.b64decode(answer.json()["answer"]))
    assert (signed.claims.predicate, signed.claims.purpose) == (Predicate.AUTHENTICITY, "shown-code")
    other = await present(lab, employer, data, await challenge(lab, employer), purpose="shown-code")
    assert (other.json()["result"], other.json()["reasons"]) == ("FALSE", ["PRESENTATION_MISMATCH"])
    court = await signing.relying_party(lab, signing.OTHER_BANK, category="court")
    wrong = await present(lab, court, data, await challenge(lab, court), purpose="shown-code")
    assert problem(wrong)["errors"][0]["code"] == "CATEGORY_NOT_ENTITLED"
