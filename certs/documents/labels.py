"""Country names for print (GB/T 2659 numeric codes). A code outside the table is printed as the code itself."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "036": "澳大利亚 Australia",
    "040": "奥地利 Austria",
    "056": "比利时 Belgium",
    "076": "巴西 Brazil",
    "104": "缅甸 Myanmar",
    "116": "柬埔寨 Cambodia",
    "124": "加拿大 Canada",
    "156": "中国 China",
    "208": "丹麦 Denmark",
    "246": "芬兰 Finland",
    "250": "法国 France",
    "276": "德国 Germany",
    "356": "印度 India",
    "360": "印度尼西亚 Indonesia",
    "372": "爱尔兰 Ireland",
    "376": "以色列 Israel",
    "380": "意大利 Italy",
    "392": "日本 Japan",
    "398": "哈萨克斯坦 Kazakhstan",
    "408": "朝鲜 DPR Korea",
    "410": "韩国 Korea",
    "417": "吉尔吉斯斯坦 Kyrgyzstan",
    "418": "老挝 Laos",
    "458": "马来西亚 Malaysia",
    "484": "墨西哥 Mexico",
    "496": "蒙古 Mongolia",
    "524": "尼泊尔 Nepal",
    "528": "荷兰 Netherlands",
    "554": "新西兰 New Zealand",
    "566": "尼日利亚 Nigeria",
    "578": "挪威 Norway",
    "586": "巴基斯坦 Pakistan",
    "608": "菲律宾 Philippines",
    "616": "波兰 Poland",
    "620": "葡萄牙 Portugal",
    "643": "俄罗斯 Russia",
    "702": "新加坡 Singapore",
    "704": "越南 Viet Nam",
    "710": "南非 South Africa",
    "724": "西班牙 Spain",
    "752": "瑞典 Sweden",
    "756": "瑞士 Switzerland",
    "764": "泰国 Thailand",
    "792": "土耳其 Türkiye",
    "804": "乌克兰 Ukraine",
    "818": "埃及 Egypt",
    "826": "英国 United Kingdom",
    "840": "美国 United States",
    "860": "乌兹别克斯坦 Uzbekistan",
}


def country(code: str) -> str:
    """Chinese and English name, e.g. "中国 China"; for a code not in the table "国家代码 004 (GB/T 2659)".

    The code and not a guess: a wrong nationality on a certificate is worse than a number that can be looked up.
    """
    return _NAMES.get(code, f"国家代码 {code} (GB/T 2659)")
