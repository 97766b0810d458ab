"""Settings: defaults, and a typed error that names the variable and never its value."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from api.errors import SettingsError
from api.settings import Settings, for_directory, from_environment

DOCS = Path(__file__).parents[3] / "docs"


def test_defaults() -> None:
    made = from_environment({})
    assert made.public_base_url == "https://minzheng.example"
    assert made.code_host == "minzheng.example"
    assert made.status_uri(3) == "https://minzheng.example/v1/status-lists/3"
    assert (made.host, made.port, made.chain) == ("127.0.0.1", 8080, "embedded")
    assert made.database_url.endswith("/var/mzt/minzheng.db")


def test_what_is_given_is_taken(tmp_path: Path) -> None:
    made = from_environment(
        {
            "MZ_DATA_DIR": str(tmp_path),
            "MZ_PUBLIC_BASE_URL": "https://trust.example:8443/",
            "MZ_PORT": "0",
            "MZ_CHAIN": "http://127.0.0.1:8545",
            "MZ_CHAIN_ID": "31337",
            "MZ_VERIFY_BURST": "5",
            "MZ_STATUS_TTL_SECONDS": "60",
            "MZ_BEHIND_PROXY": "yes",
        }
    )
    assert made.code_host == "trust.example:8443"
    assert (made.port, made.chain_id, made.limits.verify_burst, made.schedule.status_ttl) == (0, 31337, 5, 60)
    assert made.behind_proxy
    assert made.database_url == f"sqlite+aiosqlite:///{tmp_path}/minzheng.db"


def test_a_database_s_password_is_not_shown() -> None:
    url = "postgresql+asyncpg://user:hunter2@db/x?ssl=verify-full"
    made = from_environment({"MZ_DATABASE_URL": url})
    assert made.database_url == url
    assert "hunter2" not in f"{made!r} {made}"


def test_endpoints_and_finality_of_a_chain() -> None:
    two = from_environment({"MZ_CHAIN": "http://127.0.0.1:1, https://token@b.example/x", "MZ_CHAIN_PROFILE": "besu"})
    assert two.chain_endpoints == ("http://127.0.0.1:1", "https://token@b.example/x")
    assert (two.chain_profile, two.chain_confirmations) == ("besu", 0)
    one = from_environment({"MZ_CHAIN": "http://127.0.0.1:1"})
    assert (one.chain_endpoints, one.chain_profile, one.chain_confirmations) == (("http://127.0.0.1:1",), "evm", 12)
    assert from_environment({"MZ_CHAIN_CONFIRMATIONS": "3"}).chain_confirmations == 3
    assert from_environment({}).chain_endpoints == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MZ_PORT", "80a"),
        ("MZ_PORT", "65536"),
        ("MZ_PORT", "-1"),
        ("MZ_PORT", "²"),
        ("MZ_CHAIN_ID", "0"),
        ("MZ_CHAIN", "ftp://x"),
        ("MZ_CHAIN", ""),
        ("MZ_CHAIN", "http://user:hunter2@a,"),
        ("MZ_CHAIN", "http://a,embedded"),
        ("MZ_CHAIN", "http://user:hunter2@a,http://user:hunter2@a"),
        ("MZ_CHAIN_PROFILE", "fabric"),
        ("MZ_CHAIN_CONFIRMATIONS", "-1"),
        ("MZ_LOG_LEVEL", "verbose"),
        ("MZ_DATABASE_URL", "postgresql://user:hunter2@db/x"),
        ("MZ_DATABASE_URL", "postgresql+asyncpg://user:hunter2@db"),
        ("MZ_DATABASE_URL", "postgresql+asyncpg://user:hunter2@db/?host=x"),
        ("MZ_PUBLIC_BASE_URL", "http://minzheng.example"),
        ("MZ_PUBLIC_BASE_URL", "https://minzheng.example/sub"),
        ("MZ_PUBLIC_BASE_URL", "https://user:hunter2@minzheng.example"),
        ("MZ_LOG_ORIGIN", "two words"),
        ("MZ_BEHIND_PROXY", "true"),
        ("MZ_DATA_DIR", ""),
        ("MZ_PORT", "9" * 5000),  # more digits than Python converts
        ("MZ_CHAIN", "http://[::1"),
        ("MZ_CHAIN", "http://user:hunter2@127.0.0.1:99999"),
        ("MZ_CHAIN", "http://a,http://b:hunter2"),
        ("MZ_CHAIN_COMETBFT", "http://[x"),
        ("MZ_CHAIN_COMETBFT", "http://127.0.0.1:hunter2"),
        ("MZ_DATABASE_URL", "postgresql+asyncpg://user:pw@db:hunter2/x"),
        ("MZ_DATABASE_URL", "postgresql+asyncpg://user:hunter2@db:/x"),
        ("MZ_DATABASE_URL", "postgresql+asyncpg://user:hunter2@[::1/x"),
        ("MZ_DATABASE_URL", "postgresql+asyncpg://user@db/x?hunter2=1"),
        ("MZ_DATABASE_URL", "postgresql+asyncpg://user@db/x?ssl=hunter2"),
        ("MZ_DATABASE_URL", "sqlite+aiosqlite:///"),
        ("MZ_DATABASE_URL", "sqlite+aiosqlite:///:memory:"),
        ("MZ_PUBLIC_BASE_URL", "https://[bad"),
        ("MZ_PUBLIC_BASE_URL", "https://a:b:c"),
        ("MZ_PUBLIC_BASE_URL", "https://two words"),
        ("MZ_PUBLIC_BASE_URL", "https://民政.example"),
        ("MZ_MAX_JSON_BYTES", "1"),
    ],
)
def test_an_unusable_value_is_named_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        from_environment({name: value})
    assert "hunter2" not in str(caught.value)


def test_settings_do_not_change(tmp_path: Path) -> None:
    made: Settings = for_directory(tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.port = 1  # type: ignore[misc]


def _documented() -> dict[str, str]:
    """Numbers that the pages state as defaults, by variable."""
    found = {}
    for page, name_at, value_at in (("runbooks/operate.md", 1, 2), ("api.md", 3, 2)):
        for line in (DOCS / page).read_text("utf-8").splitlines():
            if "`MZ_" not in line or len(cells := line.split("|")) < 5:
                continue
            for name, value in zip(
                re.findall(r"`(MZ_\w+)`", cells[name_at]), cells[value_at].split(", "), strict=False
            ):
                if number := re.fullmatch(r"([\d,]+)( KiB| MiB)?", value.strip()):
                    scale = {None: 1, " KiB": 1 << 10, " MiB": 1 << 20}[number[2]]
                    found[name] = str(int(number[1].replace(",", "")) * scale)
    return found


def test_documented_defaults_are_those_of_the_code() -> None:
    stated = _documented()
    assert {"MZ_PORT", "MZ_STATUS_LIFE_SECONDS", "MZ_MAX_BACKLOG", "MZ_MAX_BATCH_BYTES"} <= stated.keys()
    for name, value in stated.items():
        assert from_environment({name: value}) == from_environment({}), name
