"""The golden vectors, read by strangers: cbor2 for the encoding, gmssl for SM2, cryptography for the other two.

Generator and verifier share modules, and a slip in one of them would be in both. Nothing of ours but the vectors and
the numbers is used here.

gmssl's quirks: it takes 128 hexadecimal digits without `04` (it strips leading 0 and 4 digits from anything longer),
checks no ranges, and wants ZA with the message hashed by the caller's hand.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256
from gmssl import func, sm3

from tests.support.gmssl_oracle import gmssl_sm2

VECTORS = {p.stem: json.loads(p.read_text()) for p in sorted((Path(__file__).parent / "assess").glob("*.json"))}
POSITIVE = [name for name, v in VECTORS.items() if v["expected"]["outcome"] == "PASSED"]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
SM2, ES256, EDDSA = -65537, -7, -8
SM2_P256_B = "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
SM2_P256_G = (
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)
SM2_P256_A = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"


def from_base45(text: str) -> bytes:
    out = b""
    for i in range(0, len(text), 3):
        group = [ALPHABET.index(c) for c in text[i : i + 3]]
        value = sum(d * 45**n for n, d in enumerate(group))
        out += value.to_bytes(len(group) - 1, "big")
    return out


def statement_of(vector: dict[str, Any]) -> bytes:
    if "input_b64" in vector:
        return holder_file_in(b64decode(vector["input_b64"]))
    text: str = vector["input_text"]
    if text.startswith("MZ1:"):
        return from_base45(text[4:])
    data = text.partition("#")[2]
    return b64decode(data + "=" * (-len(data) % 4), altchars=b"-_")


def holder_file_in(data: bytes) -> bytes:
    """The file itself, or the one that a document carries: found by the standard library's ZIP and by hand in a PDF."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return package.read("Doc_0/Attachs/certificate.mzc")
    if data.startswith(b"%PDF"):
        head, _, rest = data.partition(b"/Type/EmbeddedFile")
        length = int(head.rpartition(b"/Length ")[2])
        found = rest.partition(b"stream\n")[2][:length]
        return zlib.decompress(found) if rest.startswith(b"/Filter") else found
    return data


def canonical(data: bytes) -> Any:
    """Decode, and show that the bytes are what another canonical encoder makes of the value."""
    value = cbor2.loads(data)
    assert _dumps(value) == data
    return value


def _dumps(value: Any) -> bytes:
    """RFC 8949 section 4.2.1. (cbor2's `canonical` sorts by length first, as RFC 7049 did: keys are sorted here.)"""
    if isinstance(value, dict):
        items = sorted((_dumps(k), _dumps(v)) for k, v in value.items())
        return _head(0xA0, len(items)) + b"".join(k + v for k, v in items)
    if isinstance(value, list | tuple):
        return _head(0x80, len(value)) + b"".join(map(_dumps, value))
    if isinstance(value, cbor2.CBORTag):
        return _head(0xC0, value.tag) + _dumps(value.value)
    return cbor2.dumps(value)


def _head(major: int, n: int) -> bytes:
    encoded = cbor2.dumps(n)
    return bytes([encoded[0] | major]) + encoded[1:]


@cache
def gmssl_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    point = public[1:].hex()
    za = sm3.sm3_hash(
        func.bytes_to_list(
            b"\x00\x80"
            + b"1234567812345678"
            + bytes.fromhex(SM2_P256_A + SM2_P256_B + SM2_P256_G)
            + bytes.fromhex(point)
        )
    )
    e = sm3.sm3_hash(func.bytes_to_list(bytes.fromhex(za) + message))
    return bool(gmssl_sm2(public).verify(signature.hex(), bytes.fromhex(e)))


def verifies(key: dict[int, Any], protected: bytes, payload: bytes, signature: bytes) -> bool:
    message = cbor2.dumps(["Signature1", protected, b"", payload])
    curve = key[-1]
    assert cbor2.loads(protected)[1] == {-65537: SM2, 1: ES256, 6: EDDSA}[curve]
    if curve == -65537:
        return gmssl_verifies(b"\x04" + key[-2] + key[-3], message, signature)
    try:
        if curve == 6:
            ed25519.Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, message)
        else:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + key[-2] + key[-3])
            r, s = (int.from_bytes(signature[i : i + 32], "big") for i in (0, 32))
            public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def kid(key: dict[int, Any]) -> bytes:
    return bytes.fromhex(sm3.sm3_hash(func.bytes_to_list(_dumps(key))))[:8]


def trust(vector: dict[str, Any]) -> dict[int, Any]:
    tag = canonical(b64decode(vector["trust_b64"]))
    protected, unprotected, payload, signature = tag.value
    bundle = canonical(payload)
    assert (tag.tag, unprotected) == (18, {})
    assert verifies(bundle[5], protected, payload, signature)
    return bundle  # type: ignore[no-any-return]


def issuer_key(bundle: dict[int, Any], uscc: str, key_id: bytes) -> dict[int, Any]:
    (found,) = [k[1] for i in bundle[6] if i[1] == uscc for k in i[3] if kid(k[1]) == key_id]
    return found  # type: ignore[no-any-return]


