"""Rules of a marriage registration row (Civil Code 1047, 1049; 婚姻登记条例; 解释一 art. 6 for 补办)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from certs.kinds.base import Rejected
from certs.kinds.codes import OP_MARRIAGE, OP_REISSUE_MARRIAGE
from certs.kinds.couplerows import Booklet, CoupleReader
from certs.kinds.rows import RowReader
from certs.marriage.party import Party

from .claims import COLUMNS
from .draft import MarriageDraft

AGE_MAN: Final = 22  # years, Civil Code 1047
AGE_WOMAN: Final = 20
YOUNG: Final = "AGE_OF_ITS_TIME"
OPERATIONS: Final = {
    OP_MARRIAGE: Booklet("J"),
    OP_REISSUE_MARRIAGE: Booklet("BJ", frozenset({"J", "BJ"}), required=True),
}


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; for 29 February 28 February: who was born on the 29th completes a year
    of life on 1 March of a common year (Civil Code 201), so the earlier bound is the strict one."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def parse_marriage_row(row: Mapping[str, str], *, today: date, archive: bool = False) -> MarriageDraft | Rejected:
    """A draft, or every broken rule. A cell that cannot be read does not hide the errors of the others."""
    reader = CoupleReader(row, COLUMNS, today=today, archive=archive)
    r, values = reader.cells, reader.read(OPERATIONS)
    remedy, renew = r.flag("remedy_flag"), r.flag("renew_flag")
    op_type, op_date, effective = values["op_type"], values["op_date"], values["effective_from"]
    _effect(r, op_type, op_date, effective, remedy)
    if op_type == OP_REISSUE_MARRIAGE and renew:
        r.note("renew_flag", "RENEWAL_WITH_REISSUE")
    for who, age in (("man", AGE_MAN), ("woman", AGE_WOMAN)):
        _age(reader, who, values[who], age, effective)
    done = reader.done({**values, "remedy": remedy, "renew": renew})
    return done if isinstance(done, Rejected) else MarriageDraft(**done)


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


def _age(reader: CoupleReader, who: str, party: Party | None, age: int, effective: date | None) -> None:
    """补办: the effect begins when both met the conditions, so age counts on that day, not on that of registration.
    Older law had other ages (1950: 20 and 18), and old books their own cases: there it is said, not refused."""
    if party is None or effective is None or party.birth <= years_before(effective, age):
        return
    if reader.archive:
        reader.flag(YOUNG)
    else:
        reader.cells.note(f"birth_{who}", "UNDER_AGE")
