"""The relying party's client against a service that lies, stumbles, or answers something else than was asked."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import kit
from tests.support.party_keys import PIN, party_key
from tests.support.small_server import Asked, Reply, serving
from verifier import cbor
from verifier.answer import Answer, AnswerClaims, Basis, Predicate, Result, question_commitment
from verifier.answerkeys import AnswerKey
from verifier.hazmat.sm3 import sm3
from verifier.httpsig import SignedRequest, Target
from verifier.labels import TYP_ANSWER
from verifier.online import errors
from verifier.online.answers import SignedAnswer, from_archive
from verifier.online.client import Client, ConsentRequest, Transaction
from verifier.online.keys import SoftwareSigner
from verifier.online.questions import Context, Person, registered_between, registered_married, spouses_match
from verifier.online.session import Session
from verifier.online.transport import Transport
from verifier.report import Reason

PARTY, SERVICE = "91990000MB9T071099", "11990000MB9T00011H"
PURPOSE = "loan-married-status"
CONTEXT = Context("0017", "示例事项", "990000-SAMPLE-001", "2027-000123", "示例原因")
MAN = Person("111", "990101199803070013", "张示例")
OLD = Person("111", "990101980307001", "张示例")
DAY = date(2026, 1, 1)
KEY = kit.TestSigner(b"answers")
YEAR = 366 * kit.DAY
TRUST = kit.bundle(answers=(AnswerKey(SERVICE, KEY.key, kit.AT - YEAR, kit.AT + YEAR),))
TRX = "00112233445566778899aabbccddeeff"


def question(**changes: Any) -> dict[int, Any]:
    subject = [MAN.cert_type, MAN.cert_num, MAN.nation, MAN.name, ""]
    base = {1: 2, 2: PURPOSE, 3: CONTEXT.to_json(), 4: {"subjects": [subject]}, 5: DAY.isoformat()}
    return {**base, **{int(k[1:]): v for k, v in changes.items()}}


def answer(asked: dict[int, Any] | None = None, signer: kit.TestSigner = KEY, **changes: Any) -> dict[str, Any]:
    """An answer's JSON as the service gives it; claims that the test changes are signed all the same."""
    opened = cbor.encode(asked if asked is not None else question())
    salt = sm3(b"salt")
    values: dict[str, Any] = {
        "iss": SERVICE, "aud": PARTY, "iat": kit.AT, "request_id": bytes(16), "predicate": Predicate.REGISTERED_MARRIED,
        "result": Result.TRUE, "purpose": PURPOSE, "as_of": DAY, "known_at": kit.AT,
        "commitment": question_commitment(salt, opened), "pseudonym": bytes(16), "level": 0, "status_age": None,
        "reasons": ("RECORDED",), "basis": Basis.CONSENT, "catalogue": 1,
    }  # fmt: skip
    claims = AnswerClaims(**{**values, **changes})
    signed = signer.sign1(TYP_ANSWER, claims.encode())
    said = Answer.parse(signed).to_json()
    names = ("request_id", "reasons", "as_of", "known_at", "level", "status_age_seconds", "result")
    opening = {"salt": base64.b64encode(salt).decode(), "question": base64.b64encode(opened).decode()}
    return {
        **{n: said[n] for n in names},
        "predicate": claims.predicate.name.lower(),
        "answer": base64.b64encode(signed).decode(),
        "opening": opening,
    }


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers)


@contextmanager
def client(serve: Callable[[Asked], Reply], naps: list[float] | None = None) -> Iterator[Client]:
    signer = SoftwareSigner(party_key("SM2"), PIN)
    with serving(serve) as url:
        transport = Transport(url, authority="minzheng.example")
        sleep = (naps if naps is not None else []).append
        found = Client(Session(transport, signer, clock=lambda: kit.AT + 0.9, sleep=sleep), TRUST, PARTY)
        try:
            yield found
        finally:
            found.close()


def ask(value: Any, asked: Any = None, **more: Any) -> SignedAnswer:
    with client(lambda _: reply(value)) as c:
        return c.match(CONTEXT, PURPOSE, asked or registered_married(MAN), as_of=DAY, **more)


def test_a_good_answer_is_returned_and_archived() -> None:
    found = ask({**answer(), "more": "x"})
    assert (found.result, found.reasons, found.details) == (Result.TRUE, ("RECORDED",), {"more": "x"})
    archive = found.to_archive()
    again, reason = from_archive(archive, TRUST, kit.AT + 100 * kit.DAY)  # any later day, without asking anybody
    assert (reason, again.question) == (Reason.OK, found.question)
    assert again.answer.opens(again.salt, again.question)
    assert from_archive(archive, kit.bundle(), kit.AT)[1] is not Reason.OK
    with pytest.raises(errors.BadAnswer):
        from_archive(archive.replace(b'"salt": "', b'"salt": "AA'), TRUST, kit.AT)


