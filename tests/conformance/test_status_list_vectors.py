"""Token Status List: the draft's encodings with 1, 2, 4 and 8 bits an entry, and its signed CWTs."""

from __future__ import annotations

import pytest

from tests.conformance.recovery import possible_keys
from tests.support.outside_vectors import VECTORS, hex_lines, needs_vectors
from verifier import cbor, cose
from verifier.cose import CoseKey, Sign1
from verifier.errors import Malformed
from verifier.labels import CRV_P256, CWT_STATUS, CWT_STATUS_LIST, HDR_TYP, TYP_STATUS_LIST
from verifier.status_list import StatusList, parse_bits, status_at

pytestmark = needs_vectors
FOLDER = VECTORS / "token-status-list"

SHORT = {
    "status_list_encoding_cbor.md": (1, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]),
    "status_list_encoding2_cbor.md": (2, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]),
}
# 1,048,576 entries each; the draft names those that are not 0 (of the 8-bit list it names one for each value).
LONG = {
    "status_list_encoding1_long_cbor.md": (
        1,
        dict.fromkeys((0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345), 1),
    ),
    "status_list_encoding2_long_cbor.md": (
        2,
        {0: 1, 1993: 2, 25460: 1, 159495: 3, 495669: 1, 554353: 1, 645645: 2, 723232: 1, 854545: 1, 934534: 2}
        | {1000345: 3},
    ),
    "status_list_encoding4_cbor.md": (
        4,
        {0: 1, 1993: 2, 35460: 3, 459495: 4, 595669: 5, 754353: 6, 845645: 7, 923232: 8, 924445: 9, 934534: 10}
        | {1004534: 11, 1000345: 12, 1030203: 13, 1030204: 14, 1030205: 15},
    ),
}


def read(name: str) -> tuple[int, bytes]:
    return parse_bits(cbor.decode(hex_lines(FOLDER / name), ordered=False))


@pytest.mark.parametrize("name", SHORT)
def test_short_lists(name: str) -> None:
    expected_bits, statuses = SHORT[name]
    bits, bitmap = read(name)
    assert bits == expected_bits
    assert [status_at(bitmap, bits, i) for i in range(len(statuses))] == statuses
    with pytest.raises(Malformed, match="index-out-of-range"):
        status_at(bitmap, bits, len(statuses))


def not_zero(bits: int, bitmap: bytes) -> dict[int, int]:
    per_byte = 8 // bits
    indices = (n * per_byte + i for n, byte in enumerate(bitmap) if byte for i in range(per_byte))
    return {i: value for i in indices if (value := status_at(bitmap, bits, i))}


@pytest.mark.parametrize("name", LONG)
def test_long_lists(name: str) -> None:
    expected_bits, statuses = LONG[name]
    bits, bitmap = read(name)
    assert bits == expected_bits
    assert len(bitmap) * 8 // bits == 1 << 20
    assert not_zero(bits, bitmap) == statuses


def test_eight_bits_have_every_value_once() -> None:
    bits, bitmap = read("status_list_encoding8_cbor.md")
    assert (bits, len(bitmap)) == (8, 1 << 20)
    assert sorted(not_zero(bits, bitmap).values()) == list(range(1, 256))


def test_their_member_order_is_refused_where_ours_is_required() -> None:
    with pytest.raises(Malformed, match="unsorted-keys"):
        cbor.decode(hex_lines(FOLDER / "status_list_encoding_cbor.md"))


def test_signed_list_and_the_token_that_refers_to_it() -> None:
    """Their key is not in the files; it is the one that both signatures have in common."""
    signed = hex_lines(FOLDER / "status_list_cwt.md")
    both = [Sign1.parse_any(d, ordered=False) for d in (signed, hex_lines(FOLDER / "referenced_token_cwt.md"))]
    messages = [cose.sig_structure(s.protected, s.payload or b"") for s in both]
    keys = [possible_keys(s.signature, m) for s, m in zip(both, messages, strict=True)]
    common = keys[0] & keys[1]
    assert len(common) == 1
    key = CoseKey(CRV_P256, common.pop())
    assert all(s.verify(key) for s in both)
    assert not Sign1.parse_any(signed[:-1] + b"\x00", ordered=False).verify(key)
    assert both[0].headers[HDR_TYP] == TYP_STATUS_LIST


def test_claims_of_the_signed_list() -> None:
    sign1 = Sign1.parse_any(hex_lines(FOLDER / "status_list_cwt.md"), ordered=False)
    claims = cbor.decode(sign1.payload or b"", ordered=False)
    bits, bitmap = parse_bits(claims[CWT_STATUS_LIST])
    assert (bits, bitmap) == (1, b"\xb9\xa3")
    token = Sign1.parse_any(hex_lines(FOLDER / "referenced_token_cwt.md"), ordered=False)
    reference = cbor.decode(token.payload or b"", ordered=False)[CWT_STATUS]["status_list"]
    assert (reference["idx"], reference["uri"]) == (0, claims[2])
    assert status_at(bitmap, bits, reference["idx"]) == 1


def test_our_profile_refuses_their_list() -> None:
    """Ours demands deterministic order, an issuer, an expiry and 131,072 entries (herd privacy)."""
    with pytest.raises(Malformed, match=r"(cose|cbor|status-list): "):
        StatusList.parse(hex_lines(FOLDER / "status_list_cwt.md"))
