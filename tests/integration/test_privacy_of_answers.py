"""Privacy of relying parties' questions, tried and not promised.

(a) no personal value anywhere, (b) nothing to join, (c) nothing for a dictionary, (d) a divorce looks like a re-issue,
(f) an outage is no answer. (e), codes that were used or forwarded, is in test_consent.py.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
import pytest

from api.db.engine import create_engines
from api.db.uow import Database
from api.http.relationships import EVENT_EXAMPLE
from api.http.schemas import MARRIAGE_EXAMPLE
from tests.support import consenting, signing
from tests.support.api_lab import OFFICE_1, OTHER_COUPLE, Lab, problem
from tests.support.dictionary import Haystack, attack, forms, numbers, sm3
from tests.support.privacy import SHORTEST, Needles, assert_clean
from tests.support.publicly import listening, surface, told
from tests.support.signing import Client
from verifier.answer import Answer

MAN, WOMAN, CONTEXT = consenting.MAN, consenting.WOMAN, consenting.CONTEXT
ALL = "court-investigation"
RECORDS = (MARRIAGE_EXAMPLE, MARRIAGE_EXAMPLE | OTHER_COUPLE)
PERSONAL = ("record_no", "zihao", "registrar", "name_man", "cert_num_man", "birth_man", "name_woman", "cert_num_woman",
            "birth_woman")  # fmt: skip


@pytest.fixture(scope="module")
def needles() -> Needles:
    values = {record[field] for record in RECORDS for field in PERSONAL if field in record}
    return Needles.make({v for v in values if len(v.encode()) >= SHORTEST})


async def ask(lab: Lab, who: Client, predicate: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"context": CONTEXT, "purpose": ALL, "predicate": predicate, "inputs": inputs, **more}
    answer = await lab.client.post("/v1/match", json=body, auth=who.auth)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def authentic(lab: Lab, who: Client, code: str) -> dict[str, Any]:
    body = {"context": CONTEXT, "purpose": "file-authenticity", "code": code}
    answer = await lab.client.post("/v1/authenticity", json=body, auth=who.auth)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def codes(issued: httpx.Response) -> list[str]:
    assert issued.status_code == 201, issued.text
    return [certificate["code"] for certificate in issued.json()["certificates"]]


async def everything(lab: Lab) -> list[bytes]:
    """One of each that a party can ask, a consent of two, and refusals; gives what was told."""
    first = codes(await lab.issue())
    await lab.issue(OTHER_COUPLE)
    court = await signing.relying_party(lab, signing.OTHER_BANK, category="court")
    bank = await signing.relying_party(lab, category="bank")
    heard = [told(await authentic(lab, bank, first[0]))]
    for predicate, inputs in (
        ("registered_married", {"subject": MAN}),
        ("spouses_match", {"a": MAN, "b": WOMAN}),
        ("registered_divorce_within", {"subject": WOMAN, "months": 36}),
        ("registered_between", {"subject": MAN, "from": "2020-01-01", "to": "2027-01-01"}),
        ("registered_married", {"subject": MAN | {"name": WOMAN["name"]}}),
        ("certificate_valid", {"code": first[1]}),
    ):
        heard.append(told(await ask(lab, court, predicate, inputs)))
    man, woman = await consenting.enrolled(lab, MAN), await consenting.enrolled(lab, WOMAN)
    trx = await consenting.begun(lab, bank, await man.code(lab), consenting.SPOUSES)
    for person in (man, woman):
        assert (await person.decide(lab, trx, "grant")).status_code == 200
    answers = (await consenting.fetch(lab, bank, trx)).json()["answers"]
    assert [answer["result"] for answer in answers] == ["TRUE"]
    heard += [told(answer) for answer in answers]
    refused = await lab.client.post(
        "/v1/match",
        json={"context": CONTEXT, "purpose": "mortgage-joint-debt", "predicate": "registered_married",
              "inputs": {"subject": MAN}},
        auth=bank.auth,
    )  # fmt: skip
    malformed = await lab.client.post("/v1/match", json={"subject": MAN}, auth=bank.auth)
    assert (refused.status_code, malformed.status_code) == (403, 422)
    return [*heard, refused.content, malformed.content]


async def test_no_personal_value_in_answers_lists_log_chain_codes_lines_or_metrics(lab: Lab, needles: Needles) -> None:
    with listening() as lines:
        heard = await everything(lab)
        for name, data in (await surface(lab)).items():
            assert_clean(name, data, needles)
    assert len(heard) > 9
    for answer in heard:
        assert_clean("an answer", answer, needles)
        assert_clean("a signed answer", _signed(answer), needles)
    assert any('"route": "/v1/match"' in line or '"/v1/match"' in line for line in lines)
    assert_clean("the log lines", "\n".join(lines).encode(), needles)
    for path in sorted(lab.service.settings.data_dir.rglob("*")):
        if path.is_file():
            assert_clean(path.name, path.read_bytes(), needles)


def heard_bytes(heard: list[bytes]) -> list[bytes]:
    """What was told, as text and as the signed bytes inside."""
    return [*heard, *(_signed(answer) for answer in heard)]


def _signed(answer: bytes) -> bytes:
    text = json.loads(answer).get("answer")
    return base64.b64decode(text) if text else b""


def _runs(data: bytes, length: int) -> set[bytes]:
    return {data[at : at + length] for at in range(len(data) - length + 1)}


async def test_two_parties_answers_about_one_person_cannot_be_joined(lab: Lab) -> None:
    """What two parties' answers about one person have in common, answers about two people have, too."""
    shown = codes(await lab.issue())
    other = codes(await lab.issue(OTHER_COUPLE))
    one = await signing.relying_party(lab, category="court")
    two = await signing.relying_party(lab, signing.OTHER_BANK, category="court")
    stranger = consenting.STRANGER

    async def said(who: Client, subject: dict[str, str], code: str) -> bytes:
        a = await ask(lab, who, "registered_married", {"subject": subject})
        b = await authentic(lab, who, code)
        return _signed(told(a)) + _signed(told(b))

    mine, theirs, another = await said(one, MAN, shown[0]), await said(two, MAN, shown[0]), await said(
        two, stranger, other[0]
    )  # fmt: skip
    same_person = _runs(mine, 5) & _runs(theirs, 5)
    two_people = _runs(mine, 5) & _runs(another, 5)
    assert same_person <= two_people, "something in the answers says that it is the same person"
    assert len(two_people) > 10  # constants of the format: the comparison compares something


