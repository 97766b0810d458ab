"""`mz-verify`: exit status, output, and everything that can be wrong with its arguments."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import kit, witnesses
from tests.support.qbft_chain import Anchor, chain_trust
from verifier.checkpoint import Checkpoint
from verifier.cli import main, run
from verifier.code import encode_code, encode_url

CODE = encode_code(kit.statement())
REVOKED = [70001]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    log = kit.TestLog()
    (tmp_path / "trust.cbor").write_bytes(kit.signed_bundle())
    (tmp_path / "good.mzc").write_bytes(kit.holder_file(log=log))
    (tmp_path / "anchor.cbor").write_bytes(log.anchor().encode())
    (tmp_path / "status").mkdir()
    (tmp_path / "status" / "1.cbor").write_bytes(kit.status())
    (tmp_path / "status" / "2.cbor").write_bytes(kit.status(signer=kit.CHARITY_KEY, iss=kit.CHARITY))
    (tmp_path / "revoked.cbor").write_bytes(kit.status(REVOKED))
    return tmp_path


def mz(world: Path, *more: str, at: str | None = str(kit.AT)) -> int:
    time = [] if at is None else ["--at", at]
    return run(["--trust", str(world / "trust.cbor"), *time, *more], clock=lambda: kit.AT)


def with_status(world: Path, *more: str, at: str | None = str(kit.AT)) -> int:
    return mz(world, "--status", str(world / "status"), *more, at=at)


def test_exit_status_of_each_outcome(world: Path) -> None:
    assert with_status(world, CODE) == 0
    assert with_status(world, str(world / "good.mzc")) == 0
    assert with_status(world, encode_url("minzheng.example", kit.statement())) == 0
    assert mz(world, "--status", str(world / "revoked.cbor"), CODE) == 1
    assert mz(world, CODE) == 2


def test_worst_of_several_counts_and_failed_is_worst(world: Path) -> None:
    unclear = str(world / "nothing.txt")
    (world / "nothing.txt").write_text(encode_code(kit.statement(signer=kit.STRANGER_KEY)))
    assert with_status(world, CODE, unclear) == 2
    assert with_status(world, "MZ1:AAA", unclear, CODE) == 1
    assert with_status(world, unclear, CODE, "MZ1:AAA") == 1


def test_json_is_one_report_a_line(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert with_status(world, "--json", CODE, str(world / "good.mzc")) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [r["outcome"] for r in lines] == ["PASSED", "PASSED"]
    assert [r["input"] for r in lines] == ["code", str(world / "good.mzc")]
    assert lines[1]["disclosed"]["holder_name"] == "示例古丽·样本江"


def test_languages(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_status(world, CODE)
    with_status(world, "--lang", "en", CODE)
    out = capsys.readouterr().out
    assert "核验通过" in out
    assert "PASSED: the certificate is genuine" in out


def test_levels_and_anchor(world: Path) -> None:
    file, anchor = str(world / "good.mzc"), str(world / "anchor.cbor")
    assert with_status(world, "--level", "L5", file) == 2
    assert with_status(world, "--level", "L5", "--anchor", anchor, file) == 0
    assert with_status(world, "--level", "L3", CODE) == 2


def test_witnesses_and_proofs(world: Path) -> None:
    file, status, note, proof = (str(world / n) for n in ("good.mzc", "status", "checkpoint", "anchor-proof.cbor"))
    log = kit.TestLog()
    kit.holder_file(log=log)
    head = Checkpoint(log.origin, len(log.bodies), log.root())
    (world / "trust.cbor").write_bytes(kit.signed_bundle(witnesses.bundle(chains=(chain_trust(),))))
    (world / "checkpoint").write_bytes(witnesses.cosigned(head).encode())
    (world / "fork").write_bytes(witnesses.cosigned(replace(head, root=bytes(32)), ()).encode())
    (world / "anchor-proof.cbor").write_bytes(Anchor(head.origin, head.size, head.root).proof())
    assert mz(world, "--status", status, "--level", "L4", file) == 2
    assert mz(world, "--status", status, "--level", "L4", "--checkpoint", note, file) == 0
    assert mz(world, "--status", status, "--level", "L5", "--anchor", proof, file) == 0
    both = ("--anchor", proof, "--anchor", str(world / "anchor.cbor"))
    assert mz(world, "--status", status, "--level", "L5", *both, file) == 0
    assert mz(world, "--status", status, "--checkpoint", note, "--checkpoint", str(world / "fork"), file) == 1


def test_notes_and_proofs_that_cannot_be_read_are_wrong_usage(world: Path) -> None:
    proof = Anchor(kit.ORIGIN, 1, bytes(31) + b"\x01").proof()
    (world / "short.cbor").write_bytes(proof[:-1])
    (world / "long.cbor").write_bytes(proof + bytes(64 * 1024))
    (world / "note").write_bytes(kit.TestLog().note()[:-1])
    (world / "long").write_bytes(bytes(64 * 1024 + 1))
    for option, name in (("--anchor", "short.cbor"), ("--anchor", "long.cbor"), ("--checkpoint", "note")):
        assert mz(world, option, str(world / name), CODE) == 64
    assert mz(world, "--checkpoint", str(world / "long"), CODE) == 64


@pytest.mark.parametrize(
    "at", ["1767225600", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", "2026-01-01 00:00+00:00", None]
)
def test_forms_of_at(world: Path, capsys: pytest.CaptureFixture[str], at: str | None) -> None:
    assert with_status(world, "--json", CODE, at=at) == 0
    assert json.loads(capsys.readouterr().out)["checked_at"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "1767225600.5",
        "9" * 12,
        "9" * 5000,
        "253402300800",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+14:00",
        "１７６７２２５６００",
        "\x00",
    ],
)
def test_at_that_is_no_time(world: Path, capsys: pytest.CaptureFixture[str], at: str) -> None:
    assert with_status(world, CODE, at=at) == 64
    assert "--at" in capsys.readouterr().err


def test_code_text_in_a_file_and_on_stdin(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (world / "code.txt").write_text(CODE + "\r\n")
    assert with_status(world, str(world / "code.txt")) == 0
    for data, expected in ((CODE.encode() + b"\n", 0), ((world / "good.mzc").read_bytes(), 0), (b"", 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert with_status(world, "-") == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"MZ1:\xff\xff\xff",
        b"https://minzheng.example/v#\xe7\xa4\xba",
        b"\xef\xbb\xbf" + CODE.encode(),
        kit.holder_file() + bytes(300_000),
        b"MZ1:" + b"0" * 400_000,
        b"\x81" * 100_000,
    ],
)
def test_bad_content_fails_and_is_no_usage_error(world: Path, content: bytes) -> None:
    (world / "bad").write_bytes(content)
    assert with_status(world, str(world / "bad")) == 1


@pytest.mark.parametrize("code", ["http://minzheng.example/v#AA", "https://", "MZ1:", "MZ1:\udcff", "MZ1:\x00"])
def test_bad_code_on_the_command_line(world: Path, code: str) -> None:
    assert with_status(world, code) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--trust"],
        ["--trust", "/nonexistent", CODE],
        ["--trust", "bad\x00name", CODE],
        ["--trust", ".", CODE],
        ["--unknown", CODE],
    ],
)
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments, clock=lambda: kit.AT) == 64
    assert capsys.readouterr().err.startswith("mz-verify: ")


def test_more_usage_errors(world: Path) -> None:
    missing, nul = str(world / "missing"), "a\x00b"
    for option in ("--status", "--anchor", "--checkpoint"):
        for name in (missing, nul):
            assert mz(world, option, name, CODE) == 64
    assert mz(world, "--level", "L6", CODE) == 64
    assert mz(world, "--lang", "fr", CODE) == 64
    assert mz(world) == 64
    assert with_status(world, missing) == 64
    assert with_status(world, nul) == 64
    assert with_status(world, str(world)) == 64
    assert mz(world, "--anchor", str(world / "trust.cbor"), CODE) == 64


@pytest.mark.parametrize("change", ["empty", "tampered", "oversized"])
def test_trust_that_cannot_be_believed(world: Path, change: str) -> None:
    path = world / "trust.cbor"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes({"empty": b"", "tampered": bytes(data), "oversized": bytes((8 << 20) + 1)}[change])
    assert with_status(world, CODE) == 64


def test_root_pin(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pin = kit.bundle().root_fingerprint
    assert with_status(world, "--root", pin, CODE) == 0
    for wrong in ("0" * 64, pin[:-1], ""):
        assert with_status(world, "--root", wrong, CODE) == 64
    assert "root-pin" in capsys.readouterr().err


def test_empty_status_folder_and_damaged_list(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "empty").mkdir()
    assert mz(world, "--json", "--status", str(world / "empty"), CODE) == 2
    (world / "damaged.cbor").write_bytes(b"<html>")
    assert mz(world, "--json", "--status", str(world / "damaged.cbor"), CODE) == 2
    reasons = [json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines()]
    assert reasons == ["STATUS_MISSING", "STATUS_MALFORMED"]


def test_main_exits_and_writes_utf8(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    arguments = ["mz-verify", "--trust", str(world / "trust.cbor"), "--at", str(kit.AT), CODE]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit, match="2"):
        main()
    out.flush()
    assert "无法确定" in out.buffer.getvalue().decode()  # type: ignore[attr-defined]
