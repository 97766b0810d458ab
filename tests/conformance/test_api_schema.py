"""The whole API against its own OpenAPI document, asked by an outsider: schemathesis makes what the document allows and
what it forbids, and judges every answer: no server error, only declared statuses, media types and shapes.

MZ_TEST_API_EXAMPLES says how many of each kind a route is asked (`make fuzz-api`: 100); what is asked follows from the
route's name, so that a fault that was seen once is seen again.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.commands.common import principal
from api.settings import Limits
from tests.support import api_lab, consenting, signing
from tests.support.api_lab import AUDITOR, CHARITY, OFFICE_1, Lab

EXAMPLES = int(os.environ.get("MZ_TEST_API_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
METHODS = ("get", "post", "put", "delete", "patch")
T = TypeVar("T")


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """As it is: the document says no more of such a body than that it is text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


class Door:
    """A running service in a thread with an event loop of its own, and everybody who may knock at it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class World:
    door: Door
    lab: Lab
    document: dict[str, Any]
    schema: Any
    auths: list[httpx.Auth | None]

    def send(self, case: Any, auth: httpx.Auth | None) -> httpx.Response:
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://test")).prepare()
        return self.door.do(self._send(prepared, auth))

    async def _send(self, prepared: Any, auth: httpx.Auth | None) -> httpx.Response:
        headers = {k: v for k, v in prepared.headers.items() if k.lower() not in ("content-length", "authorization")}
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        return await self.lab.client.request(prepared.method, prepared.url, headers=headers, content=body, auth=auth)


class Bearer(httpx.Auth):
    def __init__(self, header: dict[str, str]) -> None:
        self._header = header

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers.update(self._header)
        yield request


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("schema")
    door = Door()
    with pytest.MonkeyPatch.context() as patch:
        source = door.do(api_lab.template(directory / "template", patch))
    generous = Limits(verify_burst=1_000_000, verify_per_minute=60_000_000)
    opened = api_lab.running(source, directory / "data", generous)
    lab = door.do(opened.__aenter__())
    try:
        document = door.do(lab.client.get("/openapi.json")).json()
        yield World(door, lab, document, schemathesis.openapi.from_dict(document), door.do(everybody(lab)))
    finally:
        door.do(opened.__aexit__(None, None, None))
        door.close()


async def everybody(lab: Lab) -> list[httpx.Auth | None]:
    """One of each sort who may do something, on a register that holds something."""
    assert (await lab.issue()).status_code == 201
    await lab.service.ledger.sequence()
    await lab.service.ledger.checkpoint()
    tokens = [Bearer(lab.token(slug)) for slug in (OFFICE_1, CHARITY, AUDITOR)]
    holder = await consenting.enrolled(lab, consenting.MAN)
    bank = await signing.relying_party(lab, signing.OTHER_BANK)  # the document's examples suspend the other one
    admins = [await signing.administrator(lab, role, f"asking-{role}") for role in ("system", "security", "audit")]
    office = await signing.registry_key(lab, principal(lab.service.institution, OFFICE_1).uscc)
    return [None, *tokens, bank.auth, office.auth, holder.auth, *(admin.auth for admin in admins)]


def operations() -> list[tuple[str, str]]:
    """Every route of the application, from the routers and not from a running service."""
    from fastapi import APIRouter
    from fastapi.routing import APIRoute

    import api.main

    routers = [m.router for m in vars(api.main).values() if isinstance(getattr(m, "router", None), APIRouter)]
    routes = [r for router in routers for r in router.routes if isinstance(r, APIRoute) and r.include_in_schema]
    return sorted({(m.lower(), route.path.replace(":path}", "}")) for route in routes for m in route.methods})


OPERATIONS = operations()


def test_every_operation_of_the_document_is_asked(world: World) -> None:
    documented = {(m, path) for path, every in world.document["paths"].items() for m in every if m in METHODS}
    assert documented == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_answers_are_those_of_the_document(world: World, method: str, path: str) -> None:
    operation = world.schema[path][method]
    auth = allowed(world, operation)
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            case.validate_response(world.send(case, auth), checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:  # nothing can be wrong with a request that has no parts
            assert mode is GenerationMode.NEGATIVE


def allowed(world: World, operation: Any) -> httpx.Auth | None:
    """Whoever the route lets in, as its own example tells."""
    raw = operation.definition.raw
    bodies = raw.get("requestBody", {}).get("content", {})
    media, shown = next(iter(bodies.items()), ("", {}))
    body = shown.get("example", {})
    sent: dict[str, Any] = {"json": body} if media == "application/json" else {}
    if media and not sent:
        sent = {"content": body.encode() if isinstance(body, str) else b"x", "headers": {"content-type": media}}
    address = operation.path.replace("{", "0" * 32 + "{")
    address = "".join(part.partition("}")[2] if "}" in part else part for part in address.split("{"))
    for auth in world.auths:
        answer = world.door.do(world.lab.client.request(operation.method.upper(), address, auth=auth, **sent))
        if answer.status_code not in (401, 403) or answer.json()["code"] not in ("unauthenticated", "forbidden"):
            return auth
    raise AssertionError(f"nobody here may ask {operation.label}")
