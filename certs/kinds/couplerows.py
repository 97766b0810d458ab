"""Reading rows of two people: people, numbers and days of a marriage or a divorce, today's and those of old books."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from certs.errors import InvalidField
from certs.identifiers import SEX_FEMALE, SEX_MALE, IdNumber, Zihao, parse_id_number, parse_uscc, parse_zihao
from certs.kinds.base import Rejected
from certs.kinds.codes import (
    COUNTRIES,
    DOC_CITIZEN_ID,
    DOCUMENT_TYPE,
    DOCUMENTS_OF_STATUS,
    NATION_CHINA,
    PARTY_STATUS,
    STATUS_FOREIGNER,
)
from certs.kinds.legacy import legacy_row, lengthened
from certs.kinds.rows import RowReader, present
from certs.marriage.party import Party
from certs.text import check_text

LEGACY_NUMBER: Final = "LEGACY_NUMBER"
LEGACY_ID: Final = "ID_15_DIGITS"
_DOCUMENT: Final = re.compile(r"[0-9A-Z][0-9A-Z()/-]{3,29}")
_FREE_NUMBER: Final = 40  # characters of an old booklet's own number, e.g. 政字第12号


@dataclass(frozen=True, slots=True)
class Booklet:
    """Numbers of one operation: the prefix of its own, and of those it may refer to."""

    prefix: str
    old: frozenset[str] = frozenset()
    required: bool = False


class CoupleReader:
    """Cells of one row of two people. `flags` None: today's rules; else an archive's, and what is old is flagged."""

    def __init__(self, row: Mapping[str, str], columns: Sequence[str], *, today: date, archive: bool) -> None:
        days = [c for c in columns if c in ("op_date", "effective_from") or c.startswith("birth_")]
        self.cells = RowReader(legacy_row(row, days) if archive else row, columns, today=today)
        self.archive = archive
        self.flags: dict[str, None] = {}

    def flag(self, name: str) -> None:
        """Say that something is not in today's form."""
        self.flags[name] = None

    def read(self, operations: Mapping[str, Booklet]) -> dict[str, Any]:
        """What `CoupleDraft` takes, None for what could not be read."""
        r = self.cells
        values: dict[str, Any] = {
            "record_no": r.take("record_no", lambda v: check_text(v, field="record_no", maximum=64)),
            "op_type": (op_type := r.code("op_type", operations)),
            "reg_office_uscc": r.take("reg_office_uscc", lambda v: parse_uscc(v, field="reg_office_uscc")),
            "registrar": r.name("registrar"),
            "op_date": (op_date := r.day("op_date")),
            "effective_from": r.day("effective_from"),
        }
        booklet = None if op_type is None else operations[op_type]
        values["zihao"], values["old_zihao"] = self._numbers(booklet, op_date)
        values["man"], values["woman"] = self.party("man", SEX_MALE), self.party("woman", SEX_FEMALE)
        self.two_people(values["man"], values["woman"])
        values["remark"] = r.text("remark", 200, optional=True) or ""
        return values

    def done(self, values: dict[str, Any]) -> dict[str, Any] | Rejected:
        """The values of a draft, or every broken rule."""
        if self.cells.errors:
            return self.cells.rejected()
        optional = {"old_zihao", "remark"}
        checked = {name: value if name in optional else present(value) for name, value in values.items()}
        return {**checked, "flags": tuple(self.flags)}

    def two_people(self, man: Party | None, woman: Party | None) -> None:
        """Nobody marries or divorces himself."""
        if man is not None and woman is not None and man.identity_key == woman.identity_key:
            self.cells.note("cert_num_woman", "SAME_PERSON")

    def number(self, field: str, *, legacy: bool, optional: bool = False) -> Zihao | None:
        """A 字号. `legacy` takes unpadded serials; an archive also the free forms before 2004."""
        found = self.cells.take(field, self._number_parser(field, legacy), optional=optional)
        if found is not None and found.legacy:
            self.flag(LEGACY_NUMBER)
        return found

    def _number_parser(self, field: str, legacy: bool) -> Callable[[str], Zihao]:
        def parse(value: str) -> Zihao:
            try:
                return parse_zihao(value, field=field, legacy=legacy or self.archive)
            except InvalidField as error:
                if not self.archive or error.rule != "STRUCTURE" or value[0] in "JLB":
                    raise
                return Zihao(check_text(value, field=field, maximum=_FREE_NUMBER), "", "", 0, True)

        return parse

    def _numbers(self, booklet: Booklet | None, op_date: date | None) -> tuple[Zihao | None, Zihao | None]:
        r, number = self.cells, self.number("zihao", legacy=False)
        if number is not None and booklet is not None and number.prefix:
            if number.prefix != booklet.prefix:
                r.note("zihao", "PREFIX_FOR_OPERATION")
            if op_date is not None and number.year != op_date.year:
                r.note("zihao", "YEAR_FOR_DATE")
        if booklet is None or not booklet.old:
            if booklet is not None:
                r.empty("old_zihao")
            return number, None
        # the original may come from an archive with unpadded serials
        old = self.number("old_zihao", legacy=True, optional=not booklet.required)
        if old is not None:
            if old.prefix and old.prefix not in booklet.old:
                r.note("old_zihao", "PREFIX_FOR_OPERATION")
            if number is not None and old.text == number.text:
                r.note("old_zihao", "SAME_ZIHAO")
            if op_date is not None and old.year > op_date.year:
                r.note("old_zihao", "OLD_AFTER_NEW")
        return number, old

    def party(self, who: str, sex: str) -> Party | None:
        """One of the two; None after noting what is wrong."""
        r = self.cells
        before = len(r.errors)
        name = r.name(f"name_{who}")
        birth = r.day(f"birth_{who}")
        doc_type = r.code(f"cert_type_{who}", DOCUMENT_TYPE)
        nation = r.code(f"nation_{who}", COUNTRIES)
        status = r.code(f"id_type_{who}", PARTY_STATUS)
        number = self._document(who, doc_type, birth, sex)
        if status is not None and doc_type is not None and doc_type not in DOCUMENTS_OF_STATUS[status]:
            r.note(f"cert_type_{who}", "DOCUMENT_FOR_STATUS")
        if status is not None and nation is not None and (nation == NATION_CHINA) == (status == STATUS_FOREIGNER):
            r.note(f"nation_{who}", "NATION_FOR_STATUS")
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

    def _document(self, who: str, doc_type: str | None, birth: date | None, sex: str) -> str | None:
        r, field = self.cells, f"cert_num_{who}"
        if doc_type not in {DOC_CITIZEN_ID, "112"}:

            def parse(value: str) -> str:
                if not _DOCUMENT.fullmatch(value):
                    raise InvalidField(field, "DOCUMENT_NUMBER")
                return value

            return r.take(field, parse)
        number: IdNumber | None = r.take(field, lambda v: parse_id_number(self._eighteen(v, field), field=field))
        if number is None:
            return None
        if birth is not None and number.birth != birth:
            r.note(f"birth_{who}", "BIRTH_MISMATCH")
        if number.sex != sex:
            r.note(field, "SEX_MISMATCH")
        return number.value

    def _eighteen(self, value: str, field: str) -> str:
        """A number of 15 digits, given out until 1999, in today's form; only archives have them."""
        if not self.archive or len(value) != 15:
            return value
        self.flag(LEGACY_ID)
        return lengthened(value, field=field)
