"""What each broken rule of incoming money says to the person who mends the row: (zh, en), without the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "AMOUNT_FORMAT": (
        "金额只能写半角数字和小数点，不含符号、千分位或全角字符",
        "an amount is plain digits and a full stop: no sign, separator, exponent or full-width digit",
    ),
    "AMOUNT_NEGATIVE": ("金额不能为负数", "an amount is never negative"),
    "AMOUNT_ZERO": ("金额不能为零", "the amount is zero"),
    "AMOUNT_OVERFLOW": ("金额超过上限", "the amount is above the limit"),
    "AMOUNT_FRACTION": (
        "不足一分（或最小单位），须写准确金额",
        "smaller than a fen (or than one unit): write it exactly",
    ),
    "AMOUNT_DIFFERS": ("两处金额不一致", "the two amounts differ"),
    "CURRENCY": ("币种不在代码表内", "the currency is not in the list"),
    "CURRENCY_MIXED": ("人民币捐赠不填外币金额和汇率", "a gift in yuan has no foreign amount and no rate"),
    "RATE": ("汇率格式错误", "the rate is not a plain positive number"),
    "RATE_DIFFERS": (
        "人民币金额与外币金额乘汇率（四舍五入到分）不符",
        "the yuan amount is not the foreign amount times the rate, rounded half up to a fen",
    ),
    "PROPERTY_FOR_FUND": ("捐赠财产种类与基金不符", "the fund does not hold this kind of property"),
    "ITEM_FOR_FUND": ("物品或计量单位与基金不符", "the fund holds another thing or counts in another unit"),
    "BEFORE_FUND": ("早于基金设立日期", "the day lies before the fund was opened"),
    "FUND_UNRESTRICTED": (
        "指定用途的捐赠须记入有用途限制的基金",
        "a directed gift belongs into a fund with a purpose, which binds it",
    ),
    "ANONYMOUS_PUBLISHED": ("匿名捐赠不得公开姓名或联系方式", "an anonymous gift publishes no name and no contact"),
    "PUBLISH_WITHOUT": ("没有可公开的内容", "there is nothing to publish"),
    "NUMBER_USED": (
        "该捐赠编号已登记了其他内容",
        "this donation number was recorded with other content",
    ),
    "NUMBER_TWICE": ("同一批中捐赠编号重复", "this donation number stands in the batch twice"),
    "BANK_USED": ("该银行流水已登记为另一笔捐赠", "this bank reference is another donation's already"),
    "PLEDGE_UNKNOWN": ("没有该编号的未履行认捐", "there is no open pledge of this number"),
    "GROUP_KIND": ("合并入账的捐赠不得为物资或履行认捐", "goods, or what keeps a pledge, join no group"),
    "BOTH_WAYS": ("借方和贷方不能同时有金额", "a line moves money one way, not both"),
    "DIRECTION": ("不认识的借贷标志", "the word for the direction is not known"),
    "REFERENCE_TWICE": ("文件中该流水号出现不止一次", "the reference stands on another line of this file, too"),
    "REFERENCE_DIFFERS": (
        "该流水号已导入，日期、方向或金额不同",
        "the reference was imported before with another day, direction or amount",
    ),
    "GROUP_PUBLISHED": ("要求不显示单笔金额的，不得公开金额", "who asks for no single amount publishes none"),
}


def message(code: str, lang: str) -> str | None:
    """Text in "zh" or "en"; None for a code of another list."""
    pair = MESSAGES.get(code)
    return None if pair is None else pair[0 if lang == "zh" else 1]
