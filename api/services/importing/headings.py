"""What the columns of a file may be called: our names, the Chinese headings, or the names of the national interface.

A file of one of the registries' own systems names its columns as the national marriage interface does (RC_MARRY bean:
OP_TYPE, CERT_NO, NAME_MAN …) and has many that the certificates do not hold. Those that are known are left out, and
said; any other unknown column stops the file: a misspelt one would otherwise be lost without a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from api.errors import BatchUnreadable
from certs.kinds.base import Kind

_WIRE: Final[Mapping[str, tuple[str, ...]]] = {
    "record_no": ("ID",),
    "zihao": ("CERT_NO",),
    "old_zihao": ("OLD_CERT_NO",),
    "reg_office_uscc": ("DEPT_CODE",),
    "registrar": ("OPERATOR",),
}  # the other columns of a registration have the interface's own names, in lower case
_LEFT_OUT: Final = re.compile(
    r"DEPT_NAME|OPERATOR_ID|OLD_(?:DEPT_CODE|DEPT_NAME|OP_DATE)|(?:FOLK|JOB|DEGREE|MARRY_STATUS|REG_SJ|REG_DS|REG_QX"
    r"|REG_JX|REG_DETAIL|ADDRESS_NOW|LINK_KIND|PRINT_NUM)_(?:MAN|WOMAN)|PIC_ID_\w{1,16}|REDO_\w{1,16}|APPLY_\w{1,16}"
    r"|DELEGATE\w{1,20}|DIVORCE_REASON|COHABIT_DATE|CANCEL_PROOF|CHECK_(?:CODE|DATA)|PRINT_REMARK"
    r"|DOC_(?:CODE|YEAR|NO|PAGE_NUM)|VALID_FLAG",
    re.ASCII,
)
_PERSON: Final = {
    "name": "姓名", "birth": "出生日期", "cert_type": "证件类型", "cert_num": "身份证件号", "nation": "国籍",
    "id_type": "人员类别",
}  # fmt: skip
_CHINESE: Final[Mapping[str, tuple[str, ...]]] = {
    "record_no": ("业务编号",),
    "op_type": ("业务类型",),
    "zihao": ("字号", "结婚证字号", "离婚证字号"),
    "old_zihao": ("原字号",),
    "reg_office_uscc": ("登记机关代码",),
    "registrar": ("婚姻登记员", "登记员"),
    "op_date": ("登记日期",),
    "effective_from": ("效力起算日",),
    "remedy_flag": ("补办标志",),
    "renew_flag": ("复婚标志",),
    "remark": ("备注",),
    "replaces_no": ("原证书编号",),
    "donation_no": ("捐赠编号",),
    "charity_uscc": ("慈善组织代码",),
    "anonymous": ("是否匿名",),
    "receipt_status": ("票据状态",),
    **{
        f"{c}_{who}": (f"{zh}{label}",)
        for c, label in _PERSON.items()
        for who, zh in (("man", "男方"), ("woman", "女方"))
    },
}
_NOT_IN_OLD: Final = frozenset({"effective_from"})
_SPACES: Final = re.compile(r"[\s\u3000*＊]+")  # forms print headings with spaces, and mark what must be filled in


@dataclass(frozen=True, slots=True)
class Header:
    """`columns` of the kind in the file's order; None for a cell that is left out. `left_out` names those: they are
    words of the interface, no data."""

    columns: tuple[str | None, ...]
    left_out: tuple[str, ...] = ()


_MAX_NAME: Final = 200  # characters; ordering a hundred thousand combining marks takes minutes, and the interpreter


def _folded(name: str) -> str:
    if len(name) > _MAX_NAME:
        return name  # no column is called so
    return _SPACES.sub("", unicodedata.normalize("NFKC", name)).lower()


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Columns of a file that makes no certificates: `names` are their headings, `optional` those that may be absent,
    `left_out` headings of what is not taken."""

    columns: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()


Target = Kind[Any] | Sheet
"""What the rows of a file are for."""


def columns_of(target: Target) -> tuple[str, ...]:
    """Every column that a row has a value for, "" where the file has none."""
    return target.columns if isinstance(target, Sheet) else target.info.columns


@lru_cache(maxsize=64)
def names_of(target: Target) -> Mapping[str, str]:
    """Column by every folded name that it may have. A heading that two columns could have names neither."""
    if isinstance(target, Sheet):
        return _unambiguous(target.columns, target.names)
    kind = target
    slots = {slot.name: slot.zh for slot in kind.info.slots}
    names = {
        column: (
            *_WIRE.get(column, ()),
            *_CHINESE.get(column, ()),
            *kind.info.headings.get(column, (slots.get(column, column),)),
        )
        for column in kind.info.columns
    }
    return _unambiguous(kind.info.columns, names)


def _unambiguous(columns: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    unclear: set[str] = set()
    for column in columns:
        for name in {_folded(n) for n in names.get(column, ())}:
            if found.setdefault(name, column) != column:
                unclear.add(name)
    for name in unclear:
        del found[name]
    return {**found, **{column: column for column in columns}}


def _may_lack(target: Target, column: str, archive: bool) -> bool:
    return column in target.optional if isinstance(target, Sheet) else archive and column in _NOT_IN_OLD


@lru_cache(maxsize=8)
def _left_out_of(sheet: Sheet) -> frozenset[str]:
    return frozenset(map(_folded, sheet.left_out))


def _leaves_out(target: Target, name: str) -> bool:
    if isinstance(target, Sheet):
        return _folded(name) in _left_out_of(target)
    return _LEFT_OUT.fullmatch(name.upper()) is not None


def resolve(cells: Sequence[str], kind: Target, *, archive: bool = False) -> Header:
    """The header line; of an archive, what old books did not have may be absent.

    Raises BatchUnreadable: no-header, column-missing, column-repeated, column-unknown. An unknown column is not named:
    a file without a header line would show a person's data.
    """
    if not any(cells):
        raise BatchUnreadable("no-header", line=1)
    known = names_of(kind)
    columns = [known.get(_folded(cell)) for cell in cells]
    missing = [name for name in columns_of(kind) if name not in columns and not _may_lack(kind, name, archive)]
    if missing:
        raise BatchUnreadable("column-missing", missing[0], line=1)
    named = [column for column in columns if column is not None]
    if len(named) != len(set(named)):
        raise BatchUnreadable("column-repeated", line=1)
    left_out = [cell.strip() for cell, column in zip(cells, columns, strict=True) if column is None]
    if not all(_leaves_out(kind, name) for name in left_out):
        raise BatchUnreadable("column-unknown", line=1)
    return Header(tuple(columns), tuple(name.upper() for name in left_out))


def member(name: str, kind: Target) -> str | None:
    """The column that an NDJSON member means; None for one that is left out. Raises KeyError if it is not known."""
    column = names_of(kind).get(_folded(name))
    if column is None and not _leaves_out(kind, name):
        raise KeyError("not a column")
    return column
