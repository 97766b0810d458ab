"""Code lists of the field, as data. Values on certificates are the codes; labels are for documents and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from certs.codelists import COUNTRIES as COUNTRIES  # GB/T 2659

OP_MARRIAGE: Final = "IA"
OP_REISSUE_MARRIAGE: Final = "ICA"
OP_DIVORCE: Final = "IB"
OP_REISSUE_DIVORCE: Final = "ICB"

SEX: Final = {  # GB/T 2261.1
    "0": ("未知的性别", "unknown"),
    "1": ("男", "male"),
    "2": ("女", "female"),
    "9": ("未说明的性别", "not stated"),
}
SEX_STATED: Final = {code: SEX[code] for code in ("1", "2")}

DOC_CITIZEN_ID: Final = "111"
DOC_ORGANISATION: Final = "001"
ID_NUMBER_DOCUMENTS: Final = frozenset({"111", "112", "113"})
"""Documents whose number is the citizen identity number."""
# GB/T 36903 annex A / GA/T 517, the values that civil affairs meet
DOCUMENT_TYPE: Final = {
    "111": ("居民身份证", "resident identity card"),
    "112": ("临时居民身份证", "temporary identity card"),
    "113": ("户口簿", "household register"),
    "114": ("军官证", "officer's card"),
    "115": ("武警警官证", "armed police officer's card"),
    "414": ("普通护照", "passport"),
    "511": ("台湾居民来往大陆通行证", "travel permit of Taiwan residents"),
    "516": ("港澳居民来往内地通行证", "travel permit of Hong Kong and Macao residents"),
    "553": ("外国人永久居留身份证", "permanent residence card of foreigners"),
}
ORGANISATION_CODE: Final = {DOC_ORGANISATION: ("统一社会信用代码", "unified social credit code")}
"""Where a body may stand in a person's place: an institution as guardian or applicant."""
RESIDENT_DOCUMENTS: Final = {code: DOCUMENT_TYPE[code] for code in ("111", "112", "113", "511", "516", "553")}
"""Documents of people who live here: allowances are for residents."""

NATION_CHINA: Final = "156"
STATUS_FOREIGNER: Final = "6"
PARTY_STATUS: Final = {
    "1": ("内地居民", "mainland resident"),
    "2": ("香港居民", "Hong Kong resident"),
    "3": ("澳门居民", "Macao resident"),
    "4": ("台湾居民", "Taiwan resident"),
    "5": ("华侨或出国人员", "overseas Chinese or citizen abroad"),
    "6": ("外国人", "foreigner"),
    "7": ("军人", "member of the armed forces"),
}
DOCUMENTS_OF_STATUS: Final = {
    "1": frozenset({"111", "112"}),
    "2": frozenset({"516"}),
    "3": frozenset({"516"}),
    "4": frozenset({"511"}),
    "5": frozenset({"111", "414"}),
    "6": frozenset({"414", "553"}),
    "7": frozenset({"111", "114", "115"}),
}

# GB/T 2261.2
MARITAL_STATUS: Final = {
    "10": ("未婚", "never married"),
    "20": ("已婚", "married"),
    "21": ("初婚", "first marriage"),
    "22": ("再婚", "remarried"),
    "23": ("复婚", "remarried to each other"),
    "30": ("丧偶", "widowed"),
    "40": ("离婚", "divorced"),
    "90": ("未说明的婚姻状况", "not stated"),
}

# GB/T 3304, spelling of the names as in the standard
_ETHNIC: Final = """
汉 Han, 蒙古 Mongol, 回 Hui, 藏 Zang, 维吾尔 Uygur, 苗 Miao, 彝 Yi, 壮 Zhuang, 布依 Buyei, 朝鲜 Chosen, 满 Man,
侗 Dong, 瑶 Yao, 白 Bai, 土家 Tujia, 哈尼 Hani, 哈萨克 Kazak, 傣 Dai, 黎 Li, 傈僳 Lisu, 佤 Va, 畲 She,
高山 Gaoshan, 拉祜 Lahu, 水 Sui, 东乡 Dongxiang, 纳西 Naxi, 景颇 Jingpo, 柯尔克孜 Kirgiz, 土 Tu, 达斡尔 Daur,
仫佬 Mulao, 羌 Qiang, 布朗 Blang, 撒拉 Salar, 毛南 Maonan, 仡佬 Gelao, 锡伯 Xibe, 阿昌 Achang, 普米 Pumi,
塔吉克 Tajik, 怒 Nu, 乌孜别克 Uzbek, 俄罗斯 Russ, 鄂温克 Ewenki, 德昂 Deang, 保安 Bonan, 裕固 Yugur, 京 Gin,
塔塔尔 Tatar, 独龙 Derung, 鄂伦春 Oroqen, 赫哲 Hezhen, 门巴 Monba, 珞巴 Lhoba, 基诺 Jino
"""
ETHNIC: Final = {
    f"{number:02d}": (f"{name.split()[0]}族", name.split()[1])
    for number, name in enumerate(_ETHNIC.replace("\n", " ").split(","), start=1)
} | {"97": ("其他", "other"), "98": ("外国血统中国籍人士", "of foreign descent, Chinese national")}

DONOR_TYPE: Final = {"1": ("个人", "person"), "2": ("单位", "organisation")}

RECEIPT_ISSUED: Final = "ISSUED"
RECEIPT_WAIVED: Final = "WAIVED"
RECEIPT_ANONYMOUS: Final = "ANONYMOUS_RECORDED"
RECEIPT_STATUS: Final = frozenset({RECEIPT_ISSUED, RECEIPT_WAIVED, RECEIPT_ANONYMOUS})


def label(table: Mapping[str, tuple[str, str]], code: str, lang: str) -> str:
    """Label of a code in "zh" or "en". Raises KeyError for a code outside the list."""
    return table[code][0 if lang == "zh" else 1]
