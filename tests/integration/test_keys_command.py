"""`mzt keys`, as an operator types it, without a service and beside one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

import api.keyring
from api.bootstrap import initialise, open_service
from api.cli import _command, _parser
from api.clock import system_clock
from api.errors import KeyRefused, NotFound
from api.settings import Settings
from certs.keys import create_software_key
from certs.pki import read_certificate, read_crl, read_request
from tests.support.api_lab import copied, template


@pytest.fixture(scope="module")
async def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return await template(tmp_path_factory.mktemp("commands") / "data", patch, system_clock)


@pytest.fixture
def settings(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))
    return copied(source, tmp_path / "data")


async def keys(settings: Settings, *words: str) -> int:
    """Status of `mzt keys …`."""
    arguments = _parser().parse_args(["keys", *words])
    return await _command(arguments.run)(settings, arguments)


def listed(text: str, purpose: str, organisation: str) -> Sequence[str]:
    """Ids of the keys of a list, in its order."""
    return [line.split()[0] for line in text.splitlines() if line.split()[1:3] == [purpose, organisation]]


async def test_without_a_service(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await keys(settings, "list") == 0
    first = listed(capsys.readouterr().out, "issuer", "registry-990101")
    assert len(first) == 1
    assert await keys(settings, "rotate", "issuer", "registry-990101") == 0
    assert "no service runs here" in capsys.readouterr().out
    assert await keys(settings, "list") == 0
    second = listed(capsys.readouterr().out, "issuer", "registry-990101")
    assert len(second) == 1
    assert second != first
    assert await keys(settings, "revoke", second[0][:8], "--reason", "superseded") == 0
    assert "to be issued anew: 0" in capsys.readouterr().out
    assert await keys(settings, "list", "--all") == 0
    ever = listed(capsys.readouterr().out, "issuer", "registry-990101")
    assert len(ever) == 3
    third = next(kid for kid in ever if kid not in (*first, *second))
    for name in ("registry-990101-issuer.key", "registry-990101-issuer-2.key"):
        (settings.data_dir / "keys" / name).unlink()  # a key that signs no more may be destroyed
    await initialise(settings, progress=lambda _: None)
    assert await keys(settings, "check") == 0
    assert " 0 wrong" in capsys.readouterr().out
    await _papers(settings, tmp_path, third)


async def _papers(settings: Settings, tmp_path: Path, kid: str) -> None:
    """Requests and certificates for others."""
    assert await keys(settings, "csr", kid, str(tmp_path / "key.csr")) == 0
    assert read_request((tmp_path / "key.csr").read_bytes()).key.kid.hex() == kid
    assert await keys(settings, "export", str(tmp_path / "public")) == 0
    assert read_certificate((tmp_path / "public" / f"{kid}.cer").read_bytes()).key.kid.hex() == kid
    lists = [read_crl(path.read_bytes()) for path in (tmp_path / "public").glob("*.crl")]
    assert sorted(len(one.entries) for one in lists) == [0, 1]


async def test_beside_a_service(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_service(settings) as service:
        changing = asyncio.create_task(keys(settings, "rotate", "status", "charity-990001"))
        while not await service.keys.take_up():
            assert not changing.done(), changing
            await asyncio.sleep(0)
        assert await changing == 0
        assert f"taken it up: trust bundle {service.trust.bundle.sequence}" in capsys.readouterr().out
        assert service.trust.bundle.sequence == 2


async def test_what_is_wrong_is_named(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings.data_dir / "keys"
    (path / "charity-990001-issuer.key").write_bytes((path / "registry-990101-issuer.key").read_bytes())
    (path / "registry-990102-seal.key").unlink()
    assert await keys(settings, "check") == 1
    wrong = capsys.readouterr().err.splitlines()
    assert len(wrong) == 2
    assert any("issuer 53990000MJ9T00037A" in line and "another key" in line for line in wrong)
    assert any("seal 11990000MB9T01022W" in line and "missing" in line for line in wrong)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("rotate", "issuer"), KeyRefused),
        (("rotate", "issuer", "nobody"), NotFound),
        (("rotate", "issuer", "auditor"), NotFound),
        (("rotate", "log", "--ahead", "91"), KeyRefused),
        (("rotate", "ca-sub", "--ahead", "1"), KeyRefused),
        (("rotate", "log", "--ed25519"), NotFound),
        (("revoke", "zz"), NotFound),
        (("revoke", ""), NotFound),
        (("renew", "zz"), NotFound),
    ],
)
async def test_refusals_change_nothing(settings: Settings, words: Sequence[str], error: type[Exception]) -> None:
    before = (settings.data_dir / "minzheng.db").read_bytes()
    with pytest.raises(error):
        await keys(settings, *words)
    assert (settings.data_dir / "minzheng.db").read_bytes() == before


async def test_a_moment_needs_its_zone(settings: Settings) -> None:
    for text in ("yesterday", "2027-01-15T08:00:00"):
        with pytest.raises(KeyRefused, match="moment"):
            await keys(settings, "revoke", "00", "--since", text)
