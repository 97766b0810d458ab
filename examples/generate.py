"""Write the synthetic example files, byte for byte the same every time.

    python examples/generate.py            write them beside this script
    python examples/generate.py --check    exit 1 if a committed file differs

Nobody in these files exists: region 990000 is not assigned in GB/T 2260, so no ID number, 字号 or
organisation code here can be anybody's, and every name says 示例, 样例 or 样本 (sample).
"""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from holders import tables

MARRIAGE_COLUMNS = [
    "record_no",
    "op_type",
    "zihao",
    "old_zihao",
    "reg_office_uscc",
    "registrar",
    "op_date",
    "effective_from",
    "remedy_flag",
    "renew_flag",
    "name_man",
    "birth_man",
    "cert_type_man",
    "cert_num_man",
    "nation_man",
    "id_type_man",
    "name_woman",
    "birth_woman",
    "cert_type_woman",
    "cert_num_woman",
    "nation_woman",
    "id_type_woman",
    "remark",
]
DONATION_COLUMNS = [
    "donation_no",
    "charity_uscc",
    "plan_filing_no",
    "project",
    "donor_type",
    "donor_name",
    "anonymous",
    "amount_fen",
    "received_on",
    "purpose",
    "channel",
    "handler",
    "receipt_status",
    "receipt_code",
    "receipt_number",
]

OFFICES = {"990101": "11990000MB9T010142", "990102": "11990000MB9T01022W"}
REGISTRARS = {"990101": "样例登记员甲", "990102": "样例登记员乙"}
FOUNDATION = "53990000MJ9T00037A"
RECEIPT_CODE = "99050126"

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(region: str, birth: str, order: int) -> str:
    """18 characters of GB 11643-1999: region, birth day, order (odd: man), ISO 7064 MOD 11-2 check.

    >>> id_number("110101", "1990-03-07", 1)
    '110101199003070011'
    """
    body = f"{region}{birth.replace('-', '')}{order:03d}"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


@dataclass(frozen=True, slots=True)
class Person:
    """One spouse as the registry's record names him or her."""

    name: str
    birth: str
    number: str
    cert_type: str = "111"
    nation: str = "156"
    id_type: str = "1"


@dataclass(frozen=True, slots=True)
class Registration:
    """One row of the marriage file; `year` and `serial` number the 字号 within its region."""

    region: str
    serial: int
    op_date: str
    man: Person
    woman: Person
    op_type: str = "IA"
    old_zihao: str = ""
    effective_from: str = ""
    remedy: int = 0
    renew: int = 0
    remark: str = ""

    @property
    def zihao(self) -> str:
        prefix = "J" if self.op_type == "IA" else "BJ"
        return f"{prefix}{self.region}-{self.op_date[:4]}-{self.serial:06d}"

    def row(self, number: int) -> list[str]:
        """The row's 23 fields in the order of MARRIAGE_COLUMNS."""
        head = [
            f"MR-{number:06d}",
            self.op_type,
            self.zihao,
            self.old_zihao,
            OFFICES[self.region],
            REGISTRARS[self.region],
            self.op_date,
            self.effective_from or self.op_date,
            str(self.remedy),
            str(self.renew),
        ]
        spouses = [
            field
            for person in (self.man, self.woman)
            for field in (
                person.name,
                person.birth,
                person.cert_type,
                person.number,
                person.nation,
                person.id_type,
            )
        ]
        return [*head, *spouses, self.remark]


def man(name: str, birth: str, order: int = 1, region: str = "990101", id_type: str = "1") -> Person:
    """A man with a resident ID card (odd order number)."""
    return Person(name, birth, id_number(region, birth, order), id_type=id_type)


def woman(name: str, birth: str, order: int = 2, region: str = "990101") -> Person:
    """A woman with a resident ID card (even order number)."""
    return Person(name, birth, id_number(region, birth, order))


