"""A bank's signed daily totals: one form, one signer, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.support.kit import DAY as SECONDS
from tests.support.kit import STRANGER_KEY, TestSigner
from verifier import cbor
from verifier.charity.bankday import TYP_BANK_DAY, BankDay, SignedBankDay, account_commitment, judge_bank_day
from verifier.cose import CoseKey, encode_sign1
from verifier.errors import Malformed
from verifier.report import Reason

BANK_KEY = TestSigner(b"bank")
OF_DAY = 20778
OVER = (OF_DAY + 1) * SECONDS - 8 * 3600
TOTALS = BankDay("91990000MA9T000695", "53990000MJ9T00037A", OVER, OF_DAY, bytes(32), 1_250_000, 17, 300_000, 2)
CLAIMS = cbor.decode(TOTALS.encode())


@dataclass(frozen=True)
class Key:
    key: CoseKey
    not_before: int = OVER - SECONDS
    not_after: int = OVER + SECONDS
    revoked_from: int | None = None


def changed(**private: Any) -> bytes:
    """A payload with other members in its private claim: `m2=b""` for the account."""
    return cbor.encode({**CLAIMS, -65600: {**CLAIMS[-65600], **{int(k[1:]): v for k, v in private.items()}}})


def test_what_is_written_is_read() -> None:
    data = BANK_KEY.sign1(TYP_BANK_DAY, TOTALS.encode())
    signed = SignedBankDay.parse(data)
    assert signed.totals == TOTALS
    assert judge_bank_day(signed, Key(BANK_KEY.key), OVER, bank_known=True) is Reason.OK
    assert len(data) < 256


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (changed(m3=-1), "integer"),
        (changed(m3=1 << 53), "integer"),
        (changed(m3=True), "integer"),
        (changed(m3=16), "totals"),  # seventeen credits of at least a fen each
        (changed(m3=5, m4=0), "totals"),
        (changed(m5=0), "totals"),
        (changed(m2=b"short"), "bytes"),
        (changed(m1=OF_DAY + 1), "early"),
        (changed(m7=0), "unknown-member"),
        (cbor.encode({**CLAIMS, 1: "91990000MA9T00069"}), "uscc"),
        (cbor.encode({**CLAIMS, 3: "x"}), "unknown-member"),
        (cbor.encode({k: v for k, v in CLAIMS.items() if k != 2}), "missing-member"),
        (cbor.encode([]), "not-a-map"),
    ],
)
def test_another_form_is_refused(payload: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        SignedBankDay.parse(BANK_KEY.sign1(TYP_BANK_DAY, payload))
    assert refused.value.reason == code


def test_a_statement_of_another_type_or_with_a_rider_is_refused() -> None:
    for data in (
        BANK_KEY.sign1("mz-cert+cwt", TOTALS.encode()),
        _with_rider(BANK_KEY.sign1(TYP_BANK_DAY, TOTALS.encode())),
        BANK_KEY.sign1(TYP_BANK_DAY, TOTALS.encode()) + b"\x00",
        b"",
    ):
        with pytest.raises(Malformed):
            SignedBankDay.parse(data)


def _with_rider(data: bytes) -> bytes:
    protected, _, payload, signature = cbor.decode(data).value
    return encode_sign1(protected, {99: b"unsigned"}, payload, signature)


def test_only_the_banks_key_at_its_time_counts() -> None:
    signed = SignedBankDay.parse(BANK_KEY.sign1(TYP_BANK_DAY, TOTALS.encode()))
    forged = SignedBankDay.parse(STRANGER_KEY.sign1(TYP_BANK_DAY, TOTALS.encode()))
    key = Key(BANK_KEY.key)
    cases = [
        (signed, None, OVER, False, Reason.ISSUER_UNKNOWN),
        (signed, None, OVER, True, Reason.KEY_UNKNOWN),
        (forged, key, OVER, True, Reason.SIGNATURE_INVALID),
        (signed, replace(key, not_before=OVER + 1), OVER, True, Reason.KEY_NOT_VALID_AT_ISSUE),
        (signed, replace(key, not_after=OVER), OVER, True, Reason.KEY_NOT_VALID_AT_ISSUE),
        (signed, replace(key, revoked_from=OVER), OVER, True, Reason.KEY_NOT_VALID_AT_ISSUE),
        (signed, key, OVER - SECONDS, True, Reason.NOT_YET_VALID),
    ]
    for statement, bank_key, at, known, reason in cases:
        assert judge_bank_day(statement, bank_key, at, bank_known=known) is reason


def test_an_account_is_named_to_those_who_know_it() -> None:
    salt = bytes(range(16))
    assert account_commitment(salt, "9900 0000 0001") != account_commitment(salt, "9900 0000 0002")
    assert account_commitment(salt, "9900 0000 0001") != account_commitment(bytes(16), "9900 0000 0001")
    for wrong in ((b"", "1"), (salt, "")):
        with pytest.raises(Malformed):
            account_commitment(*wrong)
