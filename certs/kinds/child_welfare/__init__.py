"""Child welfare (儿童福利): the basic living allowance of orphans and of children whom in fact nobody raises.

国办发〔2010〕54号; 民发〔2019〕62号 for 事实无人抚养儿童. Everything about a child is personal. The code must not tell
the birthday either, on the eve of which the last allowance ends: what stands there in clear is the last day of that
year.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from certs.kinds.codes import DOC_ORGANISATION, ETHNIC, ORGANISATION_CODE, RESIDENT_DOCUMENTS
from certs.kinds.declared import Declaration, DeclaredKind
from certs.kinds.fields import Field, Values
from certs.kinds.fieldtypes import Code, Day, Fen, Flag, Month, Region, Text
from certs.kinds.persons import Person, person_fields
from certs.kinds.rules import adult, different, paid_from, period, years_after

CATEGORY: Final = {
    "1": ("孤儿", "orphan"),
    "2": ("事实无人抚养儿童", "child whom in fact nobody raises"),
    "3": ("艾滋病病毒感染儿童", "child with HIV"),
}
PLACEMENT: Final = {"1": ("社会散居", "in a family"), "2": ("机构集中养育", "in an institution")}
IN_INSTITUTION: Final = "2"
RELATION: Final = {
    "1": ("祖父母或外祖父母", "grandparent"),
    "2": ("兄或姐", "elder sibling"),
    "3": ("其他亲属", "other relative"),
    "4": ("儿童福利机构", "child welfare institution"),
    "5": ("村（居）民委员会或民政部门", "village or residents' committee, civil affairs"),
    "9": ("其他", "other"),
}
ADULT: Final = 18  # years
HOLDER: Final = Person("holder", "儿童", "child", documents=RESIDENT_DOCUMENTS)
GUARDIAN: Final = Person("guardian", "监护人", "guardian", born=False, documents=ORGANISATION_CODE | RESIDENT_DOCUMENTS)


def _child(values: Values) -> Iterator[tuple[str, str]]:
    birth = values.day("holder_birth_date")
    begins, ends = values.day("approved_on"), values.day("valid_until")
    if birth is None:
        return
    majority = years_after(birth, ADULT)
    if begins is not None and begins >= majority:
        yield "holder_birth_date", "NOT_A_CHILD"
    # who is still at school may be paid on (国办发〔2010〕54号 and local rules); the registry must say so
    elif ends is not None and ends >= majority and values.get("at_school") is False:
        yield "valid_until", "PAST_MAJORITY"


def _guardian(values: Values) -> Iterator[tuple[str, str]]:
    placement, document = values.text("placement"), values.text("guardian_document_type")
    if placement == IN_INSTITUTION and document is not None and document != DOC_ORGANISATION:
        yield "guardian_document_type", "GUARDIAN_FOR_PLACEMENT"


def _year_end(day: date) -> date:
    return date(day.year, 12, 31)


KIND: Final = DeclaredKind(
    Declaration(
        number=7,
        version=1,
        name="child-welfare",
        zh="儿童福利证",
        en="child welfare certificate",
        depth=5,
        fields=(
            Field("region", Region(), 5, "行政区划", "region"),
            Field("category", Code(CATEGORY), 6, "保障类别", "category"),
            Field("placement", Code(PLACEMENT), 7, "养育方式", "placement"),
            Field("monthly_fen", Fen(), 8, "基本生活费（分/月）", "allowance, fen a month"),
            Field("approved_on", Day(), 9, "确认日期", "approved on"),
            Field("paid_from", Month(), 10, "起发月份", "paid from"),
            Field("valid_until", Day(future=True), 11, "有效期至", "valid until"),
            Field("at_school", Flag(), 12, "满18周岁后仍在校就读", "still at school after 18"),
            Field("holder_ethnicity", Code(ETHNIC), 13, "民族", "ethnicity", required=False),
            *person_fields(HOLDER, 14),
            *person_fields(GUARDIAN, 19),
            Field("guardian_relation", Code(RELATION), 22, "与儿童关系", "relation to the child"),
            Field("remark", Text(), 23, "备注", "remark", required=False),
        ),
        people=(HOLDER, GUARDIAN),
        rules=(
            _child,
            _guardian,
            different("holder", "guardian"),
            adult("guardian", "approved_on", "GUARDIAN_MINOR"),
            period("approved_on", "valid_until", years=3),
            paid_from("approved_on", "paid_from"),
        ),
        issuing=("确认机关", "approving authority"),
        begins="approved_on",
        ends="valid_until",
        last_day=_year_end,
        notice=(
            "本证书证明保障确认情况，不证明监护权。",
            "It proves the allowance approved, not custody.",
        ),
    )
)
