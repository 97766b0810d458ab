"""Identifiers of civil affairs and their check characters.

| function | identifier | source |
|---|---|---|
| `parse_id_number` | citizen identity number, 18 characters | GB 11643-1999, ISO 7064 MOD 11-2 |
| `parse_uscc` | unified social credit code, 18 characters | GB 32100-2015 (MOD 31-3) with GB 11714 inside |
| `parse_cert_identifier` | e-certificate identifier | GB/T 36904-2018, ISO 7064 hybrid MOD 37,36 |
| `parse_zihao` | serial of a marriage registration (字号) | rule sample `J110101-2010-000001` |
| `parse_plan_filing_no` | filing number of a fundraising plan, 24 characters | derived from published numbers |

Every parser raises InvalidField(field, rule); the message never repeats the value. Region codes are read, not looked
up: abolished counties stay valid inside old numbers, and a table would reject real people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from .errors import InvalidField

_A36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_V36: Final = {c: i for i, c in enumerate(_A36)}
_A31: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_V31: Final = {c: i for i, c in enumerate(_A31)}
_W31: Final = tuple(pow(3, i, 31) for i in range(17))
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK: Final = "10X98765432"
_ORG_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)

_ID: Final = re.compile(r"[0-9]{17}[0-9X]")
_ZIHAO: Final = re.compile(r"(BJ|BL|J|L)([0-9]{6})-([0-9]{4})-([0-9]{6})")
_ZIHAO_LEGACY: Final = re.compile(r"(BJ|BL|J|L)([0-9]{6})-([0-9]{4})-([0-9]{1,6})")
_PLAN: Final = re.compile(r"A([0-9]{2})([0-9]{3})")
_SERIAL: Final = re.compile(r"[0-9A-Z]{1,32}")
CERT_OID_ROOT: Final = "1.2.156.3005.2"

SEX_MALE: Final = "1"
SEX_FEMALE: Final = "2"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A checked identity number. `sex` by GB/T 2261.1: "1" male, "2" female (odd or even order)."""

    value: str = field(repr=False)
    birth: date = field(repr=False)
    sex: str


def parse_id_number(text: str, *, field: str = "id_number") -> IdNumber:
    """Parse an 18-character number; a small `x` is accepted and stored as X. 15-digit numbers are for import only.

    Sample: 110101199003070011 is a man born on 1990-03-07. Rules: LENGTH, CHARACTERS, CHECK_CHARACTER, DATE, ORDER.
    """
    if len(text) != 18:
        raise InvalidField(field, "LENGTH")
    value = text[:17] + text[17].upper() if text[17] == "x" else text
    if not _ID.fullmatch(value):
        raise InvalidField(field, "CHARACTERS")
    if id_check_character(value[:17]) != value[17]:
        raise InvalidField(field, "CHECK_CHARACTER")
    try:
        birth = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise InvalidField(field, "DATE") from None
    if value[14:17] == "000":
        raise InvalidField(field, "ORDER")
    return IdNumber(value, birth, SEX_MALE if int(value[16]) & 1 else SEX_FEMALE)


def id_check_character(first17: str) -> str:
    """Check character of GB 11643-1999 (ISO 7064 MOD 11-2) over 17 digits."""
    return _ID_CHECK[sum(w * int(c) for w, c in zip(_ID_WEIGHTS, first17, strict=True)) % 11]


def lengthen_id_number(text: str, *, field: str = "id_number") -> str:
    """A number of 15 digits, given out until 1999, as one of 18: the century and the check character are added.

    Sample: 990101900307001 gives 990101199003070015. The century is 19; the orders 996 to 999 were kept for people of a
    hundred years and more, born in 18yy. For archives only. Rules: LENGTH, CHARACTERS.
    """
    if len(text) != 15:
        raise InvalidField(field, "LENGTH")
    if not text.isascii() or not text.isdigit():
        raise InvalidField(field, "CHARACTERS")
    body = text[:6] + ("18" if text[12:] >= "996" else "19") + text[6:]
    return body + id_check_character(body)


def uscc_check_character(first17: str) -> str:
    """Check character of GB 32100 (MOD 31-3). Raises KeyError outside its alphabet."""
    return _A31[-sum(w * _V31[c] for w, c in zip(_W31, first17, strict=True)) % 31]


def org_code_check_character(first8: str) -> str:
    """Check character of GB 11714: 11 - sum mod 11, where 10 is X and 11 is 0."""
    rest = 11 - sum(w * _V36[c] for w, c in zip(_ORG_WEIGHTS, first8, strict=True)) % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)


def parse_uscc(text: str, *, field: str = "uscc") -> str:
    """The code itself. Both check characters count: the own one and the embedded organisation code's.

    Sample: 11990000MB9T010142. Rules: LENGTH, CHARACTERS, CHECK_CHARACTER, ORG_CODE_CHECK.
    """
    rule = _uscc_rule(text)
    if rule is not None:
        raise InvalidField(field, rule)
    return text


@lru_cache(maxsize=256)  # a file names one organisation in every row
def _good_uscc(text: str) -> None:
    """Raises InvalidField, which is not kept: what is remembered is a code of an organisation and nothing else."""
    if any(c not in _V31 for c in text) or not text[2:8].isdigit():
        raise InvalidField("", "CHARACTERS")
    if uscc_check_character(text[:17]) != text[17]:
        raise InvalidField("", "CHECK_CHARACTER")
    if org_code_check_character(text[8:16]) != text[16]:
        raise InvalidField("", "ORG_CODE_CHECK")


