"""Envelopes: what opens, what does not, and that no refusal says why."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from certs.envelope import MAX_BYTES, Envelope, seal_to
from certs.errors import DecryptionFailed, SigningFailed
from certs.keys._evp import PrivateKey
from certs.keys.sm2_encryption import decrypt, encrypt_to
from tests.support.der_edit import tlv
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.labels import CRV_SM2

ROOT = "11990000MB9T00011H"
KEY = PrivateKey.generate()


def made(content: bytes = b"content") -> bytes:
    return seal_to(KEY.public(), content, ROOT, secrets.token_bytes)


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 300, 70_000])
def test_what_went_in_comes_out(length: int) -> None:
    content = secrets.token_bytes(length)
    envelope = Envelope.parse(made(content))
    assert envelope.open(KEY) == content
    assert (envelope.registrar, envelope.kid) == (ROOT, CoseKey(CRV_SM2, KEY.public()).kid)


def test_no_two_are_alike() -> None:
    assert len({Envelope.parse(made()).content for _ in range(4)}) == 4


def test_another_key_and_altered_parts_are_refused_in_the_same_words() -> None:
    envelope = Envelope.parse(made(b"x" * 40))
    said = set()
    altered: list[tuple[Envelope, PrivateKey]] = [(envelope, PrivateKey.generate())]
    for part in ("encrypted_key", "content"):
        data = bytearray(getattr(envelope, part))
        data[-1] ^= 1
        changed = {"encrypted_key": envelope.encrypted_key, "content": envelope.content, part: bytes(data)}
        altered.append((Envelope(envelope.registrar, envelope.kid, iv=envelope.iv, **changed), KEY))
    altered.append((Envelope(ROOT, envelope.kid, b"", envelope.iv, envelope.content), KEY))
    altered.append(
        (Envelope(ROOT, envelope.kid, encrypt_to(KEY.public(), bytes(15)), envelope.iv, envelope.content), KEY)
    )
    for bad, key in altered:
        with pytest.raises(DecryptionFailed) as refused:
            bad.open(key)
        said.add(str(refused.value))
    assert len(said) == 1


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "cut short": lambda data: data[:-1],
    "one byte more": lambda data: data + b"\x00",
    "another content type": lambda data: data.replace(
        bytes.fromhex("06010402 03".replace(" ", "")), b"\x06\x01\x04\x02\x02"
    ),
    "another version": lambda data: data.replace(b"\x02\x01\x01\x31", b"\x02\x01\x02\x31"),
    "another cipher": lambda data: data.replace(bytes.fromhex("2a811ccf55016802"), bytes.fromhex("2a811ccf55016801")),
    "another name": lambda data: data.replace(b"\x55\x04\x61", b"\x55\x04\x03"),
    "not DER": lambda data: b"\x30\x80" + data[4:] + b"\x00\x00",
    "no sequence": lambda data: tlv(0x31, data[4:]),
    "too large": lambda _: bytes(MAX_BYTES + 1),
}


@pytest.mark.parametrize("how", BROKEN)
def test_another_form_is_malformed(how: str) -> None:
    whole = made(b"x" * 40)
    broken = BROKEN[how](whole)
    assert broken != whole
    with pytest.raises(Malformed):
        Envelope.parse(broken)


def test_a_point_that_is_none_gets_nothing() -> None:
    for public in (b"", KEY.public()[:-1], b"\x04" + bytes(64), KEY.public()[:-1] + bytes([KEY.public()[-1] ^ 1])):
        with pytest.raises(SigningFailed):
            encrypt_to(public, b"key")
    assert decrypt(KEY, encrypt_to(KEY.public(), b"key")) == b"key"


def test_more_than_it_holds() -> None:
    with pytest.raises(ValueError, match="more than an envelope holds"):
        made(bytes(MAX_BYTES))
