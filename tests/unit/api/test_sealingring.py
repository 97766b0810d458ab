"""The ring of key-encryption keys on disk: never without a key, whatever was cut short."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import api.sealingring as sealingring
from api.errors import InstanceDamaged
from api.sealingring import RingDirectory
from certs.sealing import kek_id


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir(mode=0o700)
    private(tmp_path / "keys" / "sealing", "11" * 16)
    return tmp_path


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_rotation_keeps_the_old_key(data_dir: Path) -> None:
    ring = RingDirectory(data_dir)
    first = ring().current
    new = ring.rotate(os.urandom)
    assert kek_id(ring().current) == new
    assert ring().retired == (first,)
    assert ring() is ring()
    assert list(ring.retired()) == [kek_id(first)]
    modes = {path.stat().st_mode & 0o777 for path in (data_dir / "keys").iterdir()}
    assert modes == {0o600}


def test_another_process_sees_the_rotation(data_dir: Path) -> None:
    mine = RingDirectory(data_dir)
    before = mine()
    new = RingDirectory(data_dir).rotate(os.urandom)
    assert kek_id(mine().current) == new
    assert mine().retired == (before.current,)


def test_cut_short_between_the_two_files_nothing_is_lost(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = RingDirectory(data_dir)
    first = ring().current

    def died(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sealingring, "write_durably", died)
        with pytest.raises(KeyboardInterrupt):
            ring.rotate(os.urandom)
    assert ring().current == first
    ring.rotate(os.urandom)
    assert ring().retired == (first,)


def test_destroyed_is_gone(data_dir: Path) -> None:
    ring = RingDirectory(data_dir)
    first = ring().current
    ring.rotate(os.urandom)
    ring.destroy(kek_id(first))
    assert ring().retired == ()
    assert first.hex() not in "".join(path.read_text() for path in (data_dir / "keys").iterdir())


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("sealing", "not hexadecimal", "not hexadecimal"),
        ("sealing", "11" * 15, "another length"),
        ("sealing.00000000", "22" * 16, "another key than its name says"),
        ("sealing.old", "22" * 16, "not called as a retired key is"),
        ("sealing.0000000A", "22" * 16, "not called as a retired key is"),
    ],
)
def test_files_that_are_no_key_are_named(data_dir: Path, name: str, text: str, why: str) -> None:
    private(data_dir / "keys" / name, text)
    with pytest.raises(InstanceDamaged, match=f"keys/{name} .*{why}"):
        RingDirectory(data_dir)()


def test_a_key_that_others_can_read_is_refused(data_dir: Path) -> None:
    (data_dir / "keys" / "sealing").chmod(0o640)
    with pytest.raises(InstanceDamaged, match="readable by other users"):
        RingDirectory(data_dir)()


def test_a_key_that_went_while_the_service_runs_is_noticed(data_dir: Path) -> None:
    ring = RingDirectory(data_dir)
    ring()
    (data_dir / "keys" / "sealing").unlink()
    with pytest.raises(InstanceDamaged, match="keys/sealing is missing"):
        ring()
