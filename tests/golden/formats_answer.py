"""Signed answers to relying parties: good ones, ones that a key cannot vouch for, and faults of form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests.golden.world import b64, flip
from tests.support import kit
from verifier import cbor, cose, labels
from verifier.answer import AnswerClaims, Basis, Predicate, Result, question_commitment
from verifier.answerkeys import AnswerKey
from verifier.cose import Sign1
from verifier.hazmat.sm3 import sm3

MINISTRY = "11990000MB9T00011H"
BANK = "91990000MA9T000695"
ANSWER_KEY = kit.TestSigner(b"answer")
REVOKED_KEY = kit.TestSigner(b"revoked answer key")
SALT = sm3(b"salt of a question")
QUESTION = cbor.encode({1: 2, 2: [["111", "156", "990101199803070013", "张示例"]], 3: "2025-12-31"})
YEAR = 366 * kit.DAY

CLAIMS = AnswerClaims(
    iss=MINISTRY,
    aud=BANK,
    iat=kit.AT - 600,
    request_id=sm3(b"request")[:16],
    predicate=Predicate.REGISTERED_MARRIED,
    result=Result.TRUE,
    purpose="MORTGAGE",
    as_of=date(2025, 12, 31),
    known_at=kit.AT - 600,
    commitment=question_commitment(SALT, QUESTION),
    pseudonym=sm3(b"pseudonym")[:16],
    level=0,
    status_age=None,
    reasons=("REGISTERED",),
    basis=Basis.CONSENT,
    catalogue=1,
)


def trust() -> bytes:
    keys = (
        AnswerKey(MINISTRY, ANSWER_KEY.key, kit.AT - YEAR, kit.AT + YEAR),
        AnswerKey(MINISTRY, REVOKED_KEY.key, kit.AT - YEAR, kit.AT + YEAR, kit.AT - 300),
    )
    return kit.signed_bundle(kit.bundle(answers=keys))


def answer(signer: kit.TestSigner = ANSWER_KEY, typ: str = labels.TYP_ANSWER, **changes: Any) -> bytes:
    return signer.sign1(typ, replace(CLAIMS, **changes).encode())


def with_private(**changes: Any) -> bytes:
    """As `answer`, with private members that the claims cannot say: "m4" for member 4."""
    payload = cbor.decode(CLAIMS.encode())
    payload[labels.CWT_MZ] |= {int(name[1:]): value for name, value in changes.items()}
    return ANSWER_KEY.sign1(labels.TYP_ANSWER, cbor.encode(payload))


def answers() -> dict[str, Any]:
    good = answer()
    authenticity = {"predicate": Predicate.AUTHENTICITY, "as_of": None, "pseudonym": None, "level": 3}
    accepted = {
        "plain": (good, "OK"),
        "authenticity": (answer(**authenticity, status_age=23, reasons=("OK",), basis=Basis.POSSESSION), "OK"),
        "undetermined": (answer(result=Result.UNDETERMINED, reasons=()), "OK"),
        "another-result": (good.replace(b"\x02\x01\x03\x68MORTGAGE", b"\x02\x02\x03\x68MORTGAGE"), "SIGNATURE_INVALID"),
        "flipped-signature": (flip(good, -1), "SIGNATURE_INVALID"),
        "stranger": (answer(kit.STRANGER_KEY), "KEY_UNKNOWN"),
        "an-issuers-key": (answer(kit.REGISTRY_KEY), "KEY_UNKNOWN"),
        "service-unknown": (answer(iss=kit.REGISTRY), "ISSUER_UNKNOWN"),
        "before-the-key": (answer(iat=kit.AT - 400 * kit.DAY), "KEY_NOT_VALID_AT_ISSUE"),
        "tomorrow": (answer(iat=kit.AT + kit.DAY), "NOT_YET_VALID"),
        "key-revoked-later": (answer(REVOKED_KEY), "KEY_REVOKED"),
        "key-revoked-before": (answer(REVOKED_KEY, iat=kit.AT - 300), "KEY_NOT_VALID_AT_ISSUE"),
    }
    unknown = cbor.encode({**cbor.decode(CLAIMS.encode()), 4: kit.AT})
    refused = {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "untagged": good[1:],
        "typ-of-certificate": answer(typ=labels.TYP_CERTIFICATE),
        "typ-of-erasure": answer(typ=labels.TYP_ERASURE),
        "detached": cose.encode_sign1(*_parts(good)),
        "unprotected-member": Sign1.parse_any(good).encode({labels.HDR_ENTRY_SALT: SALT}),
        "unknown-claim": ANSWER_KEY.sign1(labels.TYP_ANSWER, unknown),
        "unknown-private-member": with_private(m13=0),
        "predicate-8": with_private(m1=8),
        "predicate-true": with_private(m1=True),
        "result-0": with_private(m2=0),
        "result-4": with_private(m2=4),
        "result-true": with_private(m2=True),
        "purpose-empty": with_private(m3=""),
        "purpose-with-a-line-break": with_private(m3="MORTGAGE\n"),
        "day-of-february-30": with_private(m4="2025-02-30"),
        "day-in-another-spelling": with_private(m4="20251231"),
        "commitment-31-bytes": with_private(m6=CLAIMS.commitment[1:]),
        "pseudonym-15-bytes": with_private(m7=bytes(15)),
        "level-6": with_private(m8=6),
        "negative-age": with_private(m9=-1),
        "reason-in-words": with_private(m10=["the two are married"]),
        "reason-twice": with_private(m10=["REGISTERED", "REGISTERED"]),
        "nine-reasons": with_private(m10=[f"R{i}" for i in range(9)]),
        "basis-0": with_private(m11=0),
        "basis-5": with_private(m11=5),
    }
    return {
        "trust_b64": b64(trust()),
        "at": kit.AT,
        "salt_hex": SALT.hex(),
        "question_b64": b64(QUESTION),
        "accepted": [
            {"name": n, "answer_b64": b64(data), "reason": reason, "verifies": reason == "OK"}
            for n, (data, reason) in accepted.items()
        ],
        "refused": [{"name": n, "answer_b64": b64(data)} for n, data in refused.items()],
    }


def _parts(data: bytes) -> tuple[bytes, dict[int, Any], None, bytes]:
    sign1 = Sign1.parse_any(data)
    return sign1.protected, {}, None, sign1.signature
