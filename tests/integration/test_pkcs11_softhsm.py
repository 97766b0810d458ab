"""The PKCS#11 binding against a real token, SoftHSM 2. It has no SM2: what is checked is everything else, with a key on
P-256 and plain ECDSA. The SM2 side is checked against a simulated token (tests/unit/certs/test_certs_pkcs11.py)."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.errors import PinRefused, SignerUnavailable, TokenKeyMissing, TokenUnavailable
from certs.keys import _cryptoki
from certs.keys.pkcs11 import Pkcs11Signer
from certs.keys.pkcs11_uri import TokenKey
from certs.keys.token import TokenSession
from verifier.hazmat.p256 import P256PublicKey

PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
          "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")  # fmt: skip
MODULE = next((place for place in PLACES if Path(place).is_file()), None)
PIN = "2468-sample"
P256 = bytes.fromhex("06082a8648ce3d030107")
ECDSA = 0x1041

pytestmark = pytest.mark.skipif(
    MODULE is None or shutil.which("softhsm2-util") is None, reason="no SoftHSM 2 (package softhsm2) on this machine"
)


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token "registry" with one key. Its configuration is read when the module starts, so one a process."""
    directory = tmp_path_factory.mktemp("softhsm")
    (directory / "tokens").mkdir()
    (directory / "conf").write_text(f"directories.tokendir = {directory / 'tokens'}\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(directory / "conf"))
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (directory / "key.pem").write_bytes(pem)
        util("--init-token", "--free", "--label", "registry", "--so-pin", "1357-sample", "--pin", PIN)
        named = ("--token", "registry", "--pin", PIN, "--label", "office 1", "--id", "a1b2")
        util("--import", str(directory / "key.pem"), *named)
        yield directory


def util(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", "--module", str(MODULE), *arguments], check=True, capture_output=True)


def key(directory: Path, pin: str = PIN, named: str = "object=office%201") -> TokenKey:
    path = directory / f"pin-{os.urandom(4).hex()}"
    path.write_text(pin)
    path.chmod(0o600)
    query = f"module-path={MODULE}&pin-source=file:{path}&mzt-mechanism={ECDSA:#x}"
    return TokenKey.parse(f"token=registry;{named}?{query}")


def verifies(session: TokenSession, message: bytes) -> bool:
    signature = session.sign(hashlib.sha256(message).digest())
    return P256PublicKey.parse(session.point).verify(signature, message)


@pytest.mark.parametrize("named", ["object=office%201", "id=%a1%b2", "object=office%201;id=%a1%b2;type=private"])
def test_find_log_in_and_sign(hsm: Path, named: str) -> None:
    session = TokenSession(key(hsm, named=named))
    assert session.parameters == P256
    assert all(verifies(session, b"message %d" % n) for n in range(3))
    session.close()
    assert verifies(session, b"opened again")
    session.close()


def test_a_session_that_is_closed_under_it_is_opened_again(hsm: Path) -> None:
    session = TokenSession(key(hsm))
    module = _cryptoki.module(str(MODULE))
    assert session._session is not None
    module.close_session(session._session)  # the last one: the token forgets the login, too
    assert verifies(session, b"message")
    session.close()


def test_a_wrong_pin_is_refused_and_not_tried_again(hsm: Path) -> None:
    with pytest.raises(PinRefused, match="login: CKR 0x000000a0"):
        TokenSession(key(hsm, "9999-wrong"))


@pytest.mark.parametrize("named", ["object=office%202", "id=%00"])
def test_a_key_that_is_not_there(hsm: Path, named: str) -> None:
    with pytest.raises(TokenKeyMissing, match="no private key"):
        TokenSession(key(hsm, named=named))


def test_a_token_that_is_not_there(hsm: Path) -> None:
    there = key(hsm)
    absent = TokenKey("elsewhere", there.label, None, there.module, there.pin_file, there.mechanism)
    with pytest.raises(TokenUnavailable, match="0 tokens"):
        TokenSession(absent)


def test_a_key_on_another_curve_signs_no_certificate(hsm: Path) -> None:
    with pytest.raises(SignerUnavailable, match="not on the SM2 curve"):
        Pkcs11Signer(key(hsm))
