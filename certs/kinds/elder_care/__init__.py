"""Elder care (养老服务): what an assessment of abilities found, and which service was granted for it.

GB/T 42195-2022: the score out of 90 gives the grade; some findings (dementia, other diagnosed mental illness, two or
more accidents in 30 days) make it one grade worse, a coma the worst at once. Old people are those of 60 and more
(老年人权益保障法 art. 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from certs.kinds.codes import RESIDENT_DOCUMENTS
from certs.kinds.declared import Declaration, DeclaredKind
from certs.kinds.fields import Field, Values
from certs.kinds.fieldtypes import Code, Count, Day, Fen, Name, Region, Text
from certs.kinds.persons import Person, person_fields
from certs.kinds.rules import period, years_after

GRADE: Final = {
    "0": ("能力完好", "able"),
    "1": ("能力轻度受损（轻度失能）", "mildly impaired"),
    "2": ("能力中度受损（中度失能）", "moderately impaired"),
    "3": ("能力重度受损（重度失能）", "severely impaired"),
    "4": ("能力完全丧失（完全失能）", "fully dependent"),
}
FINDING: Final = {
    "0": ("无", "none"),
    "1": ("加重一级", "one grade worse"),
    "2": ("昏迷", "coma"),
}
SERVICE: Final = {
    "1": ("居家养老", "care at home"),
    "2": ("社区养老", "care in the community"),
    "3": ("机构养老", "care in an institution"),
}
_LEAST_SCORE: Final = (90, 66, 46, 30, 0)  # of grades 0 to 4
FULL_SCORE: Final = 90
OLD: Final = 60  # years
HOLDER: Final = Person("holder", "老年人", "assessed person", documents=RESIDENT_DOCUMENTS)


def grade_of(score: int, finding: str) -> str:
    """Grade of a score of 0 to 90. Sample: 66 without a finding is "1", with dementia "2"."""
    if finding == "2":
        return "4"
    plain = next(grade for grade, least in enumerate(_LEAST_SCORE) if score >= least)
    return str(min(plain + (finding == "1"), 4))


def _grade(values: Values) -> Iterator[tuple[str, str]]:
    score, finding, grade = values.number("score"), values.text("finding"), values.text("grade")
    if score is not None and finding is not None and grade is not None and grade != grade_of(score, finding):
        yield "grade", "GRADE_FOR_SCORE"


def _old(values: Values) -> Iterator[tuple[str, str]]:
    birth, day = values.day("holder_birth_date"), values.day("assessed_on")
    if birth is not None and day is not None and years_after(birth, OLD) > day:
        yield "holder_birth_date", "NOT_OLD"


def _institution(values: Values) -> Iterator[tuple[str, str]]:
    if values.text("service") == "3" and values.get("facility") is None:
        yield "facility", "MISSING"


KIND: Final = DeclaredKind(
    Declaration(
        number=6,
        version=1,
        name="elder-care",
        zh="老年人能力评估与养老服务证明",
        en="elder care certificate",
        depth=5,
        fields=(
            Field("region", Region(), 5, "行政区划", "region"),
            Field("score", Count(0, FULL_SCORE), 6, "评估总分", "score of 90"),
            Field("finding", Code(FINDING), 7, "等级变更情形", "finding that changes the grade"),
            Field("grade", Code(GRADE), 8, "能力等级", "grade of ability"),
            Field("assessed_on", Day(), 9, "评估日期", "assessed on"),
            Field("valid_until", Day(future=True), 10, "有效期至", "valid until"),
            Field("assessor", Name(), 11, "评估机构", "assessing body"),
            Field("service", Code(SERVICE), 12, "服务形式", "form of service"),
            Field("facility", Name(), 13, "服务机构", "facility", required=False),
            Field("subsidy_fen", Fen(), 14, "养老服务补贴（分/月）", "care subsidy, fen a month", required=False),
            *person_fields(HOLDER, 15),
            Field("remark", Text(), 20, "备注", "remark", required=False),
        ),
        people=(HOLDER,),
        rules=(_grade, _old, _institution, period("assessed_on", "valid_until", years=5)),
        begins="assessed_on",
        ends="valid_until",
        notice=(
            "本证书证明评估当日的结论，不是医学诊断。",
            "It proves what was found on the day of assessment; it is not a medical diagnosis.",
        ),
    )
)
