"""Every problem this service can answer with: a stable code, its status, its words in Chinese and English.

Codes are the contract (clients switch on them); words may be improved at any time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One row: `code` ends the `type` URI, e.g. "https://minzheng.example/problems/unauthenticated"."""

    code: str
    status: int
    zh: str
    en: str


_ROWS = (
    Problem("malformed-json", 400, "请求内容不是有效的 JSON。", "The body is not valid JSON."),
    Problem("malformed-multipart", 400, "表单内容无法读取。", "The multipart body cannot be read."),
    Problem("bad-parameter", 400, "地址中的参数无效。", "A parameter in the address is not valid."),
    Problem("bad-header", 400, "请求头无效。", "A request header is not valid."),
    Problem("batch-unreadable", 400, "批量文件无法读取,未处理任何一行。", "The batch file cannot be read; no row was tried."),
    Problem("malformed", 400, "数据格式不符合规范。", "The data does not have the form it must have."),
    Problem("unauthenticated", 401, "访问令牌缺失、无效或已过期。", "The access token is missing, invalid or expired."),
    Problem("forbidden", 403, "当前身份无权进行此操作。", "This party may not do this."),
    Problem("not-found", 404, "未找到。", "Not found."),
    Problem("method-not-allowed", 405, "不支持此请求方法。", "This method is not supported here."),
    Problem("not-acceptable", 406, "无法以所要求的格式答复。", "The requested form of answer is not available."),
    Problem("conflict", 409, "与已有记录不一致:同一业务编号已登记了其他内容。",
            "Conflicts with what is recorded: the same business id was registered with other content."),
    Problem("idempotency-conflict", 409, "同一幂等键已用于其他请求。",
            "This Idempotency-Key was used with another request."),
    Problem("already-revoked", 409, "该证照此前已失效。", "This certificate is already not valid."),
    Problem("body-too-large", 413, "请求内容过大。", "The body is too large."),
    Problem("unsupported-media-type", 415, "不支持此内容类型。", "This content type is not supported."),
    Problem("rejected", 422, "内容不符合登记规则。", "The content breaks a rule of this kind of record."),
    Problem("invalid-fields", 422, "字段缺失或取值无效。", "Fields are missing or have values that are not valid."),
    Problem("unsupported", 422, "不支持的算法或版本。", "An algorithm or version is not supported."),
    Problem("verification-failed", 422, "核验未通过。", "Verification did not pass."),
    Problem("rate-limited", 429, "请求过于频繁,请稍后再试。", "Too many requests; try again later."),
    Problem("internal", 500, "服务内部错误。", "Internal error."),
    Problem("self-check-failed", 500, "签发前自检未通过,未发出任何证照。",
            "The self-check before release failed; nothing was issued."),
    Problem("unavailable", 503, "所需部件暂不可用,请稍后再试。", "A part this answer needs is not available; try again."),
    Problem("chain-unavailable", 503, "区块链暂不可用;这不影响已签发证照的效力。",
            "The chain is not available; this says nothing about any certificate."),
    Problem("not-ready", 503, "服务尚未就绪。", "The service is not ready."),
)

CATALOGUE: dict[str, Problem] = {row.code: row for row in _ROWS}
