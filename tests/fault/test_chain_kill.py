"""kill -9 at random moments of the whole path; nothing that was promised may be lost, doubled or forked."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

from chain.anchor.evm_client import EvmClient
from tests.support.anchor_lab import anchorer, embedded, set_up
from tests.support.drill import times
from tests.support.log_lab import NOW, SM3_LOG, Ed25519Signer, Lab, check_everything, item

REPOSITORY = Path(__file__).parents[2]
KILLS = times(3, 6)
PATIENCE = 4  # further turns, longer each, until something was anchored
SEED = 20260101


def start(directory: Path, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.chain_child", str(directory), str(first)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=-1
    )


def kill_while_starting(directory: Path, first: int, seconds: float) -> None:
    """Replay, recovery and set-up are killed, too: they must be repeatable. Needs no promise."""
    child = start(directory, first)
    time.sleep(seconds)
    child.kill()
    child.communicate()


def run_until_killed(directory: Path, first: int, seconds: float) -> list[str]:
    """What a child promised before it was killed that long after it was ready."""
    child = start(directory, first)
    assert child.stdout is not None
    ready = child.stdout.readline()
    if ready != "ready\n":
        raise AssertionError(f"the child did not start: {child.communicate()[1][-2000:]}")
    time.sleep(seconds)
    child.kill()
    out, err = child.communicate()
    assert child.returncode == -9, err[-2000:]
    return [line for line in out.splitlines(keepends=True) if line.endswith("\n")]


async def test_nothing_promised_is_lost_doubled_or_forked(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    lines: list[str] = []
    first = 0
    for turn in range(KILLS + PATIENCE):
        if turn >= KILLS and any(line.startswith("anchored ") for line in lines):
            break
        if turn % 3 == 0:
            kill_while_starting(tmp_path, first, chance.uniform(0.9, 1.6))
        # A slow machine may not get as far as an anchor in half a second: then it is given longer, not called wrong.
        longer = 2.0 * max(0, turn - KILLS + 1)
        lines += run_until_killed(tmp_path, first, chance.uniform(0.02, 0.5) + longer)
        staged = [int(n) for n in re.findall(r"^staged (\d+)$", "".join(lines), re.MULTILINE)]
        first = max(staged, default=first) + 1000  # leave a gap: what was not promised may or may not be there
    promised = "".join(lines)
    lab = Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer())
    lab.now = NOW + first
    await lab.sequencer.drain(lab.write)
    bodies = await check_everything(lab)
    assert len(bodies) == len(set(bodies))
    place = {body: index for index, body in enumerate(bodies)}
    for number in re.findall(r"^staged (\d+)$", promised, re.MULTILINE):
        assert item(int(number))[1] in place
    for number, index in re.findall(r"^sequenced (\d+) (\d+)$", promised, re.MULTILINE):
        assert place[item(int(number))[1]] == int(index)
    roots = {size: root.hex() for size, root in await lab.rows("SELECT size, root FROM checkpoint")}
    signed = re.findall(r"^signed (\d+) (\w+)$", promised, re.MULTILINE)
    assert signed
    for size, root in signed:
        assert roots[int(size)] == root
    await _check_chain(lab, tmp_path, {int(n) for n in re.findall(r"^anchored (\d+)$", promised, re.MULTILINE)}, roots)
    await lab.engines.dispose()


async def _check_chain(lab: Lab, directory: Path, anchored: set[int], roots: dict[int, str]) -> None:
    chain = embedded(directory / "journal", lambda: lab.now)
    client = EvmClient.embedded(chain)
    port = await set_up(client, lab)
    await anchorer(lab, port).step(force=True)
    rows = await lab.rows("SELECT size, state FROM anchor")
    assert {row.state for row in rows} == {"final"}  # none failed, none left behind
    assert len({row.size for row in rows}) == len(rows)
    assert anchored
    assert anchored <= {row.size for row in rows}
    for row in rows:
        found = await port.find(SM3_LOG.origin, row.size)
        assert found is not None
        assert found.root.hex() == roots[row.size]
    client.close()
    chain.close()


def test_second_process_on_one_log_is_refused(tmp_path: Path) -> None:
    child = start(tmp_path, 0)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        second = start(tmp_path, 10_000)
        _, err = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "AlreadyLocked" in err
    finally:
        child.kill()
        child.communicate()
