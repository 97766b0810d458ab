"""Every problem this service can answer with: a stable code, its status, its words in Chinese and English.

Codes are the contract (clients switch on them); words may be improved at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Problem:
    """One row: `code` ends the `type` URI, e.g. "https://minzheng.example/problems/unauthenticated"."""

    code: str
    status: int
    zh: str
    en: str


_ROWS: Final[tuple[tuple[str, int, str, str], ...]] = (
    ("malformed-json", 400, "请求内容不是有效的 JSON。", "The body is not valid JSON."),
    ("malformed-multipart", 400, "表单内容无法读取。", "The multipart body cannot be read."),
    ("bad-parameter", 400, "参数无效。", "A parameter is not valid."),
    ("bad-header", 400, "请求头无效。", "A request header is not valid."),
    ("batch-unreadable", 400, "批量文件无法读取，未处理任何一行。", "The batch file cannot be read; no row was tried."),
    ("malformed", 400, "数据格式不符合规范。", "The data does not have the form it must have."),
    ("unauthenticated", 401, "访问令牌或签名缺失、无效或已过期。", "Token or signature missing, invalid or expired."),
    ("forbidden", 403, "当前身份无权进行此操作。", "This party may not do this."),
    (
        "card-locked",
        403,
        "卡片已锁定或已作废，请到登记机关换领。",
        "The card is locked or revoked; the registry issues another.",
    ),
    ("consent-missing", 403, "没有当事人的有效同意。", "No consent of the person concerned is in force."),
    ("purpose-refused", 403, "用途目录不允许此项查询。", "The catalogue of purposes does not allow this question."),
    ("not-found", 404, "未找到。", "Not found."),
    ("method-not-allowed", 405, "不支持此请求方法。", "This method is not supported here."),
    ("not-acceptable", 406, "无法以所要求的格式答复。", "The requested form of answer is not available."),
    ("conflict", 409, "同一业务编号已登记了其他内容。", "The same business id was registered with other content."),
    ("act-refused", 409, "登记现状不允许此操作，未作更改。", "The registers do not allow this; nothing changed."),
    ("ledger-refused", 409, "不符合账本规则，未作更改。", "The fund's book does not allow this; nothing changed."),
    ("challenge-refused", 409, "此随机数无效或已使用。", "This nonce is not good, or was used."),
    ("encryption-key-missing", 409, "未登记加密公钥，无法加密答复。", "No key is registered to encrypt answers to."),
    ("idempotency-conflict", 409, "同一幂等键已用于其他请求。", "This Idempotency-Key was used with another request."),
    (
        "registration-kept",
        409,
        "登记档案依法保管，仅可依法定命令删除。",
        "Registration files are erased by order only.",
    ),
    ("consent-state", 409, "该授权请求已处理、已撤回或已过期。", "The request was decided, withdrawn, or has expired."),
    ("body-too-large", 413, "请求内容过大。", "The body is too large."),
    ("unsupported-media-type", 415, "不支持此内容类型。", "This content type is not supported."),
    ("rejected", 422, "内容不符合登记规则。", "The content breaks a rule of this kind of record."),
    ("invalid-fields", 422, "字段缺失或取值无效。", "Fields are missing or have values that are not valid."),
    ("unsupported", 422, "不支持的算法或版本。", "An algorithm or version is not supported."),
    ("verification-failed", 422, "核验未通过。", "Verification did not pass."),
    (
        "code-refused",
        422,
        "该码无效、已使用或已过期，请持证人重新出示。",
        "The code is not good; the holder shows a new one.",
    ),
    ("activation-refused", 422, "激活码无效、已使用或已过期。", "The activation code or its proof is not good."),
    ("statement-refused", 422, "签名声明与该请求不符。", "The signed statement does not fit this request."),
    ("card-refused", 422, "卡片或密码不正确。", "The card or its PIN is not right."),
    ("rate-limited", 429, "请求过于频繁，请稍后再试。", "Too many requests; try again later."),
    ("internal", 500, "服务内部错误。", "Internal error."),
    ("self-check-failed", 500, "签发前自检未通过，未发出证照。", "The self-check failed; nothing was issued."),
    (
        "busy",
        503,
        "待写入日志的内容过多，未受理任何内容，请稍后再试。",
        "Too much waits for the log; nothing was taken.",
    ),
    ("unavailable", 503, "所需部件暂不可用。", "A part this answer needs is not available; try again."),
    ("chain-unavailable", 503, "区块链暂不可用，不影响证照效力。", "The chain is down; no certificate is affected."),
    ("not-ready", 503, "服务尚未就绪。", "The service is not ready."),
)

CATALOGUE: Final[dict[str, Problem]] = {row[0]: Problem(*row) for row in _ROWS}
