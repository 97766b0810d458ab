"""A status file holds one list, or several behind each other (CBOR sequence); a damaged one is said to be damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import kit
from verifier import cbor
from verifier.cli import run
from verifier.code import encode_code
from verifier.errors import Malformed

MARRIAGE = encode_code(kit.statement())
DONATION = encode_code(kit.statement(kit.donation_claims(), kit.CHARITY_KEY))
LISTS = (kit.status(), kit.status(signer=kit.CHARITY_KEY, iss=kit.CHARITY))


def reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str], status: bytes) -> list[str]:
    (tmp_path / "trust.cbor").write_bytes(kit.signed_bundle())
    (tmp_path / "status.cbor").write_bytes(status)
    arguments = ["--trust", str(tmp_path / "trust.cbor"), "--status", str(tmp_path / "status.cbor"), "--json"]
    run([*arguments, MARRIAGE, DONATION], clock=lambda: kit.AT)
    return [json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines()]


def test_one_file_serves_two_issuers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reasons(tmp_path, capsys, b"".join(LISTS)) == ["OK", "OK"]


def test_one_list_serves_its_issuer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reasons(tmp_path, capsys, LISTS[0]) == ["OK", "STATUS_MISSING"]


@pytest.mark.parametrize("status", [b"", b"".join(LISTS)[:-1], LISTS[0] + b"\xff", b"\x00" + LISTS[0]])
def test_a_damaged_file_is_never_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str], status: bytes) -> None:
    found = reasons(tmp_path, capsys, status)
    assert found[1] == "STATUS_MALFORMED"
    assert found[0] in ("OK", "STATUS_MALFORMED")


def test_sequences_are_split_exactly() -> None:
    items = [cbor.encode(x) for x in (1, "a", [b"\x00"], {1: None})]
    assert cbor.split_sequence(b"".join(items), max_bytes=100) == items
    assert cbor.split_sequence(b"", max_bytes=0) == []
    with pytest.raises(Malformed, match="too-large"):
        cbor.split_sequence(b"\x00\x00", max_bytes=1)
    with pytest.raises(Malformed, match="truncated"):
        cbor.split_sequence(b"\x00\x61", max_bytes=9)
    with pytest.raises(Malformed, match="non-shortest"):
        cbor.split_sequence(b"\x00\x18\x01", max_bytes=9)
