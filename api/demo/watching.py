"""Step 5 of the demo: what witnesses are for. A fork that the log's own key signed, and witnesses that die."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from api.clock import system_entropy
from api.demo.checks import FAILED, INDETERMINATE, OK, SINGLE, Check, Expected
from api.demo.making import Item
from api.demo.stranger import Desk
from api.demo.witnesses import Running, Trio
from api.files import write_whole
from api.keyring import KeyDirectory
from api.services.service import Service
from chain.log.model import StoredCheckpoint
from chain.log.signing import sign_checkpoint
from chain.witness.request import AddCheckpoint
from verifier.checkpoint import SignedNote
from verifier.receipt import entry_body

REFUSED = "REFUSED"
FORKED = Expected(REFUSED, "HTTP 422")
TIMEOUT = 30.0


async def drills(service: Service, items: Sequence[Item], trio: Trio, out: Path) -> list[Check]:
    """Ends with two of the three killed: the next run starts them again, and they take up where they stopped."""
    item = next(item for item in items if item.folder == "certificates" and item.valid)
    genuine = out / item.folder / f"{item.stem}.mzc"
    desk = Desk(out / "trust-bundle.cbor", (out / "status-list.cbor",), level="L4")
    checks = await _fork(service, trio, replace(desk, level=None), genuine, out / "negative")
    for dead, expected in ((0, OK), (1, Expected(INDETERMINATE, "QUORUM_NOT_REACHED"))):
        await asyncio.to_thread(trio.running[dead].kill)
        path = out / "negative" / f"witnesses-dead-{dead + 1}.mzc"
        await _grow(service, item, path)
        verdict = (await asyncio.to_thread(desk.verify, [str(path)]))[0]
        plural = "1 witness" if dead == 0 else "2 witnesses"
        checks.append(Check(SINGLE, f"{plural} of 3 dead, L4 asked for", expected, *verdict))
    return checks


async def _grow(service: Service, item: Item, path: Path) -> None:
    """One more entry, a checkpoint over it, a round of the witnesses, and the certificate's file under that size."""
    async with service.database.write() as work:
        await work.log.stage(system_entropy(16), entry_body(system_entropy(32)))  # padding, as on a quiet day
    await service.ledger.sequence()
    checkpoint = await service.ledger.checkpoint()
    await service.ledger.cosign()
    await service.witnesses.drain()
    assert checkpoint is not None  # something was staged
    write_whole(path, await service.files.build(item.certificate, size=checkpoint.size))


async def _fork(service: Service, trio: Trio, desk: Desk, genuine: Path, folder: Path) -> list[Check]:
    """Another root for the size that everybody has seen, rightly signed: what a dishonest log would show."""
    forged = _other_root(service, await service.proofs.checkpoint())
    path = folder / "checkpoint-forked.txt"
    write_whole(path, forged.note)
    body = AddCheckpoint(forged.size, (), SignedNote.parse(forged.note)).encode()
    checks = []
    for witness in trio.running:
        status = await asyncio.to_thread(_submit, witness, body)
        outcome = REFUSED if status in (409, 422) else "COSIGNED"
        checks.append(Check(SINGLE, f"a fork, to witness {witness.place}", FORKED, outcome, f"HTTP {status}"))
    forked = replace(desk, checkpoints=(path,))
    verdict = (await asyncio.to_thread(forked.verify, [str(genuine)]))[0]
    name = "a genuine file beside a forked checkpoint"
    return [*checks, Check(SINGLE, name, Expected(FAILED, "LOG_FORKED"), *verdict)]


def _other_root(service: Service, latest: StoredCheckpoint) -> StoredCheckpoint:
    key = KeyDirectory(service.settings.data_dir, system_entropy).open("software:log.key")
    try:
        return sign_checkpoint(service.identity, [key], latest.size, bytes(32), service.clock())
    finally:
        key.close()


def _submit(witness: Running, body: bytes) -> int:
    connection = http.client.HTTPConnection(urlsplit(witness.url).netloc, timeout=TIMEOUT)
    try:
        connection.request("POST", "/add-checkpoint", body)
        return connection.getresponse().status
    finally:
        connection.close()
