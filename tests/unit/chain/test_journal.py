"""The embedded chain's journal: torn tails, damage, two processes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from chain.anchor.journal import Journal, Record
from chain.errors import AlreadyLocked, JournalCorrupt

RECORDS: list[Record] = [{"kind": "tx", "raw": "00" * n, "time": n} for n in range(5)]


def write(path: Path, records: list[Record] = RECORDS) -> None:
    journal = Journal(path)
    journal.open()
    for record in records:
        journal.append(record)
    journal.close()


def read(path: Path) -> list[Record]:
    journal = Journal(path)
    records = journal.open()
    journal.close()
    return records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write(tmp_path / "journal")
    return tmp_path / "journal"


def test_records_come_back(path: Path) -> None:
    assert read(path) == RECORDS
    write(path, [{"kind": "more"}])
    assert read(path) == [*RECORDS, {"kind": "more"}]


def test_every_torn_tail_loses_only_the_last_record(path: Path) -> None:
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        assert read(path) == RECORDS[:-1]
        assert path.stat().st_size == last  # cut off, so that the next record does not join it


def test_last_line_with_holes_counts_as_torn(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes(19) + b"\n")  # blocks that the disk never wrote
    assert read(path) == RECORDS[:-1]


def test_every_flipped_byte_before_the_last_line_is_corruption(path: Path) -> None:
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1)
    for at in range(last):
        damaged = bytearray(whole)
        damaged[at] ^= 0x01
        path.write_bytes(damaged)
        with pytest.raises(JournalCorrupt, match=r"journal line [1-5]"):
            read(path)


@pytest.mark.parametrize("change", ["drop", "double", "swap"])
def test_lines_that_moved_are_corruption(path: Path, change: str) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "drop":
        del lines[1]
    elif change == "double":
        lines.insert(1, lines[1])
    else:
        lines[1], lines[2] = lines[2], lines[1]
    path.write_bytes(b"".join(lines))
    with pytest.raises(JournalCorrupt, match=r"journal line [23]: checksum"):
        read(path)


def test_two_owners_are_refused(path: Path) -> None:
    first = Journal(path)
    first.open()
    with pytest.raises(AlreadyLocked, match="another writer"):
        Journal(path).open()
    first.close()
    assert read(path) == RECORDS


def test_short_write_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path)
    journal.open()
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: real(fd, data[:7]))
        with pytest.raises(OSError, match="short write"):
            journal.append({"kind": "tx"})
    journal.append({"kind": "after"})
    journal.close()
    assert read(path) == [*RECORDS, {"kind": "after"}]


def test_failed_open_frees_the_lock(path: Path) -> None:
    path.write_bytes(b"nonsense\nmore\n")
    for _ in range(2):
        with pytest.raises(JournalCorrupt, match="line 1"):
            read(path)


def test_full_disk_is_not_swallowed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space")

    journal = Journal(path)
    journal.open()
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="no space"):
        journal.append({"kind": "tx"})
    journal.close()


def test_a_record_that_could_not_be_synced_is_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left in the file, the next record would not fit behind it, and the chain would never open again."""

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    journal = Journal(path)
    journal.open()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            journal.append({"kind": "tx"})
    journal.append({"kind": "after"})
    journal.close()
    assert read(path) == [*RECORDS, {"kind": "after"}]
