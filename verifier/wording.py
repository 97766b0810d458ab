"""The report in words, for a person at a counter. Chinese first; English beside it.

Sentences say what was checked and what follows from it, no more: a genuine certificate is not a statement about
anybody's present marital status, and "could not be checked" is never worded as "false".
"""

from __future__ import annotations

import re
from typing import Final

from .advice import ADVICE, LEVEL, NEED, span
from .labels import KIND_DONATION, KIND_MARRIAGE
from .report import Outcome, Reason, Report, iso

_SIGN: Final = {Outcome.PASSED: "✔", Outcome.FAILED: "✘", Outcome.INDETERMINATE: "?"}
_OUTCOME: Final = {
    Outcome.PASSED: ("核验通过：证书真实，且目前有效", "PASSED: the certificate is genuine and valid"),
    Outcome.FAILED: ("核验不通过", "FAILED"),
    Outcome.INDETERMINATE: ("无法确定：尚有内容未能核验", "INDETERMINATE: something could not be checked"),
}
_KIND: Final = {
    KIND_MARRIAGE: ("结婚证", "marriage certificate"),
    KIND_DONATION: ("捐赠证书", "donation certificate"),
}
_NOTICE: Final = {
    KIND_MARRIAGE: (
        "证书真实有效，不等于当事人目前的婚姻状况。",
        "A genuine, valid certificate does not prove anybody's present marital status.",
    ),
    KIND_DONATION: ("本证书不是捐赠票据，不能用于税前扣除。", "This is not the fiscal donation receipt."),
}
REASON_TEXT: Final[dict[Reason, tuple[str, str]]] = {
    Reason.OK: ("全部检查通过", "every check passed"),
    Reason.MALFORMED_CODE: ("不是民政码，或已损坏", "not a Minzheng code, or damaged"),
    Reason.MALFORMED_FILE: ("不是持证人文件，或已损坏", "not a holder's file, or damaged"),
    Reason.MALFORMED_CREDENTIAL: ("码中内容不合格式", "the code's content is not of the format"),
    Reason.ALGORITHM_MISMATCH: ("签名算法与密钥不符", "the signature algorithm is not the key's"),
    Reason.KEY_NOT_ALLOWED_FOR_KIND: (
        "该密钥无权签发此类证书",
        "the key may not sign this kind of certificate",
    ),
    Reason.KEY_NOT_VALID_AT_ISSUE: ("签发时密钥不在有效期", "the key was not valid when it signed"),
    Reason.SIGNATURE_INVALID: ("签名不正确：内容被改动或系伪造", "the signature is wrong: altered or forged"),
    Reason.EXPIRED: ("证书已过有效期", "the certificate has expired"),
    Reason.DISCLOSURE_INVALID: ("出示的字段与证书不符", "a disclosed field is not the certificate's"),
    Reason.STATUS_NOT_VALID: ("证书已失效", "the certificate is no longer valid"),
    Reason.RECEIPT_INVALID: ("日志回执不正确", "the log receipt is wrong"),
    Reason.LOG_FORKED: (
        "日志对同一大小签署了两个不同的根：日志分叉",
        "the log signed two different trees of one size: it shows different people different histories",
    ),
    Reason.ANCHOR_MISMATCH: ("链上锚定与回执不一致", "the chain's anchor contradicts the receipt"),
    Reason.ALGORITHM_UNSUPPORTED: ("不支持的算法", "algorithm not supported"),
    Reason.ISSUER_UNKNOWN: ("信任包中没有该颁发机构", "the trust bundle does not name this issuer"),
    Reason.KEY_UNKNOWN: (
        "信任包中没有该机构的这把密钥",
        "the trust bundle does not name this key of the issuer",
    ),
    Reason.KEY_REVOKED: ("密钥已撤销，且无回执证明签发在前", "the key is revoked and no receipt is older"),
    Reason.NOT_YET_VALID: ("证书尚未生效，或本机时钟不准", "not yet valid, or this clock is wrong"),
    Reason.KIND_UNKNOWN: ("本程序不认识此类证书", "this program does not know the certificate's kind"),
    Reason.TRUST_EXPIRED: ("信任包已过期，请更新", "the trust bundle has expired: update it"),
    Reason.STATUS_MISSING: ("没有状态列表", "no status list"),
    Reason.STATUS_STALE: ("状态列表已过期，请更新", "the status list has expired: update it"),
    Reason.STATUS_MALFORMED: ("状态列表已损坏", "the status list is damaged"),
    Reason.STATUS_SIGNATURE_INVALID: ("状态列表签名不正确", "the status list's signature is wrong"),
    Reason.STATUS_OUT_OF_RANGE: ("状态列表不含该证书", "the status list does not reach this certificate"),
    Reason.RECEIPT_MISSING: ("没有日志回执", "no log receipt"),
    Reason.RECEIPT_LOG_UNKNOWN: (
        "回执来自信任包之外的日志",
        "the receipt is of a log that the trust bundle does not name",
    ),
    Reason.QUORUM_NOT_REACHED: ("见证方联署不足", "not enough witness cosignatures"),
    Reason.ANCHOR_MISSING: ("没有链上锚定的证据", "no evidence of the chain's anchor"),
    Reason.ANCHOR_UNKNOWN_CHAIN: (
        "锚定在信任包之外的链上",
        "anchored on a chain that the trust bundle does not name",
    ),
    Reason.ANCHOR_PROOF_INVALID: (
        "链上锚定的证明未能核验",
        "the proof of the chain's anchor does not check",
    ),
    Reason.DOCUMENT_ALTERED: (
        "文件被改动：与签发机构声明的内容不一致",
        "the file was altered: not the bytes that the issuer stated",
    ),
    Reason.RENDITION_INVALID: ("关于该文件的签发声明不正确", "the issuer's statement about this file is wrong"),
    Reason.RENDITION_MISMATCH: (
        "文件中的证书与声明所指的证书不是同一份",
        "the statement about this file is of another certificate",
    ),
    Reason.COPY_EXPIRED: ("加注件已过使用期限", "this annotated copy is past its end"),
    Reason.SEAL_INVALID: ("电子签章不正确", "the electronic seal is wrong"),
    Reason.PRESENTATION_INVALID: (
        "出示不成立：不是持证人绑定的设备所签",
        "the presentation is wrong: not signed by the device that is bound to the certificate",
    ),
    Reason.PRESENTATION_MISMATCH: (
        "该出示是给别的机构，或是针对别的一次询问",
        "this was shown to somebody else, or in answer to another challenge",
    ),
    Reason.PRESENTATION_EXPIRED: (
        "出示已过时，请持证人重新出示",
        "the presentation is past its end: ask for a new one",
    ),
    Reason.TRACE_INVALID: (
        "捐款去向的证明不成立：与慈善组织签署的账目不符",
        "the trace does not hold: it is not what the charity signed",
    ),
    Reason.RENDITION_MISSING: (
        "证书真实与否另见各项，但文件本身没有签发声明",
        "nobody has stated that these bytes are a rendition of the certificate",
    ),
    Reason.SEAL_UNCERTAIN: ("电子签章未能核验", "the electronic seal could not be checked"),
}

