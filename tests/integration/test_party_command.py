"""`mzt admin` and `mzt party`, as operator and administrators type them, beside a running service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

import api.commands.admin
import api.commands.party
from api.bootstrap import open_service
from api.cli import _command, _parser
from api.clock import system_clock
from api.demo.stranger import serving
from api.errors import KeyRefused
from api.main import create_app
from api.settings import Settings
from certs.errors import ActRefused, KeyStoreError
from certs.keys import create_software_key
from tests.support import signing, tls
from tests.support.api_lab import copied, template
from tests.support.general_book import CHARITY
from tests.support.signing import BANK

PIN = "a long enough PIN"


class Terminal:
    """Commands of an instance, and of administrators with key files."""

    def __init__(self, settings: Settings, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings, self.directory, self.server = settings, directory, ""
        self._capsys = capsys
        self.pin = directory / "pin"
        self.pin.write_text(PIN)

    async def run(self, *words: str) -> tuple[int, str]:
        """Exit status and all that was printed."""
        arguments = _parser().parse_args(words)
        status = await _command(arguments.run)(self.settings, arguments)
        shown = self._capsys.readouterr()
        return status, shown.out + shown.err

    async def party(self, who: str, *words: str) -> tuple[int, str]:
        signed = ("--key", str(self.directory / f"{who}.key"), "--pin-file", str(self.pin), "--server", self.server)
        arguments = _parser().parse_args(["party", *words, *signed])
        command = partial(asyncio.run, _command(arguments.run)(self.settings, arguments))
        status = await asyncio.to_thread(command)  # its HTTP client blocks, and the server is in this loop
        shown = self._capsys.readouterr()
        return status, shown.out + shown.err

    async def administrator(self, role: str) -> None:
        file = str(self.directory / f"{role}.key")
        status, public = await self.run("admin", "keygen", file, "--pin-file", str(self.pin))
        assert status == 0
        assert await self.run("admin", "add", f"{role}-01", role, public.strip()) == (0, f"admin-add: {role}-01\n")


@pytest.fixture(scope="module")
async def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return await template(tmp_path_factory.mktemp("commands") / "data", patch, system_clock)


@pytest.fixture
async def terminal(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Terminal]:
    cheap = partial(create_software_key, n=1024)
    monkeypatch.setattr(api.commands.admin, "create_software_key", cheap)
    source = await template(tmp_path / "template", monkeypatch, system_clock)
    settings = copied(source, tmp_path / "data")
    async with contextlib.AsyncExitStack() as stack:
        service = await stack.enter_async_context(open_service(settings))
        port = await stack.enter_async_context(serving(create_app(service)))
        made = Terminal(settings, tmp_path, capsys)
        made.server = f"http://127.0.0.1:{port}"
        yield made


async def test_from_the_first_administrator_to_a_party_that_asks(terminal: Terminal, tmp_path: Path) -> None:
    for role in ("system", "security"):
        await terminal.administrator(role)
    names = ("--zh", "示例银行", "--en", "Example Bank", "--category", "bank", "--contact", "示例银行合规部")
    assert (await terminal.party("system", "add", BANK, *names))[0] == 0
    status, text = await terminal.party("security", "add", signing.OTHER_BANK, *names)
    assert (status, '"code":"forbidden"' in text) == (2, True)
    key = signing.sm2_key()
    assert (await terminal.party("system", "key", "add", BANK, key.public.public.hex()))[0] == 0
    assert "waits for its release" in (await terminal.run("party", "list"))[1]
    assert (await terminal.party("security", "key", "release", key.keyid))[0] == 0
    assert f"{key.keyid} sign    good" in (await terminal.run("party", "list"))[1]
    officer = signing.sm2_key()
    assert (await terminal.party("system", "key", "add", CHARITY, officer.public.public.hex()))[0] == 0
    shown = (await terminal.run("party", "list"))[1].split(f"{CHARITY} charity ")[1]
    assert f"{officer.keyid} sign    waits for its release" in shown
    certificate = tls.make(tmp_path, "bank")
    assert (await terminal.party("system", "tls", "add", BANK, str(certificate.cert)))[0] == 0
    assert (await terminal.party("security", "suspend", BANK))[0] == 0
    assert f"{BANK} bank                 示例银行 suspended" in (await terminal.run("party", "list"))[1]
    assert (await terminal.party("security", "resume", BANK))[0] == 0
    assert (await terminal.party("system", "key", "revoke", key.keyid))[0] == 0
    status, text = await terminal.party("system", "key", "revoke", key.keyid)
    assert (status, '"detail":"no-key"' in text) == (2, True)
    shown = (await terminal.run("admin", "list"))[1]
    assert [line.split()[:2] for line in shown.splitlines()[::2]] == [
        ["security-01", "security"],
        ["system-01", "system"],
    ]
    assert (await terminal.run("admin", "revoke", "system-01"))[0] == 0
    status, text = await terminal.party("system", "key", "revoke", key.keyid)
    assert (status, '"code":"unauthenticated"' in text) == (2, True)


async def test_what_is_refused_at_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    await terminal.administrator("audit")
    with pytest.raises(ActRefused, match="administrator-known"):
        await terminal.run("admin", "add", "audit-01", "system", signing.sm2_key().public.public.hex())
    with pytest.raises(ActRefused, match="no-administrator"):
        await terminal.run("admin", "key", "nobody", signing.sm2_key().public.public.hex())
    with pytest.raises(ActRefused, match="members"):
        await terminal.run("admin", "add", "audit-02", "audit", "04" + "00" * 64)
    for short in ("short", "eleven char"):  # a key file wants twelve
        terminal.pin.write_text(short)
        with pytest.raises(KeyRefused, match="PIN has 12"):
            await terminal.run("admin", "keygen", str(tmp_path / "new.key"), "--pin-file", str(terminal.pin))
    terminal.pin.write_text(PIN + " but not this one")
    with pytest.raises(KeyStoreError):
        await terminal.party("audit", "suspend", BANK)
    terminal.pin.write_text(PIN)
    terminal.server = "http://127.0.0.1:9"
    status, text = await terminal.party("audit", "suspend", BANK)
    assert (status, "does not answer" in text) == (2, True)
