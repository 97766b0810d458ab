"""CBOR, base45 and base64url: what is accepted, what it means, and what is refused."""

from __future__ import annotations

from typing import Any

from tests.golden.world import code, url
from tests.support import kit
from verifier import cbor

STATEMENT = kit.statement()

ACCEPTED: dict[str, Any] = {
    "zero": 0,
    "largest-in-head": 23,
    "one-byte": 24,
    "one-byte-largest": 255,
    "two-bytes": 256,
    "four-bytes": 65536,
    "eight-bytes": 1 << 32,
    "largest": (1 << 64) - 1,
    "minus-one": -1,
    "smallest": -(1 << 64),
    "private-label": -65600,
    "empty-bytes": b"",
    "bytes-24": bytes(24),
    "empty-text": "",
    "text-utf8": "示例古丽·样本江",
    "text-beyond-bmp": "𠮷",
    "false": False,
    "true": True,
    "null": None,
    "empty-list": [],
    "list-nested": [1, [2, [3]]],
    "empty-map": {},
    "map-integers-before-text": {1: "a", -1: b"\x00", "a": 1},
    "map-byte-order-not-length-order": {256: 0, -1: 0, 24: 0, "b": 0, "aa": 0},
    "tag": cbor.Tag(18, [b"", {}, None, b""]),
}

REFUSED: dict[str, str] = {
    "empty": "",
    "non-shortest-zero": "1800",
    "non-shortest-23": "1817",
    "non-shortest-two-bytes": "1900ff",
    "non-shortest-four-bytes": "1a0000ffff",
    "non-shortest-eight-bytes": "1b00000000ffffffff",
    "non-shortest-negative": "3800",
    "non-shortest-text-length": "780161",
    "non-shortest-bytes-length": "580100",
    "non-shortest-list-length": "980100",
    "non-shortest-map-length": "b8010000",
    "non-shortest-tag": "d81200",
    "reserved-28": "1c",
    "reserved-30": "1e",
    "indefinite-bytes": "5f4100ff",
    "indefinite-text": "7f6161ff",
    "indefinite-list": "9f00ff",
    "indefinite-map": "bf0000ff",
    "break-alone": "ff",
    "half-float": "f93c00",
    "float": "fa3f800000",
    "double": "fb3ff0000000000000",
    "undefined": "f7",
    "simple-0": "e0",
    "simple-32": "f820",
    "false-in-two-bytes": "f814",
    "trailing-byte": "0000",
    "truncated-head": "19",
    "truncated-bytes": "4200",
    "truncated-text": "6261",
    "truncated-list": "8200",
    "truncated-map": "a100",
    "truncated-tag": "d2",
    "huge-bytes": "5bffffffffffffffff",
    "huge-list": "9bffffffffffffffff",
    "huge-map": "bbffffffffffffffff",
    "unsorted-keys": "a202000100",
    "unsorted-signs": "a220000100",
    "unsorted-texts": "a2616200616100",
    "duplicate-key": "a201000100",
    "duplicate-text-key": "a2616100616101",
    "key-null": "a1f600",
    "key-true": "a1f500",
    "key-list": "a18000",
    "key-map": "a1a000",
    "key-tag": "a1c00000",
    "key-float": "a1f93c0000",
    "text-latin-1": "61e4",
    "text-surrogate": "63eda080",
    "text-overlong": "62c080",
    "text-beyond-unicode": "64f4908080",
    "too-deep": "81" * 13 + "00",
    "too-deep-tags": "c0" * 13 + "00",
    "too-deep-maps": "a100" * 13 + "00",
}


def cbor_vectors() -> dict[str, Any]:
    deepest: Any = 0
    for _ in range(cbor.MAX_DEPTH):
        deepest = [deepest]
    accepted = {**ACCEPTED, "deepest": deepest}
    return {
        "accepted": [{"name": n, "hex": cbor.encode(v).hex()} for n, v in accepted.items()],
        "refused": [{"name": n, "hex": h} for n, h in REFUSED.items()],
    }


def base45() -> dict[str, Any]:
    """RFC 9285 section 4.3 and 4.4 first, then ours."""
    accepted = {
        "rfc-ab": ("BB8", b"AB"),
        "rfc-hello": ("%69 VD92EX0", b"Hello!!"),
        "rfc-base-45": ("UJCLQE7W581", b"base-45"),
        "rfc-ietf": ("QED8WEX0", b"ietf!"),
        "empty": ("", b""),
        "largest-pair": ("FGW", b"\xff\xff"),
        "largest-single": ("U5", b"\xff"),
        "zeros": ("000", b"\x00\x00"),
        "certificate": (code(STATEMENT)[4:], STATEMENT),
    }
    refused = {
        "pair-65536": "GGW",
        "pair-largest": ":::",
        "single-256": "V5",
        "single-largest": "::",
        "one-character": "0",
        "four-characters": "0000",
        "lower-case": "bb8",
        "underscore": "B_8",
        "newline": "BB8\n",
        "fullwidth": "\uff22B8",
        "kelvin-sign": "\u212aB8",
        "arabic-digit": "BB\u0668",
        "surrogate": "BB\ud800",
    }
    return {
        "accepted": [{"name": n, "text": t, "hex": b.hex()} for n, (t, b) in accepted.items()],
        "refused": [{"name": n, "text": t} for n, t in refused.items()],
    }


def base64url() -> dict[str, Any]:
    accepted = {
        "empty": ("", b""),
        "one-byte": ("_w", b"\xff"),
        "two-bytes": ("__8", b"\xff\xff"),
        "three-bytes": ("-_-_", b"\xfb\xff\xbf"),
        "certificate": (url(STATEMENT).partition("#")[2], STATEMENT),
    }
    refused = {
        "one-character": "A",
        "padding": "_w==",
        "padding-inside": "_w==_w",
        "plus": "+_-_",
        "slash": "/_-_",
        "bits-after-one-byte": "_x",
        "bits-after-two-bytes": "__9",
        "space": "-_ -_",
        "newline": "-_-_\n",
        "non-ascii": "-_-\u00e9",
        "fullwidth": "\uff21AAA",
    }
    return {
        "accepted": [{"name": n, "text": t, "hex": b.hex()} for n, (t, b) in accepted.items()],
        "refused": [{"name": n, "text": t} for n, t in refused.items()],
    }