def open_signed(bundle: dict[int, Any], data: bytes) -> tuple[dict[int, Any], dict[int, Any]]:
    """Claims and unprotected header of a good signature by the issuer that the claims name."""
    tag = canonical(data)
    assert tag.tag == 18
    protected, unprotected, payload, signature = tag.value
    claims = canonical(payload)
    key = issuer_key(bundle, claims[1], canonical(protected)[4])
    assert verifies(key, protected, payload, signature)
    return claims, unprotected


@pytest.mark.parametrize("name", POSITIVE)
def test_encoding_and_signatures(name: str) -> None:
    vector = VECTORS[name]
    bundle = trust(vector)
    claims, unprotected = open_signed(bundle, statement_of(vector))
    assert set(claims) <= {1, 4, 5, 6, 7, 65535, -65600}
    assert set(unprotected) <= {394, -65601, -65602, -65605}


def sm3_of(data: bytes) -> bytes:
    return bytes.fromhex(sm3.sm3_hash(func.bytes_to_list(data)))


@pytest.mark.parametrize("name", [n for n in POSITIVE if "input_b64" in VECTORS[n]])
def test_disclosures_lead_to_the_signed_root(name: str) -> None:
    claims, unprotected = open_signed(trust(VECTORS[name]), statement_of(VECTORS[name]))
    for slot, salt, field, value, path in unprotected.get(-65601, []):
        node = sm3_of(b"\x00" + _dumps([salt, field, value]))
        for level, sibling in enumerate(path):
            pair = sibling + node if slot >> level & 1 else node + sibling
            node = sm3_of(b"\x01" + pair)
        assert node == claims[-65600][3]


def _tree_hash(vds: int, data: bytes) -> bytes:
    return hashlib.sha256(data).digest() if vds == 1 else sm3_of(data)


def _hmac_sm3(key: bytes, data: bytes) -> bytes:
    """RFC 2104 by hand, over gmssl's SM3 (block of 64 bytes)."""
    block = key.ljust(64, b"\x00")
    inner = sm3_of(bytes(b ^ 0x36 for b in block) + data)
    return sm3_of(bytes(b ^ 0x5C for b in block) + inner)


def _root(vds: int, leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3: rebuilt along the recursion, the last hash of the path joining the halves."""
    if size == 1:
        assert not path
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return _tree_hash(vds, b"\x01" + _root(vds, leaf, index, half, path[:-1]) + path[-1])
    return _tree_hash(vds, b"\x01" + path[-1] + _root(vds, leaf, index - half, size - half, path[:-1]))


def receipt_root(receipt: bytes, salt: bytes, statement: bytes) -> tuple[dict[int, Any], bytes]:
    """What a receipt's header says, and the root that its path leads to."""
    header, proofs, _, _ = canonical(receipt).value
    signed = canonical(header)
    size, index, path = canonical(proofs[396][-1][0])
    assert size == signed[-65604]
    vds = signed[395]
    entry = _dumps({1: 1, 2: _hmac_sm3(salt, sm3_of(statement))})
    return signed, _root(vds, _tree_hash(vds, b"\x00" + entry), index, size, path)


WITH_RECEIPTS = ("file-", "receipt-", "key-revoked", "anchor-", "witness-", "log-")


@pytest.mark.parametrize("name", [n for n in POSITIVE if n.startswith(WITH_RECEIPTS)])
def test_receipts_of_known_logs_are_good(name: str) -> None:
    vector = VECTORS[name]
    logs = {log[1]: log for log in trust(vector)[7]}
    protected, unprotected, payload, signature = cbor2.loads(statement_of(vector)).value
    statement = _dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
    for receipt in unprotected.get(394, []):
        header, _, detached, log_signature = canonical(receipt).value
        log = logs.get(canonical(header)[15][1])
        if log is None:
            continue
        signed, root = receipt_root(receipt, unprotected[-65602], statement)
        assert (detached, log[2]) == (None, signed[395])
        (key,) = [k[1] for k in log[3] if kid(k[1]) == signed[4]]
        assert verifies(key, header, root, log_signature)


def test_status_list_bits() -> None:
    """The bit of the certificate, by zlib alone: 0 in the good vector, 1 in the one of a revoked certificate."""
    for name, expected in (("code-marriage-base45", 0), ("status-not-valid", 1)):
        vector = VECTORS[name]
        bundle = trust(vector)
        claims, _ = open_signed(bundle, statement_of(vector))
        listed, _ = open_signed(bundle, b64decode(vector["status_b64"][0]))
        reference = claims[65535]["status_list"]
        assert listed[2] == reference["uri"]
        bitmap = zlib.decompress(listed[65533]["lst"])
        assert bitmap[reference["idx"] // 8] >> reference["idx"] % 8 & 1 == expected


@pytest.mark.parametrize("name", [n for n in VECTORS if VECTORS[n]["expected"]["reason"] == "SIGNATURE_INVALID"])
def test_wrong_signatures_are_wrong_for_others_too(name: str) -> None:
    vector = VECTORS[name]
    bundle = trust(vector)
    protected, _, payload, signature = cbor2.loads(statement_of(vector)).value
    try:
        key = issuer_key(bundle, cbor2.loads(payload)[1], cbor2.loads(protected)[4])
    except ValueError:
        pytest.fail("the vector's key should be known")
    if any(part in name for part in ("zero", "order")):
        pytest.skip("gmssl checks no ranges")
    assert not verifies(key, protected, payload, signature)