def registrations() -> list[Registration]:
    """The marriage file: every special case a registry meets, between ordinary rows."""
    first, second = "990101", "990102"
    lost = Registration(first, 1, "2025-05-20", man("张示例", "1998-03-07"), woman("李样例", "1999-08-12"))
    old = Registration(
        second,
        211,
        "2009-09-09",
        man("孙示例", "1984-06-01", 7, second),
        woman("周样本", "1985-11-23", 8, second),
    )
    passport = Person("ALEXANDER JAMES SPECIMEN-O'SAMPLE", "1991-04-05", "X00000017", "414", "840", "6")
    permit = Person("陈样例港", "1993-09-18", "H00000026", "516", "156", "2")
    strait = Person("林样本台", "1990-12-01", "00000035", "511", "156", "4")
    return [
        lost,
        Registration(first, 2, "2025-05-20", man("王示例", "1996-11-30", 3), woman("赵样本", "1997-02-14", 4)),
        Registration(
            second,
            1,
            "2025-06-09",
            man("样本买买提·示例江", "1995-07-21", 5, second),
            woman("示例古丽·样本江", "1996-01-09", 6, second),
        ),
        Registration(first, 3, "2025-06-18", man("𠮷示例", "1994-10-10", 7), woman("钱样例", "1995-05-05", 8)),
        Registration(first, 4, "2025-07-07", man("吴示例", "1999-04-04", 9), woman("郑样㛃", "2000-02-29", 10)),
        Registration(
            second,
            2,
            "2025-08-29",
            man("冯示𬭎", "1992-12-12", 11, second),
            woman("䶮样本", "1993-03-31", 12, second),
        ),
        Registration(
            first,
            5,
            "2025-09-09",
            man("欧阳示例文", "1990-01-01", 13),
            woman("司马样本婉清", "1991-06-15", 14),
        ),
        Registration(first, 6, "2025-10-01", passport, woman("许样例", "1992-07-08", 16), remark="涉外婚姻"),
        Registration(second, 3, "2025-10-10", permit, woman("何样本", "1994-04-23", 18, second)),
        Registration(
            first,
            7,
            "2025-11-11",
            man("吕示例", "1980-05-17", 19),
            woman("施样例", "1982-08-26", 20),
            effective_from="2006-10-01",
            remedy=1,
            remark="补办结婚登记，婚姻效力自2006年10月1日起",
        ),
        Registration(
            first,
            8,
            "2025-12-12",
            man("曹示例", "1986-09-09", 21),
            woman("严样本", "1988-10-20", 22),
            renew=1,
            remark="恢复夫妻关系",
        ),
        Registration(
            first,
            1,
            "2026-01-08",
            lost.man,
            lost.woman,
            op_type="ICA",
            old_zihao=lost.zihao,
            effective_from=lost.op_date,
            remark="补领",
        ),
        Registration(
            second,
            1,
            "2026-01-15",
            old.man,
            old.woman,
            op_type="ICA",
            old_zihao=old.zihao,
            effective_from=old.op_date,
            remark="补领，原登记未录入本系统",
        ),
        Registration(
            second,
            1,
            "2026-02-14",
            man("华示例", "1997-07-17", 23, second),
            woman("金样例", "1998-09-28", 24, second),
        ),
        Registration(first, 1, "2026-02-14", man("魏示例", "2001-11-02", 25), woman("陶样本", "2003-12-24", 26)),
        Registration(
            first,
            2,
            "2026-03-03",
            man("姜示例", "1989-02-27", 27, id_type="7"),
            woman("戚样例", "1990-08-08", 28),
        ),
        Registration(first, 3, "2026-03-20", man("诸葛示例", "1993-05-29", 29), woman("谢样本", "1994-11-19", 30)),
        Registration(
            second,
            2,
            "2026-04-02",
            man("邹示例", "2000-02-29", 31, second),
            woman("喻样例", "2001-03-15", 32, second),
        ),
        Registration(first, 4, "2026-05-20", strait, woman("柏样本", "1992-02-02", 34)),
        Registration(first, 5, "2026-05-20", man("水示例", "1955-06-30", 35), woman("窦样例", "1958-01-25", 36)),
        Registration(
            second,
            3,
            "2026-06-18",
            man("阿卜杜示例·样本麦麦提·样例", "1998-08-18", 37, second),
            woman("示例帕夏·样本", "1999-10-30", 38, second),
        ),
        Registration(
            first,
            6,
            "2026-07-07",
            man("章示例", "1995-12-05", 39),
            Person("SAMPLE ÉLODIE D'EXEMPLE", "1996-03-22", "00XX00044", "414", "250", "6"),
            remark="涉外婚姻",
        ),
        Registration(
            second,
            4,
            "2026-08-19",
            man("云示例", "1999-09-19", 41, second),
            woman("苏样本", "2000-05-06", 42, second),
        ),
        Registration(first, 7, "2026-09-09", man("潘示𫘧", "1996-04-16", 43), woman("葛样㐂", "1997-06-27", 44)),
        Registration(
            first,
            8,
            "2026-10-10",
            man("奚示例", "1994-01-13", 45),
            Person("范样例", "1995-09-03", "E00000053", "414", "156", "5"),
        ),
        Registration(
            second,
            5,
            "2026-11-11",
            man("彭示例", "2004-11-11", 47, second),
            woman("郎样本", "2006-11-11", 48, second),
        ),
    ]


