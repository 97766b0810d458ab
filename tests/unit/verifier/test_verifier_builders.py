"""What the writing side refuses: nothing is encoded that the reading side would not take."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import kit
from verifier import cbor, labels, merkle, receipt, status_list
from verifier.checkpoint import Checkpoint, note_key_id
from verifier.code import MAX_CHARS, encode_code, encode_url, parse_code
from verifier.cose import CoseKey, Sign1, encode_sign1
from verifier.errors import Malformed, Unsupported, VerifierError
from verifier.merkle import Frontier, TreeHash

P256_POINT = bytes.fromhex(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.5, "type"),
        (bytearray(b"x"), "type"),
        ({1, 2}, "type"),
        (object(), "type"),
        (1 << 64, "integer-range"),
        (-(1 << 64) - 1, "integer-range"),
        ("\ud800", "utf8"),
        ({True: 0}, "key-type"),
        ({None: 0}, "key-type"),
        ({(1,): 0}, "key-type"),
        ({cbor.Tag(1, 0): 0}, "key-type"),
        (cbor.Tag(-1, 0), "tag"),
        (cbor.Tag(True, 0), "tag"),
        ([{1: [1.0]}], "type"),
    ],
)
def test_cbor(value: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=f"cbor: {reason}"):
        cbor.encode(value)


def test_cbor_reads_no_more_than_it_is_allowed_to() -> None:
    assert cbor.decode(b"\x42ab", max_bytes=3) == b"ab"
    with pytest.raises(Malformed, match="too-large"):
        cbor.decode(b"\x42ab", max_bytes=2)
    assert cbor.decode(b"\x81\x81\x00", max_depth=2) == [[0]]
    with pytest.raises(Malformed, match="too-deep"):
        cbor.decode(b"\x81\x81\x00", max_depth=1)


def test_codes_end_where_phones_stop_reading() -> None:
    longest = bytes((MAX_CHARS - 4) // 3 * 2)
    assert parse_code(encode_code(longest)) == longest
    for make in (encode_code, lambda s: encode_url("minzheng.example", s)):
        with pytest.raises(Malformed, match="too-long"):
            make(bytes(1200))


@pytest.mark.parametrize("host", ["", "a b", "a/b", "user@a", "a#b", "a:123456", "示例", "a\n", "a?b", "x" * 254])
def test_host_that_is_none(host: str) -> None:
    with pytest.raises(Malformed, match="code: host"):
        encode_url(host, b"statement")


def test_empty_statement_has_no_url() -> None:
    with pytest.raises(Malformed, match="code: host"):
        encode_url("minzheng.example", b"")


def test_keys() -> None:
    with pytest.raises(Unsupported, match="curve"):
        CoseKey(8, bytes(32))
    with pytest.raises(Malformed, match="point"):
        CoseKey(labels.CRV_SM2, P256_POINT)
    with pytest.raises(Malformed, match="members"):
        CoseKey.from_map({1: 1, -1: 6, -2: b"\x01" + bytes(31), -3: bytes(32)})
    key = CoseKey(labels.CRV_P256, P256_POINT)
    assert CoseKey.from_map(key.to_map()) == key
    assert key.kid != kit.REGISTRY_KEY.kid
    with pytest.raises(Unsupported, match="no signature type"):
        note_key_id("log.example", key)


def test_attached_and_detached_are_never_mixed() -> None:
    attached = Sign1.parse_any(kit.statement())
    with pytest.raises(Malformed, match="exactly one of"):
        attached.verify(kit.REGISTRY_KEY.key, b"other")
    detached = Sign1.parse_any(encode_sign1(attached.protected, {}, None, attached.signature))
    with pytest.raises(Malformed, match="exactly one of"):
        detached.verify(kit.REGISTRY_KEY.key)
    assert detached.verify(kit.REGISTRY_KEY.key, attached.payload)


def test_checkpoint() -> None:
    for origin, size, root in (("a b", 1, bytes(32)), ("a", -1, bytes(32)), ("a", 1 << 63, bytes(32)), ("a", 1, b"")):
        with pytest.raises(Malformed, match="checkpoint: "):
            Checkpoint(origin, size, root)


def test_status_bits() -> None:
    for entries in (0, 131_071, status_list.MIN_ENTRIES + 1, status_list.MAX_ENTRIES + 8):
        with pytest.raises(Malformed, match="entries"):
            status_list.pack_bits(entries, [])
    for index in (-1, status_list.MIN_ENTRIES):
        with pytest.raises(Malformed, match="index-out-of-range"):
            status_list.pack_bits(status_list.MIN_ENTRIES, [index])
    with pytest.raises(Malformed, match="bits"):
        status_list.status_at(bytes(8), 3, 0)


def test_receipts() -> None:
    with pytest.raises(Malformed, match="commitment-length"):
        receipt.entry_body(bytes(31))
    with pytest.raises(VerifierError, match="version"):
        receipt.parse_entry_body(b"\xa2\x01\x02\x02\x58\x20" + bytes(32))
    with pytest.raises(VerifierError, match="integer"):
        receipt.parse_entry_body(b"\xa2\x01\xf5\x02\x58\x20" + bytes(32))


def test_trees() -> None:
    h = TreeHash.SM3

    def node(level: int, index: int) -> bytes:
        raise AssertionError("never read")

    with pytest.raises(Malformed, match="index-out-of-range"):
        merkle.inclusion_path(h, 3, 3, node)
    for old, new in ((0, 3), (4, 3), (-1, 3)):
        with pytest.raises(Malformed, match="size-out-of-range"):
            merkle.consistency_path(h, old, new, node)
    for size, hashes in ((1, ()), (3, (bytes(32),)), (0, (bytes(32),)), (-1, ()), (1 << 63, (bytes(32),))):
        with pytest.raises(Malformed, match="size-mismatch"):
            Frontier(h, size, hashes)
    with pytest.raises(Malformed, match="hash-length"):
        Frontier(h, 1, (bytes(31),))
    with pytest.raises(Malformed, match="frontier: length"):
        Frontier.decode(h, 1, bytes(33))
    for count in (0, 3, 5):
        with pytest.raises(Malformed, match="power of two"):
            merkle.fixed_levels(h, [bytes(32)] * count)
    with pytest.raises(Malformed, match="slot-out-of-range"):
        merkle.fixed_path([[bytes(32)]], 1)
    with pytest.raises(Malformed, match="unknown-vds"):
        TreeHash.from_vds(2)
