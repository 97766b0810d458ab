"""What the public audit says to people, in Chinese and English."""

from __future__ import annotations

from typing import Final

from ..report import Outcome, Reason, iso
from ..wording import REASON_TEXT
from .auditreport import FAILS, OPEN, AuditFinding, AuditReport, FundTable
from .bankbooks import BankTable
from .errors import Refusal
from .wording import REFUSALS

_OUTCOME: Final = {
    Outcome.PASSED: ("✓ 公开审计通过", "✓ the public audit passed"),
    Outcome.FAILED: ("✗ 公开审计未通过", "✗ the public audit failed"),
    Outcome.INDETERMINATE: ("? 公开审计尚不能得出结论", "? the public audit cannot be concluded yet"),
}
_SIGN: Final = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.INDETERMINATE: "?"}
_TOTALS: Final = (
    ("received", "收入", "received"),
    ("unallocated", "未分配", "unallocated"),
    ("allocated", "已分配未用", "allocated"),
    ("reserved", "待付", "reserved"),
    ("paid", "已付待签收", "paid, not acknowledged"),
    ("acknowledged", "已付已签收", "acknowledged"),
    ("returned", "付款退回（已重新计入收入）", "returned by payees (received anew)"),
    ("out", "退还、转出", "returned to donors, transferred"),
)
_NOT_PROVEN: Final = (
    "未证明：受益人真实存在并亲自签收、凭证所载属实、有无从未入账的捐赠（银行日结数可证，但须另行核验银行签名）、"
    "同一回执码没有给两位捐赠人、他人所见是同样的账期声明",
    "not proven: that payees exist and signed, that vouchers are true, that nothing was left out of the books (a "
    "bank's daily totals tell, for who checks its signature), that one receipt code was not given to two donors, that "
    "others were shown these epochs",
)


def finding_text(finding: AuditFinding, lang: str) -> str:
    """One finding as a line."""
    i = 0 if lang == "zh" else 1
    words = FAILS.get(finding.code) or OPEN.get(finding.code) or REASON_TEXT[Reason(finding.code)]
    place = " ".join(part for part in (finding.book.hex(), finding.where) if part)
    why = ""
    if finding.code == "REFUSED" and finding.detail in set(Refusal):
        why = f": {REFUSALS[Refusal(finding.detail)][i]}"
    return f"  {_SIGN[finding.outcome]} {place or '-'}: {words[i]}{why} [{finding.code}]"


def _amount(fund: FundTable, amount: int) -> str:
    if fund.unit is not None:
        return f"{amount} {fund.unit[1]}"
    return f"¥{amount // 100}.{amount % 100:02}"


def _fund_lines(fund: FundTable, i: int) -> list[str]:
    lines = [f"  {fund.title[i]} ({fund.charity}) {fund.book.hex()}"]
    lines += [f"    {words[i]}: {_amount(fund, fund.total(name))}" for name, *words in _TOTALS]
    counts = ("捐赠 {} 笔，付款 {} 笔", "{} donations, {} payments")
    lines.append("    " + counts[i].format(fund.donations, fund.payments))
    if fund.left_after_closing:
        left = _amount(fund, fund.left_after_closing)
        lines.append(f"    {('关闭后退回、尚未处理', 'came back after closing, not disposed of')[i]}: {left}")
    if fund.as_of is not None:
        lines.append(f"    {('截至', 'as of')[i]} {iso(fund.as_of)}")
    return lines


def _bank_line(bank: BankTable, i: int) -> str:
    said = bank.to_json()
    words = (
        "银行日结 {n} 天（{first} 至 {last}，{charity}；{s} 天附有银行声明，其签名未在此核验，其余为慈善组织自述）："
        "银行收 {c}、付 {d}；账面收 {r}、付 {p}；相差 {x}",
        "{n} bank days ({first} to {last}, {charity}; {s} with a statement of the bank, whose signature is not checked "
        "here, the others by the charity's word): bank in {c}, out {d}; books in {r}, out {p}; difference {x}",
    )
    sums = bank.credits, bank.debits, bank.received, bank.paid, bank.difference
    amounts = dict(zip("cdrpx", map(_yuan, sums), strict=True))
    return "  " + words[i].format(
        n=bank.days, s=bank.stated, first=said["first"], last=said["last"], charity=bank.charity, **amounts
    )


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100}.{abs(fen) % 100:02}"


def audit_text(report: AuditReport, lang: str = "zh") -> str:
    """The whole report as lines of text; `lang` is zh or en."""
    i = 0 if lang == "zh" else 1
    lines = [_OUTCOME[report.outcome][i]]
    counts = (
        f"账本 {report.books} 个，事项 {report.events} 件，捐赠 {report.donations} 笔",
        f"{report.books} books, {report.events} events, {report.donations} donations",
    )
    lines.append(f"  {counts[i]}")
    lines += [finding_text(f, lang) for f in report.findings]
    for fund in report.funds:
        lines += _fund_lines(fund, i)
    lines += [_bank_line(bank, i) for bank in report.banks]
    if report.in_transit:
        transit = ("转出而对方账期尚未显示", "transferred, and not yet in the other fund's epoch")
        lines.append(f"  {transit[i]}: {report.in_transit}")
    lines.append(f"  {_NOT_PROVEN[i]}")
    return "\n".join(lines)
