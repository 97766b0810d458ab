"""SM2 keys in a token: against a simulated one, since no software token with SM2 is to be had."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from certs.errors import (
    KeyFileMalformed,
    KeyFileUnsafe,
    PinRefused,
    SignerUnavailable,
    SigningFailed,
    TokenKeyMissing,
    TokenUnavailable,
)
from certs.keys import Pkcs11Signer, open_signer
from certs.keys.pkcs11_uri import TokenKey
from tests.simulators.token import MECHANISM, PIN, SimulatedToken, plug_in
from verifier.cose import CoseKey
from verifier.labels import ALG_SM2, CRV_SM2


@pytest.fixture
def token() -> SimulatedToken:
    return SimulatedToken()


@pytest.fixture
def uri(token: SimulatedToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    module = plug_in(monkeypatch, token)
    return f"pkcs11:token=registry;object=office-1?{query(module, pin_file(tmp_path))}"


def pin_file(directory: Path, pin: bytes = PIN + b"\n") -> Path:
    path = directory / "pin"
    path.write_bytes(pin)
    path.chmod(0o600)
    return path


def query(module: str, pin: Path) -> str:
    return f"module-path={module}&pin-source=file:{pin}&mzt-mechanism={MECHANISM:#x}"


def opened(uri: str) -> Pkcs11Signer:
    signer = open_signer(uri, lambda: pytest.fail("the passphrase of key files is not the token's"))
    assert isinstance(signer, Pkcs11Signer)
    return signer


@pytest.mark.parametrize("der", [False, True])
@pytest.mark.parametrize("raw_point", [False, True])
def test_signatures_verify_under_the_key_that_the_token_shows(
    token: SimulatedToken, uri: str, der: bool, raw_point: bool
) -> None:
    token.der, token.raw_point = der, raw_point
    signer = opened(uri)
    public = CoseKey(CRV_SM2, token.key.public())
    assert (signer.public_key, signer.kid, signer.alg) == (public.public, public.kid, ALG_SM2)
    for n, signature in enumerate(signer.sign_many([b"message %d" % n for n in range(5)])):
        assert len(signature) == 64
        assert public.verify(signature, b"message %d" % n)
    assert not public.verify(signer.sign(b"one"), b"another")
    signer.close()
    assert token.sessions == set()


@pytest.mark.parametrize("loss", ["reset", "pull"])
def test_a_lost_session_is_opened_again(token: SimulatedToken, uri: str, loss: str) -> None:
    signer = opened(uri)
    getattr(token, loss)()
    if loss == "pull":
        for _ in range(2):
            with pytest.raises(TokenUnavailable, match="0 tokens of that name"):
                signer.sign(b"x")
        token.there = True
    assert signer.cose_key.verify(signer.sign(b"x"), b"x")
    assert (token.calls["login"], len(token.sessions)) == (2, 1)


def test_a_token_that_comes_back_with_another_key_is_refused(token: SimulatedToken, uri: str) -> None:
    signer = opened(uri)
    token.reset()
    token.key = SimulatedToken().key
    with pytest.raises(TokenKeyMissing, match="another key"):
        signer.sign(b"x")


def test_a_refused_pin_is_not_tried_twice(token: SimulatedToken, uri: str, tmp_path: Path) -> None:
    signer = opened(uri)
    token.reset()
    pin_file(tmp_path, b"13579-wrong")
    for _ in range(3):
        with pytest.raises(PinRefused) as caught:
            signer.sign(b"x")
        assert "13579" not in str(caught.value) + repr(caught.value.__cause__) + repr(caught.value.__context__)
    assert token.calls["login"] == 2  # the good one, and one bad one
    with pytest.raises(PinRefused, match="refuses the PIN: login: CKR 0x000000a0"):
        opened(uri)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ("token=other;object=office-1", TokenUnavailable, "0 tokens"),
        ("token=registry;object=office-2", TokenKeyMissing, "no private key"),
        ("token=registry;id=%02", TokenKeyMissing, "no private key"),
    ],
)
def test_what_is_not_in_the_token_is_said(uri: str, change: str, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        opened("pkcs11:" + change + "?" + uri.partition("?")[2])


def test_a_key_by_its_id(uri: str) -> None:
    opened("pkcs11:token=registry;id=%01;type=private?" + uri.partition("?")[2]).close()


@pytest.mark.parametrize("code", [0x005, 0x070, 0x021])
def test_a_refusal_to_sign_is_typed_and_no_reason_to_log_in_again(token: SimulatedToken, uri: str, code: int) -> None:
    signer = opened(uri)
    token.error = code
    with pytest.raises(SigningFailed, match=f"sign_init: CKR 0x{code:08x}"):
        signer.sign(b"x")
    token.error = 0
    signer.sign(b"x")
    assert token.calls["login"] == 1


def test_a_key_of_another_curve_is_refused(token: SimulatedToken, uri: str) -> None:
    token.curve = bytes.fromhex("06082a8648ce3d030107")
    with pytest.raises(SignerUnavailable, match="not on the SM2 curve"):
        opened(uri)
    assert token.sessions == set()


def test_the_pin_s_file_must_be_private(uri: str, tmp_path: Path) -> None:
    (tmp_path / "pin").chmod(0o644)
    with pytest.raises(KeyFileUnsafe, match="mode 0600"):
        opened(uri)
    pin_file(tmp_path, b"\n")
    with pytest.raises(KeyFileMalformed, match="empty"):
        opened(uri)


def test_no_such_module(uri: str, tmp_path: Path) -> None:
    for path in (tmp_path / "none.so", Path(__file__)):
        with pytest.raises(TokenUnavailable, match="no PKCS#11 module"):
            opened(f"pkcs11:token=registry;object=office-1?{query(str(path), tmp_path / 'pin')}")


def test_threads_share_one_session(token: SimulatedToken, uri: str) -> None:
    signer = opened(uri)
    bad: list[int] = []

    def work(n: int) -> None:
        for i in range(10):
            if not signer.cose_key.verify(signer.sign(b"%d %d" % (n, i)), b"%d %d" % (n, i)):
                bad.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not bad
    assert token.calls == {"login": 1, "sign": 40, "open_session": 1}


GOOD = "token=a;object=b?module-path=/m.so&pin-source=file:/p&mzt-mechanism=0x80000105"


def test_a_uri_is_decoded() -> None:
    key = TokenKey.parse(
        GOOD.replace("object=b", "object=%E7%AC%AC%E4%B8%80;id=%00%ff").replace("token=a", "token=a%20b")
    )
    assert (key.token, key.label, key.id, key.mechanism) == ("a b", "第一", b"\x00\xff", 0x80000105)
    assert key.pin_file == Path("/p")
    assert "/p" not in repr(key)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("token=a;", "", "needs token"),
        ("object=b", "type=private", "needs object or id"),
        ("module-path=/m.so&", "", "needs module-path"),
        ("&mzt-mechanism=0x80000105", "", "needs mzt-mechanism"),
        ("pin-source=file:/p&", "", "needs pin-source"),
        ("pin-source=file:/p", "pin-value=1234", "must not stand in a URI"),
        ("file:/p", "http://host/p", "file:/ and a path"),
        ("/m.so", "m.so", "must be absolute"),
        ("0x80000105", "80000105", "a number such as"),
        ("object=b", "object=b;type=public", "type must be private"),
        ("object=b", "object=b;object=c", "double"),
        ("object=b", "object=b;serial=1", "unknown"),
        ("object=b", "object=%zz", "not well formed"),
        ("object=b", "object=%ff", "not UTF-8"),
    ],
)
def test_a_uri_that_cannot_be_used_says_why_and_no_value(old: str, new: str, match: str) -> None:
    assert old in GOOD
    with pytest.raises(SignerUnavailable, match=match) as caught:
        TokenKey.parse(GOOD.replace(old, new))
    assert "1234" not in str(caught.value)
