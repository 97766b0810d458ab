"""Erasure receipts: an issuer's word that a record's content is gone, with and without the way into the log."""

from __future__ import annotations

from typing import Any

from tests.golden.formats_entry import CTI
from tests.golden.world import b64, flip
from tests.support import kit
from verifier import cbor, cose, labels
from verifier.cose import Sign1
from verifier.hazmat.sm3 import sm3
from verifier.receipt import entry_body

SALT = sm3(b"erasure salt")
BODY = entry_body(sm3(b"commitment of the certificate"))


def payload(**changes: Any) -> bytes:
    members = {"iss": kit.REGISTRY, "iat": kit.AT - 600, "cti": CTI, "mz": {1: sm3(BODY)}} | changes
    return cbor.encode(
        {
            labels.CWT_ISS: members["iss"],
            6: members["iat"],
            labels.CWT_CTI: members["cti"],
            labels.CWT_MZ: members["mz"],
        }
    )


def receipt(signer: kit.TestSigner = kit.REGISTRY_KEY, typ: str = labels.TYP_ERASURE, **changes: Any) -> bytes:
    return signer.sign1(typ, payload(**changes))


def with_header(data: bytes, header: dict[int, Any]) -> bytes:
    return Sign1.parse_any(data).encode(header)


def logged(data: bytes, salt: bytes = SALT) -> bytes:
    """As the service hands it out: with the receipt of its entry."""
    log = kit.TestLog()
    index = log.add(salt, data)
    log.fill(9)
    return with_header(data, {labels.HDR_ENTRY_SALT: SALT, labels.HDR_RECEIPTS: [log.receipt(index, kit.AT - 300)]})


def erasures() -> dict[str, Any]:
    good = receipt()
    unknown = {labels.CWT_ISS: kit.REGISTRY, 6: kit.AT, labels.CWT_CTI: CTI, labels.CWT_MZ: {1: sm3(BODY)}, 4: kit.AT}
    accepted = {
        "plain": (good, "OK", "RECEIPT_MISSING"),
        "logged": (logged(good), "OK", "OK"),
        "of-another-entry": (logged(good, sm3(b"other salt")), "OK", "RECEIPT_INVALID"),
        "other-certificate": (good.replace(CTI, flip(CTI, 0)), "SIGNATURE_INVALID", "RECEIPT_MISSING"),
        "flipped-signature": (flip(good, -1), "SIGNATURE_INVALID", "RECEIPT_MISSING"),
        "stranger": (receipt(kit.STRANGER_KEY), "KEY_UNKNOWN", "RECEIPT_MISSING"),
        "another-issuers-key": (receipt(kit.CHARITY_KEY), "KEY_UNKNOWN", "RECEIPT_MISSING"),
        "issuer-unknown": (receipt(iss="11990000MB9T01022W"), "ISSUER_UNKNOWN", "RECEIPT_MISSING"),
        "before-the-key": (receipt(iat=kit.AT - 400 * kit.DAY), "KEY_NOT_VALID_AT_ISSUE", "RECEIPT_MISSING"),
        "tomorrow": (receipt(iat=kit.AT + kit.DAY), "NOT_YET_VALID", "RECEIPT_MISSING"),
    }
    refused = {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "untagged": good[1:],
        "typ-of-status-event": receipt(typ=labels.TYP_STATUS_EVENT),
        "typ-of-certificate": receipt(typ=labels.TYP_CERTIFICATE),
        "digest-31-bytes": receipt(mz={1: sm3(BODY)[1:]}),
        "digest-text": receipt(mz={1: "0" * 32}),
        "with-a-reason": receipt(mz={1: sm3(BODY), 2: "HOLDER_REQUEST"}),
        "cti-15-bytes": receipt(cti=CTI[1:]),
        "negative-time": receipt(iat=-1),
        "unknown-claim": kit.REGISTRY_KEY.sign1(labels.TYP_ERASURE, cbor.encode(unknown)),
        "unknown-header": with_header(good, {-65699: b""}),
        "salt-31-bytes": with_header(good, {labels.HDR_ENTRY_SALT: SALT[1:]}),
        "no-receipts": with_header(good, {labels.HDR_RECEIPTS: []}),
        "nine-receipts": with_header(good, {labels.HDR_RECEIPTS: [b"\x80"] * 9}),
        "detached": cose.encode_sign1(*_parts(good)),
    }
    return {
        "trust_b64": b64(kit.signed_bundle()),
        "at": kit.AT,
        "entry_body_hex": BODY.hex(),
        "accepted": [
            {"name": n, "receipt_b64": b64(data), "reason": reason, "logged": log, "verifies": reason == "OK"}
            for n, (data, reason, log) in accepted.items()
        ],
        "refused": [{"name": n, "receipt_b64": b64(data)} for n, data in refused.items()],
    }


def _parts(data: bytes) -> tuple[bytes, dict[int, Any], None, bytes]:
    sign1 = Sign1.parse_any(data)
    return sign1.protected, {}, None, sign1.signature
