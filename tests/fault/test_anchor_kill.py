"""kill -9 between every two writes of the path from entry to final anchor: one anchor each, nothing lost or doubled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm_client import EvmClient
from tests.support.anchor_child import CALLS, ENTRIES
from tests.support.anchor_lab import anchorer, embedded, set_up
from tests.support.log_lab import NOW, SM3_LOG, Ed25519Signer, Lab, check_everything

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
async def test_killed_between_every_two_writes(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning"]
    run = subprocess.run(
        [*command, "-m", "tests.support.anchor_child", tmp_path], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-2000:]
    killed = [line.removeprefix("killed ") for line in run.stdout.splitlines()]
    for call in CALLS:
        assert f"{call} 1" in killed
    for kind, least in (("commit", 6), ("before journal", 2), ("after journal", 2), ("before state", 1)):
        assert sum(point.startswith(kind) for point in killed) >= least, killed
    lab = Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer())
    lab.now = NOW + 10_000
    await lab.sequencer.drain(lab.write)
    await lab.checkpoint()
    chain = embedded(tmp_path / "journal", lambda: lab.now)
    client = EvmClient.embedded(chain)
    port = await set_up(client, lab)
    worker = anchorer(lab, port)
    assert (await worker.step(force=True)).status in (AnchorStatus.ANCHORED, AnchorStatus.NOTHING_NEW)
    bodies = await check_everything(lab)
    assert len(set(bodies)) == len(bodies) >= ENTRIES * (len(killed) // 2)
    rows = await lab.rows("SELECT size, state, tx_hash FROM anchor ORDER BY size")
    assert {row.state for row in rows} == {"final"}  # not one transaction was lost, given up or made twice
    history = await port.history(SM3_LOG.origin)
    assert [(found.size, found.tx_hash) for found in history] == [(row.size, row.tx_hash) for row in rows]
    roots = {row.size: row.root for row in await lab.rows("SELECT size, root FROM checkpoint")}
    assert [found.root for found in history] == [roots[found.size] for found in history]
    client.close()
    chain.close()
    await lab.engines.dispose()
