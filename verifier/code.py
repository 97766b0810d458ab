"""The Minzheng code: a certificate statement as text that fits a QR symbol.

Two forms of the same bytes:

    https://minzheng.example/v#0oRYIKMBOgABAAAE…      default symbol, opens in any camera; base64url without padding
    MZ1:6BFOXN…                                        for scanners; base45 (RFC 9285)

The fragment of the URL never reaches a server. Its host is *not* evidence of anything and is not read here.
Strictness is the point: decoders of the health certificates of 2021 accepted altered codes because they let base45
groups above 65535 pass. Every other spelling of the same bytes is refused, so one statement has one code per form.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from typing import Final

from .errors import Malformed

PREFIX: Final = "MZ1:"
MAX_CHARS: Final = 1134  # base45 form: V22-M, the largest symbol that phones read reliably
MAX_URL_CHARS: Final = 779  # V22-M in byte mode
_URL: Final = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?/v#([A-Za-z0-9_-]+)")

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_FOREIGN: Final = 255
_VALUES: Final = bytes(_ALPHABET.find(chr(c)) % 256 for c in range(256))  # find gives -1, thus _FOREIGN, for the others


def b45encode(data: bytes) -> str:
    """Base45 (RFC 9285)."""
    out = []
    for (n,) in struct.iter_unpack(">H", data[: len(data) & ~1]):
        high, low = divmod(n, 2025)
        out.append(_ALPHABET[low % 45] + _ALPHABET[low // 45] + _ALPHABET[high])
    if len(data) & 1:
        out.append(_ALPHABET[data[-1] % 45] + _ALPHABET[data[-1] // 45])
    return "".join(out)


def b45decode(text: str) -> bytes:
    """Base45 (RFC 9285), refusing values that no encoder makes. Raises Malformed."""
    tail = len(text) % 3
    if tail == 1:
        raise Malformed("base45", "length")
    try:
        values = text.encode("ascii").translate(_VALUES)
    except UnicodeEncodeError:
        raise Malformed("base45", "group", "character outside the alphabet") from None
    if _FOREIGN in values:
        raise Malformed("base45", "group", "character outside the alphabet")
    count = len(values) // 3
    # All groups at once, each in 32 bits of one long number: the largest is 44 · 2071 = 91124, so none reaches over.
    lanes = []
    for place in range(3):
        lane = bytearray(4 * count)
        lane[3::4] = values[place : 3 * count : 3]
        lanes.append(int.from_bytes(lane, "big"))
    groups = (lanes[0] + 45 * lanes[1] + 2025 * lanes[2]).to_bytes(4 * count, "big")
    if any(groups[1::4]):
        raise Malformed("base45", "group", "value above 65535")
    out = bytearray(2 * count)
    out[0::2], out[1::2] = groups[2::4], groups[3::4]
    if tail:
        value = values[-2] + 45 * values[-1]
        if value > 255:
            raise Malformed("base45", "group", "value above 255")
        out.append(value)
    return bytes(out)


def b64url_decode(text: str) -> bytes:
    """base64url without padding, canonical only: unused trailing bits must be zero. Raises Malformed."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("base64url", "characters") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode("ascii"):
        raise Malformed("base64url", "non-canonical")
    return raw


def encode_code(statement: bytes) -> str:
    """`MZ1:` form. Raises Malformed if no readable symbol could hold it."""
    text = PREFIX + b45encode(statement)
    if len(text) > MAX_CHARS:
        raise Malformed("code", "too-long", f"more than {MAX_CHARS} characters")
    return text


def encode_url(host: str, statement: bytes) -> str:
    """URL form; `host` is a DNS name with optional port. Raises Malformed."""
    url = f"https://{host}/v#{base64.urlsafe_b64encode(statement).rstrip(b'=').decode('ascii')}"
    if len(url) > MAX_URL_CHARS:
        raise Malformed("code", "too-long", f"more than {MAX_URL_CHARS} characters")
    if not _URL.fullmatch(url):
        raise Malformed("code", "host")
    return url


def parse_code(text: str) -> bytes:
    """Statement bytes of a code in either form. Raises Malformed."""
    if text.startswith(PREFIX):
        if len(text) > MAX_CHARS:
            raise Malformed("code", "too-long", f"more than {MAX_CHARS} characters")
        return b45decode(text[len(PREFIX) :])
    if len(text) > MAX_URL_CHARS:
        raise Malformed("code", "too-long", f"more than {MAX_URL_CHARS} characters")
    match = _URL.fullmatch(text)
    if match is None:
        raise Malformed("code", "prefix", "neither MZ1: nor an https address with /v#")
    return b64url_decode(match[1])
