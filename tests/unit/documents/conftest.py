"""Faces as the kinds make them, and code texts of the right length without a signature (pages do not check one)."""

from __future__ import annotations

import random

import pytest

from verifier.code import encode_code, encode_url

Face = dict[str, str | int]


@pytest.fixture
def marriage_face() -> Face:
    return {
        "cert_identifier": "1.2.156.3005.2.11990000MB9T00011H001.11990000MB9T010142.J9901012025000001.001.N",
        "zihao": "J990101-2025-000003",
        "registration_date": "2025-06-18",
        "effective_from": "2025-06-18",
        "issuer_name": "示例市甲区民政局婚姻登记处",
        "issuer_uscc": "11990000MB9T010142",
        "registrar": "样例登记员甲",
        "holder_role": "man",
        "holder_name": "𠮷示例",
        "holder_sex": "1",
        "holder_nationality": "156",
        "holder_birth_date": "1994-10-10",
        "holder_document_type": "111",
        "holder_document_number": "990101199410100074",
        "spouse_name": "示例古丽·样㛃𬭎",
        "spouse_sex": "2",
        "spouse_nationality": "840",
        "spouse_birth_date": "1995-05-05",
        "spouse_document_type": "414",
        "spouse_document_number": "X00000017",
    }


@pytest.fixture
def donation_face() -> Face:
    return {
        "donation_no": "DN-2026-000006",
        "charity_name": "示例慈善基金会",
        "charity_uscc": "53990000MJ9T00037A",
        "plan_filing_no": "53990000MJ9T00037AA26001",
        "project": "示例儿童阅读角",
        "purpose": "用于示例乡小学购置图书",
        "donor_type": "1",
        "donor_name": "𠮷示例",
        "amount_fen": 20050,
        "received_on": "2026-02-14",
        "channel": "银行转账",
        "handler": "样例经办人甲",
        "receipt_code": "99050126",
        "receipt_number": "0000000005",
        "notice": "非捐赠票据 not the fiscal receipt",
    }


def statement(length: int, seed: int = 1) -> bytes:
    """Bytes as dense as a signed statement."""
    return random.Random(seed).randbytes(length)


@pytest.fixture
def base45_text() -> str:
    return encode_code(statement(276))


@pytest.fixture
def url_text() -> str:
    return encode_url("minzheng.example", statement(276))
