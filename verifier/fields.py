"""Checks that every parser of a decoded map shares: the right type, the right range, no member unknown."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from .errors import Malformed

_USCC: Final = re.compile(r"[0-9ABCDEFGHJKLMNPQRTUWXY]{18}")
_KEY_NAME: Final = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]{1,200}")
MAX_TIME: Final = 253402300799  # 9999-12-31T23:59:59Z, seconds
CLOCK_SKEW: Final = 300  # seconds by which an honest signer's clock may be ahead of ours


def mapping(format: str, value: object, required: Collection[Any], optional: Collection[Any] = ()) -> dict[Any, Any]:
    """`value` as a map that has every required key and none beyond the optional ones. Raises Malformed."""
    if type(value) is not dict:
        raise Malformed(format, "not-a-map")
    for key in required:
        if key not in value:
            raise Malformed(format, "missing-member", f"key {key}")
    if len(value) != len(required):
        for key in value:
            if key not in required and key not in optional:
                raise Malformed(format, "unknown-member")
    return value


def uint(format: str, m: Mapping[Any, Any], key: Any, maximum: int = (1 << 63) - 1) -> int:
    """A whole number from 0 to `maximum`. Raises Malformed."""
    value = m.get(key)
    if type(value) is not int or not 0 <= value <= maximum:
        raise Malformed(format, "integer", f"key {key}")
    return value


def integer(format: str, m: Mapping[Any, Any], key: Any) -> int:
    """A whole number of any sign. Never a bool, though Python counts it among them. Raises Malformed."""
    value = m.get(key)
    if type(value) is not int:
        raise Malformed(format, "integer", f"key {key}")
    return value


def time(format: str, m: Mapping[Any, Any], key: Any) -> int:
    """Seconds since 1970-01-01 UTC. Raises Malformed."""
    return uint(format, m, key, MAX_TIME)


def text(format: str, m: Mapping[Any, Any], key: Any, maximum: int = 256) -> str:
    """A text of 1 to `maximum` characters. Raises Malformed."""
    value = m.get(key)
    if type(value) is not str or not 0 < len(value) <= maximum:
        raise Malformed(format, "text", f"key {key}")
    return value


def octets(format: str, m: Mapping[Any, Any], key: Any, length: int | None = None) -> bytes:
    """A byte string, of exactly `length` bytes where given. Raises Malformed."""
    value = m.get(key)
    if type(value) is not bytes or (length is not None and len(value) != length):
        raise Malformed(format, "bytes", f"key {key}")
    return value


def array(format: str, m: Mapping[Any, Any], key: Any, maximum: int) -> list[Any]:
    """A list of at most `maximum` elements. Raises Malformed."""
    value = m.get(key)
    if type(value) is not list or len(value) > maximum:
        raise Malformed(format, "list", f"key {key}")
    return value


def uscc(format: str, m: Mapping[Any, Any], key: Any) -> str:
    """Unified social credit code by form (GB 32100: 18 characters); check digits are the issuer's duty."""
    value = m.get(key)
    if type(value) is not str or not _USCC.fullmatch(value):
        raise Malformed(format, "uscc", f"key {key}")
    return value


def is_key_name(name: str) -> bool:
    """Whether `name` can name a key in a signed note: 1 to 200 characters, none a space, a control or a plus."""
    return _KEY_NAME.fullmatch(name) is not None


def base64_text(format: str, text: str) -> bytes:
    """Bytes of canonical base64 (RFC 4648 section 4): one text for one value. Raises Malformed."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(format, "base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Malformed(format, "base64", "non-canonical")
    return raw