def bad_rows() -> list[list[str]]:
    """Marriage rows with exactly one fault each; the remark names it. No row may be issued."""
    good = Registration(
        "990101", 901, "2026-11-03", man("坏示例", "1998-03-07", 901), woman("坏样例", "1999-08-12", 902)
    )

    def broken(number: int, remark: str, base: Registration = good, **fields: str) -> list[str]:
        row = replace(base, serial=900 + number, remark=f"坏行:{remark}").row(900 + number)
        for column, value in fields.items():
            row[MARRIAGE_COLUMNS.index(column)] = value
        return row

    young = replace(good, woman=woman("坏样小", "2007-01-31", 904))
    other_sex = replace(good, woman=woman("坏样乙", "1999-08-12", 903))
    twin = Person("SPECIMEN TWICE", "1990-10-10", "X00000099", "414", "840", "6")
    reissue = replace(good, op_type="ICA", effective_from="2021-05-05")
    return [
        broken(1, "男方身份证校验位错误", cert_num_man=id_number("990101", "1998-03-07", 901)[:-1] + "X"),
        broken(2, "女方未满二十周岁", young),
        broken(3, "出生日期与身份证不符", birth_man="1998-03-08"),
        broken(4, "登记日期不存在", op_date="2026-02-30"),
        broken(5, "双方为同一人", replace(good, man=twin, woman=twin)),
        broken(6, "字号格式错误", zihao="J99010A-2026-000906"),
        broken(7, "业务类型未知", op_type="IZ"),
        broken(8, "登记机关统一社会信用代码校验错误", reg_office_uscc="11990000MB9T010143"),
        broken(9, "缺男方姓名", name_man=""),
        broken(10, "补领缺原字号", reissue),
        broken(11, "未标补办而效力早于登记日", effective_from="2021-05-05"),
        broken(12, "女方身份证顺序码为男性", other_sex),
        broken(
            13,
            "登记日期在将来",
            op_date="2999-01-01",
            effective_from="2999-01-01",
            zihao="J990101-2999-000913",
        ),
        broken(14, "姓名含不可见字符", name_woman="坏样\u200b例"),
        broken(15, "标志位非0或1", renew_flag="yes"),
        broken(16, "列数不足")[:12],
    ]


DIVORCE_COLUMNS = [c for c in MARRIAGE_COLUMNS if c not in ("remedy_flag", "renew_flag")]
_DIVORCED = (("2026-04-07", 3), ("2026-05-06", 5), ("2026-06-09", 8))  # day, row of the marriage file


def divorces() -> list[list[str]]:
    """Divorces of three couples of the marriage file, and a 补领 of the first one's certificates."""
    married = registrations()
    rows = []
    for number, (day, of) in enumerate(_DIVORCED, start=1):
        couple = married[of - 1]
        rows.append(_divorce(number, couple, day, "IB", couple.zihao, day))
    lost = married[_DIVORCED[0][1] - 1]
    first = f"L{lost.region}-2026-000001"
    rows.append(_divorce(4, lost, "2026-10-20", "ICB", first, _DIVORCED[0][0], remark="补领"))
    return rows


def _divorce(number: int, of: Registration, day: str, op: str, old: str, effect: str, **fields: str) -> list[str]:
    prefix = "L" if op == "IB" else "BL"
    row = dict(zip(MARRIAGE_COLUMNS, of.row(number), strict=True)) | {
        "record_no": f"DR-{number:06d}",
        "op_type": op,
        "zihao": f"{prefix}{of.region}-{day[:4]}-{number:06d}",
        "old_zihao": old,
        "op_date": day,
        "effective_from": effect,
        "remark": "",
        **fields,
    }
    return [row[column] for column in DIVORCE_COLUMNS]


