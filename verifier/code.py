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
from functools import lru_cache
from typing import Final

from .errors import Malformed

PREFIX: Final = "MZ1:"
MAX_CHARS: Final = 1134  # base45 form: V22-M, the largest symbol that phones read reliably
MAX_URL_CHARS: Final = 779  # V22-M in byte mode
_URL: Final = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?/v#([A-Za-z0-9_-]+)")

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE: Final = {c: i for i, c in enumerate(_ALPHABET)}
_TRIPLES: Final[list[str]] = [_ALPHABET[n % 45] + _ALPHABET[n // 45 % 45] + _ALPHABET[n // 2025] for n in range(65536)]


@lru_cache(maxsize=1)
def _triple_table() -> dict[str, bytes]:
    """Three characters to two bytes. Built on first use: 65,536 entries are too much for an import.

    Other threads see the whole table or none: one that is being filled would make good codes malformed.
    """
    return {t: n.to_bytes(2, "big") for n, t in enumerate(_TRIPLES)}


def b45encode(data: bytes) -> str:
    """Base45 (RFC 9285)."""
    out = [_TRIPLES[data[i] << 8 | data[i + 1]] for i in range(0, len(data) - 1, 2)]
    if len(data) & 1:
        out.append(_ALPHABET[data[-1] % 45] + _ALPHABET[data[-1] // 45])
    return "".join(out)


def b45decode(text: str) -> bytes:
    """Base45 (RFC 9285), refusing values that no encoder makes. Raises Malformed."""
    tail = len(text) % 3
    if tail == 1:
        raise Malformed("base45", "length")
    table = _triple_table()
    body = len(text) - tail
    try:
        out = [table[text[i : i + 3]] for i in range(0, body, 3)]
    except KeyError:
        raise Malformed("base45", "group", "character outside the alphabet or value above 65535") from None
    if tail:
        low, high = _VALUE.get(text[-2], -1), _VALUE.get(text[-1], -1)
        value = high * 45 + low
        if low < 0 or high < 0 or value > 255:
            raise Malformed("base45", "group", "character outside the alphabet or value above 255")
        out.append(bytes((value,)))
    return b"".join(out)


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
