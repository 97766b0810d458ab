"""Envelopes made by gmssl with fixed nonces: some that the key opens, and some that are none or do not open.

key  the recipient's private key, the scalar of 32 bytes in hexadecimal
"""

from __future__ import annotations

from typing import Any

from gmssl import sm4

from tests.support.der_edit import tlv
from tests.support.gmssl_oracle import gmssl_sm2
from tests.support.kit import STRANGER_KEY, TestSigner
from verifier.hazmat.sm3 import sm3

ROOT = "11990000MB9T00011H"
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
CONTENT_KEY, IV = bytes(range(16)), bytes(range(16, 32))


def cipher(message: bytes, public: bytes) -> bytes:
    """SM2Cipher, by the steps of GB/T 32918.4 clause 6.1."""
    oracle = gmssl_sm2(public)
    c1 = bytes.fromhex(oracle._kg(NONCE, oracle.ecc_table["g"]))
    shared = bytes.fromhex(oracle._kg(NONCE, oracle.public_key))
    stream = b"".join(sm3(shared + n.to_bytes(4, "big")) for n in range(1, len(message) // 32 + 2))
    masked = bytes(a ^ b for a, b in zip(message, stream, strict=False))
    digest = sm3(shared[:32] + message + shared[32:])
    return tlv(0x30, integer(c1[:32]) + integer(c1[32:]) + tlv(0x04, digest) + tlv(0x04, masked))


def integer(value: bytes) -> bytes:
    short = value.lstrip(b"\x00") or b"\x00"
    return tlv(0x02, b"\x00" + short if short[0] & 0x80 else short)


def cbc(content: bytes) -> bytes:
    block = sm4.CryptSM4()
    block.set_key(CONTENT_KEY, sm4.SM4_ENCRYPT)
    return block.crypt_cbc(IV, content)


def envelope(
    content: bytes, kid: bytes, key: bytes, *, iv: bytes = IV, version: int = 1, name: bytes = b"\x55\x04\x61"
) -> bytes:
    """From its parts; see docs/formats/envelope.md."""
    oid = {what: bytes.fromhex(f"06{len(code) // 2:02x}{code}") for what, code in OIDS.items()}
    issuer = tlv(0x30, tlv(0x31, tlv(0x30, tlv(0x06, name) + tlv(0x0C, ROOT.encode()))))
    recipient = (
        tlv(0x02, bytes([version]))
        + tlv(0x30, issuer + integer(kid))
        + tlv(0x30, oid["sm2"])
        + tlv(0x04, key)
    )  # fmt: skip
    inner = oid["data"] + tlv(0x30, oid["sm4-cbc"] + tlv(0x04, iv)) + tlv(0x80, content)
    enveloped = tlv(0x02, b"\x01") + tlv(0x31, tlv(0x30, recipient)) + tlv(0x30, inner)
    return tlv(0x30, oid["enveloped"] + tlv(0xA0, tlv(0x30, enveloped)))


OIDS = {
    "enveloped": "2a811ccf550601040203",
    "data": "2a811ccf550601040201",
    "sm2": "2a811ccf5501822d03",
    "sm4-cbc": "2a811ccf55016802",
}


PARTY = TestSigner(b"party's key for answers")
CONTENT = b'{"result":"UNDETERMINED"}'


def envelopes() -> dict[str, Any]:
    """The document."""
    return {
        "key": f"{PARTY.d:064x}",
        "kid": PARTY.key.kid.hex(),
        "registrar": ROOT,
        "accepted": [
            {"name": name, "envelope": made(content).hex(), "content": content.hex()}
            for name, content in {"answer": CONTENT, "nothing": b"", "whole-blocks": bytes(32)}.items()
        ],
        "refused": [
            *({"name": name, "envelope": data.hex(), "why": "malformed"} for name, data in _malformed().items()),
            *({"name": name, "envelope": data.hex(), "why": "closed"} for name, data in _closed().items()),
        ],
    }


def made(text: bytes = CONTENT, **changes: Any) -> bytes:
    padding = 16 - len(text) % 16
    parts: dict[str, Any] = {
        "content": cbc(text + bytes([padding]) * padding)[: len(text) + padding],
        "kid": PARTY.key.kid,
        "key": cipher(CONTENT_KEY, PARTY.key.public),
    }
    return envelope(**(parts | changes))


def _malformed() -> dict[str, bytes]:
    good = made()
    return {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "recipient-of-version-2": made(version=2),
        "named-by-common-name": made(name=b"\x55\x04\x03"),
        "initialisation-vector-of-15-bytes": made(iv=IV[:15]),
        "half-a-block": made(content=bytes(24)),
        "no-content": made(content=b""),
        "data-in-the-clear": good.replace(bytes.fromhex(OIDS["enveloped"]), bytes.fromhex(OIDS["data"])),
        "cipher-mode-ecb": good.replace(bytes.fromhex(OIDS["sm4-cbc"]), bytes.fromhex("2a811ccf55016801")),
        "key-id-of-nine-bytes": made(kid=b"\x01" + bytes(8)),
    }


def _closed() -> dict[str, bytes]:
    flipped = bytearray(cipher(CONTENT_KEY, PARTY.key.public))
    flipped[-1] ^= 1
    return {
        "for-somebody-else": made(key=cipher(CONTENT_KEY, STRANGER_KEY.key.public)),
        "key-of-15-bytes": made(key=cipher(CONTENT_KEY[:15], PARTY.key.public)),
        "flipped-key": made(key=bytes(flipped)),
        "padding-of-nothing": made(content=cbc(bytes(16))[:16]),
    }
