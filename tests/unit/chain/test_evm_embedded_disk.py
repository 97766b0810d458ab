"""A disk that fails while the embedded chain works: whatever was half done, the journal can be opened again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from chain.anchor.evm_account import EvmAccount, Fees
from chain.anchor.evm_embedded import DEFAULT_CHAIN_ID, GENESIS_BALANCE, EmbeddedChain
from chain.anchor.evm_state import Position, StateFile
from chain.anchor.journal import Journal, Record

ACCOUNT = EvmAccount(bytes([7]) * 32)
NOW = 1_800_000_000
Fault = Callable[[pytest.MonkeyPatch, int], None]


def opened(path: Path) -> EmbeddedChain:
    chain = EmbeddedChain(path, lambda: NOW)
    chain.open({ACCOUNT.address: GENESIS_BALANCE})
    return chain


def transfer(nonce: int) -> bytes:
    return ACCOUNT.sign(bytes([1]) * 20, b"", nonce, 30_000, DEFAULT_CHAIN_ID, Fees()).raw


def _state_write(patch: pytest.MonkeyPatch, at: int) -> None:
    real, left = StateFile.__setitem__, [at]

    def write(self: StateFile, key: bytes, value: bytes) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise sqlite3.OperationalError("database or disk is full")
        real(self, key, value)

    patch.setattr(StateFile, "__setitem__", write)


def _state_commit(patch: pytest.MonkeyPatch, _: int) -> None:
    def commit(self: StateFile, position: Position) -> None:
        self.rollback()  # SQLite does it by itself when the disk is full
        raise sqlite3.OperationalError("database or disk is full")

    patch.setattr(StateFile, "commit", commit)


def _journal_append(patch: pytest.MonkeyPatch, at: int) -> None:
    real, left = Journal.append, [at]

    def append(self: Journal, record: Record, *, sync: bool = True) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError("no space")
        real(self, record, sync=sync)

    patch.setattr(Journal, "append", append)


@pytest.mark.parametrize(
    ("fault", "at"),
    [(_state_write, n) for n in (1, 2, 5, 9)] + [(_state_commit, 0), (_journal_append, 1), (_journal_append, 2)],
)
def test_a_failure_half_way_does_not_spoil_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, at: int
) -> None:
    path = tmp_path / "journal"
    chain = opened(path)
    hashes = [chain.send_raw(transfer(0))]
    with monkeypatch.context() as patch:
        fault(patch, at)
        with pytest.raises(OSError, match=r"no space|cannot be read or written"):
            chain.send_raw(transfer(1))
    hashes += [chain.send_raw(transfer(nonce)) for nonce in (1, 2)]
    chain.close()
    for whole in (True, False):  # with the state file, and by a replay of everything
        again = opened(path)
        assert all(again.knows(tx_hash) for tx_hash in hashes)
        again.close()
        if whole:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(f"journal.state{suffix}").unlink(missing_ok=True)