def bad_divorces() -> list[list[str]]:
    """Divorce rows with exactly one fault each; the remark names it."""
    couple = registrations()[8]
    faults: tuple[tuple[str, dict[str, str]], ...] = (
        ("字号为结婚证字号", {"zihao": f"J{couple.region}-2026-000901"}),
        ("离婚效力早于登记日", {"effective_from": "2026-01-01"}),
        ("补领缺原字号", {"op_type": "ICB", "zihao": f"BL{couple.region}-2026-000903", "old_zihao": ""}),
        ("字号年份不符", {"zihao": f"L{couple.region}-2025-000904"}),
        ("登记日期不存在", {"op_date": "2026-06-31"}),
    )
    return [
        _divorce(900 + n, couple, "2026-07-01", "IB", couple.zihao, "2026-07-01", **fields, remark=f"坏行:{remark}")
        for n, (remark, fields) in enumerate(faults, start=1)
    ]


_PROJECTS = (
    ("001", "示例儿童阅读角", "用于示例乡小学购置图书"),
    ("001", "示例老人助餐", "用于样例街道老年食堂"),
    ("002", "样例山区饮水", "用于样本村修建蓄水池"),
)
_CHANNELS = {"1": "互联网公开募捐服务平台", "2": "银行转账", "": "现场募捐箱"}
_DONATIONS: tuple[tuple[str, str, int, str], ...] = (
    # donor type (1 person, 2 organisation), name ("" anonymous), fen,
    # receipt (I issued, W waived, A anonymous)
    ("1", "张示例", 10000, "I"),
    ("1", "李样例", 5000, "I"),
    ("1", "", 1, "A"),
    ("2", "样例科技有限公司", 500_000_000, "I"),
    ("1", "示例古丽·样本江", 8888, "I"),
    ("1", "𠮷示例", 20050, "I"),
    ("1", "王样本", 1000, "W"),
    ("1", "郑样㛃", 6600, "I"),
    ("2", "示例银行股份有限公司", 12_345_678, "I"),
    ("1", "", 50000, "A"),
    ("1", "冯示𬭎", 30003, "I"),
    ("1", "赵样例", 100, "W"),
    ("1", "欧阳示例文", 100_000, "I"),
    ("2", "样本村村民委员会", 360_000, "I"),
    ("1", "钱示例", 1999, "I"),
    ("1", "", 20000, "A"),
    ("1", "ALEXANDER JAMES SPECIMEN-O'SAMPLE", 52000, "I"),
    ("1", "孙样本", 101, "W"),
    ("1", "周示例", 1_000_000, "I"),
    ("2", "示例大学校友会", 1_000_010, "I"),
    ("1", "吴样例", 7700, "I"),
    ("1", "司马样本婉清", 100_001, "I"),
    ("1", "", 888_800, "A"),
    ("1", "陈样例港", 66_666, "I"),
    ("2", "样例(集团)股份有限公司", 10_000_000_000, "I"),
    ("1", "许示例", 3000, "I"),
    ("1", "何样本", 10, "W"),
    ("1", "吕示例", 15_000, "I"),
    ("1", "阿卜杜示例·样本麦麦提·样例", 40_000, "I"),
    ("1", "施样例", 9900, "I"),
    ("2", "Specimen & Sample Foundation Ltd.", 2_500_000, "I"),
    ("1", "", 600, "A"),
    ("1", "曹示例", 123_456, "I"),
    ("1", "严样本", 20_000, "I"),
    ("1", "华示例", 500, "W"),
    ("1", "潘示𫘧", 77_700, "I"),
)
_FIRST_DAY = date(2026, 1, 5)
_STATUS = {"I": "ISSUED", "W": "WAIVED", "A": "ANONYMOUS_RECORDED"}