_SEAL: Final = {
    "name": ("电子签章", "electronic seal"),
    "esid": ("印章标识", "seal's identifier"),
    "signer": ("签章人", "sealed by"),
    "maker": ("制章人", "seal made by"),
    "signed_at": ("签章时间", "sealed at"),
}


# Line breaks, terminal controls and bidirectional overrides: a field must not pass for a line of the report. Nothing
# else is replaced: names have characters younger than this machine's Unicode tables.
_CONTROL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(value: object) -> str:
    """`value` as text without what could pass for a line of the report."""
    return _CONTROL.sub("\ufffd", str(value))


def outcome_text(report: Report, lang: str = "zh") -> str:
    """One sentence for the outcome."""
    return _OUTCOME[report.outcome][0 if lang == "zh" else 1]


def _document(report: Report, i: int) -> list[str]:
    """What the file itself is, once that was proven."""
    seen = report.document
    if seen is None or seen.issued_at is None:
        return []
    lines = [f"  {('文件', 'file')[i]}: {seen.media}, SM3 {seen.digest}"]
    if seen.expires is not None:
        lines.append(f"  {('加注件，使用至', 'annotated copy, to be used until')[i]}: {iso(seen.expires)}")
    if seen.seal is not None:
        lines += [f"  {_SEAL.get(name, (name, name))[i]}: {plain(value)}" for name, value in seen.seal.items()]
    return lines


def kind_title(report: Report, lang: str = "zh") -> str:
    """What people call the kind: as the bundle says, or as this verifier knows it."""
    known = report.manifest and (report.manifest.zh, report.manifest.en)
    return (known or _KIND.get(report.kind or 0, ("未知", "unknown")))[0 if lang == "zh" else 1]


def _notice(report: Report) -> tuple[str, str] | None:
    """What the certificate does not prove. Those of this verifier's own kinds cannot be left out by a bundle."""
    stated = None if report.manifest is None else report.manifest.notice
    return _NOTICE.get(report.kind or 0) or stated


def _reached(report: Report, i: int) -> str:
    """The levels reached, in words: "（颁发机构签发，已记入日志）"."""
    words = [LEVEL[name][i] for name, reason in sorted(report.levels.items()) if reason is Reason.OK and name in LEVEL]
    return ("（" + "，".join(words) + "）", f" ({', '.join(words)})")[i] if words else ""


def to_text(report: Report, lang: str = "zh") -> str:
    """The whole report as lines of text; `lang` is zh or en."""
    i = 0 if lang == "zh" else 1
    label = (
        ("原因", "证照", "颁发机构", "等级", "有效状态", "还需要", "怎么办", "核验时间"),
        ("reason", "kind", "issuer", "level", "validity", "needed", "what to do", "checked at"),
    )[i]
    lines = [f"{_SIGN[report.outcome]} {outcome_text(report, lang)}"]
    lines.append(f"  {label[0]}: {REASON_TEXT[report.reason][i]} [{report.reason.value}]")
    if report.reason in ADVICE:
        lines.append(f"  {label[6]}: {ADVICE[report.reason][i]}")
    if report.kind is not None:
        lines.append(f"  {label[1]}: {plain(kind_title(report, lang))}")
    if report.issuer is not None:
        name = report.issuer_name.get("zh" if i == 0 else "en", "")
        lines.append(f"  {label[2]}: {plain(name)} {report.issuer}".rstrip())
    lines.append(f"  {label[3]}: {report.level or '-'}{_reached(report, i)}")
    if report.status is not None:
        seen = ("依据 {}前签发的状态列表", "by the status list issued {} ago")[i]
        lines.append(f"  {label[4]}: {seen.format(span(report.status.age, i))}")
    lines.extend(_document(report, i))
    lines.extend(f"  {plain(name)}: {plain(value)}" for name, value in report.public.items())
    lines.extend(f"  {plain(report.label(n, lang))}: {plain(value)}" for n, value in report.disclosed.items())
    lines.extend(f"  {label[5]}: {NEED.get(n.what, (n.what, n.what))[i]} {plain(n.ref)}" for n in report.needs)
    lines.append(f"  {label[7]}: {iso(report.checked_at)}")
    notice = _notice(report)
    if report.outcome is Outcome.PASSED and notice is not None:
        lines.append(f"  {plain(notice[i])}")
    return "\n".join(lines)
