"""Ed25519 key files and signer: `cryptography` signs, the verifier's own code checks, files refuse as SM2's do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from certs.errors import KeyFileLocked, KeyFileMalformed, KeyFileUnsafe
from certs.keys import create_ed25519_key, open_ed25519_key, open_signer
from verifier.cose import CoseKey
from verifier.labels import ALG_EDDSA, CRV_ED25519

PASSPHRASE = "a passphrase for tests"
FAST = 1 << 10


def test_a_key_file_gives_back_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "w.key"
    made = create_ed25519_key(path, PASSPHRASE, os.urandom, n=FAST)
    opened = open_ed25519_key(path, PASSPHRASE)
    assert opened.public_key == made.public_key
    assert opened.alg == ALG_EDDSA
    assert path.stat().st_mode & 0o777 == 0o600
    assert opened.sign(b"m") == made.sign(b"m")
    key = CoseKey(CRV_ED25519, opened.public_key)
    assert key.kid == opened.kid == opened.cose_key.kid
    assert key.verify(opened.sign(b"m"), b"m")
    assert not key.verify(opened.sign(b"m"), b"n")


def test_the_seed_is_not_in_the_file(tmp_path: Path) -> None:
    seed = bytes(range(32))
    calls = iter([seed, bytes(28)])
    create_ed25519_key(tmp_path / "w.key", PASSPHRASE, lambda _: next(calls), n=FAST)
    assert seed.hex() not in (tmp_path / "w.key").read_text()


def test_what_a_key_file_refuses(tmp_path: Path) -> None:
    path = tmp_path / "w.key"
    create_ed25519_key(path, PASSPHRASE, os.urandom, n=FAST)
    with pytest.raises(KeyFileLocked):
        open_ed25519_key(path, "another passphrase")
    with pytest.raises(KeyFileUnsafe):
        create_ed25519_key(path, PASSPHRASE, os.urandom, n=FAST)
    with pytest.raises(KeyFileMalformed):  # an Ed25519 key is no SM2 key
        open_signer(f"software:{path}", lambda: PASSPHRASE)
    header = json.loads(path.read_text())
    path.write_text(json.dumps({**header, "public_key": "00" * 32}))
    with pytest.raises(KeyFileLocked):  # the public key is authenticated with the seed
        open_ed25519_key(path, PASSPHRASE)
    path.write_text(json.dumps({**header, "public_key": "00" * 65}))
    with pytest.raises(KeyFileMalformed):
        open_ed25519_key(path, PASSPHRASE)
    path.chmod(0o644)
    with pytest.raises(KeyFileUnsafe):
        open_ed25519_key(path, PASSPHRASE)