def test_trust_material_is_read_again_for_a_key_that_is_not_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    newer = replace(TRUST, sequence=TRUST.sequence + 1)
    monkeypatch.setattr("verifier.online.client.Cache.open", lambda _: SimpleNamespace(trust=lambda: newer))
    with client(lambda _: reply(answer())) as c:
        c.trust, c.cache = replace(TRUST, answers=()), tmp_path
        assert c.match(CONTEXT, PURPOSE, registered_married(MAN), as_of=DAY).result is Result.TRUE
        assert c.trust is newer
        c.trust = replace(newer, answers=())
        with pytest.raises(errors.StaleTrust, match="mz-trust update"):
            c.match(CONTEXT, PURPOSE, registered_married(MAN), as_of=DAY)


def test_numbers_of_15_digits_are_answered_with_18() -> None:
    lengthened = [OLD.cert_type, "990101199803070018", OLD.nation, OLD.name, ""]
    assert ask(answer(question(_4={"subjects": [lengthened]})), registered_married(OLD)).result is Result.TRUE
    other = [OLD.cert_type, "990101199803070118", OLD.nation, OLD.name, ""]
    with pytest.raises(errors.BadAnswer):
        ask(answer(question(_4={"subjects": [other]})), registered_married(OLD))


@pytest.mark.parametrize(
    "value",
    [
        answer(signer=kit.STRANGER_KEY),
        answer(aud="91990000MB9T07205J"),
        answer(purpose="other"),
        answer(iat=kit.AT - 301),
        answer(iat=kit.AT + 302),
        answer(iss=kit.REGISTRY),
        answer(predicate=Predicate.SPOUSES_MATCH),
        answer(question(_1=3), predicate=Predicate.SPOUSES_MATCH),
        answer(question(_2="other")),
        answer(question(_3={**CONTEXT.to_json(), "user": "0018"})),
        answer(question(_4={"subjects": []})),
        answer(question(_4={"subjects": [["111", "990101199803070013", "156", "李样本", ""]]})),
        answer(question(_4={"subjects": [["111", MAN.cert_num, "156", MAN.name, ""]], "months": 3})),
        answer(question(_5="2025-12-31")),
        answer(question(_6=bytes(16))),
        answer(commitment=bytes(32)),
        {**answer(), "result": "FALSE"},
        {**answer(), "opening": {"salt": "AA==", "question": "AA=="}},
        {**answer(), "answer": answer(signer=kit.STRANGER_KEY)["answer"]},
        {**answer(), "answer": "not base64!"},
        {"answer": 1, "opening": []},
        {},
        [],
        "TRUE",
    ],
)
def test_what_is_not_our_answer_is_no_answer(value: Any) -> None:
    with pytest.raises(errors.BadAnswer):
        ask(value)


def test_an_answer_under_another_consent_is_refused() -> None:
    granted = answer(question(_6=bytes.fromhex(TRX)))
    assert ask(granted, grant=TRX).result is Result.TRUE
    with pytest.raises(errors.BadAnswer):
        ask(granted, grant="ff" + TRX[2:])


def test_requests_are_signed_for_the_service_s_own_name_each_with_a_nonce_of_its_own() -> None:
    seen: list[Asked] = []

    def serve(request: Asked) -> Reply:
        seen.append(request)
        return reply({"category": "bank"})

    with client(serve) as c:
        c.party_record()
        c.party_record()
        key = c.session._signer.key
    nonces = set()
    for request in seen:
        read = SignedRequest.parse(request.headers["signature-input"], request.headers["signature"], None)
        assert read.verify(key, Target("GET", "minzheng.example", "/v1/party"))
        assert request.headers["host"] == "minzheng.example"
        nonces.add(read.parameters.nonce)
    assert len(nonces) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (422, errors.Rejected),
        (429, errors.TooMany),
        (503, errors.ServiceFault),
    ],
)
def test_problems_are_typed(status: int, kind: type[errors.Problem]) -> None:
    problem = {
        "code": "some-code",
        "title": "题",
        "request_id": "r1",
        "errors": [{"field": "f", "code": "c", "reason": "r"}, 7],
    }
    served = Reply(status, json.dumps(problem).encode(), {"Retry-After": "7"})
    with client(lambda _: served) as c, pytest.raises(kind) as raised:
        c.match(CONTEXT, PURPOSE, registered_married(MAN))
    assert (raised.value.code, raised.value.status, raised.value.request_id) == ("some-code", status, "r1")
    assert raised.value.errors == (errors.FieldFault("f", "c", "r"),)
    assert getattr(raised.value, "retry_after", 7) == 7
    page = Reply(status, b"<html>")
    with client(lambda _: page) as c, pytest.raises(kind):
        c.match(CONTEXT, PURPOSE, registered_married(MAN))


def test_only_what_changes_nothing_is_asked_again() -> None:
    asked: list[str] = []

    def serve(request: Asked) -> Reply:
        asked.append(request.path)
        good = reply({"trx": TRX, "state": "waiting", "expires_at": kit.AT})
        return good if len(asked) == 3 else Reply(503) if len(asked) == 2 else Reply(cut=True)

    naps: list[float] = []
    with client(serve, naps) as c:
        assert c.consent_status(TRX) == Transaction(TRX, "waiting", kit.AT)
        assert (len(asked), naps) == (3, [0.5, 1.0])
        asked.clear()
        with pytest.raises(errors.Unanswered):  # it may have been counted: the caller decides
            c.match(CONTEXT, PURPOSE, registered_married(MAN))
        assert asked == ["/v1/match"]
    naps.clear()
    with client(serve, naps) as c:
        pass
    with pytest.raises(errors.Unreachable):  # nobody is there any more, and nothing was sent
        c.match(CONTEXT, PURPOSE, registered_married(MAN))
    assert naps == [0.5, 1.0]


