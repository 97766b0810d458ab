"""Envelopes against implementations that are none of ours: Botan and gmssl open what we make, and make what we open.

Their parts are put together by a reader and a writer of this test: asn1crypto's, with the standard's own field names.
"""

from __future__ import annotations

import json
import secrets
import subprocess
from typing import Any, Final

import pytest
from asn1crypto import core, x509
from gmssl import sm4

from certs.envelope import Envelope, seal_to
from certs.keys._evp import PrivateKey
from tests.support.gmssl_oracle import gmssl_sm2

ROOT = "11990000MB9T00011H"
CONTENT = '{"result":"UNDETERMINED","说明":"示例"}'.encode() * 7
BOTAN = """
import json, sys, botan2
given = json.loads(sys.stdin.read())
key = botan2.PrivateKey.load_sm2("sm2p256v1", int(given["scalar"], 16))
what, data = given["what"], bytes.fromhex(given["data"])
if what == "decrypt":
    print(botan2.PKDecrypt(key, "SM3").decrypt(data).hex())
elif what == "encrypt":
    random = botan2.RandomNumberGenerator()
    print(botan2.PKEncrypt(key.get_public_key(), "SM3").encrypt(data, random).hex())
else:
    # its binding has too little room for the padding of what it encrypts: that is put on here
    cipher = botan2.SymmetricCipher("SM4/CBC/" + ("NoPadding" if what == "seal" else "PKCS7"), what == "seal")
    data += bytes([16 - len(data) % 16]) * (16 - len(data) % 16) if what == "seal" else b""
    cipher.set_key(bytes.fromhex(given["key"]))
    cipher.start(bytes.fromhex(given["iv"]))
    print(cipher.finish(data).hex())
"""


class IssuerAndSerialNumber(core.Sequence):
    _fields: Final = [("issuer", x509.Name), ("serial_number", core.Integer)]


class Algorithm(core.Sequence):
    _fields: Final = [("algorithm", core.ObjectIdentifier), ("parameters", core.OctetString, {"optional": True})]


class RecipientInfo(core.Sequence):
    _fields: Final = [
        ("version", core.Integer),
        ("issuer_and_serial_number", IssuerAndSerialNumber),
        ("key_encryption_algorithm", Algorithm),
        ("encrypted_key", core.OctetString),
    ]


class RecipientInfos(core.SetOf):
    _child_spec: Final = RecipientInfo


class EncryptedContentInfo(core.Sequence):
    _fields: Final = [
        ("content_type", core.ObjectIdentifier),
        ("content_encryption_algorithm", Algorithm),
        ("encrypted_content", core.OctetString, {"implicit": 0}),
    ]


class EnvelopedData(core.Sequence):
    _fields: Final = [
        ("version", core.Integer),
        ("recipient_infos", RecipientInfos),
        ("encrypted_content_info", EncryptedContentInfo),
    ]


class ContentInfo(core.Sequence):
    _fields: Final = [("content_type", core.ObjectIdentifier), ("content", EnvelopedData, {"explicit": 0})]


class SM2Cipher(core.Sequence):
    _fields: Final = [
        ("x", core.Integer),
        ("y", core.Integer),
        ("hash", core.OctetString),
        ("cipher", core.OctetString),
    ]


def botan(pair: PrivateKey, what: str, data: bytes, **more: str) -> bytes:
    given = {"scalar": pair.scalar().hex(), "what": what, "data": data.hex(), **more}
    done = subprocess.run(
        ["/usr/bin/python3", "-c", BOTAN],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "No module named 'botan2'" in done.stderr:
        pytest.skip("python3-botan is not installed")
    assert done.returncode == 0, done.stderr
    return bytes.fromhex(done.stdout.strip())


def parts(envelope: bytes) -> dict[str, Any]:
    """Read by asn1crypto, by the standard's definition."""
    info = ContentInfo.load(envelope, strict=True)
    assert info["content_type"].dotted == "1.2.156.10197.6.1.4.2.3"
    enveloped = info["content"]
    (recipient,) = enveloped["recipient_infos"]
    who = recipient["issuer_and_serial_number"]
    encrypted = enveloped["encrypted_content_info"]
    algorithm = encrypted["content_encryption_algorithm"]
    assert (enveloped["version"].native, recipient["version"].native) == (1, 1)
    assert recipient["key_encryption_algorithm"]["algorithm"].dotted == "1.2.156.10197.1.301.3"
    assert encrypted["content_type"].dotted == "1.2.156.10197.6.1.4.2.1"
    assert algorithm["algorithm"].dotted == "1.2.156.10197.1.104.2"
    return {
        "registrar": who["issuer"].native["organization_identifier"],
        "serial": who["serial_number"].native,
        "key": recipient["encrypted_key"].native,
        "iv": algorithm["parameters"].native,
        "content": encrypted["encrypted_content"].native,
    }


def test_botan_opens_ours() -> None:
    key = PrivateKey.generate()
    found = parts(seal_to(key.public(), CONTENT, ROOT, secrets.token_bytes))
    assert found["registrar"] == ROOT
    content_key = botan(key, "decrypt", found["key"])
    assert len(content_key) == 16
    opened = botan(key, "open", found["content"], key=content_key.hex(), iv=found["iv"].hex())
    assert opened == CONTENT


def test_gmssl_opens_ours() -> None:
    key = PrivateKey.generate()
    found = parts(seal_to(key.public(), CONTENT, ROOT, secrets.token_bytes))
    cipher = SM2Cipher.load(found["key"], strict=True)
    point = cipher["x"].native.to_bytes(32, "big") + cipher["y"].native.to_bytes(32, "big")
    oracle = gmssl_sm2(key.public(), bytes(key.scalar()))
    oracle.mode = 1  # C1 C3 C2
    content_key = oracle.decrypt(point + cipher["hash"].native + cipher["cipher"].native)
    block = sm4.CryptSM4()
    block.set_key(content_key, sm4.SM4_DECRYPT)
    assert block.crypt_cbc(found["iv"], found["content"]) == CONTENT


def test_we_open_what_botan_and_gmssl_made() -> None:
    key = PrivateKey.generate()
    ours = Envelope.parse(seal_to(key.public(), CONTENT, ROOT, secrets.token_bytes))
    content_key, iv = bytes(range(16)), bytes(range(16, 32))
    by_botan = botan(key, "seal", CONTENT, key=content_key.hex(), iv=iv.hex())
    block = sm4.CryptSM4()
    block.set_key(content_key, sm4.SM4_ENCRYPT)
    assert block.crypt_cbc(iv, CONTENT) == by_botan
    wrapped = botan(key, "encrypt", content_key)
    made = Envelope(ours.registrar, ours.kid, wrapped, iv, by_botan)
    assert made.open(key) == CONTENT
