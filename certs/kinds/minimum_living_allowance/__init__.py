"""Minimum living allowance (最低生活保障): a household, who of it is covered, how much a month, until when.

Interim Measures for Social Assistance (社会救助暂行办法) art. 9 to 13; 最低生活保障审核确认办法 (民发〔2021〕57号). The
classes A, B, C are those by which households are looked at again every year, half-year or quarter; what a province
calls them differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from certs.kinds.codes import RESIDENT_DOCUMENTS
from certs.kinds.declared import Declaration, DeclaredKind
from certs.kinds.fields import Field, Values
from certs.kinds.fieldtypes import Code, Count, Day, Fen, Month, Region, Text
from certs.kinds.persons import Person, person_fields
from certs.kinds.rules import paid_from, period

HOUSEHOLD: Final = {"1": ("城市", "urban"), "2": ("农村", "rural")}
CLASS: Final = {
    "A": ("A类（每年复核）", "A, reviewed yearly"),
    "B": ("B类（每半年复核）", "B, reviewed half-yearly"),
    "C": ("C类（每季度复核）", "C, reviewed quarterly"),
}
HOLDER: Final = Person("holder", "户主", "head of household", documents=RESIDENT_DOCUMENTS)


def _covered(values: Values) -> Iterator[tuple[str, str]]:
    members, covered = values.number("members"), values.number("covered_members")
    if members is not None and covered is not None and covered > members:
        yield "covered_members", "COVERED_MEMBERS"


KIND: Final = DeclaredKind(
    Declaration(
        number=4,
        version=1,
        name="minimum-living-allowance",
        zh="最低生活保障证",
        en="minimum living allowance certificate",
        depth=5,
        fields=(
            Field("region", Region(), 5, "行政区划", "region"),
            Field("household_type", Code(HOUSEHOLD), 6, "保障类别", "kind of household"),
            Field("household_class", Code(CLASS), 7, "分类管理类别", "class"),
            Field("members", Count(1, 30), 8, "家庭人口", "members of the household"),
            Field("covered_members", Count(1, 30), 9, "保障人口", "members covered"),
            Field("monthly_fen", Fen(), 10, "月保障金额（分）", "monthly amount in fen"),
            Field("approved_on", Day(), 11, "确认日期", "approved on"),
            Field("paid_from", Month(), 12, "起发月份", "paid from"),
            Field("valid_until", Day(future=True), 13, "有效期至", "valid until"),
            Field("address", Text(100), 14, "家庭住址", "address", required=False),
            *person_fields(HOLDER, 15),
            Field("remark", Text(), 20, "备注", "remark", required=False),
        ),
        people=(HOLDER,),
        rules=(_covered, period("approved_on", "valid_until", years=3), paid_from("approved_on", "paid_from")),
        issuing=("确认机关", "approving authority"),
        begins="approved_on",
        ends="valid_until",
        notice=(
            "本证书证明确认时的保障情况，不证明当前家庭收入。",
            "It proves what was approved, not the household's income today.",
        ),
    )
)