async def test_a_party_knows_its_own_subject_again_and_nobody_elses(lab: Lab) -> None:
    await lab.issue()
    one = await signing.relying_party(lab, category="court")
    two = await signing.relying_party(lab, signing.OTHER_BANK, category="court")

    async def pseudonym(who: Client, subject: dict[str, str]) -> bytes | None:
        said = await ask(lab, who, "registered_married", {"subject": subject})
        return Answer.parse(_signed(told(said))).claims.pseudonym

    first, again = await pseudonym(one, MAN), await pseudonym(one, MAN)
    assert first is not None
    assert first == again
    assert len({first, await pseudonym(two, MAN), await pseudonym(one, WOMAN)}) == 3


async def test_a_dictionary_of_identity_numbers_finds_nothing(lab: Lab) -> None:
    """The quarter of a year of both spouses' births, in every form; the whole county is `make privacy-drill`."""
    heard = await everything(lab)
    public = [*(await surface(lab)).values(), *heard_bytes(heard)]
    hay = Haystack.of(public)
    known = (lab.service.identity.origin.encode(), signing.BANK.encode(), b"holder", b"access-subject\x1f")
    tries = forms([MAN["name"], WOMAN["name"]], known)
    total = 0
    for person in (MAN, WOMAN):
        born = date.fromisoformat(person["birth"])
        start = born.replace(day=1)
        end = start.replace(day=28)
        tried, hits = attack(hay, numbers(person["cert_num"][:6], start, end), tries)
        total += tried
        assert hits == []
    assert total > 50_000
    # The same attack, where somebody was careless: the tool would have told.
    careless = Haystack.of([*public, b"x" + sm3(MAN["cert_num"].encode()) + b"x"])
    born = date.fromisoformat(MAN["birth"])
    assert attack(careless, numbers(MAN["cert_num"][:6], born, born), tries)[1] == ["sm3"]
    careless = Haystack.of([*public, b"number=" + MAN["cert_num"].encode() + b"1"])
    assert attack(careless, numbers(MAN["cert_num"][:6], born, born), tries)[1] == ["plain"]


