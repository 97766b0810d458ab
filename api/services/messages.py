"""Words for the codes in row reports and field errors: those of `certs.kinds`, and the few of the service itself."""

from __future__ import annotations

from typing import Final

from certs.charity.messages import message as charity_message
from certs.kinds.messages import known, message

_OWN: Final[dict[str, tuple[str, str]]] = {
    "encoding-unsupported": ("不支持该编码（请另存为 UTF-8 或 GB18030）", "the encoding is none of UTF-8 and GB18030"),
    "encoding-invalid": ("该行不符合文件的编码", "the line is not valid in the file's encoding"),
    "encoding-mixed": ("文件混用了两种编码", "the file mixes two encodings"),
    "encoding-ambiguous": ("无法确定文件编码，请指明", "the file fits two encodings: say which one it is in"),
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
    "xlsx-zip": ("不是有效的 XLSX 文件", "the file is not a valid XLSX archive"),
    "xlsx-xml": ("XLSX 内容无法解析", "the XML inside the XLSX file cannot be read"),
    "xlsx-part": ("XLSX 文件缺少部件", "the XLSX file lacks a part"),
    "xlsx-bomb": ("XLSX 解压后过大", "the XLSX file inflates to more than is taken"),
    "xlsx-old-or-encrypted": ("是旧版 XLS 或加密的文件", "the file is an old XLS or is encrypted"),
    "xlsx-macros": ("XLSX 文件含有宏", "the XLSX file has macros"),
    "xlsx-external-links": ("XLSX 文件含有外部链接", "the XLSX file links to other files"),
    "xlsx-embedded": ("XLSX 文件含有嵌入对象", "the XLSX file has embedded objects"),
    "xlsx-sheets": ("XLSX 文件应只有一个工作表", "the XLSX file must have exactly one sheet"),
    "xlsx-hidden-sheet": ("XLSX 文件有隐藏的工作表", "the XLSX file has a hidden sheet"),
    "xlsx-hidden-columns": ("工作表有隐藏的列", "the sheet has hidden columns"),
    "xlsx-hidden-row": ("该行被隐藏", "the row is hidden"),
    "xlsx-merged-cells": ("工作表有合并的单元格", "the sheet has merged cells"),
    "xlsx-formula": ("单元格是公式", "the cell is a formula"),
    "xlsx-error-value": ("单元格是错误值", "the cell shows an error"),
    "xlsx-date": ("单元格是日期序列值，请设为文本", "the cell is a date kept as a number: format it as text"),
    "xlsx-number": (
        "单元格是数字，前导零或末尾数位可能已丢失，请设为文本",
        "the cell is a number, which loses leading zeros and last digits: format it as text",
    ),
    "xlsx-boolean": ("单元格是逻辑值", "the cell is true or false"),
    "xlsx-escape": ("单元格含有控制字符", "the cell has an escaped control character"),
    "spool-damaged": ("收到的文件已损坏", "the received file is damaged"),
    "too-many-rows": ("行数超过上限", "there are too many rows"),
    "missing": ("缺少", "missing"),
    "unknown": ("不认识的字段", "not a known field"),
    "too-long": ("过长", "too long"),
    "too-small": ("数值小于允许的最小值", "the number is smaller than what is allowed"),
    "too-large": ("数值超过上限", "the number is larger than what is allowed"),
    "type": ("类型不符", "the value has the wrong type"),
    "value": ("取值无效", "the value is not valid"),
    "CERTIFICATE_ENDED": ("该证照已失效，不再出具文件", "the certificate has ended: no document is made of it"),
    "MISSING_GLYPH": ("含有无法印刷的字符", "there is a character that no font here can print"),
    "ANNOTATION": (
        "加注内容须为一行可印刷的文字，有效期须在今后",
        "a mark must be one line of printable text, its expiry in the future",
    ),
    "PERSONAL_NUMBER": (
        "公开内容疑似含身份证件号码、手机号码、银行卡号或电子邮箱，不得公开",
        "a public text seems to hold an identity, telephone or card number or a mail address: it must not be published",
    ),
    "WEBHOOK_URL": (
        "须为公网可达的 https 地址，端口 443 或 1024 以上，不含用户名和片段",
        "must be https to a public host, port 443 or from 1024, without user name or fragment",
    ),
    "NOT_OF_NUMBER": ("与证件号码中的出生日期不符", "not the birth date of the identity number"),
    "WEBHOOK_KNOWN": ("该地址已登记", "this address is registered already"),
    "WEBHOOK_LIMIT": ("登记的地址已达上限", "no more addresses can be registered"),
    "ENROLMENT_ENDED": ("该持证人的开通已终止", "this holder's enrolment has ended"),
    "IS_A_WARD": ("被监护人或本人不能作监护人", "a ward, or the ward in question, cannot be the guardian"),
    "TOO_PLAIN": ("须为 6 位数字，且不易被猜到", "must be six digits that are not easily guessed"),
    "REPEATED": ("同一项目写了两次", "the same item is named twice"),
    "NOT_OFFERED": ("没有此项目，或此项目不能经同意提供", "there is no such field, or it is not given out by consent"),
    "NOT_FOR_FIELDS": (
        "取得具体内容须用 query-archive 或 collect 方式",
        "fields are handed out by query-archive or collect only",
    ),
    "NOT_WHAT_IS_ASKED": ("须与所问内容涉及的信息类别一致", "must be the categories of what is asked"),
    "ONE_OTHER_PERSON": ("一次申请只能涉及同一位另一方", "one request concerns one other person only"),
    "not-yours": ("登记机关不是当前身份所属机关", "the row belongs to another authority than the sender"),
}


def reason_of(code: str, lang: str) -> str:
    """Text in "zh" or "en"; "" for a code that stands for itself."""
    if known(code):
        return message(code, lang)
    pair = _OWN.get(code)
    if pair is None:
        return charity_message(code, lang) or ""
    return pair[0 if lang == "zh" else 1]
