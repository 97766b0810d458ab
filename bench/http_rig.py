"""The service under an HTTP generator: an instance to ask, a server process, requests signed ahead.

    python -m bench.http_rig DIRECTORY [DATABASE_URL]      serves that instance on a free port of 127.0.0.1

Beside the product's own routes the server has two that do what their names say and nothing else, under the same edge:
the statements that a question of that kind executes, in one transaction, and one SM2 signature.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from api.bootstrap import initialise, open_service
from api.commands.common import operator
from api.commands.serving import listen, server_config
from api.jobs.loops import run
from api.main import create_app
from api.services.service import Service
from api.settings import Limits, Quotas, Settings, for_directory
from tests.support import signing
from tests.support.api_lab import EXAMPLES, Lab
from verifier import code
from verifier.httpsig import Parameters, Target, prepare

KEYS: Final = 8  # of the party: what one key may ask in a minute is bounded
LIFE: Final = 300
HOST: Final = "minzheng.example"
CONTEXT: Final = {"user": "0017", "item_name": "示例事项", "item_code": "990000-01", "business_code": "2026-1",
                  "use_cause": "示例核对"}  # fmt: skip
UNBOUND: Final = 1 << 30


def settings_of(directory: Path, url: str | None = None) -> Settings:
    """Quotas of open verification and of one key's nonces do not end the measurement; nothing else is loosened."""
    limits = Limits(verify_burst=UNBOUND, verify_per_minute=UNBOUND, nonces_per_key=UNBOUND)
    quotas = Quotas(per_minute=UNBOUND, burst=UNBOUND, per_day=UNBOUND)
    settings = replace(for_directory(directory), limits=limits, quotas=quotas, log_level="warning")
    return settings if url is None else replace(settings, database_url=url)


@dataclass(frozen=True, slots=True)
class Instance:
    """What there is to ask: certificate codes, ids, people; and keys of the party that asks."""

    codes: Sequence[str]
    ctis: Sequence[str]
    people: Sequence[tuple[str, str]]
    keys: Sequence[signing.Key]


async def prepare_instance(settings: Settings) -> Instance:
    """The examples, issued, with their status list; a court with some keys."""
    await initialise(settings, progress=lambda _: None)
    async with open_service(settings) as service:
        data = (EXAMPLES / "marriage-registrations.csv").read_bytes()
        await service.issuing.issue_file(operator, "marriage", data)
        await service.publishing.publish()
        async with service.database.read() as work:
            query = "SELECT cti, statement FROM certificate ORDER BY ordinal LIMIT 16"
            rows = (await work.connection.exec_driver_sql(query)).all()
        keys = await _court(service)
    codes = [code.encode_url(HOST, bytes(row.statement)) for row in rows]
    return Instance(codes, [bytes(row.cti).hex() for row in rows], _people(data.decode()), keys)


async def _court(service: Service) -> list[signing.Key]:
    lab = Lab(service, None, lambda: int(time.time()))  # type: ignore[arg-type]
    first = await signing.relying_party(lab, category="court")
    others = [await signing.registry_key(lab, first.owner) for _ in range(KEYS - 1)]
    return [first.key, *(other.key for other in others)]


def _people(text: str) -> list[tuple[str, str]]:
    head, *lines = [line.split(",") for line in text.splitlines() if line]
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    return [(row["cert_num_man"], row["name_man"]) for row in rows if row["cert_type_man"] == "111"][:16]


# -- requests


def authenticity(instance: Instance, number: int) -> dict[str, Any]:
    shown = instance.codes[number % len(instance.codes)]
    return {"context": CONTEXT, "purpose": "court-investigation", "code": shown}


def match(instance: Instance, number: int) -> dict[str, Any]:
    cert_num, name = instance.people[number % len(instance.people)]
    subject = {"cert_type": "111", "cert_num": cert_num, "name": name}
    return {"context": CONTEXT, "purpose": "court-investigation", "predicate": "registered_married",
            "inputs": {"subject": subject}}  # fmt: skip


def verify(instance: Instance, number: int) -> dict[str, Any]:
    return {"code": instance.codes[number % len(instance.codes)]}


def raw_certificate(instance: Instance, number: int) -> dict[str, Any]:
    return {"cti": instance.ctis[number % len(instance.ctis)]}


def raw_people(instance: Instance, number: int) -> dict[str, Any]:
    return {"terms": [hashlib.sha256(b"%d" % (number % 16)).hexdigest()] * 4}


QUESTIONS: Final = {
    "/v1/authenticity": (authenticity, True),
    "/v1/match": (match, True),
    "/v1/verify": (verify, False),
    "/bench/certificate": (raw_certificate, False),
    "/bench/people": (raw_people, False),
}


def write_requests(path: Path, instance: Instance, target: str, authority: str, count: int, start: int = 0) -> None:
    """One request a line: `{"path", "headers", "body"}`, each signed anew where its endpoint wants that."""
    made, signed = QUESTIONS[target]
    keys = itertools.cycle(instance.keys)
    with path.open("w", encoding="utf-8") as file:
        for number in range(start, start + count):
            body = json.dumps(made(instance, number), ensure_ascii=False)
            headers = {"content-type": "application/json"}
            if signed:
                headers |= _signature(next(keys), target, authority, body.encode())
            file.write(json.dumps({"path": target, "headers": headers, "body": body}, ensure_ascii=False) + "\n")


def _signature(key: signing.Key, target: str, authority: str, body: bytes) -> dict[str, str]:
    nonce = base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()
    now = int(time.time())
    unsigned = prepare(Target("POST", authority, target), body, Parameters(now, now + LIFE, nonce, key.keyid, key.alg))
    return unsigned.signed(key.sign(unsigned.base))


# -- the server

router = APIRouter()


@router.post("/bench/certificate")
async def _certificate(request: Request) -> Response:
    """The row of one certificate, and a signature."""
    service: Service = request.app.state.mzt.service
    cti = bytes.fromhex((await request.json())["cti"])
    async with service.database.read() as work:
        row = await work.certificates.get(cti)
    return _told(service, row is not None, cti)


@router.post("/bench/people")
async def _people_of(request: Request) -> Response:
    """Events under four look-up keys, those under eight others, and a signature: the two statements of a match."""
    service: Service = request.app.state.mzt.service
    terms = [bytes.fromhex(term) for term in (await request.json())["terms"]]
    async with service.database.read() as work:
        found = await work.registrations.under(terms)
        further = await work.registrations.under(terms * 2)
    return _told(service, not found and not further, terms[0])


def _told(service: Service, good: bool, message: bytes) -> Response:
    signature = service.answers._signer.sign(message)
    return JSONResponse({"found": good, "signature": base64.b64encode(signature).decode()})


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """The application over that instance with its background work, as `mzt serve` runs it."""
    async with open_service(settings) as service:
        edge = create_app(service, run)
        routes = edge._app.router.routes  # type: ignore[attr-defined]
        edge._app.include_router(router)  # type: ignore[attr-defined]
        routes.insert(0, routes.pop())  # the first to be tried: no search for its route is held against anybody
        with listen("127.0.0.1", 0) as listener:
            server = uvicorn.Server(server_config(edge))
            task = asyncio.create_task(server.serve(sockets=[listener]))
            yield server, listener.getsockname()[1]
            await task


async def main(settings: Settings) -> None:
    async with served(settings) as (_, port):
        print(port, flush=True)


if __name__ == "__main__":
    asyncio.run(main(settings_of(Path(sys.argv[1]), *sys.argv[2:3])))
