"""Consent statements: what a holder signs on having read one notice of one party in one transaction."""

from __future__ import annotations

from typing import Any

from certs.consent.machine import Decision
from certs.consent.statement import TYP_CONSENT, statement_payload
from tests.golden.world import b64, flip
from tests.support import kit
from verifier import cbor
from verifier.cose import Sign1
from verifier.hazmat.sm3 import sm3

PARTY = "91990000MB9T071099"
TRX = bytes.fromhex("00112233445566778899aabbccddeeff")
NOTICE = '{"asks":[],"recipient":{"contact":"010-00000000","name":"示例银行","uscc":"91990000MB9T071099"},"v":1}'
DIGEST = sm3(NOTICE.encode())
KEY = kit.STRANGER_KEY


def statement(decision: int = 1, typ: str = TYP_CONSENT, **changes: Any) -> bytes:
    payload = cbor.decode(statement_payload(PARTY, TRX, DIGEST, Decision(1), kit.AT))
    payload[-65600] = {1: DIGEST, 2: decision}
    payload |= {int(name[1:]): value for name, value in changes.items() if name != "private"}
    payload |= {-65600: changes["private"]} if "private" in changes else {}
    return KEY.sign1(typ, cbor.encode(payload))


def statements() -> dict[str, Any]:
    good = statement()
    accepted = {
        "grant": (good, 1, True),
        "refuse": (statement(2), 2, True),
        "withdraw": (statement(3), 3, True),
        "flipped-signature": (flip(good, -1), 1, False),
        "another-transaction": (good.replace(TRX, flip(TRX, 0)), 1, False),
        "another-text": (good.replace(DIGEST, flip(DIGEST, 5)), 1, False),
    }
    refused = {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "untagged": good[1:],
        "typ-of-presentation": statement(typ="mz-presentation+cwt"),
        "decision-0": statement(0),
        "decision-4": statement(4),
        "party-of-17": statement(_3=PARTY[1:]),
        "trx-15-bytes": statement(_7=TRX[1:]),
        "digest-31-bytes": statement(private={1: DIGEST[1:], 2: 1}),
        "with-a-reason": statement(private={1: DIGEST, 2: 1, 3: "loan"}),
        "negative-time": statement(_6=-1),
        "unknown-claim": statement(_4=kit.AT + 60),
        "unprotected-header": Sign1.parse_any(good).encode({-65699: b""}),
    }
    return {
        "description": "Consent statements. `verifies`: by `key_hex`, which stands for a device's.",
        "key_hex": KEY.key.public.hex(),
        "notice": NOTICE,
        "party": PARTY,
        "trx_hex": TRX.hex(),
        "at": kit.AT,
        "accepted": [
            {"name": name, "statement_b64": b64(data), "decision": decision, "verifies": verifies}
            for name, (data, decision, verifies) in accepted.items()
        ],
        "refused": [{"name": name, "statement_b64": b64(data)} for name, data in refused.items()],
    }