def _uscc_rule(text: str) -> str | None:
    if len(text) != 18:
        return "LENGTH"
    try:
        _good_uscc(text)
    except InvalidField as broken:
        return broken.rule
    return None


def mod37_36(text: str) -> str:
    """ISO 7064 hybrid MOD 37,36 check character over [0-9A-Z]. Sample: "AB1" gives "M"."""
    return _A36[(37 - _mod37_36_state(text)) % 36]


def _mod37_36_state(text: str, p: int = 36) -> int:
    for c in text:
        p = ((p + _V36[c]) % 36 or 36) * 2 % 37
    return p


@lru_cache(maxsize=256)
def _mod37_36_prefix(text: str) -> int:
    """State after a prefix that many identifiers share: type and issuer are 39 of its 62 characters."""
    return _mod37_36_state(text)


@dataclass(frozen=True, slots=True)
class CertIdentifier:
    """E-certificate identifier (GB/T 36904). It tells married from divorced and names the place: personal data."""

    type_code: str = field(repr=False)
    issuer: str = field(repr=False)
    serial: str = field(repr=False)
    version: int = field(repr=False)

    def format(self) -> str:
        """`1.2.156.3005.2.<type 21>.<issuer 18>.<serial>.<version 3 digits>.<check>`."""
        version = f"{self.version:03d}"
        state = _mod37_36_state(self.serial + version, _mod37_36_prefix(self.type_code + self.issuer))
        check = _A36[(37 - state) % 36]
        return f"{CERT_OID_ROOT}.{self.type_code}.{self.issuer}.{self.serial}.{version}.{check}"


def parse_cert_identifier(text: str, *, field: str = "cert_identifier") -> CertIdentifier:
    """Parse an identifier whose issuer is a social credit code or an older department code of 6 to 18 characters.

    Sample: 1.2.156.3005.2.11990000MB9T00011H001.11990000MB9T010142.20250520000000000123.001.1
    Rules: STRUCTURE, TYPE_CODE, ISSUER_CODE, SERIAL, VERSION, CHECK_CHARACTER.
    """
    prefix = CERT_OID_ROOT + "."
    parts = text[len(prefix) :].split(".")
    if not text.startswith(prefix) or len(parts) != 5:
        raise InvalidField(field, "STRUCTURE")
    type_code, issuer, serial, version, check = parts
    if len(type_code) != 21 or not _SERIAL.fullmatch(type_code):
        raise InvalidField(field, "TYPE_CODE")
    if not 6 <= len(issuer) <= 18 or not _SERIAL.fullmatch(issuer):
        raise InvalidField(field, "ISSUER_CODE")
    if not _SERIAL.fullmatch(serial):
        raise InvalidField(field, "SERIAL")
    if len(version) != 3 or not version.isascii() or not version.isdigit() or version == "000":
        raise InvalidField(field, "VERSION")
    if mod37_36(type_code + issuer + serial + version) != check:
        raise InvalidField(field, "CHECK_CHARACTER")
    return CertIdentifier(type_code, issuer, serial, int(version))


def parse_region(text: str, *, field: str = "region") -> str:
    """The six-digit code itself (GB/T 2260), by form alone: lists change, numbers stay. Rule: REGION."""
    if len(text) != 6 or not text.isascii() or not text.isdigit() or not "11" <= text[:2] <= "99":
        raise InvalidField(field, "REGION")
    return text


@dataclass(frozen=True, slots=True)
class Zihao:
    """A 字号. `region` is the registering authority's code at the time, kept for ever; `legacy` = unpadded serial."""

    text: str = field(repr=False)
    prefix: str
    region: str = field(repr=False)
    year: int = field(repr=False)
    legacy: bool = False

    @property
    def key(self) -> str:
        """The padded form, under which both spellings of one number are found."""
        head, _, serial = self.text.rpartition("-")
        return f"{head}-{int(serial):06d}"

    @property
    def reissue(self) -> bool:
        """Whether this is the number of a re-issued booklet (补领)."""
        return self.prefix in {"BJ", "BL"}


def parse_zihao(text: str, *, field: str = "zihao", legacy: bool = False) -> Zihao:
    """Parse `J990101-2025-000001`; `legacy=True` also takes the unpadded serials of old archives.

    J marriage, L divorce, BJ and BL their re-issues. Rules: STRUCTURE, REGION, YEAR.
    """
    match = _ZIHAO.fullmatch(text)
    unpadded = False
    if match is None and legacy:
        match, unpadded = _ZIHAO_LEGACY.fullmatch(text), True
    if match is None:
        raise InvalidField(field, "STRUCTURE")
    prefix, region, year, serial = match.groups()
    if not "11" <= region[:2] <= "99":
        raise InvalidField(field, "REGION")
    if not 1949 <= int(year) <= 2999:
        raise InvalidField(field, "YEAR")
    if int(serial) == 0:
        raise InvalidField(field, "SERIAL")
    return Zihao(text, prefix, region, int(year), unpadded)


def parse_plan_filing_no(text: str, *, field: str = "plan_filing_no") -> str:
    """The number itself: social credit code of the charity + A + year (2) + serial (3).

    Sample: 53990000MJ9T00037AA26001. Rules: LENGTH, those of a social credit code, STRUCTURE, SERIAL.
    """
    if len(text) != 24:
        raise InvalidField(field, "LENGTH")
    parse_uscc(text[:18], field=field)
    match = _PLAN.fullmatch(text[18:])
    if match is None:
        raise InvalidField(field, "STRUCTURE")
    if match[2] == "000":
        raise InvalidField(field, "SERIAL")
    return text
