"""Words inside a case file: how to check it, what it proves, labels of a registration record. Chinese and English."""

from __future__ import annotations

from typing import Final

REGISTRATION_LABELS: Final = {
    1: ("记录版本", "version of the record"),
    2: ("业务类型", "operation"),
    3: ("证照种类", "kind of certificate, 0 for none"),
    4: ("登记机关代码", "authority"),
    5: ("业务编号", "business number"),
    6: ("字号", "certificate serial"),
    7: ("所涉字号", "serial that it refers to"),
    8: ("办理日期", "day of the operation"),
    9: ("效力起算日", "in effect from"),
    10: ("男方", "man: name, sex, birth, document type, number, nationality, status"),
    11: ("女方", "woman: name, sex, birth, document type, number, nationality, status"),
    12: ("恢复夫妻关系", "remarriage of the same couple"),
    13: ("其他登记内容", "details"),
    14: ("所更正的记录", "entry that it corrects"),
    15: ("已撤回", "withdrawn: it never happened"),
    16: ("旧式标注", "legacy forms that were taken as they stand"),
    17: ("录入时间（UTC秒）", "recorded at, seconds UTC"),
}

PROVES: Final = (
    "签名证明颁发机关签过所列内容；日志回执证明该内容在回执所载时间之前已经录入且此后未被更改。"
    "录入之前的真实性由登记档案证明，不由本文件证明。",
    "The signatures show that the authority signed what is listed; the log's receipts show that it was entered before "
    "the time of the receipt and has not been changed since. What was true before it was entered is shown by the "
    "registry's archive, not by this file.",
)

README_ZH: Final = """案件证据文件：核验说明

一、本文件由颁发机关签名，列出并绑定包内每一个成员的 SM3 摘要。
二、请从与本文件无关的途径取得信任根指纹（64 位十六进制）和最新信任包，不要使用本文件自带的副本来判断真伪。
三、运行：

    mz-verify --trust trust-bundle.cbor --root <信任根指纹> case.zip

四、退出码 0 为通过，1 为不通过，2 为尚不能确定（说明缺少什么，例如最新的状态列表：--status）。
五、成员：certificate.mzc 证照及全部披露项；record.json 登记内容（中英文标注）；registrations/ 日志所承诺的登记事件；
    status/ 状态变更事件；custody.json 保管链报告；anchors/ 区块链锚定；manifest.cose 颁发机关签名的清单。
六、未使用压缩，任何 ZIP 工具均可解开；SM3 可用 openssl dgst -sm3 复算。
"""

README_EN: Final = """Case file: how to check it

1. The issuing authority signed this file; its manifest binds every member by its SM3 digest.
2. Get the trust root's fingerprint (64 hexadecimal digits) and a current trust bundle by a way that has nothing to do
   with this file. The copy inside is for reading and must not be what you judge by.
3. Run

    mz-verify --trust trust-bundle.cbor --root <fingerprint> case.zip

4. Exit status 0 passed, 1 failed, 2 cannot be told yet, with what is missing (a fresh status list: --status).
5. Members: certificate.mzc the certificate with every field; record.json what was registered, labelled; registrations/
   events that the log commits to; status/ the event that ended it; custody.json chain of custody; anchors/ the anchors
   on the chain; manifest.cose the list that the authority signed.
6. Nothing is compressed: every ZIP tool opens it, and openssl dgst -sm3 computes the digests again.
"""
