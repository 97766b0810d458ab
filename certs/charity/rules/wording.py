"""What codes of the rules say to people: (Chinese, English)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .obligation import State

STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.NOT_DUE: ("未到期", "not due yet"),
    State.DUE_SOON: ("即将到期", "due soon"),
    State.DONE: ("已按期完成", "done in time"),
    State.DONE_LATE: ("逾期完成", "done late"),
    State.OVERDUE: ("逾期未完成", "overdue"),
    State.BREACHED: ("不符合规定", "not complied with"),
    State.NOT_CHECKABLE: ("无法由系统判断", "cannot be judged by software"),
}
ASPECTS: Final[Mapping[str, tuple[str, str]]] = {
    "first-year": ("登记未满一年即有资格", "a qualification within the first year"),
    "received-before-start": ("募捐开始前已收到捐赠", "donations received before the campaign began"),
    "use": ("分配与使用情况", "allocation and use"),
    "report": ("年度报告", "the annual reports"),
    "audit": ("财务会计报告的审计", "audit of the financial report"),
    "settlor": ("作为委托人", "as settlor"),
    "trustee": ("作为受托人的年度报告", "the yearly report as trustee"),
    "money": ("投资所用财产", "what was invested"),
    "votes": ("决策机构表决", "the board's vote"),
    "separate-entry": ("同一文件用于不同信息条目", "one document stands for different entries"),
    "correction-note": ("更改了已公开的内容而没有更正说明", "published content was changed without a correction note"),
    "identity-number": ("公开内容疑似含身份证件号码", "a public text seems to hold an identity number"),
    "telephone": ("公开内容疑似含手机号码", "a public text seems to hold a telephone number"),
    "card-number": ("公开内容疑似含银行卡号", "a public text seems to hold a bank card number"),
    "mail-address": ("公开内容疑似含电子邮箱", "a public text seems to hold a mail address"),
    "spending": ("慈善活动支出", "spending on charity"),
    "spending-of-income": ("慈善活动支出占收入", "spending on charity, of income"),
    "admin": ("管理费用", "administration"),
    "fundraising": ("募捐成本", "cost of fundraising"),
}
MISSING: Final[Mapping[str, tuple[str, str]]] = {
    "days-off": ("该年放假安排尚未公布", "the days off of that year are not announced"),
    "no-term-in-law": ("法律只要求“及时”，未规定天数", "the law says promptly and names no number of days"),
    "place-of-raising": ("须到募捐现场查看", "only somebody at the place can see it"),
    "ground-of-certificate": (
        "未登记提前取得资格的法律依据",
        "the legal ground of a certificate this early is not recorded",
    ),
    "designated-platforms": ("未收录指定平台名单", "the list of designated platforms is not known here"),
    "end-of-project": ("未登记项目终止及剩余财产", "the project's end and what it left are not recorded"),
    "figures": ("未登记该年度数据", "the year's figures are not recorded"),
    "figures-of-year-before": ("未登记上年度数据", "figures of the year before are not recorded"),
    "limits": ("未收录适用的比例标准", "the limits that apply are not known here"),
    "major-projects": ("哪些项目属于重大项目由慈善组织确定", "which projects are major, the charity decides"),
    "votes": ("未登记表决结果", "the result of the vote is not recorded"),
    "reader": ("须由人工阅读", "a person has to read it"),
    "what-donors-were-told": ("未登记向捐赠人反馈的内容", "what donors were told is not recorded"),
    "receipt-records": ("票据记录不公开", "records of receipts are not public"),
}


def aspect_of(code: str) -> tuple[str, str] | None:
    """The words of an aspect; None for the empty one. A trustee's year follows the word."""
    if not code:
        return None
    if code.startswith("trustee-"):
        zh, en = ASPECTS["trustee"]
        return f"{zh} ({code[8:]})", f"{en} ({code[8:]})"
    return ASPECTS[code]
