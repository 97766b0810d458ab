"""Signed requests against the running service: who is let in, and every way not to be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from sqlalchemy import insert, update

from api.db.holder_tables import holder as holder_table
from api.db.party_tables import client_key
from api.http import auth, signed
from api.http.handlers import ProblemMaker, install
from api.http.middleware import Edge
from api.http.ratelimit import TokenBuckets
from api.http.state import AppState
from api.metrics import Metrics
from api.services.clients import Caller, ClientService
from api.services.nonces import Nonces
from api.services.parties import Principal
from tests.support import signing
from tests.support.api_lab import Lab, running
from tests.support.signing import Client, Signed
from verifier.httpsig import Parameters, SignedRequest, Target, prepare

PARTY, ADMIN, HOLDER, TOKEN, WHO = "/t/party", "/t/admin", "/t/holder", "/t/token", "/t/who"
EXPIRED, REFUSED, MALFORMED = "signature-expired", "signature-refused", "signature-malformed"


def _routes() -> APIRouter:
    """One route for each dependency: the routes of the service are tested with what they do."""
    router = APIRouter()

    async def party(request: Request, caller: Annotated[Caller, Depends(signed.signed_party("verifier"))]) -> Any:
        return {**_told(caller), "body": (await request.body()).decode()}

    async def admin(caller: Annotated[Caller, Depends(signed.signed_admin("security"))]) -> Any:
        return _told(caller)

    async def holder(caller: Annotated[Caller, Depends(signed.signed_holder())]) -> Any:
        return _told(caller)

    async def token(principal: Annotated[Principal, Depends(auth.require("registry"))]) -> Any:
        return {"uscc": principal.uscc}

    async def who(caller: Annotated[Caller, Depends(signed.signed_party())]) -> Any:
        return _told(caller)

    for path, route in ((PARTY, party), (ADMIN, admin), (HOLDER, holder), (TOKEN, token), (WHO, who)):
        router.add_api_route(path, route, methods=["GET", "POST"])
    return router


def _told(caller: Caller) -> dict[str, str]:
    return {"uscc": caller.uscc, "kind": caller.kind, "role": caller.role, "category": caller.category}


@pytest.fixture
async def lab(api_template: Path, tmp_path: Path) -> AsyncIterator[Lab]:
    async with running(api_template, tmp_path / "data") as real:
        app = FastAPI()
        buckets = TokenBuckets(60, 60, 60)
        app.state.mzt = AppState(real.service, Metrics(), buckets, web_bundle=False)
        app.include_router(_routes())
        problems = ProblemMaker("https://minzheng.example")
        install(app, problems)
        edge = Edge(app, metrics=Metrics(), limit_of=lambda _: 1 << 20, problem=problems)
        transport = httpx.ASGITransport(edge, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield replace(real, client=client)


@pytest.fixture
async def bank(lab: Lab) -> Client:
    return await signing.relying_party(lab)


async def post(lab: Lab, auth: httpx.Auth | None, path: str = PARTY, body: bytes = b"{}") -> httpx.Response:
    return await lab.client.post(path, content=body, auth=auth)


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"] == "Signature"
    return str(answer.json()["detail"])


@pytest.mark.parametrize("alg", ["sm2-sm3", "ecdsa-p256-sha256"])
@pytest.mark.parametrize("digest", ["sm3", "sha-256"])
async def test_party_is_known_by_its_signature(lab: Lab, alg: str, digest: str) -> None:
    bank = await signing.relying_party(lab, category="court", alg=alg)
    answer = await post(lab, bank.auth.but(digest=digest), body=b'{"a":1}')
    assert answer.status_code == 200, answer.text
    told = {"uscc": signing.BANK, "kind": "party", "role": "verifier", "category": "court"}
    assert answer.json() == told | {"body": '{"a":1}'}


async def test_the_body_is_the_one_that_was_signed(lab: Lab, bank: Client) -> None:
    headers = bank.auth.headers("POST", PARTY, b'{"a":1}')
    answer = await lab.client.post(PARTY, content=b'{"a":2}', headers=headers)
    assert refusal(answer) == REFUSED
    assert refusal(await lab.client.post(PARTY, headers=headers)) == REFUSED


async def test_a_request_is_taken_once(lab: Lab, bank: Client) -> None:
    headers = bank.auth.headers("GET", PARTY)
    assert (await lab.client.get(PARTY, headers=headers)).status_code == 200
    assert refusal(await lab.client.get(PARTY, headers=headers)) == "nonce-reused"
    lab.clock.now += 90
    assert refusal(await lab.client.get(PARTY, headers=headers)) == "nonce-reused"
    lab.clock.now += 30
    assert refusal(await lab.client.get(PARTY, headers=headers)) == EXPIRED


async def test_a_nonce_is_its_keys_own(lab: Lab, bank: Client) -> None:
    other = await signing.relying_party(lab, signing.OTHER_BANK)
    for client in (bank, other):
        assert (await post(lab, client.auth.but(nonce="A" * 22))).status_code == 200
    assert refusal(await post(lab, bank.auth.but(nonce="A" * 22, life=61))) == "nonce-reused"


@pytest.mark.parametrize(("shift", "taken"), [(-61, False), (-59, True), (60, True), (61, False)])
async def test_clocks_may_differ_by_a_minute(lab: Lab, bank: Client, shift: int, taken: bool) -> None:
    lab.clock.now += 600  # past the start of the process
    answer = await post(lab, bank.auth.but(shift=shift, life=1))
    assert answer.status_code == 200 if taken else refusal(answer) == EXPIRED


async def test_what_was_signed_before_the_start_is_refused(lab: Lab, bank: Client) -> None:
    """The nonces of an earlier process are forgotten with it."""
    assert refusal(await post(lab, bank.auth.but(shift=-1))) == EXPIRED


async def test_a_signature_from_the_future_is_not_taken_by_the_next_process(
    lab: Lab, bank: Client, api_template: Path, tmp_path: Path
) -> None:
    """Nor one that the clock of whoever signs dates between the two starts."""
    ahead = bank.auth.but(shift=40)
    headers = ahead.headers("GET", PARTY)
    assert (await lab.client.get(PARTY, headers=headers)).status_code == 200
    assert (await lab.client.get(PARTY, auth=ahead)).status_code == 200  # of the same second, in this process
    lab.clock.now += 10
    again = ClientService(lab.service.database, lab.clock, lab.service.institution.root_uscc, Nonces())
    object.__setattr__(lab.service, "clients", again)
    assert refusal(await lab.client.get(PARTY, headers=headers)) == EXPIRED
    assert refusal(await post(lab, bank.auth.but(shift=30))) == EXPIRED
    assert (await post(lab, bank.auth.but(shift=31))).status_code == 200


async def test_who_cannot_be_known_is_refused_alike(lab: Lab, bank: Client) -> None:
    """Unknown, revoked, not yet released, of another algorithm, forged: one answer."""
    stranger = Signed(signing.sm2_key(), lab.clock)
    forged = replace(bank.key, sign=signing.sm2_key().sign)
    confused = replace(bank.key, alg="ecdsa-p256-sha256")
    answers = [await post(lab, auth) for auth in (stranger, bank.auth.but(key=forged), bank.auth.but(key=confused))]
    async with lab.service.database.write() as work:
        await work.clients.revoke_key(bank.key.keyid, lab.clock())
    answers.append(await post(lab, bank.auth))
    assert {refusal(answer) for answer in answers} == {REFUSED}
    shapes = [answer.json() | {"request_id": ""} for answer in answers]
    assert all(shape == shapes[0] for shape in shapes)


@pytest.mark.parametrize("host", ["other.example", "minzheng.example.", "minzheng.example:444"])
async def test_a_signature_for_another_service_is_refused(lab: Lab, bank: Client, host: str) -> None:
    """Whatever Host says: it is for this service only if its signer said so."""
    headers = bank.auth.but(authority=host).headers("GET", PARTY)
    assert refusal(await lab.client.get(PARTY, headers=headers | {"Host": host})) == REFUSED


async def test_a_loopback_address_names_this_machine(lab: Lab, bank: Client) -> None:
    for host in ("127.0.0.1:8080", "localhost:8080", "[::1]:8080"):
        headers = bank.auth.but(authority=host).headers("GET", PARTY)
        assert (await lab.client.get(PARTY, headers=headers | {"Host": host})).status_code == 200


async def test_path_and_query_are_those_that_were_sent(lab: Lab, bank: Client) -> None:
    answer = await lab.client.get(PARTY + "?a=%2F&b=1", auth=bank.auth)
    assert answer.status_code == 200
    headers = bank.auth.headers("GET", PARTY + "?a=/&b=1")
    assert refusal(await lab.client.get(PARTY + "?a=%2F&b=1", headers=headers)) == REFUSED


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Content-Digest"])
async def test_a_field_that_is_missing_or_double_is_malformed(lab: Lab, bank: Client, name: str) -> None:
    good = bank.auth.headers("POST", PARTY, b"{}")
    without = {key: value for key, value in good.items() if key != name}
    double = [*good.items(), (name, good[name])]
    for headers in (without, double):
        assert refusal(await lab.client.post(PARTY, content=b"{}", headers=headers)) == MALFORMED
    assert refusal(await lab.client.post(PARTY, content=b"{}")) == "signature-missing"


async def test_what_ends_a_key_ends_it_at_once_here_and_a_second_later_elsewhere(lab: Lab, bank: Client) -> None:
    assert (await lab.client.get(PARTY, auth=bank.auth)).status_code == 200
    async with lab.service.database.write() as work:
        await work.clients.suspend(bank.owner, lab.clock())
    assert (await lab.client.get(PARTY, auth=bank.auth)).status_code == 403
    async with lab.service.database.write() as work:
        await work.clients.suspend(bank.owner, None)
    assert (await lab.client.get(PARTY, auth=bank.auth)).status_code == 200
    async with lab.service.database.write() as work:  # as another process does it, of whose work this one hears nothing
        await work.connection.execute(update(client_key).values(revoked_at=lab.clock()))
    lab.clock.now += 2
    assert (await lab.client.get(PARTY, auth=bank.auth)).status_code == 401


async def test_each_kind_of_caller_goes_its_own_way(lab: Lab, bank: Client) -> None:
    office = await signing.registry_key(lab, lab.service.institution.organisations[0].uscc)
    admin = await signing.administrator(lab, "security")
    other = await signing.administrator(lab, "audit")
    holder_id = await _holder(lab)
    device = await signing.holder_key(lab, holder_id)
    allowed = {PARTY: {bank}, ADMIN: {admin}, HOLDER: {device}, TOKEN: {office}, WHO: {bank, office}}
    for path, those in allowed.items():
        for client in (bank, office, admin, other, device):
            status = (await post(lab, client.auth, path)).status_code
            assert status == (200 if client in those else 403), (path, client.owner)
    assert (await post(lab, admin.auth, ADMIN)).json()["uscc"] == lab.service.institution.root_uscc


async def test_a_holder_who_is_no_longer_enrolled_is_told_so(lab: Lab) -> None:
    holder_id = await _holder(lab)
    device = await signing.holder_key(lab, holder_id)
    async with lab.service.database.write() as work:
        await work.connection.execute(update(holder_table).values(ended_at=lab.clock()))
    assert (await post(lab, device.auth, HOLDER)).status_code == 403


async def _holder(lab: Lab) -> bytes:
    holder_id = b"\x01" * 16
    row = {"tag": b"t" * 32, "enrolled_at": lab.clock(), "enrolled_by": "x", "sealed_body": b""}
    async with lab.service.database.write() as work:
        await work.connection.execute(insert(holder_table).values(holder_id=holder_id, **row))
    return holder_id


async def test_the_caller_knows_the_key_to_encrypt_to(lab: Lab) -> None:
    bank = await signing.relying_party(lab, encrypt=True)
    assert bank.decryption is not None
    key = bank.key
    said = Parameters(lab.clock(), lab.clock() + 60, signing.new_nonce(), key.keyid, key.alg)
    target = Target("GET", "minzheng.example", "/x")
    unsigned = prepare(target, b"", said)
    sent = unsigned.signed(key.sign(unsigned.base))
    signed_request = SignedRequest.parse(sent["Signature-Input"], sent["Signature"], None)
    caller = await lab.service.clients.by_signature(signed_request, target, b"")
    assert caller.encrypt_key == bank.decryption.public()
    assert caller.evidence is not None
    assert caller.evidence.signed_by(key.public)


class Poured:
    """A body of a hundred pieces, and how many of them were taken."""

    PIECE = bytes(1 << 20)

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.taken < 100:
            self.taken += 1
            yield self.PIECE


@pytest.mark.parametrize("path", [PARTY, ADMIN, HOLDER, TOKEN])
async def test_a_stranger_s_body_is_not_taken_into_memory(lab: Lab, path: str) -> None:
    """The form of a signature is free; what counts against us is a body that is kept until it is checked."""
    stranger = Signed(signing.sm2_key(), lab.clock)
    fields = stranger.headers("POST", path, b"[]") | {"Content-Type": "application/json"}
    unsaid, said = Poured(), Poured()
    answer = await lab.client.post(path, content=unsaid, headers=fields)
    assert (answer.status_code, unsaid.taken) == (413, 0)
    answer = await lab.client.post(path, content=said, headers=fields | {"Content-Length": str(signed.UNASKED + 1)})
    assert (answer.status_code, answer.json()["detail"], said.taken) == (401, REFUSED, 0)
