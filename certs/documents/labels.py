"""Country names for print (GB/T 2659 numeric codes). A code outside the table is printed as the code itself."""

from __future__ import annotations

from typing import Final

from certs.documents.view import Words

_NAMES: Final = {
    "036": Words("澳大利亚", "Australia"),
    "040": Words("奥地利", "Austria"),
    "056": Words("比利时", "Belgium"),
    "076": Words("巴西", "Brazil"),
    "104": Words("缅甸", "Myanmar"),
    "116": Words("柬埔寨", "Cambodia"),
    "124": Words("加拿大", "Canada"),
    "156": Words("中国", "China"),
    "208": Words("丹麦", "Denmark"),
    "246": Words("芬兰", "Finland"),
    "250": Words("法国", "France"),
    "276": Words("德国", "Germany"),
    "356": Words("印度", "India"),
    "360": Words("印度尼西亚", "Indonesia"),
    "372": Words("爱尔兰", "Ireland"),
    "376": Words("以色列", "Israel"),
    "380": Words("意大利", "Italy"),
    "392": Words("日本", "Japan"),
    "398": Words("哈萨克斯坦", "Kazakhstan"),
    "408": Words("朝鲜", "DPR Korea"),
    "410": Words("韩国", "Korea"),
    "417": Words("吉尔吉斯斯坦", "Kyrgyzstan"),
    "418": Words("老挝", "Laos"),
    "458": Words("马来西亚", "Malaysia"),
    "484": Words("墨西哥", "Mexico"),
    "496": Words("蒙古", "Mongolia"),
    "524": Words("尼泊尔", "Nepal"),
    "528": Words("荷兰", "Netherlands"),
    "554": Words("新西兰", "New Zealand"),
    "566": Words("尼日利亚", "Nigeria"),
    "578": Words("挪威", "Norway"),
    "586": Words("巴基斯坦", "Pakistan"),
    "608": Words("菲律宾", "Philippines"),
    "616": Words("波兰", "Poland"),
    "620": Words("葡萄牙", "Portugal"),
    "643": Words("俄罗斯", "Russia"),
    "702": Words("新加坡", "Singapore"),
    "704": Words("越南", "Viet Nam"),
    "710": Words("南非", "South Africa"),
    "724": Words("西班牙", "Spain"),
    "752": Words("瑞典", "Sweden"),
    "756": Words("瑞士", "Switzerland"),
    "764": Words("泰国", "Thailand"),
    "792": Words("土耳其", "Türkiye"),
    "804": Words("乌克兰", "Ukraine"),
    "818": Words("埃及", "Egypt"),
    "826": Words("英国", "United Kingdom"),
    "840": Words("美国", "United States"),
    "860": Words("乌兹别克斯坦", "Uzbekistan"),
}


def country(code: str) -> Words:
    """Chinese and English name, e.g. 中国, China; for a code not in the table "国家代码 004 (GB/T 2659)".

    The code and not a guess: a wrong nationality on a certificate is worse than a number that can be looked up.
    """
    known = _NAMES.get(code)
    return known or Words(f"国家代码 {code} (GB/T 2659)", f"country code {code} (GB/T 2659)")