async def test_to_an_outsider_a_divorce_looks_like_a_re_issue(lab: Lab) -> None:
    divorced, reissued = codes(await lab.issue()), codes(await lab.issue(OTHER_COUPLE))
    court_event = {
        "record": judgment() | {"op_date": "2026-06-01", "effective_from": "2026-05-12"},
    }
    answer = await lab.client.post("/v1/registrations/events", json=court_event, headers=lab.token(OFFICE_1))
    assert answer.status_code == 201, answer.text
    again = OTHER_COUPLE | {
        "record_no": "MR-000778", "zihao": "BJ990101-2026-000778", "op_type": "ICA", "old_zihao": OTHER_COUPLE["zihao"],
        "op_date": "2026-06-01",
    }  # fmt: skip
    issued = await lab.issue(again)
    assert issued.status_code == 201, issued.text
    await lab.service.publishing.publish()
    bank = await signing.relying_party(lab, category="bank")
    found = [await authentic(lab, bank, code) for code in (divorced[0], reissued[0])]
    public = [(await lab.client.post("/v1/verify", json={"code": c})).json() for c in (divorced[0], reissued[0])]
    assert [a["result"] for a in found] == ["FALSE", "FALSE"]
    for left, right in (found, public):
        assert _shape(left) == _shape(right)


def judgment() -> dict[str, str]:
    return EVENT_EXAMPLE | {k: MARRIAGE_EXAMPLE[k] for k in PERSONAL if k in EVENT_EXAMPLE and k != "record_no"}


VARIES = {"request_id", "answer", "opening", "status_age_seconds", "known_at", "checked_at"}


def _shape(value: Any) -> Any:
    """All that an answer says, without what is random in every answer."""
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items() if name not in VARIES}
    return [_shape(inner) for inner in value] if isinstance(value, list) else value


@asynccontextmanager
async def without_database(lab: Lab) -> AsyncIterator[httpx.AsyncClient]:
    """The same service, the database's server gone under it."""
    real = lab.service.database.engines
    gone = Database(create_engines(f"{lab.service.settings.database_url}/none"), lab.service.identity)
    lab.service.database.__dict__.update({"_engines": gone.engines})
    try:
        yield lab.client
    finally:
        lab.service.database.__dict__.update({"_engines": real})
        await gone.engines.dispose()


async def test_an_outage_is_never_an_answer(lab: Lab) -> None:
    code = codes(await lab.issue())[0]
    court = await signing.relying_party(lab, category="court")
    man = await consenting.enrolled(lab, MAN)
    bodies: dict[str, dict[str, Any]] = {
        "/v1/match": {
            "context": CONTEXT,
            "purpose": ALL,
            "predicate": "registered_married",
            "inputs": {"subject": MAN},
        },
        "/v1/authenticity": {"context": CONTEXT, "purpose": "file-authenticity", "code": code},
        "/v1/consents/status": {"trx": "00" * 16},
    }
    async with without_database(lab) as client:
        for path, body in bodies.items():
            answer = await client.post(path, json=body, auth=court.auth)
            assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable"), path
        answer = await client.post("/v1/holder/codes", json={}, auth=man.auth)
        assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
    assert (await ask(lab, court, "registered_married", {"subject": MAN}))["result"] == "TRUE"
