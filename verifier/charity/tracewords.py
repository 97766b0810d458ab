"""What a donor's trace says to people, in Chinese and English: where the money is, and what nobody has proven."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from ..advice import ADVICE, LEVEL, NEED
from ..report import Outcome, Reason, iso
from ..wording import REASON_TEXT, plain
from .follow import Portion, State
from .tracereport import Donated, TraceReport

_OUTCOME: Final = {
    Outcome.PASSED: (
        "✔ 核验通过：下列去向与慈善组织签署的账目一致",
        "✔ PASSED: what follows is what the charity signed in its books",
    ),
    Outcome.FAILED: ("✘ 核验不通过：这份去向证明不可采信", "✘ FAILED: this trace is not to be believed"),
    Outcome.INDETERMINATE: (
        "? 无法确定：尚有内容未能核验",
        "? INDETERMINATE: something could not be checked",
    ),
}
STATES: Final = {
    State.WAITING: ("等待使用", "waiting to be used"),
    State.PAID: ("已支出，尚未签收", "paid, not acknowledged yet"),
    State.ACKNOWLEDGED: ("已支出并已签收", "paid and acknowledged"),
    State.RETURNED_TO_DONOR: ("已退还捐赠人", "returned to the donor"),
    State.REVERSED: ("登记有误，已冲销", "recorded wrongly and reversed"),
    State.RETURNED_TO_FUND: ("付款被退回基金（此文件未续查）", "came back to the fund (not followed in this file)"),
    State.TRANSFERRED: ("已转入其他基金（此文件未续查）", "transferred to another fund (not followed in this file)"),
    State.REDIRECTED: (
        "转往其他基金，慈善组织称经捐赠人同意（此文件未续查）",
        "redirected to another fund, with the donor's consent as the charity says (not followed in this file)",
    ),
    State.SURPLUS: ("作为剩余财产转给其他慈善组织", "given to another charity as surplus"),
}
_CLASS: Final = {
    1: ("直接救助", "direct aid"),
    2: ("服务成本", "cost of services"),
    3: ("募捐成本", "cost of fundraising"),
    4: ("管理费用", "administration"),
}
_NOT_PROVEN: Final = (
    "未证明：受益人真实存在并亲自签收、凭证所载属实、物资确实送达、退还的款项已到账、改变用途确经同意（均为慈善组织所述）；"
    "回执码没有另给他人；他人所见是同一份账期声明；也未证明上述时间之后的变动。归集顺序（先收先用）是约定。",
    "Not proven: that payees exist and signed, that vouchers are true, that goods arrived, that money given back "
    "reached the donor, that a donor consented (the charity says so); that nobody else was given this receipt code, "
    "or was shown another epoch in place of this one; nor anything after the time above. That what came first is "
    "spent first is a convention.",
)
_NO_RECEIPT: Final = (
    "本文件不是捐赠票据，不能用于税前扣除。",
    "This is not the fiscal donation receipt.",
)
_LABELS: Final = (
    ("原因", "怎么办", "慈善组织", "基金", "捐赠", "其中", "等级", "账目截至", "还需要", "核验时间"),
    (
        "reason",
        "what to do",
        "charity",
        "fund",
        "donation",
        "of which",
        "level",
        "books as of",
        "needed",
        "checked at",
    ),
)
_EPOCH_DAY: Final = date(1970, 1, 1)


def amount_text(amount: int, goods: bool | None, lang: str) -> str:
    """A number of fen as yuan, of goods as units; as it is where nothing says which of both."""
    if goods is None:
        return f"{amount} {'（分或件）' if lang == 'zh' else '(fen or units)'}"
    if goods:
        return f"{amount} {'件' if lang == 'zh' else 'units'}"
    yuan = f"{amount // 100:,}.{amount % 100:02d}"
    return f"{yuan} 元" if lang == "zh" else f"CNY {yuan}"


def day_text(day: int) -> str:
    """A day since 1970-01-01 as YYYY-MM-DD."""
    return (_EPOCH_DAY + timedelta(days=day)).isoformat()


def trace_text(report: TraceReport, lang: str = "zh") -> str:
    """The whole report as lines of text; `lang` is zh or en."""
    i = 0 if lang == "zh" else 1
    label = _LABELS[i]
    lines = [_OUTCOME[report.outcome][i]]
    lines.append(f"  {label[0]}: {REASON_TEXT[report.reason][i]} [{report.reason.value}]")
    if report.reason in ADVICE:
        lines.append(f"  {label[1]}: {ADVICE[report.reason][i]}")
    if report.donated is not None:
        lines += _donation(report, report.donated, lang)
    words = [LEVEL[n][i] for n, reason in sorted(report.levels.items()) if reason is Reason.OK]
    reached = ("（" + "，".join(words) + "）", f" ({', '.join(words)})")[i] if words else ""
    lines.append(f"  {label[6]}: {report.level or '-'}{reached}")
    lines += [f"  {label[7]}: {iso(at)} ({book.hex()[:8]} #{epoch})" for book, epoch, at in report.as_of]
    lines += [f"  {label[8]}: {NEED.get(n.what, (n.what, n.what))[i]} {plain(n.ref)}" for n in report.needs]
    lines.append(f"  {label[9]}: {iso(report.checked_at)}")
    if report.donated is not None:
        lines += [f"  {_NOT_PROVEN[i]}", f"  {_NO_RECEIPT[i]}"]
    return "\n".join(lines)


def _donation(report: TraceReport, d: Donated, lang: str) -> Iterator[str]:
    i = 0 if lang == "zh" else 1
    label = _LABELS[i]
    name = report.charity_name.get("zh" if i == 0 else "en", "")
    yield f"  {label[2]}: {plain(name)} {d.charity}".rstrip()
    yield f"  {label[3]}: {d.book.hex()}"
    grouped = ("，与他人合并公布", ", published together with others")[i] if d.grouped else ""
    unopened = ("（文件未证明是谁的捐赠）", " (the file does not show whose it is)")[i] if not d.opened else ""
    yield f"  {label[4]}: {amount_text(d.amount, d.goods, lang)}, {day_text(d.day)}{grouped}{unopened}"
    for state, parts in groupby(sorted(report.portions, key=lambda p: list(State).index(p.state)), lambda p: p.state):
        found = list(parts)
        total = amount_text(sum(p.amount for p in found), d.goods, lang)
        yield f"  {label[5]} {total} {STATES[state][i]}"
        yield from (f"    {_portion(p, d, lang)}" for p in found if p.outflow is not None)


def _portion(p: Portion, d: Donated, lang: str) -> str:
    i = 0 if lang == "zh" else 1
    said = [amount_text(p.amount, d.goods, lang)]
    if p.day is not None:
        said.append(day_text(p.day))
    if p.cost_class is not None:
        said.append(_CLASS[p.cost_class][i])
    if p.allocation is not None:
        said.append(f"{('拨款', 'allocation')[i]} {p.allocation}")
    if p.reference is not None:
        said.append(f"{('凭证', 'voucher')[i] if p.cost_class else ('事项', 'event')[i]} SM3 {p.reference.hex()[:16]}…")
    return ", ".join(said)
