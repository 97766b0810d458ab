"""`mzt purposes` and `mzt access` as administrators type them, beside a running service."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path

from api.cli import _command, _parser
from certs.purposes import default_document
from tests.integration.test_party_command import Terminal, source, terminal

__all__ = ["source", "terminal"]


async def typed(terminal: Terminal, who: str, *words: str) -> tuple[int, str]:
    signed = ("--key", str(terminal.directory / f"{who}.key"), "--pin-file", str(terminal.pin))
    arguments = _parser().parse_args([*words, *(signed if who else ()), "--server", terminal.server])
    status = await asyncio.to_thread(partial(asyncio.run, _command(arguments.run)(terminal.settings, arguments)))
    shown = terminal._capsys.readouterr()
    return status, shown.out or shown.err


async def test_two_administrators_change_the_catalogue_and_a_third_reads_who_asked(
    terminal: Terminal, tmp_path: Path
) -> None:
    for role in ("system", "security", "audit"):
        await terminal.administrator(role)
    status, shown = await typed(terminal, "", "purposes", "show")
    assert (status, json.loads(shown)) == (0, json.loads(default_document()))
    file = tmp_path / "purposes.json"
    file.write_text(json.dumps(json.loads(default_document()) | {"version": 2}, ensure_ascii=False), encoding="utf-8")
    assert await typed(terminal, "security", "purposes", "propose", str(file), "security-01") == (
        0,
        '{"version":2,"state":"proposed"}\n',
    )
    assert (await typed(terminal, "security", "purposes", "approve", str(file), "security-01"))[0] == 2
    assert (await typed(terminal, "system", "purposes", "approve", str(file), "system-01"))[0] == 0
    status, shown = await typed(terminal, "", "purposes", "show")
    assert json.loads(shown)["version"] == 2
    status, shown = await typed(terminal, "audit", "access", "--since", "0")
    assert status == 0
    assert [row["action"] for row in json.loads(shown)["accesses"]] == ["access-query"]
    assert (await typed(terminal, "system", "access"))[0] == 2
