"""`mzt charity import` and `mzt charity reconcile`: exit statuses, words, and the file of receipt codes."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from api.cli import _command, _parser
from api.services.service import Service
from api.settings import Settings
from tests.support.api_lab import CHARITY, Lab
from tests.support.money_world import COLUMNS, HEADING, World, credit, day, gift, money_world
from verifier.charity.line import Inflow
from verifier.charity.opening import ReceiptCode

DATABASES = ("sqlite",)
Capture = pytest.CaptureFixture[str]


@pytest.fixture
async def world(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> World:
    @asynccontextmanager
    async def opened(_: Settings) -> AsyncIterator[Service]:
        yield lab.service

    for module in ("charity_import", "charity_hidden"):
        monkeypatch.setattr(f"api.commands.{module}.open_service", opened)
    return await money_world(lab)


async def mzt(world: World, *words: str) -> int:
    return await mzt_plain(world, *words, "--as", CHARITY)


async def mzt_plain(world: World, *words: str, allowed: bool = False) -> int:
    arguments = _parser().parse_args(["charity", *words, "--lang", "en"])
    settings = replace(world.lab.service.settings, hidden_amounts=allowed)
    return await _command(arguments.run)(settings, arguments)


async def test_files_are_brought_in_and_compared(world: World, tmp_path: Path, capsys: Capture) -> None:
    gifts, statement, codes = tmp_path / "gifts.csv", tmp_path / "bank.csv", tmp_path / "codes.csv"
    gifts.write_text("\n".join([COLUMNS, gift(1, "100.00", reference="R1"), gift(2, "12.345")]), "utf-8")
    book = world.book.hex()
    assert await mzt(world, "import", "platform", str(gifts), "--book", book, "--codes", str(codes)) == 1
    said = capsys.readouterr()
    assert "recorded 1, rejected 1" in said.out
    assert "line 3: amount_yuan AMOUNT_FRACTION smaller than a fen" in said.err
    assert codes.stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(codes.read_text("utf-8").splitlines())
    assert row["line"] == "2"
    assert ReceiptCode.parse(row["code"]) == ReceiptCode.parse(row["url"])
    statement.write_text("\n".join([HEADING, credit("R1", "99.00", 2), credit("Z", "1", 9)]), "utf-8")
    assert await mzt(world, "import", "bank", str(statement)) == 0
    assert "kept 2" in capsys.readouterr().out
    assert await mzt(world, "reconcile", "--from", day(0), "--to", day(30)) == 1
    told = capsys.readouterr().out
    assert f"{day(2)} amount-differs" in told
    assert "2 gaps" in told
    assert await mzt(world, "reconcile", "--from", day(20), "--to", day(30)) == 0
    assert "no gaps" in capsys.readouterr().out


async def test_what_cannot_be_done_says_so(world: World, capsys: Capture) -> None:
    for words, status in (
        (["import", "bank", "no-such.csv"], 64),
        (["import", "bank", __file__, "--book", "00" * 16], 64),
        (["import", "platform", __file__], 64),
        (["import", "platform", __file__, "--book", "00" * 17], 64),
        (["import", "bank", __file__], 2),
        (["reconcile", "--from", "1.11.2026"], 64),
    ):
        assert await mzt(world, *words) == status, words
        assert capsys.readouterr().err.startswith("mzt: ")


async def test_a_days_hidden_list_adds_up_and_holds_each_donation(
    world: World, tmp_path: Path, capsys: Capture
) -> None:
    rows = "\n".join(gift(n, f"{n}.50") for n in range(1, 7))
    made = (await world.platform(rows)).json()["donations"]
    file, line, code = tmp_path / "day.hidden", tmp_path / "in.bin", tmp_path / "code"
    write = ["hidden-write", world.book.hex(), day(2), str(file), "--as", CHARITY]
    check = ["hidden-check", str(file), "--line", str(line), "--code", str(code)]
    assert await mzt_plain(world, *write) == 64
    assert "MZ_EXPERIMENTAL_HIDDEN_AMOUNTS" in capsys.readouterr().err
    assert await mzt_plain(world, *write, allowed=True) == 0
    assert "6 donations, 2400 fen together" in capsys.readouterr().out
    async with world.lab.service.database.read() as work:
        entered = await work.charity.lines.inflows(world.book, 0, 6)
    leaves = b"".join(Inflow(row.kind, row.day, row.ref, row.amount).encode() for row in entered)
    line.write_bytes(leaves)
    code.write_text(made[2]["code"] + "\n")
    assert await mzt_plain(world, *check, "--amount", "3.50", allowed=True) == 0
    said = capsys.readouterr().out
    assert "the total holds: 6 donations, 2400 fen" in said
    assert "it is what the book took in on that day" in said
    assert "no range proofs" in said
    assert await mzt_plain(world, *check, "--amount", "3.51", allowed=True) == 1
    line.write_bytes(leaves[:-45])
    assert await mzt_plain(world, *check, "--amount", "3.50", allowed=True) == 1
    file.write_bytes(b"\x00")
    assert await mzt_plain(world, *check, "--amount", "3.50", allowed=True) == 2
