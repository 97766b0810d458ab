"""Rows of the kinds with one holder, and of divorces, for generate.py. Nobody here exists: see there."""

from __future__ import annotations

BUREAU = "11990000MB9T01030P"
PARLOUR = "12990000MB9T000386"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
Row = dict[str, str]
Change = tuple[str, Row]
"""(remark, cells that differ from the file's first row)"""


def _number(birth: str, order: int, region: str = "990101") -> str:
    body = f"{region}{birth.replace('-', '')}{order:03d}"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


def _person(who: str, name: str, birth: str, order: int, document: str = "111") -> Row:
    """A citizen; an odd order is a man's or boy's."""
    return {
        f"{who}_name": name,
        f"{who}_sex": "1" if order % 2 else "2",
        f"{who}_birth_date": birth,
        f"{who}_document_type": document,
        f"{who}_document_number": _number(birth, order),
    }


def _plain(who: str, name: str, document: str, number: str) -> Row:
    """Somebody named without sex and birth date."""
    return {f"{who}_name": name, f"{who}_document_type": document, f"{who}_document_number": number}


_ALLOWANCE: Row = {
    "certificate_no": "", "replaces_no": "", "issuer_uscc": BUREAU, "region": "990101", "household_type": "1",
    "household_class": "B", "members": "3", "covered_members": "2", "monthly_fen": "182050",
    "approved_on": "2026-10-12", "paid_from": "2026-11", "valid_until": "2029-09-30",
    "address": "示例市示例区样例路1号", **_person("holder", "样例户主", "1971-05-06", 101), "remark": "",
}  # fmt: skip
_ALLOWANCES: list[Row] = [
    {},
    {"household_type": "2", "household_class": "A", "members": "1", "covered_members": "1", "monthly_fen": "65000",
     "address": "", **_person("holder", "示例古丽·样本江", "1949-10-02", 102)},
    {"members": "6", "covered_members": "6", "monthly_fen": "546001", "household_class": "C",
     **_person("holder", "𠮷样例", "1980-02-29", 103)},
    {"region": "990102", "paid_from": "2026-10", **_person("holder", "欧阳样本文", "1966-06-15", 104)},
    {"holder_name": "陈样例港", "holder_sex": "2", "holder_birth_date": "1990-01-31", "holder_document_type": "516",
     "holder_document_number": "H00000105"},
    {"replaces_no": "DB-2026-000001", "approved_on": "2026-11-10", "paid_from": "2026-12", "members": "4",
     "covered_members": "3", "monthly_fen": "273075", "remark": "家庭新增一人，重新确认"},
]  # fmt: skip
_BAD_ALLOWANCES: list[Change] = [
    ("保障人口多于家庭人口", {"covered_members": "4"}),
    ("金额带小数", {"monthly_fen": "1820.50"}),
    ("有效期止早于确认日期", {"valid_until": "2026-10-11"}),
    ("起发月份过晚", {"paid_from": "2027-06"}),
    ("身份证校验位错误", {"holder_document_number": _number("1971-05-06", 101)[:-1] + "X"}),
    ("区划非六位", {"region": "9901"}),
    ("月份不存在", {"paid_from": "2026-13"}),
    ("公式", {"address": "=HYPERLINK(1)"}),
]

_DISABILITY: Row = {
    "certificate_no": "", "replaces_no": "", "issuer_uscc": BUREAU, "region": "990101", "disability_category": "4",
    "disability_grade": "1", "card_number": _number("1988-02-29", 201) + "41", "living_fen": "10000",
    "nursing_fen": "12000", "approved_on": "2026-11-02", "paid_from": "2026-11", "valid_until": "2031-10-31",
    "agent_name": "", **_person("holder", "样例残疾人", "1988-02-29", 201), "remark": "",
}  # fmt: skip


def _disabled(name: str, birth: str, order: int, category: str, grade: str, card: str = "", **more: str) -> Row:
    number = _number(birth, order)
    return {
        "disability_category": category,
        "disability_grade": grade,
        "card_number": f"{number}{category}{grade}{card}",
        **_person("holder", name, birth, order),
        **more,
    }


