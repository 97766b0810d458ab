"""The two subsidies for disabled people (残疾人两项补贴): for living in hardship, for nursing in severe disability.

国发〔2015〕52号. Category and grade have the names of GB/T 26341; the disability certificate's number is the identity
number, one digit of category, one of grade, and for a replaced card B and a count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from certs.errors import InvalidField
from certs.identifiers import parse_id_number
from certs.kinds.codes import DOC_CITIZEN_ID, RESIDENT_DOCUMENTS
from certs.kinds.declared import Declaration, DeclaredKind
from certs.kinds.fields import Field, Values
from certs.kinds.fieldtypes import Code, Day, Fen, Month, Name, Pattern, Region, Text
from certs.kinds.persons import Person, person_fields
from certs.kinds.rules import paid_from, period

CATEGORY: Final = {
    "1": ("视力残疾", "visual"),
    "2": ("听力残疾", "hearing"),
    "3": ("言语残疾", "speech"),
    "4": ("肢体残疾", "physical"),
    "5": ("智力残疾", "intellectual"),
    "6": ("精神残疾", "mental"),
    "7": ("多重残疾", "multiple"),
}
GRADE: Final = {
    "1": ("一级", "grade 1, most severe"),
    "2": ("二级", "grade 2"),
    "3": ("三级", "grade 3"),
    "4": ("四级", "grade 4"),
}
_SEVERE: Final = ("1", "2")
_EXTENDED: Final = ("5", "6")  # art. 2(2): where means allow, intellectual and mental disability of grades 3 and 4 too
_CARD: Final = re.compile(r"[0-9]{17}[0-9X][1-7][1-4](B[1-9])?")
HOLDER: Final = Person("holder", "残疾人", "beneficiary", documents=RESIDENT_DOCUMENTS)


def _card(values: Values) -> Iterator[tuple[str, str]]:
    card = values.text("card_number")
    if card is None:
        return
    try:
        parse_id_number(card[:18])
    except InvalidField as error:
        yield "card_number", error.rule
        return
    number = values.text("holder_document_number")
    if number is not None and values.text("holder_document_type") == DOC_CITIZEN_ID and card[:18] != number:
        yield "card_number", "CARD_OF_OTHER_PERSON"
    if values.text("disability_category") not in (None, card[18]):
        yield "card_number", "CARD_CATEGORY"
    if values.text("disability_grade") not in (None, card[19]):
        yield "card_number", "CARD_GRADE"


def _amounts(values: Values) -> Iterator[tuple[str, str]]:
    if values.get("living_fen") is None and values.get("nursing_fen") is None:
        yield "living_fen", "NO_SUBSIDY"
    category, grade = values.text("disability_category"), values.text("disability_grade")
    if values.get("nursing_fen") is None or category is None or grade is None:
        return
    if grade not in _SEVERE and category not in _EXTENDED:
        yield "nursing_fen", "NURSING_GRADE"


KIND: Final = DeclaredKind(
    Declaration(
        number=5,
        version=1,
        name="disability-subsidy",
        zh="残疾人两项补贴证明",
        en="disability subsidy certificate",
        depth=5,
        fields=(
            Field("region", Region(), 5, "行政区划", "region"),
            Field("disability_category", Code(CATEGORY), 6, "残疾类别", "category of disability"),
            Field("disability_grade", Code(GRADE), 7, "残疾等级", "grade of disability"),
            Field("card_number", Pattern(_CARD, "CARD_NUMBER"), 8, "残疾人证号", "disability card number"),
            Field("living_fen", Fen(), 9, "困难残疾人生活补贴（分/月）", "living subsidy, fen a month", required=False),
            Field(
                "nursing_fen", Fen(), 10, "重度残疾人护理补贴（分/月）", "nursing subsidy, fen a month", required=False
            ),
            Field("approved_on", Day(), 11, "审定日期", "approved on"),
            Field("paid_from", Month(), 12, "起发月份", "paid from"),
            Field("valid_until", Day(future=True), 13, "有效期至", "valid until"),
            Field("agent_name", Name(), 14, "代办人（监护人）", "guardian or agent", required=False),
            *person_fields(HOLDER, 15),
            Field("remark", Text(), 20, "备注", "remark", required=False),
        ),
        people=(HOLDER,),
        rules=(_card, _amounts, period("approved_on", "valid_until", years=5), paid_from("approved_on", "paid_from")),
        issuing=("审定机关", "approving authority"),
        begins="approved_on",
        ends="valid_until",
        notice=(
            "本证书证明补贴审定情况，不代替残疾人证。",
            "It proves the subsidies approved; it is not the disability card.",
        ),
    )
)
