"""Sealed records: bound to their record and key, erasable, rotatable."""

from __future__ import annotations

import hmac
import os

import pytest

from certs.errors import SealBroken, SealingKeyMissing
from certs.ports import Sealed
from certs.sealing import HmacLookupKey, KeyRing, Sm4Sealer, kek_id, sm4_gcm_encrypt, wrapping_key

AAD = b"record 1"


@pytest.fixture
def sealer() -> Sm4Sealer:
    return Sm4Sealer(os.urandom(16), os.urandom)


def test_rfc_8998_vector() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plaintext = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    assert sm4_gcm_encrypt(key, nonce, plaintext, aad).hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )


def test_round_trip_and_fresh_keys(sealer: Sm4Sealer) -> None:
    a, b = sealer.seal(b"data", AAD), sealer.seal(b"data", AAD)
    assert sealer.open(a, AAD) == sealer.open(b, AAD) == b"data"
    assert a.body != b.body
    assert len(a.key) == 49
    assert b"data" not in a.body


def test_bound_to_the_record(sealer: Sm4Sealer) -> None:
    sealed = sealer.seal(b"data", AAD)
    with pytest.raises(SealBroken, match="authentication"):
        sealer.open(sealed, b"record 2")


def test_a_body_under_another_records_key_does_not_open(sealer: Sm4Sealer) -> None:
    a, b = sealer.seal(b"one", AAD), sealer.seal(b"two", AAD)
    with pytest.raises(SealBroken, match="authentication"):
        sealer.open(Sealed(a.key, b.body), AAD)


def test_every_flipped_bit_and_truncation_is_noticed(sealer: Sm4Sealer) -> None:
    sealed = sealer.seal(b"data", AAD)
    for part in ("key", "body"):
        raw: bytes = getattr(sealed, part)
        variants = [raw[:n] for n in range(len(raw))] + [
            raw[:i] + bytes((raw[i] ^ 1 << bit,)) + raw[i + 1 :] for i in range(len(raw)) for bit in range(8)
        ]
        for variant in variants:
            changed = Sealed(variant, sealed.body) if part == "key" else Sealed(sealed.key, variant)
            with pytest.raises(SealBroken):
                sealer.open(changed, AAD)


def test_dropping_the_wrapped_key_erases(sealer: Sm4Sealer) -> None:
    sealed = sealer.seal(b"data", AAD)
    with pytest.raises(SealBroken, match="wrapped key"):
        sealer.open(Sealed(b"", sealed.body), AAD)


def test_rotation_rewraps_the_key_and_leaves_the_body() -> None:
    old, new = os.urandom(16), os.urandom(16)
    sealed = Sm4Sealer(old, os.urandom).seal(b"data", AAD)
    rotated = Sealed(Sm4Sealer(new, os.urandom, retired=(old,)).rewrap(sealed.key, AAD), sealed.body)
    only_new = Sm4Sealer(new, os.urandom)
    assert only_new.open(rotated, AAD) == b"data"
    with pytest.raises(SealingKeyMissing, match=f"{kek_id(old).hex()}, which is not here"):
        only_new.open(sealed, AAD)


def test_a_rotation_elsewhere_is_taken_up() -> None:
    old, new = os.urandom(16), os.urandom(16)
    ring = KeyRing(old)
    sealer = Sm4Sealer.following(lambda: ring, os.urandom)
    before = sealer.seal(b"data", AAD)
    ring = KeyRing(new, (old,))
    moved = Sealed(Sm4Sealer(new, os.urandom, retired=(old,)).rewrap(before.key, AAD), before.body)
    assert sealer.open(moved, AAD) == b"data"  # the first to name the new key
    assert sealer.open(before, AAD) == b"data"
    assert wrapping_key(sealer.seal(b"data", AAD).key) == kek_id(new)


def test_sealing_takes_the_newest_key_without_having_opened_anything() -> None:
    old, new = os.urandom(16), os.urandom(16)
    ring = KeyRing(old)
    sealer = Sm4Sealer.following(lambda: ring, os.urandom)
    ring = KeyRing(new)
    assert wrapping_key(sealer.seal(b"data", AAD).key) == kek_id(new)


@pytest.mark.parametrize("wrapped", [b"", b"\x02" + bytes(48), bytes(49), b"\x01" + bytes(47)])
def test_a_wrapped_key_of_another_format_names_no_key(wrapped: bytes) -> None:
    with pytest.raises(SealBroken, match="wrapped key has another format"):
        wrapping_key(wrapped)


def test_keys_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Sm4Sealer(b"short", os.urandom)
    with pytest.raises(ValueError, match="32 bytes"):
        HmacLookupKey(b"short")


def test_repr_of_sealed_shows_nothing(sealer: Sm4Sealer) -> None:
    assert repr(sealer.seal(b"data", AAD)) == "Sealed()"


def test_lookup_hashes_depend_on_key_and_text() -> None:
    a, b = HmacLookupKey(bytes(32)), HmacLookupKey(b"\x01" * 32)
    assert a.hmac("x") == a.hmac("x")
    assert len({a.hmac("x"), a.hmac("y"), b.hmac("x")}) == 3


@pytest.mark.parametrize("length", [32, 63, 64, 65, 200])
def test_lookup_hashes_are_hmac_sm3(length: int) -> None:
    key = os.urandom(length)
    assert HmacLookupKey(key).hmac("字号") == hmac.digest(key, "字号".encode(), "sm3")
