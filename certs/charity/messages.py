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
    "GROUP_PUBLISHED": ("要求不显示单笔金额的，不得公开金额", "who asks for no single amount publishes none"),
}


def message(code: str, lang: str) -> str | None:
    """Text in "zh" or "en"; None for a code of another list."""
    pair = MESSAGES.get(code)
    return None if pair is None else pair[0 if lang == "zh" else 1]
