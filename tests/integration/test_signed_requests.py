"""Signed requests against the running service: who is let in, and every way not to be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request

from api.http import auth, signed
from api.http.handlers import ProblemMaker, install
from api.http.middleware import Edge
from api.http.ratelimit import TokenBuckets
from api.http.state import AppState
from api.metrics import Metrics
from api.services.clients import Caller
from api.services.parties import Principal
from tests.support import signing
from tests.support.api_lab import Lab, running
from tests.support.signing import Client, Signed

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
