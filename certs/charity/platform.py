"""The donation file of a fundraising platform: what its columns may be called. Its rows are those of `intake`.

A platform names columns in its own way and sends some that are none of a charity's business. Both are listed here, as
data; any other unknown heading stops the file. A misspelt "是否匿名" that was quietly skipped would publish a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .intake import COLUMNS, NEEDED

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "donation_no": ("捐赠编号", "订单号", "捐赠订单号", "平台订单号", "order no", "order id"),
    "property": ("财产种类", "捐赠类型"),
    "amount_yuan": ("捐赠金额", "捐赠金额(元)", "金额", "金额(元)", "实收金额", "amount"),
    "amount_fen": ("捐赠金额(分)", "金额(分)"),
    "currency": ("币种",),
    "foreign_amount": ("外币金额",),
    "foreign_minor": ("外币金额(最小单位)",),
    "rate": ("汇率",),
    "rate_per": ("汇率单位",),
    "item": ("物品", "物品名称"),
    "unit": ("计量单位",),
    "quantity": ("数量",),
    "fair_value_yuan": ("公允价值", "公允价值(元)"),
    "fair_value_fen": ("公允价值(分)",),
    "fair_value_basis": ("公允价值依据",),
    "donor_type": ("捐赠人类型",),
    "donor_name": ("捐赠人", "捐赠人姓名", "捐赠方", "donor"),
    "donor_contact": ("联系方式", "联系电话", "手机号", "邮箱"),
    "donor_ref": ("捐赠人编号", "用户编号", "user id"),
    "anonymous": ("是否匿名", "匿名"),
    "publish_name": ("公开姓名", "是否公开姓名"),
    "publish_amount": ("公开金额", "是否公开金额"),
    "publish_contact": ("公开联系方式", "是否公开联系方式"),
    "group": ("合并显示", "不显示单笔金额"),
    "directed": ("是否定向", "定向捐赠"),
    "pledge_no": ("认捐编号", "承诺编号"),
    "received_on": ("收到日期", "捐赠日期", "支付日期", "到账日期", "date"),
    "channel": ("捐赠渠道", "支付方式", "渠道"),
    "handler": ("经手人", "经办人"),
    "agreement_no": ("协议编号", "捐赠协议编号"),
    "bank_reference": ("银行流水号", "入账流水号"),
    "receipt_status": ("票据状态",),
    "receipt_code": ("票据代码",),
    "receipt_number": ("票据号码",),
}
LEFT_OUT: Final = (
    "序号", "项目名称", "项目编号", "捐赠时间", "支付时间", "留言", "祝福语", "头像", "省份", "城市", "设备",
    "手续费", "活动名称", "备注", "昵称", "message", "remark",
)  # fmt: skip
"""What platforms send and nobody here needs: it is not taken over, and so cannot leak."""
OPTIONAL: Final = frozenset(COLUMNS) - frozenset(NEEDED)
