"""The page of a donation certificate: an anonymous donor stays so, and nobody takes it for the fiscal receipt."""

from __future__ import annotations

from certs.documents import values
from certs.documents.generic import AUTHORITY_CODE, IDENTIFIER
from certs.documents.layout import Field, Group, Layout
from certs.documents.reading import Reader
from certs.documents.view import Lang, Words
from certs.kinds.base import KindInfo

_ANONYMOUS = Words("匿名", "anonymous")
_NO_RECEIPT = Words("未开具", "none issued")
_BANNER = Words(
    "非捐赠票据，不能用于税前扣除",
    "This is not the fiscal donation receipt and cannot be used for tax deduction",
)
_NOTE = Words(
    "扫码仅验证证书真伪与是否有效，并显示募捐方案备案编号、金额和收到日期，不显示捐赠人。本证书不是捐赠票据。",
    "Scanning checks only whether this certificate is genuine and still valid, and shows the plan filing number, the "
    "amount and the day of receipt; it does not show the donor. This certificate is not a fiscal receipt.",
)


def _receipt(read: Reader, name: str, lang: Lang) -> str:
    code, number = read.optional("receipt_code"), read.optional("receipt_number")
    if code is None or number is None:
        return _NO_RECEIPT.text(lang)
    if lang == "en":
        return f"issued separately: code {code}, number {number}"
    return f"已另行开具：票据代码 {code}，票据号码 {number}"


def layout(info: KindInfo) -> Layout:
    text = values.text
    return Layout(
        groups=(
            Group(
                (Field("donor_name", Words("捐赠人", "Donor"), text, size="huge", wide=True, absent=_ANONYMOUS),),
                "lead",
            ),
            Group(
                (
                    Field("amount_fen", Words("捐赠金额", "Amount (CNY)"), values.money, "huge", True, required=True),
                    Field("amount_fen", Words("大写", "In capitals"), values.money_in_capitals, wide=True),
                ),
                "amount",
            ),
            Group(
                (
                    Field("charity_name", Words("慈善组织", "Charity"), text, required=True),
                    Field("charity_uscc", Words("统一社会信用代码", "Unified social credit code"), text, required=True),
                    Field("project", Words("慈善项目", "Project"), text, required=True),
                    Field("plan_filing_no", Words("募捐方案备案编号", "Plan filing number"), text, required=True),
                    Field("purpose", Words("捐赠用途", "Purpose"), text, wide=True, required=True),
                    Field("received_on", Words("收到日期", "Received on"), values.day, required=True),
                    Field("channel", Words("捐赠渠道", "Channel"), text, required=True),
                    Field("donation_no", Words("捐赠编号", "Donation number"), text, required=True),
                    Field("handler", Words("经手人", "Handled by"), text, required=True),
                    Field(
                        "receipt_code",
                        Words("公益事业捐赠票据", "Fiscal receipt (a separate document)"),
                        _receipt,
                        size="small",
                        wide=True,
                        absent=_NO_RECEIPT,
                        uses=("receipt_number",),
                    ),
                )
            ),
        ),
        accent="#1f4d45",
        notes=(_NOTE,),
        banner=_BANNER,
        serial="donation_no",
        issuer="charity_name",
        issued_on="received_on",
        footer=(("charity_uscc", AUTHORITY_CODE), ("cert_identifier", IDENTIFIER)),
        left_out=frozenset({"donor_type", "notice"}),
    )
