"""A bank's signed daily totals, and statements that no reader takes or no bank signed."""

from __future__ import annotations

from typing import Any

from tests.support import kit
from verifier import cbor
from verifier.charity.bankday import TYP_BANK_DAY, BankDay
from verifier.cose import encode_sign1

BANK_KEY = kit.TestSigner(b"bank")
OF_DAY = 20778
OVER = (OF_DAY + 1) * kit.DAY - 8 * 3600
TOTALS = BankDay("91990000MA9T000695", kit.CHARITY, OVER, OF_DAY, bytes(range(32)), 1_250_000, 17, 300_000, 2)


def _changed(claims: dict[Any, Any], **private: Any) -> bytes:
    return cbor.encode({**claims, -65600: {**claims[-65600], **{int(k[1:]): v for k, v in private.items()}}})


def _payloads() -> list[tuple[str, bytes]]:
    claims = cbor.decode(TOTALS.encode())
    return [
        ("credits-negative", _changed(claims, m3=-1)),
        ("credits-2-to-the-53", _changed(claims, m3=1 << 53)),
        ("credits-a-flag", _changed(claims, m3=True)),
        ("less-than-a-fen-each", _changed(claims, m3=16)),
        ("sum-without-items", _changed(claims, m4=0)),
        ("items-without-sum", _changed(claims, m5=0)),
        ("account-short", _changed(claims, m2=bytes(31))),
        ("before-the-day-was-over", _changed(claims, m1=OF_DAY + 1)),
        ("member-added", _changed(claims, m7=0)),
        ("bank-of-no-form", cbor.encode({**claims, 1: "91990000MA9T00069"})),
        ("claim-added", cbor.encode({**claims, 3: "x"})),
        ("charity-missing", cbor.encode({k: v for k, v in claims.items() if k != 2})),
        ("payload-a-list", cbor.encode([])),
    ]


def document() -> dict[str, Any]:
    """The vectors."""
    good = BANK_KEY.sign1(TYP_BANK_DAY, TOTALS.encode())
    nothing = BankDay(TOTALS.bank, kit.CHARITY, OVER + 60, OF_DAY, bytes(32), 0, 0, 0, 0)
    protected, _, payload, signature = cbor.decode(good).value
    refused = {name: BANK_KEY.sign1(TYP_BANK_DAY, payload) for name, payload in _payloads()}
    refused |= {
        "typ-of-a-certificate": BANK_KEY.sign1("mz-cert+cwt", TOTALS.encode()),
        "unsigned-rider": encode_sign1(protected, {99: b"unsigned"}, payload, signature),
        "detached": encode_sign1(protected, {}, None, signature),
        "trailing-byte": good + b"\x00",
    }
    accepted = [
        ("a-day", good, True),
        ("a-day-without-movement", BANK_KEY.sign1(TYP_BANK_DAY, nothing.encode()), True),
        ("a-day-by-a-stranger", kit.STRANGER_KEY.sign1(TYP_BANK_DAY, TOTALS.encode()), False),
    ]
    return {
        "about": "docs/formats/bank-day.md: statements as a bank sends them",
        "key_hex": BANK_KEY.public_key.hex(),
        "accepted": [{"name": name, "hex": data.hex(), "verifies": verifies} for name, data, verifies in accepted],
        "refused": [{"name": name, "hex": data.hex()} for name, data in refused.items()],
    }
