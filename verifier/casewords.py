"""What a report on a case file says to people, in Chinese and English."""

from __future__ import annotations

from typing import Final

from .casefile import CaseReport
from .report import Outcome, Reason, iso
from .wording import REASON_TEXT, to_text

CODES: Final[dict[str, tuple[str, str]]] = {
    "OK": ("无误", "good"),
    "MALFORMED": ("格式不符", "cannot be read"),
    "MEMBERS_DIFFER": ("成员与清单不符", "the members are not those of the manifest"),
    "ALTERED": ("已被改动", "was altered"),
    "OTHER_CERTIFICATE": ("属于另一证照", "belongs to another certificate"),
    "KEY_UNKNOWN": ("信任包中没有该密钥", "the trust bundle does not name the key"),
    "KEY_NOT_ALLOWED_FOR_KIND": ("密钥不得用于此类证照", "the key is not for this kind of certificate"),
    "KEY_NOT_VALID": ("导出时密钥不在有效期内", "the key was not valid at the time of the export"),
    "KEY_REVOKED": ("密钥已撤销，无法确定签名时间", "the key was revoked, and nothing shows when it signed"),
    "SAYS_OTHERWISE": ("与已证明的内容不一致", "says something else than what is proven"),
    "NOT_CHECKED": ("证照未获证明，无从比对", "the certificate is not proven, so there is nothing to compare with"),
    "ENDED_SINCE": (
        "导出之后证照已失效，请索取新的案件文件",
        "the certificate was ended after the export: ask for a new one",
    ),
    "STILL_VALID_BY_LIST": (
        "状态列表早于失效事件，请取新的",
        "the status list is older than the event: get a fresh one",
    ),
}
"""Codes of findings beside those of a certificate's report."""
_OUTCOME: Final = {
    Outcome.PASSED: ("✓ 案件文件通过核验", "✓ the case file passed"),
    Outcome.FAILED: ("✗ 案件文件未通过核验", "✗ the case file failed"),
    Outcome.INDETERMINATE: ("? 案件文件尚不能确定", "? the case file cannot be judged yet"),
}
_SIGN: Final = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.INDETERMINATE: "?"}


def code_text(code: str, lang: str) -> str:
    """Text of a finding's code."""
    i = 0 if lang == "zh" else 1
    if code in CODES:
        return CODES[code][i]
    return REASON_TEXT[Reason(code)][i]


def case_text(report: CaseReport, lang: str = "zh") -> str:
    """The whole report as lines of text; `lang` is zh or en."""
    i = 0 if lang == "zh" else 1
    lines = [_OUTCOME[report.outcome][i]]
    if report.issuer is not None:
        lines.append(f"  {('颁发机构', 'issuer')[i]}: {report.issuer}")
        lines.append(f"  {('导出时间', 'exported')[i]}: {iso(report.exported_at)}")
    if report.ended:
        lines.append(f"  {('证照已失效，事件见文件', 'the certificate was ended; the event is in the file')[i]}")
    for finding in report.findings:
        words = code_text(finding.code, lang)  # the form of members' names was checked: no control character in them
        lines.append(f"  {_SIGN[finding.outcome]} {finding.part}: {words} [{finding.code}]")
    if report.certificate is not None:
        lines.extend("  " + line for line in to_text(report.certificate, lang).splitlines())
    return "\n".join(lines)
