"""Rules of a marriage registration row (Civil Code 1047, 1049; 婚姻登记条例; 解释一 art. 6 for 补办)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from certs.errors import InvalidField
from certs.identifiers import SEX_FEMALE, SEX_MALE, IdNumber, Zihao, parse_id_number, parse_uscc, parse_zihao
from certs.kinds.base import Rejected
from certs.kinds.codes import (
    COUNTRIES,
    DOC_CITIZEN_ID,
    DOCUMENT_TYPE,
    DOCUMENTS_OF_STATUS,
    NATION_CHINA,
    OP_MARRIAGE,
    OP_REISSUE_MARRIAGE,
    PARTY_STATUS,
    STATUS_FOREIGNER,
)
from certs.kinds.rows import RowReader, present
from certs.text import check_text

from .claims import COLUMNS
from .draft import MarriageDraft, Party

AGE_MAN: Final = 22  # years, Civil Code 1047
AGE_WOMAN: Final = 20
_DOCUMENT: Final = re.compile(r"[0-9A-Z][0-9A-Z()/-]{3,29}")


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; for 29 February 28 February: who was born on the 29th completes a year
    of life on 1 March of a common year (Civil Code 201), so the earlier bound is the strict one."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def parse_marriage_row(row: Mapping[str, str], *, today: date) -> MarriageDraft | Rejected:
    """A draft, or every broken rule. A cell that cannot be read does not hide the errors of the others."""
    r = RowReader(row, COLUMNS, today=today)
    record_no = r.take("record_no", lambda v: check_text(v, field="record_no", maximum=64))
    op_type = r.code("op_type", (OP_MARRIAGE, OP_REISSUE_MARRIAGE))
    office = r.take("reg_office_uscc", lambda v: parse_uscc(v, field="reg_office_uscc"))
    registrar = r.name("registrar")
    op_date, effective = r.day("op_date"), r.day("effective_from")
    remedy, renew = r.flag("remedy_flag"), r.flag("renew_flag")
    zihao, old_zihao = _zihao(r, op_type, op_date)
    _effect(r, op_type, op_date, effective, remedy)
    man = _party(r, "man", SEX_MALE, AGE_MAN, effective)
    woman = _party(r, "woman", SEX_FEMALE, AGE_WOMAN, effective)
    if man is not None and woman is not None and man.document_key == woman.document_key:
        r.note("cert_num_woman", "SAME_PERSON")
    remark = r.text("remark", 200, optional=True)
    if r.errors:
        return r.rejected()
    return MarriageDraft(
        record_no=present(record_no),
        op_type=present(op_type),
        zihao=present(zihao),
        old_zihao=old_zihao,
        reg_office_uscc=present(office),
        registrar=present(registrar),
        op_date=present(op_date),
        effective_from=present(effective),
        remedy=present(remedy),
        renew=present(renew),
        man=present(man),
        woman=present(woman),
        remark=remark or "",
    )


def _zihao(r: RowReader, op_type: str | None, op_date: date | None) -> tuple[Zihao | None, Zihao | None]:
    zihao = r.take("zihao", lambda v: parse_zihao(v, field="zihao"))
    if zihao is not None and op_type is not None:
        if zihao.prefix != ("J" if op_type == OP_MARRIAGE else "BJ"):
            r.note("zihao", "PREFIX_FOR_OPERATION")
        if op_date is not None and zihao.year != op_date.year:
            r.note("zihao", "YEAR_FOR_DATE")
    if op_type != OP_REISSUE_MARRIAGE:
        if op_type is not None:
            r.empty("old_zihao")
        return zihao, None
    # the original may come from an archive with unpadded serials
    old = r.take("old_zihao", lambda v: parse_zihao(v, field="old_zihao", legacy=True))
    if old is not None:
        if old.prefix not in {"J", "BJ"}:
            r.note("old_zihao", "PREFIX_FOR_OPERATION")
        if zihao is not None and old.text == zihao.text:
            r.note("old_zihao", "SAME_ZIHAO")
        if op_date is not None and old.year > op_date.year:
            r.note("old_zihao", "OLD_AFTER_NEW")
    return zihao, old


def _effect(
    r: RowReader, op_type: str | None, op_date: date | None, effective: date | None, remedy: bool | None
) -> None:
    if op_type is None or op_date is None or effective is None or remedy is None:
        return
    if effective > op_date:
        r.note("effective_from", "EFFECTIVE_AFTER_REGISTRATION")
    elif op_type == OP_REISSUE_MARRIAGE:  # a re-issue repeats the effect of the first registration
        if remedy:
            r.note("remedy_flag", "REMEDY_WITH_REISSUE")
    elif remedy and effective == op_date:
        r.note("effective_from", "REMEDY_NEEDS_EARLIER")
    elif not remedy and effective < op_date:
        r.note("effective_from", "EFFECTIVE_NEEDS_REMEDY")


def _party(r: RowReader, who: str, sex: str, age: int, effective: date | None) -> Party | None:
    before = len(r.errors)
    name = r.name(f"name_{who}")
    birth = r.day(f"birth_{who}")
    doc_type = r.code(f"cert_type_{who}", DOCUMENT_TYPE)
    nation = r.code(f"nation_{who}", COUNTRIES)
    status = r.code(f"id_type_{who}", PARTY_STATUS)
    number = _document_number(r, who, doc_type, birth, sex)
    if status is not None and doc_type is not None and doc_type not in DOCUMENTS_OF_STATUS[status]:
        r.note(f"cert_type_{who}", "DOCUMENT_FOR_STATUS")
    if status is not None and nation is not None and (nation == NATION_CHINA) == (status == STATUS_FOREIGNER):
        r.note(f"nation_{who}", "NATION_FOR_STATUS")
    # 补办: the effect begins when both met the conditions, so age counts on that day, not on the day of registration
    if birth is not None and effective is not None and birth > years_before(effective, age):
        r.note(f"birth_{who}", "UNDER_AGE")
    if len(r.errors) != before or None in (name, birth, doc_type, number, nation, status):
        return None
    return Party(
        name=present(name),
        sex=sex,
        birth=present(birth),
        document_type=present(doc_type),
        document_number=present(number),
        nation=present(nation),
        status=present(status),
    )


def _document_number(r: RowReader, who: str, doc_type: str | None, birth: date | None, sex: str) -> str | None:
    field = f"cert_num_{who}"
    if doc_type not in {DOC_CITIZEN_ID, "112"}:

        def parse(value: str) -> str:
            if not _DOCUMENT.fullmatch(value):
                raise InvalidField(field, "DOCUMENT_NUMBER")
            return value

        return r.take(field, parse)
    number: IdNumber | None = r.take(field, lambda v: parse_id_number(v, field=field))
    if number is None:
        return None
    if birth is not None and number.birth != birth:
        r.note(f"birth_{who}", "BIRTH_MISMATCH")
    if number.sex != sex:
        r.note(field, "SEX_MISMATCH")
    return number.value
