"""Slots and claims of a donation certificate, version 1: 16 slots, all with a meaning."""

from __future__ import annotations

from typing import Final

from certs.kinds.base import Claim, KindInfo, Names, Slot, Stamp
from verifier.labels import KIND_DONATION

from .draft import DonationDraft

COLUMNS: Final = (
    "donation_no", "charity_uscc", "plan_filing_no", "project", "donor_type", "donor_name", "anonymous", "amount_fen",
    "received_on", "purpose", "channel", "handler", "receipt_status", "receipt_code", "receipt_number",
)  # fmt: skip

NOTICE: Final = "非捐赠票据 not the fiscal receipt"
"""On every donation certificate: only the fiscal receipt is deductible (Charity Law art. 38, 财综〔2024〕1号)."""

_ROWS: Final = (
    ("cert_identifier", True, "电子证照标识", "certificate identifier"),
    ("donation_no", True, "捐赠编号", "donation number"),
    ("charity_name", False, "慈善组织", "charity"),
    ("charity_uscc", False, "慈善组织代码", "charity code"),
    ("plan_filing_no", False, "募捐方案备案编号", "plan filing number"),
    ("project", False, "慈善项目", "project"),
    ("purpose", False, "捐赠用途", "purpose"),
    ("donor_type", True, "捐赠人类型", "donor type"),
    ("donor_name", True, "捐赠人", "donor"),
    ("amount_fen", False, "金额（分）", "amount in fen"),
    ("received_on", False, "收到日期", "received on"),
    ("channel", True, "捐赠渠道", "channel"),
    ("handler", True, "经手人", "handled by"),
    ("receipt_code", True, "票据代码", "receipt code"),
    ("receipt_number", True, "票据号码", "receipt number"),
    ("notice", False, "说明", "notice"),
)

INFO: Final = KindInfo(
    number=KIND_DONATION,
    version=1,
    name="donation",
    zh="捐赠证书",
    en="donation certificate",
    depth=4,
    slots=tuple(Slot(i, *row) for i, row in enumerate(_ROWS)),
    columns=COLUMNS,
    names=Names(number="donation_no", holder="donor_name", document_type=None, document=None, issuer="charity_name"),
)


def donation_claims(draft: DonationDraft, stamp: Stamp) -> list[Claim]:
    """Claims of one donation; an anonymous donor's name leaves its slot unused, like every absent value."""
    values: tuple[str | int | None, ...] = (
        stamp.cert_identifier,
        draft.donation_no,
        stamp.issuer_name,
        stamp.issuer_uscc,
        draft.plan_filing_no,
        draft.project,
        draft.purpose,
        draft.donor_type,
        None if draft.anonymous else draft.donor_name,
        draft.amount_fen,
        draft.received_on.isoformat(),
        draft.channel,
        draft.handler,
        draft.receipt_code,
        draft.receipt_number,
        NOTICE,
    )
    return [(i, _ROWS[i][0], value) for i, value in enumerate(values) if value is not None]
