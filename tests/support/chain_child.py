"""A service in the small, to be killed: issues, sequences, signs, anchors, and says what it has promised.

Every line on stdout is a promise made *after* the commit that it speaks of:

    staged 7          entry 7 will be in the log
    sequenced 7 7     entry 7 has index 7, for ever
    signed 9 1f…      a checkpoint of size 9 with this root was published
    anchored 9        that checkpoint is final on the chain
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm_client import EvmClient
from chain.anchor.observer import ChainObserver
from chain.filelock import FileLock
from chain.log.checkpointer import Checkpointer
from chain.log.guard import check_rollback
from tests.support.anchor_lab import anchorer, embedded, set_up
from tests.support.log_lab import NOW, SM3_LOG, Ed25519Signer, Lab, item


def promise(*words: object) -> None:
    print(*words, flush=True)


async def main(directory: Path, first: int) -> None:
    lab = await Lab(directory / "log.db", SM3_LOG, Ed25519Signer()).create()
    lab.now = NOW + first
    chain = embedded(directory / "journal", lambda: lab.now)
    port = await set_up(EvmClient.embedded(chain), lab)
    worker = anchorer(lab, port)
    await worker.check_last()
    async with lab.read() as store:
        permit = await check_rollback(SM3_LOG, store, [ChainObserver(port)])
    maker = Checkpointer(SM3_LOG, [lab.signer], lambda: lab.now, permit)
    promise("ready")
    number = first
    while True:
        count = 1 + number % 90
        await lab.stage(*(item(n) for n in range(number, number + count)))
        for n in range(number, number + count):
            promise("staged", n)
        number += count
        lab.now += 1
        for batch in await lab.sequencer.drain(lab.write):
            for idem, index in batch.indices.items():
                promise("sequenced", int.from_bytes(idem, "big"), index)
        async with lab.write() as store:
            made = await maker.checkpoint(store)
        if made is not None:
            promise("signed", made.size, made.root.hex())
        step = await worker.step()
        if step.status is AnchorStatus.ANCHORED:
            promise("anchored", step.size)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    with FileLock(where / "log.lock"):
        asyncio.run(main(where, int(sys.argv[2])))