def donation_rows() -> list[list[str]]:
    """The donation file: persons, organisations, anonymous gifts, one fen and a hundred million yuan."""
    rows = []
    receipts = 0
    for index, (donor_type, name, fen, receipt) in enumerate(_DONATIONS):
        plan, project, purpose = _PROJECTS[index % len(_PROJECTS)]
        receipts += receipt == "I"
        received = _FIRST_DAY + timedelta(days=8 * index)
        numbers = [RECEIPT_CODE, f"{receipts:010d}"] if receipt == "I" else ["", ""]
        rows.append(
            [
                f"DN-2026-{index + 1:06d}",
                FOUNDATION,
                f"{FOUNDATION}A26{plan}",
                project,
                donor_type,
                name,
                str(int(receipt == "A")),
                str(fen),
                received.isoformat(),
                purpose,
                _CHANNELS[donor_type if name else ""],
                f"样例经办人{'甲乙丙'[index % 3]}",
                _STATUS[receipt],
                *numbers,
            ]
        )
    return rows


def render(columns: list[str], rows: list[list[str]]) -> bytes:
    """CSV of RFC 4180 quoting, UTF-8 without BOM, LF line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


_WIRE = {"record_no": "ID", "zihao": "CERT_NO", "old_zihao": "OLD_CERT_NO", "reg_office_uscc": "DEPT_CODE",
         "registrar": "OPERATOR"}  # fmt: skip


def old_books() -> list[dict[str, str]]:
    """Marriages from before the system, as a province's system exports them: names of the national interface, one
    column that the register does not take, no day of effect, dates in three forms, identity numbers of 15 digits."""
    couples = (
        (man("卫示例", "1958-02-03", 51), woman("蒋样例", "1960-04-05", 52), "1985-10-01", "{:%Y%m%d}"),
        (man("沈样本", "1961-07-21", 53), woman("韩示例", "1962-08-09", 54), "1986-05-04", "{:%Y%m%d}000000"),
        (man("杨示例", "1963-01-30", 55), woman("朱样例", "1965-12-12", 56), "1988-08-08", "{:%Y-%m-%d} 00:00:00"),
        (man("秦样本", "1966-03-15", 57), woman("尤示例", "1967-09-27", 58), "1990-02-14", "{:%Y-%m-%d}"),
    )
    rows = []
    for n, (husband, wife, day, form) in enumerate(couples, start=1):
        row = dict(zip(MARRIAGE_COLUMNS, Registration("990101", n, day, husband, wife).row(n), strict=True))
        row |= {"record_no": f"OLD-{n:06d}", "remark": "历史数据补录"}
        for name in ("op_date", "birth_man", "birth_woman"):
            row[name] = form.format(date.fromisoformat(row[name]))
        if n == 4:  # the numbers of before 1999: without century and check character
            row |= {
                f"cert_num_{who}": row[f"cert_num_{who}"][:6] + row[f"cert_num_{who}"][8:17] for who in ("man", "woman")
            }
        del row["effective_from"]
        rows.append({_WIRE.get(name, name.upper()): value for name, value in row.items()} | {"JOB_MAN": "示例职业"})
    return rows


def files() -> dict[str, bytes]:
    """File name to content."""
    marriages = [registration.row(number) for number, registration in enumerate(registrations(), start=1)]
    return {
        "marriage-registrations.csv": render(MARRIAGE_COLUMNS, marriages),
        "donations.csv": render(DONATION_COLUMNS, donation_rows()),
        "old-marriages-gb18030.csv": render(list(old_books()[0]), [list(row.values()) for row in old_books()])
        .decode()
        .encode("gb18030"),
        "old-marriages.ndjson": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in old_books()).encode(),
        "bad-rows.csv": render(MARRIAGE_COLUMNS, bad_rows()),
        "divorce-registrations.csv": render(DIVORCE_COLUMNS, divorces()),
        "bad-divorces.csv": render(DIVORCE_COLUMNS, bad_divorces()),
        **{name: render(columns, rows) for name, (columns, rows) in tables().items()},
    }


def main(arguments: list[str]) -> int:
    """Write or compare; the exit status is 1 if a compared file differs, 64 on wrong usage."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 64
    here = Path(__file__).parent
    differing = []
    for name, content in files().items():
        if not arguments:
            (here / name).write_bytes(content)
        elif (here / name).read_bytes() != content:
            differing.append(name)
    if differing:
        print(f"differ from what generate.py makes: {', '.join(differing)}", file=sys.stderr)
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
