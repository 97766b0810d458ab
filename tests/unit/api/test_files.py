"""Files that hold secrets: private, whole, and written once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from api.errors import InstanceDamaged
from api.files import private_directory, read_private, write_durably, write_once, write_whole


def test_a_secret_is_written_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    old = os.umask(0)
    try:
        assert write_once(path, b"first") == b"first"
        assert write_once(path, b"second") == b"first"
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_private(path) == b"first"


def test_a_secret_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_durably(path, b"x", 0o644)
    with pytest.raises(InstanceDamaged, match="0600"):
        read_private(path)
    with pytest.raises(InstanceDamaged, match="missing"):
        read_private(tmp_path / "none")


def test_a_directory_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    private_directory(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    (tmp_path / "data").chmod(0o755)
    with pytest.raises(InstanceDamaged, match="0700"):
        private_directory(tmp_path / "data")


@pytest.mark.parametrize("write", [write_durably, write_whole])
def test_a_reader_sees_the_old_or_the_new_file(tmp_path: Path, write: object) -> None:
    path = tmp_path / "file"
    assert callable(write)
    write(path, b"old")
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
