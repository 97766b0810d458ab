"""What a refusal of the ledger is called, in Chinese and English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from .errors import Refusal

REFUSALS: Final = MappingProxyType(
    {
        Refusal.AMOUNT_OUT_OF_RANGE: ("金额须为正整数且不超过上限", "an amount is a whole number of 1 to 2^53-1"),
        Refusal.OVERFLOW: ("总额超出上限", "the total would pass the limit"),
        Refusal.INSUFFICIENT: ("余额不足", "the account does not hold that much"),
        Refusal.OVER_ALLOCATION: ("超过未分配的余额", "more than what is unallocated"),
        Refusal.NO_ALLOCATION: ("没有该项分配，不得付款", "no such allocation: nothing is paid without one"),
        Refusal.OVER_ACKNOWLEDGED: ("签收金额超过可签收的金额", "more is acknowledged than is open to be"),
        Refusal.OVER_RETURNED: ("退回金额超过可退回的金额", "more comes back than is open to"),
        Refusal.OUT_OF_ORDER: ("事项次序不符", "the event is out of order"),
        Refusal.CLOSED: ("该项目基金已关闭", "the fund is closed"),
        Refusal.NOT_EMPTY: ("尚有余额，剩余财产处理完毕后方可关闭", "something is left: dispose of it before closing"),
        Refusal.UNIT_MISMATCH: ("计量单位不符", "the unit does not fit the fund"),
        Refusal.RESTRICTED: ("不符合捐赠约定的用途", "not what the money was given for"),
        Refusal.UNKNOWN_NUMBER: ("没有该编号", "no such number"),
        Refusal.DUPLICATE_NUMBER: ("编号已使用", "the number is in use"),
        Refusal.ALREADY_SPENT: ("该部分捐赠已支出或已退出", "that part of the donation has gone already"),
        Refusal.OUTSIDE_DONATION: ("不在该笔捐赠的范围内", "outside that donation"),
        Refusal.LEAVES_MISMATCH: ("与所登记的捐赠不一致", "not what the donations add up to"),
        Refusal.SAME_BOOK: ("不得指向本基金", "the fund itself is no other fund"),
        Refusal.DAY_BEFORE: ("日期早于上一事项或起始日", "a day before the last event's, or the fund's first"),
        Refusal.DAY_AHEAD: ("发生日期不早于登记日期", "a day that is not before its recording"),
    }
)
assert set(REFUSALS) == set(Refusal)
