"""What `mz-verify` says of a signed answer that somebody archived: is it genuine, and what did it say?

The outcome is about the answer's signature. An answer FALSE or UNDETERMINED that is genuine PASSED.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .answer import SALT_BYTES, Answer, Basis, Predicate, Result
from .errors import VerifierError
from .fields import base64_text
from .labels import TYP_ANSWER
from .policy import TrustBundle
from .report import Outcome, Reason, iso, outcome_of
from .wording import REASON_TEXT

_HEAD: Final = 64
_MAX_ARCHIVE: Final = 1 << 20
_OUTCOME: Final = {
    Outcome.PASSED: ("✔ 答复真实：由该机构签署", "✔ PASSED: the answer is genuine"),
    Outcome.FAILED: ("✘ 答复不可信", "✘ FAILED: the answer is not to be believed"),
    Outcome.INDETERMINATE: (
        "? 无法确定答复是否真实",
        "? INDETERMINATE: whether the answer is genuine could not be checked",
    ),
}
_PREDICATE: Final[Mapping[Predicate, tuple[str, str]]] = {
    Predicate.AUTHENTICITY: ("证照是否真实有效", "is the certificate genuine and valid?"),
    Predicate.CERTIFICATE_VALID: ("该证照是否有效", "is the certificate valid?"),
    Predicate.REGISTERED_MARRIED: ("当日是否登记在婚", "registered as married on that day?"),
    Predicate.SPOUSES_MATCH: ("二人当日是否登记为夫妻", "registered as married to each other on that day?"),
    Predicate.REGISTERED_DIVORCE_WITHIN: ("该期间内是否有离婚登记", "a registered divorce within the period?"),
    Predicate.REGISTERED_BETWEEN: ("结婚登记是否在该期间内", "was the marriage registered within the period?"),
    Predicate.DOCUMENT_AUTHENTIC: ("该文件是否为签发机构所声明", "is the document one that the issuer stated?"),
    Predicate.DISCLOSED_FIELDS: ("持证人同意提供的字段", "fields that the holder released"),
}
_RESULT: Final[Mapping[Result, tuple[str, str]]] = {
    Result.TRUE: ("是", "TRUE"),
    Result.FALSE: ("否", "FALSE"),
    Result.UNDETERMINED: ("无法确定（不等于“否”，也不等于“未婚”）", 'UNDETERMINED (neither "no" nor "single")'),
}
_BASIS: Final[Mapping[Basis, tuple[str, str]]] = {
    Basis.CONSENT: ("当事人单独同意", "the person's separate consent"),
    Basis.STATUTORY_DUTY: ("法定职责", "statutory duty"),
    Basis.CONTRACT: ("合同所必需", "contract"),
    Basis.POSSESSION: ("持有该码或文件", "possession of the code or file"),
}
_LABELS: Final = (
    ("依据", "被问", "答复", "截至", "答复时间", "询问机构", "答复机构", "用途", "法律依据", "请求号", "所附问题"),
    (
        "reason",
        "asked",
        "answer",
        "as of",
        "answered at",
        "party",
        "service",
        "purpose",
        "basis",
        "request",
        "question",
    ),
)
_OPENED: Final = {True: ("与答复相符", "is the one that was answered"), False: ("与答复不符", "is another one")}


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """`opened`: whether the question that was brought along is the one that was answered; None if none was."""

    outcome: Outcome
    reason: Reason
    checked_at: int
    answer: Answer | None
    opened: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON form; the member order is fixed."""
        said = None if self.answer is None else self.answer.to_json()
        opened = {} if self.opened is None else {"question_matches": self.opened}
        return {
            "outcome": self.outcome.value,
            "reason": self.reason.value,
            "answer": said,
            **opened,
            "checked_at": iso(self.checked_at),
        }


def is_answer(data: bytes) -> bool:
    """Whether it says of itself that it is one."""
    return data[:1] == b"\xd2" and TYP_ANSWER.encode() in data[:_HEAD]


def archived(data: bytes) -> tuple[bytes, tuple[bytes, bytes]] | None:
    """Signed bytes, salt and question of what a party archives: {"answer", "opening": {"salt", "question"}} in base64.
    None if it is no such JSON."""
    if data.lstrip()[:1] != b"{" or len(data) > _MAX_ARCHIVE:
        return None
    try:
        said = json.loads(data)
        opening = said["opening"]
        signed, salt, question = (
            base64_text("archive", text) for text in (said["answer"], opening["salt"], opening["question"])
        )
    except (ValueError, TypeError, LookupError, RecursionError, VerifierError):
        return None
    return (signed, (salt, question)) if len(salt) == SALT_BYTES else None


def check_answer(data: bytes, trust: TrustBundle, at: int, opening: tuple[bytes, bytes] | None = None) -> AnswerReport:
    """Check an archived answer at time `at` (seconds UTC). `opening`: salt and question, as they came beside it. A
    question that is not the one that was answered makes FAILED. Never raises on bad input."""
    try:
        answer = Answer.parse(data)
    except VerifierError:
        return AnswerReport(Outcome.FAILED, Reason.MALFORMED_FILE, at, None)
    reason = answer.check(trust, at)
    opened = None if opening is None else answer.opens(*opening)
    if opened is False and outcome_of(reason) is not Outcome.FAILED:
        return AnswerReport(Outcome.FAILED, Reason.DISCLOSURE_INVALID, at, answer, opened)
    return AnswerReport(outcome_of(reason), reason, at, answer, opened)


def answer_text(report: AnswerReport, lang: str = "zh") -> str:
    """Lines of text in "zh" or "en". What an answer says is shown only if it is genuine."""
    i = 0 if lang == "zh" else 1
    label = _LABELS[i]
    lines = [_OUTCOME[report.outcome][i], f"  {label[0]}: {REASON_TEXT[report.reason][i]} [{report.reason.value}]"]
    if report.opened is not None:
        lines.append(f"  {label[10]}: {_OPENED[report.opened][i]}")
    if report.answer is None or report.outcome is not Outcome.PASSED:
        return "\n".join(lines)
    c = report.answer.claims
    known = iso(c.known_at)
    lines += [
        f"  {label[1]}: {_PREDICATE[c.predicate][i]}",
        f"  {label[2]}: {_RESULT[c.result][i]} {' '.join(f'[{code}]' for code in c.reasons)}".rstrip(),
        f"  {label[3]}: {known if c.as_of is None else c.as_of.isoformat()}",
        f"  {label[4]}: {iso(c.iat)}",
        f"  {label[5]}: {c.aud}",
        f"  {label[6]}: {c.iss}",
        f"  {label[7]}: {c.purpose}",
        f"  {label[8]}: {_BASIS[c.basis][i]}",
        f"  {label[9]}: {c.request_id.hex()}",
    ]
    return "\n".join(lines)
