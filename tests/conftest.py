"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support import postgres

if TYPE_CHECKING:
    from tests.support.bft import BftNetwork


# No test asserts a time, and Hypothesis's deadline would: a busy machine is no fault of the code.
hypothesis.settings.register_profile("minzheng", deadline=None)
hypothesis.settings.load_profile("minzheng")


@pytest.fixture(scope="module")
def bft_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BftNetwork]:
    """Four validators for reading and sending; ADMIN, SUBMITTER and OTHER of `anchor_lab` are funded.

    One a module: four idle validators cost a third of a core, which the other tests need more than ten seconds' start.
    Shared by its tests: whoever kills validators takes a network of its own (`running_network`). Mark users with `bft`.
    """
    from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER  # here: most tests need no chain
    from tests.support.bft import running_network

    funded = [account.address for account in (ADMIN, SUBMITTER, OTHER)]
    with running_network(tmp_path_factory.mktemp("bft"), funded=funded) as network:
        yield network


@pytest.fixture(autouse=True)
def _recursion_limit() -> None:
    """As in the service. A test's own import of py-evm raises it, and what is nested too deep would then end the
    process instead of being refused."""
    sys.setrecursionlimit(1000)


_SERVER = pytest.StashKey[postgres.Server]()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[postgres.Server]:
    """One server for all tests; each takes databases of its own. Whoever stops or kills servers takes
    `postgres.server()` for itself."""
    with postgres.server() as running:
        pytestconfig.stash[_SERVER] = running
        yield running


@pytest.fixture(autouse=True)
def _no_database_stays(pytestconfig: pytest.Config) -> Iterator[None]:
    yield
    if _SERVER in pytestconfig.stash:
        pytestconfig.stash[_SERVER].tidy()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the test's own; of each kind in `DATABASES` of the test's module, else SQLite."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'log.db'}"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.url(server.create())


@pytest.fixture
def backup(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives a function from a database's URL to that of a copy, as a backup taken at that moment would restore it."""

    def take(url: str) -> str:
        if url.startswith("sqlite"):
            return f"sqlite+aiosqlite:///{shutil.copy(url.partition('///')[2], tmp_path / 'backup.db')}"
        server: postgres.Server = request.getfixturevalue("postgres_server")
        return server.url(server.copy(url.rpartition("/")[2], tmp_path))

    return take


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that names `DATABASES` runs its tests on each of them."""
    kinds = getattr(metafunc.module, "DATABASES", None)
    for fixture, scope in (("database_url", "function"), ("api_template", "session")):
        if kinds and fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, kinds, indirect=True, scope=scope)  # type: ignore[arg-type]


class _ByFile(LoadScopeScheduling):
    """Processes share the tests by file, so that what a module made serves all of it. One of them has every file of the
    BFT network, of which the machine can carry one at a time, and one every file that has tests of the browser's real
    instance or real service, which take long to make. By text, for the process that shares out collects nothing; and
    not by xdist's groups, which pytest 9 does not see (xdist 3.8 writes them into a member that is no longer read)."""

    def _split_scope(self, nodeid: str) -> str:
        return _group_of(nodeid.partition("::")[0])


@cache
def _group_of(path: str) -> str:
    text = (Path(__file__).parents[1] / path).read_text(encoding="utf-8")
    return next((name for name in ("mark.bft", "real_instance", "real_service") if name in text), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _ByFile(config, log)
