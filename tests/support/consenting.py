"""Holders and consent for tests: people enrolled over HTTP with a device key each, and what they sign.

anna = await consenting.enrolled(lab, consenting.WOMAN)
trx = await consenting.begun(lab, bank, await anna.code(lab))
answer = await anna.decide(lab, trx, "grant")
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from api.http.schemas import MARRIAGE_EXAMPLE as EX
from certs.consent.codes import activation_message
from certs.consent.machine import Decision
from certs.consent.statement import TYP_CONSENT, statement_payload
from tests.support import signing
from tests.support.api_lab import OFFICE_1, OTHER_COUPLE, Lab
from tests.support.signing import Client, Key, Signed
from verifier.cose import encode_sign1, protected_header, sig_structure
from verifier.hazmat.sm3 import sm3

MAN = {"cert_type": "111", "cert_num": EX["cert_num_man"], "name": EX["name_man"], "birth": EX["birth_man"]}
WOMAN = {"cert_type": "111", "cert_num": EX["cert_num_woman"], "name": EX["name_woman"], "birth": EX["birth_woman"]}
STRANGER = {
    "cert_type": "111", "cert_num": OTHER_COUPLE["cert_num_man"], "name": OTHER_COUPLE["name_man"],
    "birth": OTHER_COUPLE["birth_man"],
}  # fmt: skip
CONTEXT = {
    "user": "0017",
    "item_name": "示例事项",
    "item_code": "990000-SAMPLE-001",
    "business_code": "2027-000123",
    "use_cause": "示例原因",
}
PURPOSE = "mortgage-joint-debt"
MARRIED: dict[str, Any] = {"predicate": "registered_married", "inputs": {}}
SPOUSES: dict[str, Any] = {"predicate": "spouses_match", "inputs": {"b": WOMAN}}
DECISIONS = {"grant": Decision.GRANT, "refuse": Decision.REFUSE, "withdraw": Decision.WITHDRAW}


def sign_statement(key: Key, party: str, trx: str, notice: str, decision: Decision, at: int) -> str:
    """What the page makes: base64."""
    protected = protected_header(key.public.alg, key.public.kid, TYP_CONSENT)
    payload = statement_payload(party, bytes.fromhex(trx), sm3(notice.encode()), decision, at)
    data = encode_sign1(protected, {}, payload, key.sign(sig_structure(protected, payload)))
    return base64.b64encode(data).decode()


async def post(lab: Lab, path: str, body: dict[str, Any], auth: Signed) -> httpx.Response:
    return await lab.client.post(path, json=body, auth=auth)


@dataclass(frozen=True)
class Person:
    """A holder with one device."""

    holder: str
    key: Key
    auth: Signed

    async def call(self, lab: Lab, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return await post(lab, f"/v1/holder/{path}", body or {}, self.auth)

    async def code(self, lab: Lab) -> str:
        answer = await self.call(lab, "codes")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["url"])

    async def items(self, lab: Lab) -> dict[str, list[dict[str, Any]]]:
        answer = await self.call(lab, "consents")
        assert answer.status_code == 200, answer.text
        found: dict[str, list[dict[str, Any]]] = answer.json()
        return found

    async def item(self, lab: Lab, trx: str) -> dict[str, Any] | None:
        found = await self.items(lab)
        return next((i for i in (*found["pending"], *found["past"]) if i["trx"] == trx), None)

    async def decide(self, lab: Lab, trx: str, decision: str, notice: str | None = None) -> httpx.Response:
        """As the page: read, sign what was read, send."""
        if notice is None:
            item = await self.item(lab, trx)
            assert item is not None
            notice = item["notice"]
        party = json.loads(notice)["recipient"]["uscc"]
        statement = sign_statement(self.key, party, trx, notice, DECISIONS[decision], lab.clock())
        return await self.send(lab, trx, decision, statement)

    async def send(self, lab: Lab, trx: str, decision: str, statement: str) -> httpx.Response:
        if decision == "withdraw":
            return await self.call(lab, "consents/withdraw", {"trx": trx, "statement": statement})
        return await self.call(lab, "consents/decide", {"trx": trx, "decision": decision, "statement": statement})


async def activation(lab: Lab, person: dict[str, str]) -> dict[str, Any]:
    answer = await lab.client.post("/v1/holders/enrol", json=person, headers=lab.token(OFFICE_1))
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def activate(lab: Lab, code: str, key: Key, *, proof: bytes | None = None) -> httpx.Response:
    said = key.sign(activation_message(code.replace("-", ""), key.public.public)) if proof is None else proof
    body = {
        "code": code,
        "public_key": base64.b64encode(key.public.public).decode(),
        "proof": base64.b64encode(said).decode(),
    }
    return await lab.client.post("/v1/holder/activate", json=body)


async def enrolled(lab: Lab, person: dict[str, str]) -> Person:
    """Enrolled at the office, with a device bound."""
    given, key = await activation(lab, person), signing.sm2_key()
    answer = await activate(lab, given["activation_code"], key)
    assert answer.status_code == 200, answer.text
    return Person(given["holder"], key, Signed(key, lab.clock))


async def begin(lab: Lab, party: Client, code: str, *asks: dict[str, Any], **more: Any) -> httpx.Response:
    body = {
        "context": CONTEXT, "purpose": PURPOSE, "code": code, "predicates": list(asks) or [MARRIED],
        "retention_days": 180, "method": "query-archive", **more,
    }  # fmt: skip
    return await post(lab, "/v1/consents", {k: v for k, v in body.items() if v is not None}, party.auth)


async def begun(lab: Lab, party: Client, code: str, *asks: dict[str, Any], **more: Any) -> str:
    answer = await begin(lab, party, code, *asks, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["trx"])


async def state(lab: Lab, party: Client, trx: str) -> str:
    answer = await post(lab, "/v1/consents/status", {"trx": trx}, party.auth)
    return str(answer.json()["state"]) if answer.status_code == 200 else answer.text


async def fetch(lab: Lab, party: Client, trx: str, **more: Any) -> httpx.Response:
    return await post(lab, "/v1/consents/fetch", {"trx": trx, **more}, party.auth)


async def granted(lab: Lab, party: Client, people: Sequence[Person], *asks: dict[str, Any], **more: Any) -> str:
    """Begun with the first one's code, and agreed to by all of them."""
    trx = await begun(lab, party, await people[0].code(lab), *asks, **more)
    for person in people:
        assert (await person.decide(lab, trx, "grant")).status_code == 200
    return trx


def subject(person: dict[str, str]) -> dict[str, str]:
    """Somebody as a party names him."""
    return {name: person[name] for name in ("cert_type", "cert_num", "name")}


async def match(lab: Lab, party: Client, trx: str, **change: Any) -> httpx.Response:
    """Whether the man is married today, or as `change` has it."""
    body = {"context": CONTEXT, "purpose": PURPOSE, "predicate": "registered_married",
            "inputs": {"subject": subject(MAN)}, "grant": trx} | change  # fmt: skip
    return await post(lab, "/v1/match", body, party.auth)
