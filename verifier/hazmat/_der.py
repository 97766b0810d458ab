"""The two DER shapes that libcrypto wants at its boundary. Encoding only: nothing here reads DER."""

from __future__ import annotations


def _integer(value: int) -> bytes:
    """INTEGER of a non-negative value, minimal, with a zero byte in front where the sign bit would be set."""
    body = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes((0x02, len(body))) + body


def ecdsa_sig_value(r: int, s: int) -> bytes:
    """SEQUENCE { r INTEGER, s INTEGER } for 0 <= r, s < 2**256 (at most 72 bytes, so one length byte)."""
    body = _integer(r) + _integer(s)
    return bytes((0x30, len(body))) + body


def ec_public_key_info(curve_oid: bytes, point: bytes) -> bytes:
    """SubjectPublicKeyInfo of a 65-byte point; `curve_oid` is a complete OBJECT IDENTIFIER."""
    ec_public_key = bytes.fromhex("06072a8648ce3d0201")
    algorithm = b"\x30" + bytes((len(ec_public_key) + len(curve_oid),)) + ec_public_key + curve_oid
    bits = bytes((0x03, len(point) + 1, 0x00)) + point
    return b"\x30" + bytes((len(algorithm) + len(bits),)) + algorithm + bits
