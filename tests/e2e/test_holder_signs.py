"""What the holder's page signs, byte for byte against the Python side, and by another implementation of SM2."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from gmssl import func
from gmssl import sm3 as gmssl_sm3

from tests.e2e.chromium import NODE
from tests.support import kit
from tests.support.gmssl_oracle import gmssl_sm2
from verifier import httpsig
from verifier.cbor import encode
from verifier.cose import CoseKey, Sign1
from verifier.hazmat.sm2 import Sm2PublicKey
from verifier.hazmat.sm3 import sm3
from verifier.labels import CRV_SM2, TYP_PRESENTATION
from verifier.presentation import Presentation, presentation_payload

WEB = Path(__file__).parents[2] / "api/web"
AT = 1_800_000_000
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
CURVE = (
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)


def question() -> dict[str, Any]:
    """Keys at both ends of the range and between, messages of every padding, requests, one statement of each kind."""
    random_ = random.Random(20260905)
    secrets = [random_.randrange(1, ORDER - 1) for _ in range(6)] + [1, ORDER - 2]
    return {
        "secrets": [d.to_bytes(32, "big").hex() for d in secrets],
        "messages": [random_.randbytes(n).hex() for n in (0, 1, 55, 64, 300)],
        "requests": [
            {"authority": a, "path": p, "body": b, "created": AT, "nonce": random_.randbytes(16).hex()}
            for a, p, b in (
                ("minzheng.example", "/v1/holder/codes", "{}"),
                ("127.0.0.1:8080", "/v1/holder/consents/decide", '{"trx":"00ff","名":"值"}'),
                ("MinZheng.Example", "/v1/holder/file", '{"cti":"00"}'),
            )
        ],
        "presentation": {
            "audience": "91990000MA9T000695",
            "nonce": bytes(range(16)).hex(),
            "file": kit.holder_file().hex(),
            "binding": b"binding".hex(),
            "at": AT,
        },
        "decision": {
            "party": "91990000MA9T000695",
            "trx": bytes(range(16)).hex(),
            "notice": '{"zh":"说明"}',
            "decision": "withdraw",
            "at": AT,
        },
        "code": " oa1b-2c3d 4e5f-6g7h",
    }


@pytest.fixture(scope="module")
def answered() -> tuple[dict[str, Any], dict[str, Any]]:
    node = shutil.which("node") or (str(NODE) if NODE.exists() else None)
    if node is None or not (WEB / "node_modules/@noble/curves").is_dir():
        pytest.skip("no Node or no node_modules (make web)")
    given = question()
    command = [node, Path(__file__).with_name("holder-signs.mjs")]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=True)
    return given, json.loads(done.stdout)


def key_of(answer: dict[str, Any]) -> CoseKey:
    return CoseKey(CRV_SM2, bytes.fromhex(answer["keys"][0]["public"]))


def gmssl_takes(public: bytes, message: bytes, signature: str) -> bool:
    z = gmssl_sm3.sm3_hash(func.bytes_to_list(b"\x00\x80" + b"1234567812345678" + bytes.fromhex(CURVE) + public[1:]))
    e = gmssl_sm3.sm3_hash(func.bytes_to_list(bytes.fromhex(z) + message))
    return bool(gmssl_sm2(public).verify(signature, bytes.fromhex(e)))


def test_signatures_are_good_for_both_verifiers(answered: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given, answer = answered
    for key in answer["keys"]:
        public = bytes.fromhex(key["public"])
        ours = Sm2PublicKey.parse(public)
        assert CoseKey(CRV_SM2, public).kid.hex() == key["kid"]
        for message, signature in zip(given["messages"], key["signatures"], strict=True):
            assert ours.verify(bytes.fromhex(signature), bytes.fromhex(message))
            assert gmssl_takes(public, bytes.fromhex(message), signature)
    assert (
        gmssl_takes(bytes.fromhex(answer["keys"][0]["public"]), b"other", answer["keys"][0]["signatures"][0]) is False
    )


def test_requests_are_those_of_the_profile(answered: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given, answer = answered
    key = key_of(answer)
    for asked, sent in zip(given["requests"], answer["requests"], strict=True):
        body = asked["body"].encode()
        target = httpsig.Target("POST", asked["authority"].lower(), asked["path"])
        headers = sent["headers"]
        found = httpsig.SignedRequest.parse(headers["Signature-Input"], headers["Signature"], headers["Content-Digest"])
        ready = httpsig.prepare(target, body, found.parameters)
        assert (ready.base.hex(), dict(ready.fields)["Signature-Input"]) == (sent["base"], headers["Signature-Input"])
        assert found.verify(key, target)
        assert found.holds(body)
        assert found.timely(AT)
        assert found.parameters.keyid == key.kid.hex()


def test_statements_are_those_of_the_formats(answered: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given, answer = answered
    key = key_of(answer)
    shown = Presentation.parse(bytes.fromhex(answer["presentation"]))
    asked = given["presentation"]
    file, binding = bytes.fromhex(asked["file"]), bytes.fromhex(asked["binding"])
    expected = presentation_payload(asked["audience"], bytes.fromhex(asked["nonce"]), AT, AT + 300, file, binding)
    assert shown.sign1.payload == expected
    assert shown.sign1.verify(key)
    assert Sign1.parse(bytes.fromhex(answer["presentation"]), typ=TYP_PRESENTATION, max_bytes=1 << 20).encode() == (
        bytes.fromhex(answer["presentation"])
    )
    decided = Sign1.parse(bytes.fromhex(answer["decision"]), typ="mz-consent+cwt")
    given_ = given["decision"]
    claims = {
        3: given_["party"],
        6: AT,
        7: bytes.fromhex(given_["trx"]),
        -65600: {1: sm3(given_["notice"].encode()), 2: 3},
    }
    assert decided.payload == encode(claims)
    assert decided.verify(key)
    characters, message = answer["activation"]
    assert characters == "0A1B2C3D4E5F6G7H"
    assert bytes.fromhex(message) == b"mz-activate/1\0" + characters.encode() + b"\0" + key.public
