"""What can happen to a marriage in the eyes of a registry.

Applications, the thirty days of cooling-off (Civil Code 1077), their withdrawal: none of these is here, for none
changes whether two people are married. A marriage and a divorce take effect when they are registered (1049, 1080), or
on the day that a judgment or mediation takes effect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from .party import Party


class Op(StrEnum):
    """Operations: the field's own codes, and ours for what reaches a registry from elsewhere."""

    MARRIAGE = "IA"
    DIVORCE = "IB"
    REISSUE_MARRIAGE = "ICA"
    REISSUE_DIVORCE = "ICB"
    ANNULMENT = "ID"  # 撤销婚姻, by the registry under earlier law
    COURT_DIVORCE = "COURT_DIVORCE"  # judgment or mediation, from the day of its effect
    COURT_VOID = "COURT_VOID"  # 婚姻无效: void from the beginning, once a court has said so
    COURT_REVOKED = "COURT_REVOKED"  # 撤销 by a court: void from the beginning too (Civil Code 1054)
    DEATH = "DEATH"
    CORRECTION = "CORRECTION"  # of an entry of ours: another day of effect, or never happened


BEGINNINGS: Final = frozenset({Op.MARRIAGE, Op.REISSUE_MARRIAGE})
DIVORCES: Final = frozenset({Op.DIVORCE, Op.REISSUE_DIVORCE, Op.COURT_DIVORCE})
VOIDINGS: Final = frozenset({Op.ANNULMENT, Op.COURT_VOID, Op.COURT_REVOKED})
REISSUES: Final = frozenset({Op.REISSUE_MARRIAGE, Op.REISSUE_DIVORCE})
_UNIQUE: Final = re.compile(r"(BJ|BL|J|L)[0-9]{6}-[0-9]{4}-[0-9]{1,6}")
ACT: Final = 0
"""In the place of a kind's number: events that make no certificate have business ids of their own."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One event as an office enters it.

    kind         number of the certificates that it makes, ACT if it makes none; business ids are counted for each
    number       its own 字号, None for courts' and deaths
    refers       the 字号 of the booklet that is handed in, replaced, divorced or voided, as far as it is known
    day          on which the office acted (op_date)
    effective    from which it has effect: earlier for 补办, the original's for re-issues, the judgment's, the death's
    man, woman   as registered; one of them for a death, for a correction those of the entry that it corrects
    details      sealed and never shown: registrar, remark, reason, court document
    corrects     `registration_name` of the entry that this one corrects; `withdrawn`: it never happened
    flags        what an archive's row did not have in today's form, e.g. LEGACY_NUMBER
    """

    op: Op
    kind: int
    issuer: str
    business_id: str = field(repr=False)
    number: str | None = field(repr=False)
    refers: str | None = field(repr=False)
    day: date = field(repr=False)
    effective: date = field(repr=False)
    man: Party | None = field(repr=False)
    woman: Party | None = field(repr=False)
    renew: bool = False
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    corrects: str | None = field(default=None, repr=False)
    withdrawn: bool = False
    flags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """See `registration_name`."""
        return registration_name(self.kind, self.issuer, self.business_id)

    @property
    def people(self) -> tuple[tuple[str, Party], ...]:
        """(role, party) of those who are named."""
        return tuple((role, p) for role, p in (("man", self.man), ("woman", self.woman)) if p is not None)


def registration_name(kind: int, issuer: str, business_id: str) -> str:
    """What an entry is called by others: `1:11990000MB9T010142:MR-000001`."""
    return f"{kind}:{issuer}:{business_id}"


def is_unique(number: str) -> bool:
    """Whether a 字号 names one registration of the country. The free forms before 2004 are counted by each office anew,
    often every year: two of them are no contradiction, and nothing is looked up by them."""
    return _UNIQUE.fullmatch(number) is not None


def number_key(number: str) -> str:
    """The form under which all spellings of one 字号 are found: the serial padded to six digits. Free forms of old
    booklets ("政字第12号") stay as they are."""
    head, dash, serial = number.rpartition("-")
    return f"{head}-{int(serial):06d}" if dash and serial.isascii() and serial.isdigit() else number
