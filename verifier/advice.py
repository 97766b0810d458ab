"""What the person at the counter does next, by reason. "Not established" is never a ground to turn somebody away."""

from __future__ import annotations

from typing import Final

from .report import Reason

_RESCAN: Final = (
    "请重新扫描，或请对方重新发来原文件；截图、转存、转码都会损坏文件。",
    "Scan it again, or ask for the original file: screenshots and re-saved copies are damaged.",
)
_REFUSE: Final = (
    "请勿采信。请当事人从官方渠道重新取得证照；重新取得的仍不通过，请联系颁发机构。",
    "Do not rely on it. Ask for a fresh copy from the official source; if that fails too, ask the issuing authority.",
)
_ENDED: Final = (
    "请勿采信此份，请当事人出示现行有效的证照。失效的原因不公开，也不应追问。",
    "Do not rely on this one; ask for one that is in force. Why it ended is not published, and is not to be asked.",
)
_ALARM: Final = (
    "请勿采信，保存好此文件，并报告本单位信息安全部门和颁发机构：日志或链可能出示过两种历史。",
    "Do not rely on it, keep the file, and report it to your security office and the issuing authority: the log or the "
    "chain may have shown two histories.",
)
_UPDATE: Final = (
    "这不是“不通过”。请更新信任材料（mz-trust update），再核验一次。",
    "This is not a failure. Update the trust material (mz-trust update) and check again.",
)
_UNKNOWN: Final = (
    "这不是“不通过”。请先更新信任包；仍然如此，请升级本程序，或询问发布信任包的机构。",
    "This is not a failure. Update the trust bundle; if it stays so, update this program, or ask its publisher.",
)
_EVIDENCE: Final = (
    "这不是“不通过”。证据在签发后几分钟内补全：请当事人重新下载文件，或由贵单位决定较低等级是否已够。",
    "This is not a failure. Evidence is complete some minutes after issue: ask for a newly downloaded file, or let "
    "your institution decide whether a lower level is enough.",
)
_REPLACE: Final = (
    "这不是“不通过”。请当事人到颁发机构换发。",
    "This is not a failure. The holder can have it re-issued by the authority.",
)
_CLOCK: Final = (
    "这不是“不通过”。请核对本机日期和时间，再核验一次。",
    "This is not a failure. Compare this computer's date and time, and check again.",
)
_SEAL: Final = (
    "这不是“不通过”。请更新信任包和吊销列表（--crl）再核验；证照本身的结论另见各项。",
    "This is not a failure. Update trust bundle and revocation lists (--crl) and check again; what the certificate "
    "itself is worth stands in the other items.",
)
_SHOW_AGAIN: Final = (
    "请勿采信此次出示，请持证人在其设备上当面重新出示。",
    "Do not rely on this presentation; ask the holder to present again, in front of you.",
)
_TRACE: Final = (
    "请勿采信此文件。请用捐赠回执码重新下载；仍不成立，请保存此文件，并向该慈善组织登记的民政部门反映。",
    "Do not rely on this file. Download it again with the receipt code; if that one fails too, keep it and tell the "
    "civil affairs authority that registered the charity.",
)

_GROUPS: Final = (
    (_RESCAN, (Reason.MALFORMED_CODE, Reason.MALFORMED_FILE, Reason.MALFORMED_CREDENTIAL)),
    (
        _REFUSE,
        (
            Reason.ALGORITHM_MISMATCH,
            Reason.KEY_NOT_ALLOWED_FOR_KIND,
            Reason.KEY_NOT_VALID_AT_ISSUE,
            Reason.SIGNATURE_INVALID,
            Reason.DISCLOSURE_INVALID,
            Reason.RECEIPT_INVALID,
            Reason.DOCUMENT_ALTERED,
            Reason.RENDITION_INVALID,
            Reason.RENDITION_MISMATCH,
            Reason.SEAL_INVALID,
        ),
    ),
    (_ENDED, (Reason.EXPIRED, Reason.STATUS_NOT_VALID, Reason.COPY_EXPIRED)),
    (_ALARM, (Reason.LOG_FORKED, Reason.ANCHOR_MISMATCH)),
    (
        _UPDATE,
        (
            Reason.TRUST_EXPIRED,
            Reason.STATUS_MISSING,
            Reason.STATUS_STALE,
            Reason.STATUS_MALFORMED,
            Reason.STATUS_SIGNATURE_INVALID,
            Reason.STATUS_OUT_OF_RANGE,
        ),
    ),
    (
        _UNKNOWN,
        (
            Reason.ALGORITHM_UNSUPPORTED,
            Reason.ISSUER_UNKNOWN,
            Reason.KEY_UNKNOWN,
            Reason.KIND_UNKNOWN,
            Reason.RECEIPT_LOG_UNKNOWN,
            Reason.ANCHOR_UNKNOWN_CHAIN,
        ),
    ),
    (
        _EVIDENCE,
        (
            Reason.RECEIPT_MISSING,
            Reason.QUORUM_NOT_REACHED,
            Reason.ANCHOR_MISSING,
            Reason.ANCHOR_PROOF_INVALID,
            Reason.RENDITION_MISSING,
        ),
    ),
    (_REPLACE, (Reason.KEY_REVOKED,)),
    (_CLOCK, (Reason.NOT_YET_VALID,)),
    (_SEAL, (Reason.SEAL_UNCERTAIN,)),
    (_TRACE, (Reason.TRACE_INVALID,)),
    (_SHOW_AGAIN, (Reason.PRESENTATION_INVALID, Reason.PRESENTATION_MISMATCH, Reason.PRESENTATION_EXPIRED)),
)
ADVICE: Final = {reason: words for words, reasons in _GROUPS for reason in reasons}
"""Reason -> (zh, en); nothing for OK."""

LEVEL: Final = {
    "L1": ("颁发机构签发", "signed by the issuing authority"),
    "L2": ("已记入日志", "recorded in the log"),
    "L3": ("在日志签署的树中", "in a tree that the log signed"),
    "L4": ("经见证方联署", "cosigned by the witnesses"),
    "L5": ("已锚定上链", "anchored on the chain"),
}
NEED: Final = {
    "trust-bundle": ("信任包", "trust bundle"),
    "issuer-key": ("颁发机构的密钥", "issuer's key"),
    "status-list": ("状态列表", "status list"),
    "receipt": ("日志回执", "log receipt"),
    "rendition-statement": ("关于文件的签发声明", "issuer's statement about the file"),
    "validators": ("链的验证者名单", "validators"),
    "witness-policy": ("见证方名单", "witness policy"),
    "checkpoint": ("日志检查点", "checkpoint"),
    "cosignatures": ("见证方联署", "cosignatures"),
    "anchor": ("链上锚定的证据", "anchor"),
}


def span(seconds: int, i: int) -> str:
    """A length of time in words: 3600 -> "1 小时", "1 h"; `i` is 0 for Chinese."""
    for size, zh, en in ((86400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min")):
        if seconds >= size:
            return f"{seconds // size} {(zh, en)[i]}"
    return f"{seconds} {('秒', 's')[i]}"
