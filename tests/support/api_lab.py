"""An initialised instance to copy, and the application over it with an HTTP client."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import api.keyring
from api.bootstrap import initialise, open_service
from api.http.schemas import DONATION_EXAMPLE, MARRIAGE_EXAMPLE
from api.main import create_app
from api.services.service import Service
from api.settings import Limits, Settings, for_directory
from certs.keys import create_software_key
from tests.support.postgres import Server
from verifier.merkle import TreeHash

OFFICE_1 = "registry-990101"
OFFICE_2 = "registry-990102"
CHARITY = "charity-990001"
AUDITOR = "auditor"
EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = 1_800_000_000  # 2027-01-15, after every date of the examples

OTHER_COUPLE = {
    "record_no": "MR-000777", "zihao": "J990101-2025-000777",
    "name_man": "王示例", "birth_man": "1996-11-30", "cert_num_man": "99010119961130003X",
    "name_woman": "赵样本", "birth_woman": "1997-02-14", "cert_num_woman": "990101199702140043",
}  # fmt: skip

_on_server: dict[Path, tuple[Server, str]] = {}  # templates' directories, and where their databases are


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


async def template(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: Callable[[], int] | None = None,
    *,
    server: Server | None = None,
) -> Path:
    """An initialised data directory. Key files are made with a cheap derivation: eight of them open in every test.

    With a server its database is there, and every copy of the directory gets a copy of the database.
    """
    clock = clock or Clock(NOW - 1000)
    monkeypatch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))
    settings = for_directory(directory)
    if server is not None:
        name = server.create()
        server.kept.add(name)
        _on_server[directory] = server, name
        settings = replace(settings, database_url=server.url(name))
    await initialise(settings, clock=clock, progress=lambda _: None)
    return directory


def copied(source: Path, directory: Path) -> Settings:
    """A copy of a template, database included, and its settings."""
    settings = for_directory(shutil.copytree(source, directory))
    if source in _on_server:
        server, name = _on_server[source]
        settings = replace(settings, database_url=server.url(server.create(name)))
    return settings


@dataclass(frozen=True, slots=True)
class Lab:
    """A running service, its clock, its client."""

    service: Service
    client: httpx.AsyncClient
    clock: Clock

    def token(self, slug: str) -> dict[str, str]:
        """Authorization header of a party."""
        text = (self.service.settings.data_dir / "tokens" / f"{slug}.token").read_text()
        return {"Authorization": f"Bearer {text}"}

    async def issue(self, record: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        """POST the marriage example, or a variation of it, as its office."""
        body = {"kind": "marriage", "record": MARRIAGE_EXAMPLE | (record or {})}
        return await self.client.post("/v1/certificates", json=body, headers=self.token(OFFICE_1) | headers)

    async def donate(self) -> httpx.Response:
        body = {"record": DONATION_EXAMPLE}
        return await self.client.post("/v1/donations", json=body, headers=self.token(CHARITY))

    async def file(self, cti: str, slug: str = OFFICE_1) -> bytes:
        answer = await self.client.post("/v1/certificates/file", json={"cti": cti}, headers=self.token(slug))
        assert answer.status_code == 200, answer.text
        return answer.content


@asynccontextmanager
async def running(
    source: Path, directory: Path, limits: Limits | None = None, *, behind_proxy: bool = False
) -> AsyncIterator[Lab]:
    """The service over a copy of `source`."""
    settings = replace(copied(source, directory), behind_proxy=behind_proxy)
    if limits is not None:
        settings = replace(settings, limits=limits)
    clock = Clock()
    async with open_service(settings, clock=clock) as service:
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Lab(service, client, clock)


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, by its own words, with SM3."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return TreeHash.SM3.node(root_of(leaves[:split]), root_of(leaves[split:]))


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem object of an answer that must be one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"].endswith("/problems/" + body["code"])
    assert body["request_id"] == answer.headers["x-request-id"]
    return body