_DISABILITIES: list[Row] = [
    {},
    _disabled("样本·示例汗", "2001-07-08", 202, "1", "2", living_fen=""),
    _disabled("样例㛃", "1975-12-12", 203, "6", "3", agent_name="样例监护人", remark="精神残疾三级，地方扩大护理补贴"),
    _disabled("示例小", "2015-03-04", 204, "5", "2", "B1", agent_name="示例母亲"),
    _disabled("样本听", "1960-09-09", 205, "2", "4", nursing_fen=""),
]
_BAD_DISABILITIES: list[Change] = [
    ("两项补贴均为空", {"living_fen": "", "nursing_fen": ""}),
    ("残疾人证类别不符", {"disability_category": "3"}),
    ("残疾人证为他人", {"card_number": _number("1988-02-29", 203) + "41"}),
    ("残疾人证号格式错误", {"card_number": "41"}),
    ("非重度领取护理补贴", {"disability_grade": "3", "card_number": _number("1988-02-29", 201) + "43"}),
    ("确认日期不存在", {"approved_on": "2026-11-31"}),
]

_ELDER: Row = {
    "certificate_no": "", "replaces_no": "", "issuer_uscc": BUREAU, "region": "990101", "score": "52", "finding": "0",
    "grade": "2", "assessed_on": "2026-11-10", "valid_until": "2031-11-09", "assessor": "示例评估中心", "service": "3",
    "facility": "示例养老院", "subsidy_fen": "30000", **_person("holder", "样例老人", "1948-12-31", 301), "remark": "",
}  # fmt: skip
_ELDERS: list[Row] = [
    {},
    {"score": "90", "grade": "0", "service": "1", "facility": "", "subsidy_fen": "",
     **_person("holder", "阿卜杜示例·样本", "1950-05-05", 302)},
    {"score": "66", "finding": "1", "grade": "2", **_person("holder", "样本𬭎", "1939-01-01", 303),
     "remark": "确诊认知障碍，等级加重一级"},
    {"score": "29", "grade": "4", "service": "2", **_person("holder", "司马样例", "1932-02-29", 304)},
    {"score": "10", "finding": "2", "grade": "4", **_person("holder", "样本龙", "1945-08-15", 305)},
]  # fmt: skip
_BAD_ELDERS: list[Change] = [
    ("能力等级与总分不符", {"grade": "1"}),
    ("总分超出范围", {"score": "91"}),
    ("未满六十周岁", _person("holder", "样例壮年", "1970-01-01", 306)),
    ("机构养老缺服务机构", {"facility": ""}),
    ("评估日期在将来", {"assessed_on": "2999-01-01", "valid_until": "2999-12-31"}),
    ("姓名含不可见字符", {"holder_name": "样例\u200b老人"}),
]

_CHILD: Row = {
    "certificate_no": "", "replaces_no": "", "issuer_uscc": BUREAU, "region": "990101", "category": "1",
    "placement": "1", "monthly_fen": "150000", "approved_on": "2026-11-03", "paid_from": "2026-12",
    "valid_until": "2029-10-31", "at_school": "0", "holder_ethnicity": "01",
    **_person("holder", "样例童", "2015-03-04", 401, "113"),
    **_plain("guardian", "样例祖母", "111", _number("1955-01-01", 402)), "guardian_relation": "1", "remark": "",
}  # fmt: skip
_CHILDREN: list[Row] = [
    {},
    {"category": "2", "holder_ethnicity": "05", **_person("holder", "示例帕夏·样本", "2020-06-01", 404, "113"),
     **_plain("guardian", "样本叔", "111", _number("1985-05-05", 405)), "guardian_relation": "3"},
    {"placement": "2", "monthly_fen": "210000", "holder_ethnicity": "",
     **_person("holder", "福样例", "2024-02-29", 407, "113"),
     **_plain("guardian", "示例市儿童福利院", "001", PARLOUR[:8] + "MB9T0002X6"), "guardian_relation": "4"},
    {"at_school": "1", **_person("holder", "样本学", "2009-09-01", 408),
     **_plain("guardian", "样本兄", "111", _number("2000-02-29", 409)), "guardian_relation": "2",
     "remark": "满18周岁后在校就读"},
]  # fmt: skip
_BAD_CHILDREN: list[Change] = [
    ("确认时已满十八周岁", _person("holder", "样例成", "2008-11-03", 411)),
    ("有效期超过成年且不在校", _person("holder", "样例近", "2010-05-05", 413)),
    ("集中养育而监护人为个人", {"placement": "2"}),
    ("监护人未满十八周岁", {"guardian_document_number": _number("2010-01-01", 410)}),
    ("民族代码错误", {"holder_ethnicity": "59"}),
    ("性别与身份证不符", {"holder_sex": "2"}),
]

