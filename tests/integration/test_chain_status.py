"""`mzt init`, `mzt anchor` and `mzt chain status` on a real BFT chain, with a dead endpoint among those configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli import run
from chain.anchor.evm_account import EvmAccount
from tests.support.anchor_lab import ADMIN_SECRET
from tests.support.bft import BftNetwork, free_ports

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MZ_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_without_an_instance_it_says_so(data: Path, capsys: Capture) -> None:
    assert run(["chain", "status"]) == 2
    assert "mzt init" in capsys.readouterr().err
    assert not data.exists()


def test_whoever_cannot_make_the_instance_learns_which_account_to_fund(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (dead,) = free_ports(1)
    monkeypatch.setenv("MZ_CHAIN", f"http://127.0.0.1:{dead}")
    assert run(["init"]) == 2
    secret = bytes.fromhex((data / "keys" / "submitter").read_text())
    shown = capsys.readouterr().err
    assert f"0x{EvmAccount(secret).address.hex()}" in shown
    assert "ChainUnavailable" in shown


@pytest.mark.bft
def test_nodes_health_and_log_are_shown(
    bft_network: BftNetwork, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (dead,) = free_ports(1)
    urls = [*bft_network.evm_urls[:3], f"http://127.0.0.1:{dead}"]
    monkeypatch.setenv("MZ_CHAIN", ",".join(urls))
    monkeypatch.setenv("MZ_CHAIN_ID", str(bft_network.chain_id))
    monkeypatch.setenv("MZ_CHAIN_PROFILE", "cometbft")
    monkeypatch.setenv("MZ_CHAIN_COMETBFT", bft_network.node(0).comet_url)
    submitter = data / "keys" / "submitter"
    submitter.parent.mkdir(mode=0o700, parents=True)
    data.chmod(0o700)
    submitter.write_text(ADMIN_SECRET.hex())  # the network knows and funds this key
    submitter.chmod(0o600)
    assert run(["init"]) == 0
    capsys.readouterr()
    assert run(["chain", "status"]) == 0
    shown = capsys.readouterr().out
    lines = [line.split(maxsplit=2) for line in shown.splitlines()]
    assert [words[2].split()[0] for words in lines if words[0] == "node"] == ["block", "block", "block", "-"]
    assert "health     ok endpoint 4: " in shown
    assert "validators 4, " in shown
    assert "on chain   no anchor yet" in shown
    assert f"account    0x{EvmAccount(ADMIN_SECRET).address.hex()}" in shown  # whom to fund, and to permit
    assert str(dead) not in shown  # an endpoint's address may hold a token
