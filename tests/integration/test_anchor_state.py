"""The embedded chain's state file is a cache of the journal: with it, without it, or broken, one chain results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chain.anchor.evm_account import Fees
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_embedded import EmbeddedChain
from tests.support.anchor_lab import ADMIN, OTHER, embedded

TRANSFERS = 4


def transfer(nonce: int) -> bytes:
    return ADMIN.sign(OTHER.address, b"", nonce, 21_000, 990000, Fees()).raw


def reopen(path: Path) -> EmbeddedChain:
    return embedded(path, lambda: 1767225600)


async def head(chain: EmbeddedChain) -> tuple[int, bytes]:
    client = EvmClient.embedded(chain)
    block = await client.call(lambda w3: w3.eth.get_block("latest"))
    client.close()
    return block["number"], bytes(block["hash"])


@pytest.fixture
async def journal(tmp_path: Path) -> Path:
    chain = reopen(tmp_path / "journal")
    for nonce in range(TRANSFERS):
        chain.send_raw(transfer(nonce))
    chain.close()
    return tmp_path / "journal"


def nothing(journal: Path) -> None:
    pass


def delete_state(journal: Path) -> None:
    for path in journal.parent.glob("journal.state*"):
        path.unlink()


def break_state(journal: Path) -> None:
    delete_state(journal)
    journal.with_name("journal.state").write_bytes(b"not a database" * 1000)


def cut_journal_to_transaction(journal: Path) -> None:
    """As a power cut leaves it: the block line, which is not synced, is lost, and the state is ahead."""
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))


CASES = {
    "whole": (nothing, 0),
    "without state": (delete_state, TRANSFERS),
    "broken state": (break_state, TRANSFERS),
    "state ahead of the journal": (cut_journal_to_transaction, TRANSFERS),
}


@pytest.mark.parametrize("case", CASES)
async def test_every_start_gives_the_same_chain(journal: Path, case: str) -> None:
    before = await head(chain := reopen(journal))
    assert before[0] == TRANSFERS
    chain.close()
    damage, replayed = CASES[case]
    damage(journal)
    chain = reopen(journal)
    assert (await head(chain), chain.replayed) == (before, replayed)
    chain.send_raw(transfer(TRANSFERS))
    after = await head(chain)
    chain.close()
    chain = reopen(journal)
    assert (await head(chain), chain.replayed) == (after, 0)
    chain.close()
    delete_state(journal)
    chain = reopen(journal)
    assert await head(chain) == after
    chain.close()


async def test_transaction_that_was_journaled_but_not_applied_is_applied(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = reopen(journal)
    dead: Callable[..., bytes] = _die
    with monkeypatch.context() as patch:
        patch.setattr(chain, "_apply", dead)
        with pytest.raises(KeyboardInterrupt, match="killed here"):
            chain.send_raw(transfer(TRANSFERS))
    chain.close()
    chain = reopen(journal)
    assert ((await head(chain))[0], chain.replayed) == (TRANSFERS + 1, 1)
    chain.close()
    chain = reopen(journal)
    assert chain.replayed == 0
    chain.close()


def _die(raw: bytes, time: int) -> bytes:
    raise KeyboardInterrupt("killed here")