_CREMATION: Row = {
    "certificate_no": "", "replaces_no": "", "issuer_uscc": PARLOUR, "died_on": "2026-11-01",
    "cremated_on": "2026-11-04", "proof_of_death": "1", "proof_number": "SW00000001", "ashes": "2",
    "handler": "样例经办", **_person("deceased", "样例逝者", "1940-08-09", 501),
    **_plain("applicant", "样例子女", "111", _number("1968-07-06", 502)), "applicant_relation": "2", "remark": "",
}  # fmt: skip
_CREMATIONS: list[Row] = [
    {},
    {"died_on": "2026-10-30", "cremated_on": "2026-10-30", "proof_of_death": "2", "proof_number": "", "ashes": "1",
     **_person("deceased", "买买提示例·样本", "1999-12-31", 503), "applicant_relation": "3"},
    {"ashes": "3", **_person("deceased", "样本䶮", "1933-03-03", 504),
     **_plain("applicant", "示例福利院", "001", BUREAU), "applicant_relation": "6"},
    {"deceased_name": "SAMPLE SPECIMEN", "deceased_sex": "1", "deceased_birth_date": "1950-10-10",
     "deceased_document_type": "414", "deceased_document_number": "X00000505",
     **_plain("applicant", "SAMPLE EXEMPLE", "414", "X00000506"), "applicant_relation": "1"},
    {"replaces_no": "HH-2026-000001", "remark": "补办火化证明"},
]  # fmt: skip
_BAD_CREMATIONS: list[Change] = [
    ("火化早于死亡", {"cremated_on": "2026-10-31"}),
    ("死亡早于出生", {"died_on": "1940-08-08"}),
    ("申请人即逝者", _plain("applicant", "样例逝者", "111", _number("1940-08-09", 501))),
    ("申请人未成年", {"applicant_document_number": _number("2012-01-01", 507)}),
    ("死亡日期不存在", {"died_on": "2026-02-29"}),
    ("缺骨灰处理方式", {"ashes": ""}),
]

_FILES: dict[str, tuple[str, Row, list[Row], list[Change]]] = {
    "minimum-living-allowance": ("DB", _ALLOWANCE, _ALLOWANCES, _BAD_ALLOWANCES),
    "disability-subsidy": ("CB", _DISABILITY, _DISABILITIES, _BAD_DISABILITIES),
    "elder-care": ("YL", _ELDER, _ELDERS, _BAD_ELDERS),
    "child-welfare": ("ET", _CHILD, _CHILDREN, _BAD_CHILDREN),
    "cremation": ("HH", _CREMATION, _CREMATIONS, _BAD_CREMATIONS),
}


def tables() -> dict[str, tuple[list[str], list[list[str]]]]:
    """File name to columns and rows: `<kind>.csv` with good rows, `bad-<kind>.csv` with one fault in each."""
    found = {}
    for kind, (prefix, first, good, bad) in _FILES.items():
        rows = [{**first, "certificate_no": f"{prefix}-2026-{n:06d}", **row} for n, row in enumerate(good, start=1)]
        broken = [
            {**first, "certificate_no": f"{prefix}-2026-{900 + n:06d}", **row, "remark": f"坏行:{remark}"}
            for n, (remark, row) in enumerate(bad, start=1)
        ]
        found[f"{kind}.csv"] = (list(first), [list(row.values()) for row in rows])
        found[f"bad-{kind}.csv"] = (list(first), [list(row.values()) for row in broken])
    return found
