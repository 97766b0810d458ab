"""Fixtures of the integration tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import api_lab


@pytest.fixture(scope="session")
def api_template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised instance, made once and only ever copied; on each of `DATABASES` of the module, else SQLite."""
    server = None
    if getattr(request, "param", "sqlite") == "postgresql":
        server = request.getfixturevalue("postgres_server")
    directory = tmp_path_factory.mktemp("api") / "template"
    with pytest.MonkeyPatch.context() as patch:
        return asyncio.run(api_lab.template(directory, patch, server=server))


@pytest.fixture
async def lab(api_template: Path, tmp_path: Path) -> AsyncIterator[api_lab.Lab]:
    """A service of the test's own."""
    async with api_lab.running(api_template, tmp_path / "data") as made:
        yield made
