"""Words for the codes in row reports and field errors: those of `certs.kinds`, and the few of the service itself."""

from __future__ import annotations

from typing import Final

from certs.kinds.messages import CODES, message

_OWN: Final[dict[str, tuple[str, str]]] = {
    "not-utf-8": ("文件不是 UTF-8 编码(不接受 GB18030)", "the file is not UTF-8 (GB18030 is not read here)"),
    "nul-character": ("文件含有空字符", "the file contains a NUL character"),
    "no-header": ("缺少表头行", "the header line is missing"),
    "column-missing": ("表头缺少该列", "the header lacks this column"),
    "column-repeated": ("表头有重复列", "the header names a column twice"),
    "column-unknown": ("有不认识的列", "there is a column that is not known"),
    "column-count": ("该行列数与表头不符", "the row has another number of cells than the header"),
    "csv-syntax": ("该行不是有效的 CSV", "the row is not valid CSV"),
    "json-syntax": ("该行不是有效的 JSON,或有重复成员", "the row is not valid JSON, or repeats a member"),
    "not-an-object": ("该行不是 JSON 对象", "the row is not a JSON object"),
    "line-too-long": ("该行过长", "the row is too long"),
    "too-many-rows": ("行数超过上限", "there are too many rows"),
    "missing": ("缺少", "missing"),
    "unknown": ("不认识的字段", "not a known field"),
    "too-long": ("过长", "too long"),
    "type": ("类型不符", "the value has the wrong type"),
    "value": ("取值无效", "the value is not valid"),
    "not-yours": ("登记机关不是当前身份所属机关", "the row belongs to another authority than the sender"),
}


def reason_of(code: str, lang: str) -> str:
    """Text in "zh" or "en"; "" for a code that stands for itself."""
    if code in CODES:
        return message(code, lang)
    pair = _OWN.get(code)
    return "" if pair is None else pair[0 if lang == "zh" else 1]
