"""Software keys: right signatures by two outside opinions, and key files that refuse everything unsafe."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from gmssl import func

from certs.errors import KeyFileLocked, KeyFileMalformed, KeyFileUnsafe, SignerUnavailable, SigningFailed
from certs.keys import PrivateKey, SoftwareSigner, create_software_key, open_signer
from certs.keys.der import ORDER, der_to_raw
from certs.keys.keyfile import load_key, save_key, wipe
from certs.ports import Signer
from tests.support.gmssl_oracle import gmssl_sm2
from verifier.cose import CoseKey
from verifier.hazmat.sm2 import Sm2PublicKey, available_backends, forced_backend
from verifier.labels import ALG_SM2, CRV_SM2

PASSPHRASE = "correct horse battery"
N = 1024  # scrypt cost in tests


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    path = tmp_path / "office.key"
    save_key(path, PrivateKey.generate(), PASSPHRASE, os.urandom, n=N)
    return path


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    path.chmod(0o600)


def test_every_backend_of_the_verifier_accepts() -> None:
    signer: Signer = SoftwareSigner(PrivateKey.generate())
    public = Sm2PublicKey.parse(signer.public_key)
    for message in (b"", b"a", os.urandom(1000)):
        signature = signer.sign(message)
        assert len(signature) == 64
        for name in available_backends():
            with forced_backend(name):
                assert public.verify(signature, message)
                assert not public.verify(signature, message + b"\x00")


def test_gmssl_accepts() -> None:
    signer = SoftwareSigner(PrivateKey.generate())
    oracle = gmssl_sm2(signer.public_key)
    for i in range(8):
        message = b"certificate %d" % i
        assert oracle.verify_with_sm3(signer.sign(message).hex(), message)
        assert not oracle.verify_with_sm3(signer.sign(message).hex(), message + b"!")


def test_a_gmssl_signature_with_our_key_is_accepted_by_the_verifier() -> None:
    key = PrivateKey.generate()
    oracle = gmssl_sm2(key.public(), bytes(key.scalar()))
    digest = bytes.fromhex(oracle._sm3_z(b"message"))
    signature = bytes.fromhex(oracle.sign(digest, func.random_hex(oracle.para_len)))
    assert CoseKey(CRV_SM2, key.public()).verify(signature, b"message")


def test_nonces_differ() -> None:
    signer = SoftwareSigner(PrivateKey.generate())
    assert len({signer.sign(b"same")[:32] for _ in range(20)}) == 20


@pytest.mark.parametrize("process", [False, True])
def test_many_signatures_come_in_order(process: bool) -> None:
    signer = SoftwareSigner(PrivateKey.generate(), process=process)
    messages = [b"message %d" % i for i in range(50)]
    public = CoseKey(CRV_SM2, signer.public_key)
    signatures = list(signer.sign_many(messages))
    assert all(public.verify(s, m) for s, m in zip(signatures, messages, strict=True))
    signer.close()
    signer.close()


def test_threads_share_one_signer() -> None:
    signer = SoftwareSigner(PrivateKey.generate())
    public = CoseKey(CRV_SM2, signer.public_key)
    bad: list[int] = []

    def work(n: int) -> None:
        for i in range(20):
            message = b"%d %d" % (n, i)
            if not public.verify(signer.sign(message), message):
                bad.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not bad


def test_file_round_trip_by_uri(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    made = create_software_key(path, PASSPHRASE, os.urandom, n=N)
    opened = open_signer(f"software:{path}", lambda: PASSPHRASE)
    assert (opened.public_key, opened.kid, opened.alg) == (made.public_key, made.kid, ALG_SM2)
    assert made.cose_key.verify(opened.sign(b"x"), b"x")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["office.key"]


def test_the_file_holds_no_secret_in_clear(tmp_path: Path) -> None:
    key = PrivateKey.generate()
    path = tmp_path / "k"
    save_key(path, key, PASSPHRASE, os.urandom, n=N)
    text = path.read_text()
    assert bytes(key.scalar()).hex() not in text
    assert PASSPHRASE not in text


def test_an_existing_file_is_not_overwritten(key_path: Path) -> None:
    before = key_path.read_bytes()
    with pytest.raises(KeyFileUnsafe, match="exists already"):
        save_key(key_path, PrivateKey.generate(), PASSPHRASE, os.urandom, n=N)
    assert key_path.read_bytes() == before


def test_short_passphrase(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="12 characters"):
        save_key(tmp_path / "k", PrivateKey.generate(), "short", os.urandom, n=N)
    assert not list(tmp_path.iterdir())


def test_wrong_passphrase(key_path: Path) -> None:
    with pytest.raises(KeyFileLocked, match="wrong passphrase"):
        load_key(key_path, "another passphrase")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_file_that_others_can_touch_is_refused(key_path: Path, mode: int) -> None:
    key_path.chmod(mode)
    with pytest.raises(KeyFileUnsafe, match="mode 0600"):
        load_key(key_path, PASSPHRASE)


def test_links_directories_and_absent_files_are_refused(key_path: Path) -> None:
    link = key_path.with_name("link")
    link.symlink_to(key_path)
    for path in (link, key_path.with_name("absent")):
        with pytest.raises(KeyFileUnsafe, match="cannot be opened"):
            load_key(path, PASSPHRASE)
    with pytest.raises(KeyFileUnsafe, match="regular file"):
        load_key(key_path.parent, PASSPHRASE)


def test_a_pipe_does_not_hang_the_start(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileUnsafe, match="regular file"):
        load_key(tmp_path / "pipe", PASSPHRASE)


def test_every_truncation_is_malformed(key_path: Path) -> None:
    whole = key_path.read_bytes()
    for length in (0, 1, 50, len(whole) // 2, len(whole) - 3):
        key_path.write_bytes(whole[:length])
        with pytest.raises(KeyFileMalformed):
            load_key(key_path, PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        {"n": 1 << 30},
        {"n": 1000},
        {"n": "1024"},
        {"n": True},
        {"r": 64},
        {"p": 0},
        {"format": "mzt-sm2-key/2"},
        {"cipher": "none"},
        {"salt": "00"},
        {"nonce": "zz" * 12},
        {"ciphertext": "00" * 47},
        {"public_key": None},
        {"comment": "x"},
    ],
)
def test_other_members_are_malformed(key_path: Path, changes: dict[str, object]) -> None:
    edit(key_path, **changes)
    with pytest.raises(KeyFileMalformed):
        load_key(key_path, PASSPHRASE)


@pytest.mark.parametrize("member", ["salt", "nonce", "ciphertext", "public_key"])
def test_every_member_is_authenticated(key_path: Path, member: str) -> None:
    value = json.loads(key_path.read_text())[member]
    edit(key_path, **{member: value[:-1] + ("0" if value[-1] != "0" else "1")})
    with pytest.raises(KeyFileLocked):
        load_key(key_path, PASSPHRASE)


def test_halves_that_do_not_belong_together_are_refused() -> None:
    a, b = PrivateKey.generate(), PrivateKey.generate()
    with pytest.raises(SigningFailed, match="libcrypto refused"):
        PrivateKey.load(a.scalar(), b.public())


@pytest.mark.parametrize("uri", ["pkcs11:token=x", "software", "software:relative/path", "software://host/key", ""])
def test_uris_that_are_not_served(uri: str) -> None:
    with pytest.raises(SignerUnavailable):
        open_signer(uri, lambda: PASSPHRASE)


def test_wipe() -> None:
    secret = bytearray(b"secret")
    wipe(secret)
    assert secret == bytearray(6)
    wipe(bytearray())


R, S = (5).to_bytes(1, "big"), (7).to_bytes(1, "big")
GOOD = b"\x30\x06\x02\x01" + R + b"\x02\x01" + S


def test_der_good() -> None:
    assert der_to_raw(GOOD) == bytes(31) + R + bytes(31) + S
    top = (ORDER - 1).to_bytes(32, "big")
    assert der_to_raw(b"\x30\x26\x02\x21\x00" + top + b"\x02\x01\x02") == top + bytes(31) + b"\x02"


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        GOOD[:-1],
        GOOD + b"\x00",
        b"\x31" + GOOD[1:],
        b"\x30\x81\x06" + GOOD[2:],
        b"\x30\x07\x02\x02\x00\x05\x02\x01\x07",
        b"\x30\x06\x02\x01\x85\x02\x01\x07",
        b"\x30\x06\x02\x01\x00\x02\x01\x07",
        b"\x30\x06\x03\x01\x05\x02\x01\x07",
        b"\x30\x05\x02\x00\x02\x01\x07",
        b"\x30\x26\x02\x21\x00" + ORDER.to_bytes(32, "big") + b"\x02\x01\x02",
        b"\x30\x26\x02\x21\x00" + (ORDER - 1).to_bytes(32, "big") + b"\x02\x01\x01",
    ],
)
def test_der_refusals(der: bytes) -> None:
    with pytest.raises(SigningFailed, match="signature"):
        der_to_raw(der)
