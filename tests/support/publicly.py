"""What a stranger can get of a running service, and what a party is told: gathered for the privacy tests."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api.logs import JsonFormatter
from tests.support.api_lab import Lab

PAGES = ("/v1/trust-bundle", "/v1/status-lists", "/v1/purposes", "/v1/purposes/statements", "/log/checkpoint",
         "/v1/log/checkpoint", "/v1/anchors/latest", "/v1/pki/ca/1.cer", "/metrics", "/readyz")  # fmt: skip
"""Not the OpenAPI document: its examples are of the synthetic people whom the tests know."""


class Lines(logging.Handler):
    """Everything that anybody logs, at the lowest level, as the service writes it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[list[str]]:
    handler, root = Lines(), logging.getLogger()
    before = root.level
    quiet = [logging.getLogger(name) for name in ("httpx", "httpcore", "asyncio", "aiosqlite", "sqlalchemy")]
    levels = [one.level for one in quiet]
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for one in quiet:  # the test's own client, and what the service's own settings keep silent
        one.setLevel(logging.CRITICAL)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        for one, level in zip(quiet, levels, strict=True):
            one.setLevel(level)


async def surface(lab: Lab) -> dict[str, bytes]:
    """Everything that is served to nobody in particular: pages, lists, every log entry and node, what the chain has."""
    await lab.service.publishing.publish()
    await lab.service.ledger.settle()
    found = {}
    for path in PAGES:
        answer = await lab.client.get(path)
        if answer.status_code != 404:
            assert answer.status_code == 200, (path, answer.text)
            found[path] = answer.content
    async with lab.service.database.read() as work:
        ask = work.connection.exec_driver_sql
        found["log entries"] = b"".join(bytes(b) for b in (await ask("select body from entry")).scalars())
        found["status lists"] = b"".join(
            bytes(b) for b in (await ask("select signed from status_publication")).scalars()
        )
        found["checkpoints"] = "".join(str(n) for n in (await ask("select note from checkpoint")).scalars()).encode()
        found["tiles"] = b"".join(bytes(b) for b in (await ask("select data from tile")).scalars())
        found["codes"] = b"".join(bytes(b) for b in (await ask("select statement from certificate")).scalars())
    chain = lab.service.settings.data_dir / "chain"
    for path in sorted(chain.rglob("*")) if chain.is_dir() else []:
        if path.is_file():
            found[f"chain {path.name}"] = path.read_bytes()
    assert len(found["log entries"]) > 0
    assert len(found["codes"]) > 0
    return found


def told(answer: Any) -> bytes:
    """What a party gets to hear, without the opening: salt and question are what it sent itself."""
    return json.dumps({name: value for name, value in answer.items() if name != "opening"}, ensure_ascii=False).encode()
