"""Log entries, and the status events that are logged beside certificates."""

from __future__ import annotations

from typing import Any

from tests.golden.world import b64, flip
from tests.support import kit
from verifier import cbor, labels
from verifier.hazmat.sm3 import sm3
from verifier.receipt import entry_body

CTI = sm3(b"cti")[:16]


def log_entries() -> dict[str, Any]:
    """Bodies of entries: one length, one spelling."""
    commitment = sm3(b"commitment")
    good = entry_body(commitment)
    refused = {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "version-2": cbor.encode({1: 2, 2: commitment}),
        "version-bool": cbor.encode({1: True, 2: commitment}),
        "no-version": cbor.encode({2: commitment}),
        "commitment-31-bytes": cbor.encode({1: 1, 2: commitment[1:]}),
        "commitment-text": cbor.encode({1: 1, 2: "0" * 32}),
        "unknown-member": cbor.encode({1: 1, 2: commitment[:20], 3: b"kind"}),
        "unsorted-keys": b"\xa2\x02\x58\x20" + commitment + b"\x01\x01",
        "non-shortest-version": b"\xa2\x01\x18\x01\x02\x58\x20" + commitment,
        "indefinite-map": b"\xbf" + good[1:] + b"\xff",
    }
    return {
        "accepted": [
            {"name": "good", "hex": good.hex(), "commitment_hex": commitment.hex()},
            {"name": "all-zero", "hex": entry_body(bytes(32)).hex(), "commitment_hex": bytes(32).hex()},
        ],
        "refused": [{"name": name, "hex": data.hex()} for name, data in refused.items()],
    }


def status_events() -> dict[str, Any]:
    """The statement by which an issuer ends a certificate. Never published: these are synthetic."""
    payload = cbor.encode({1: kit.REGISTRY, 6: kit.AT, 7: CTI, labels.CWT_MZ: {1: 1}})
    good = kit.REGISTRY_KEY.sign1(labels.TYP_STATUS_EVENT, payload)
    accepted = {
        "good": (good, True),
        "other-certificate": (good.replace(CTI, flip(CTI, 0)), False),
        "flipped-signature": (flip(good, -1), False),
        "other-key": (kit.STRANGER_KEY.sign1(labels.TYP_STATUS_EVENT, payload), False),
    }
    refused = {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "typ-of-certificate": kit.REGISTRY_KEY.sign1(labels.TYP_CERTIFICATE, payload),
        "typ-of-status-list": kit.REGISTRY_KEY.sign1(labels.TYP_STATUS_LIST, payload),
        "untagged": good[1:],
    }
    return {
        "key": {"public_hex": kit.REGISTRY_KEY.public_key.hex()},
        "accepted": [{"name": n, "event_b64": b64(data), "verifies": v} for n, (data, v) in accepted.items()],
        "refused": [{"name": n, "event_b64": b64(data)} for n, data in refused.items()],
    }
