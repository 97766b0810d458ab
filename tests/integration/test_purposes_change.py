"""Changing the catalogue of purposes: two persons, two keys, an entry in the log; and what the public sees of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import httpx
import pytest

from api.errors import PurposeRefused
from certs.idem import purposes_idem
from certs.purposes import default_document
from certs.purposes.statement import OPERATOR, Act, Statement, catalogue_entry, make_statement
from tests.support.api_lab import Lab, problem
from tests.support.signing import Client, administrator
from verifier.hazmat.sm3 import sm3


@dataclass
class Signing:
    """A client's key as `certs.ports.Signer`."""

    client: Client

    @property
    def alg(self) -> int:
        return self.client.key.public.alg

    @property
    def kid(self) -> bytes:
        return self.client.key.public.kid

    def sign(self, message: bytes) -> bytes:
        return self.client.key.sign(message)


def changed(version: int, **options: object) -> bytes:
    document = json.loads(default_document())
    document["version"] = version
    next(p for p in document["purposes"] if p["code"] == "mortgage-joint-debt")["options"].update(options)
    return json.dumps(document, ensure_ascii=False).encode()


def statement(lab: Lab, who: Client, act: Act, document: bytes, version: int = 2, name: str = "") -> str:
    issuer, at = lab.service.institution.root_uscc, lab.clock()
    made = make_statement(Signing(who), issuer, name or who.owner, act, version, sm3(document), at)  # type: ignore[arg-type]
    return base64.b64encode(made).decode()


async def propose(lab: Lab, who: Client, document: bytes, said: str = "", version: int = 2) -> httpx.Response:
    said = said or statement(lab, who, Act.PROPOSES, document, version)
    body = {"document": base64.b64encode(document).decode(), "statement": said}
    return await lab.client.post("/v1/admin/purposes", json=body, auth=who.auth)


async def approve(lab: Lab, who: Client, document: bytes, said: str = "", version: int = 2) -> httpx.Response:
    body = {"statement": said or statement(lab, who, Act.APPROVES, document, version)}
    return await lab.client.post("/v1/admin/purposes/approve", json=body, auth=who.auth)


async def test_the_operator_takes_up_the_first_one_and_says_so(lab: Lab) -> None:
    answer = await lab.client.get("/v1/purposes")
    assert answer.content == default_document()
    again = await lab.client.get("/v1/purposes", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    said = (await lab.client.get("/v1/purposes/statements")).json()
    first, second = (Statement.parse(base64.b64decode(said[name])) for name in ("proposal", "approval"))
    assert [first.admin, second.admin] == [OPERATOR] * 2
    assert [first.digest, second.digest] == [sm3(answer.content)] * 2
    assert first.sign1.verify(lab.service.trust.bundle.root), "signed by the root that every verifier has pinned"
    await lab.service.ledger.sequence()
    found = await lab.service.purposes.published()
    entry = catalogue_entry(bytes.fromhex(said["entry_salt"]), *(answer.content, found.proposal, found.approval or b""))
    async with lab.service.database.read() as work:
        idem = purposes_idem(1, said["approved_at"])
        assert (await work.log.find_idem([idem]))[idem].body == entry


async def test_two_administrators_change_it(lab: Lab) -> None:
    one, two = (
        await administrator(lab, "security", "sec-01"),
        await administrator(lab, "system", "sys-01", "ecdsa-p256-sha256"),
    )
    document = changed(2, months=12)
    assert (await propose(lab, one, document)).json() == {"version": 2, "state": "proposed"}
    assert (await lab.service.purposes.current()).version == 1, "a proposal is in force nowhere"
    waiting = (await lab.client.get("/v1/admin/purposes", auth=two.auth)).json()["pending"]
    assert base64.b64decode(waiting["document"]) == document
    assert problem(await approve(lab, one, document))["code"] == "forbidden", "who proposed it"
    assert (await approve(lab, two, document)).json() == {"version": 2, "state": "in force"}
    catalogue = await lab.service.purposes.current()
    assert (catalogue.version, catalogue.purposes["mortgage-joint-debt"].options.months) == (2, 12)
    assert (await lab.client.get("/v1/purposes")).content == document
    assert problem(await approve(lab, two, document))["code"] == "not-found", "once"
    assert (await lab.client.get("/v1/admin/purposes", auth=two.auth)).json() == {"pending": None}


async def test_who_may_not_and_what_is_not(lab: Lab) -> None:
    one, two = await administrator(lab, "security", "sec-01"), await administrator(lab, "security", "sec-02")
    audit, document = await administrator(lab, "audit"), changed(2)
    assert problem(await propose(lab, audit, document))["code"] == "forbidden"
    assert (
        problem(await propose(lab, one, document, statement(lab, two, Act.PROPOSES, document)))["code"] == "forbidden"
    )
    other_name = statement(lab, one, Act.PROPOSES, document, name="sec-02")
    assert problem(await propose(lab, one, document, other_name))["code"] == "forbidden"
    assert problem(await propose(lab, one, changed(3), version=3))["code"] == "bad-parameter"
    assert (
        problem(await propose(lab, one, document, statement(lab, one, Act.APPROVES, document)))["code"]
        == "bad-parameter"
    )
    unlawful = problem(await propose(lab, one, changed(2, no_record=True)))
    assert (unlawful["code"], unlawful["errors"][0]["field"]) == ("rejected", "mortgage-joint-debt")
    assert (await propose(lab, one, document)).status_code == 200
    assert problem(await approve(lab, two, changed(2, months=24)))["code"] == "not-found", "another document"
    async with lab.service.database.write() as work:
        await work.clients.revoke_administrator("sec-01", lab.clock())
    assert problem(await approve(lab, two, document))["code"] == "forbidden", "proposed by somebody who was dismissed"


async def test_a_new_proposal_takes_the_place_of_the_one_that_waits(lab: Lab) -> None:
    one, two = await administrator(lab, "security", "sec-01"), await administrator(lab, "system", "sys-01")
    first, second = changed(2, months=12), changed(2, months=24)
    assert (await propose(lab, one, first)).status_code == 200
    assert (await propose(lab, two, second)).status_code == 200
    assert problem(await approve(lab, two, first))["code"] == "not-found"
    assert (await approve(lab, one, second)).status_code == 200


async def test_a_refusal_has_the_catalogues_reason_in_both_languages(lab: Lab) -> None:
    with pytest.raises(PurposeRefused) as refused:
        await lab.service.purposes.decide("employer", "shown-code", "registered_married")
    assert refused.value.code == "NOTHING_BY_DEFAULT"
    assert "用人单位" in refused.value.zh
    assert (await lab.service.purposes.decide("bank", "mortgage-joint-debt", "spouses_match")).needs_consent == "both"