def lines(*values: Any) -> Reply:
    return Reply(body=b"".join(json.dumps(v).encode() + b"\n" for v in values))


def authentic(number: int, code: str) -> dict[str, Any]:
    asked = {1: 0, 2: PURPOSE, 3: CONTEXT.to_json(), 4: {"code": code}}
    return {"line": number, **answer(asked, predicate=Predicate.AUTHENTICITY, as_of=None)}


def test_bulk_is_answered_line_by_line_and_every_line_checked() -> None:
    items: list[tuple[str, bytes | str]] = [("a", "MZ1:A"), ("b", "MZ1:B")]
    bad = {"line": 2, "problem": {"code": "malformed-json"}}
    end = {"end": {"lines": 2, "answered": 1}}
    with client(lambda _: lines(authentic(1, "MZ1:A"), bad, end)) as c:
        found = list(c.bulk(CONTEXT, PURPOSE, items))
        assert [(f.ref, f.answer is not None, f.problem) for f in found] == [
            ("a", True, None),
            ("b", False, "malformed-json"),
        ]
    wrong = [
        (errors.Unanswered, lines(authentic(1, "MZ1:A"))),
        (errors.Unanswered, lines(authentic(1, "MZ1:A"), bad)),
        (errors.BadAnswer, lines(authentic(2, "MZ1:B"), authentic(1, "MZ1:A"), end)),
        (errors.BadAnswer, lines(authentic(1, "MZ1:B"), authentic(2, "MZ1:A"), end)),
        (errors.BadAnswer, Reply(body=b"<html>\n")),
        (errors.Unanswered, Reply(body=b'{"line": 1', length=100)),
        (errors.TooMany, Reply(429)),
    ]
    for kind, served in wrong:
        with client(lambda _, served=served: served) as c, pytest.raises(kind):  # type: ignore[misc]
            list(c.bulk(CONTEXT, PURPOSE, items))


def test_consent_is_waited_for_until_its_end() -> None:
    states = ["waiting", "waiting", "authorised"]
    naps: list[float] = []
    served = lambda _: reply({"trx": TRX, "state": states.pop(0), "expires_at": kit.AT + 900})  # noqa: E731
    with client(served, naps) as c:
        assert c.wait_for_consent(Transaction(TRX, "waiting", kit.AT + 900)).state == "authorised"
        assert naps == [2.0, 2.0, 2.0]
        assert (
            c.wait_for_consent(Transaction(TRX, "waiting", kit.AT - 1)).state == "waiting"
        )  # nobody is asked for ever


def test_fetched_answers_are_those_of_this_consent() -> None:
    mine = {"item": "registered_married", **answer(question(_6=bytes.fromhex(TRX), _4={}))}
    with client(lambda _: reply({"trx": TRX, "answers": [mine]})) as c:
        (found,) = c.fetch_consent(TRX, PURPOSE)
        assert found.details == {"item": "registered_married"}
        with pytest.raises(errors.BadAnswer):
            c.fetch_consent("ff" + TRX[2:], PURPOSE)
    with client(lambda _: reply({"trx": TRX, "answers": []})) as c, pytest.raises(errors.BadAnswer):
        c.fetch_consent(TRX, PURPOSE)


def test_a_refusal_says_by_itself_which_rule_it_was() -> None:
    fault = {"field": "purpose", "code": "PURPOSE_UNKNOWN", "reason": "…"}
    refused = errors.Problem(403, {"code": "purpose-refused", "request_id": "0" * 16, "errors": [fault]})
    assert str(refused) == "403 purpose-refused purpose: PURPOSE_UNKNOWN, request 0000000000000000"
    assert str(errors.Problem(401, {"code": "unauthenticated", "detail": "signature-expired"})).endswith("expired")


def test_a_party_that_wants_envelopes_takes_nothing_else() -> None:
    with client(lambda _: reply(answer())) as c:
        c.opener = SoftwareSigner(party_key("SM2", 1), PIN)
        with pytest.raises(errors.BadAnswer):
            c.match(CONTEXT, PURPOSE, registered_married(MAN), as_of=DAY)


def test_the_subject_of_a_consent_is_not_sent() -> None:
    other = Person("111", "990101199911110026", "李样本")
    asked = (
        (registered_married(MAN), DAY),
        (spouses_match(MAN, other), None),
        (registered_between(MAN, DAY, DAY), None),
    )
    sent = json.dumps(ConsentRequest(asked).to_json(), ensure_ascii=False)
    assert MAN.cert_num not in sent
    assert other.cert_num in sent
    assert repr(MAN) == "Person()"
    assert MAN.cert_num not in repr(asked)
