"""Rows of events that make no certificate: what courts decide, deaths, annulments, corrections of entries.

    op_type         COURT_DIVORCE COURT_VOID COURT_REVOKED ID   both people, document_ref, old_zihao if known
                    DEATH                                       the one who died
                    CORRECTION                                  corrects_kind, corrects, and withdrawn or effective_from
    effective_from  the day of the judgment's or mediation's effect, of the death, or the corrected day of effect

A cell that an operation has no use for is empty; a column may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from certs.identifiers import SEX_FEMALE, SEX_MALE, parse_uscc
from certs.kinds.base import Rejected
from certs.kinds.couplerows import CoupleReader
from certs.kinds.couples import person_columns
from certs.kinds.rows import RowReader, present
from certs.text import check_text
from verifier.labels import KIND_DIVORCE, KIND_MARRIAGE

from .events import ACT, Op, Registration, registration_name
from .party import Party

COLUMNS: Final = (
    "record_no", "op_type", "reg_office_uscc", "registrar", "op_date", "effective_from", "old_zihao", "document_ref",
    "reason", "corrects_kind", "corrects", "withdrawn", *person_columns("man"), *person_columns("woman"),
)  # fmt: skip
OF_TWO: Final = (Op.COURT_DIVORCE, Op.COURT_VOID, Op.COURT_REVOKED, Op.ANNULMENT)
OPERATIONS: Final = tuple(op.value for op in (*OF_TWO, Op.DEATH, Op.CORRECTION))
CORRECTABLE: Final = {"marriage": KIND_MARRIAGE, "divorce": KIND_DIVORCE, "act": ACT}
_NEVER: Final = "0"


def parse_act(row: Mapping[str, str], *, today: date) -> Registration | Rejected:
    """The event, or every broken rule. A correction's people are those of its target, and not in the row."""
    reader = CoupleReader({**dict.fromkeys(COLUMNS, ""), **row}, COLUMNS, today=today, archive=False)
    r = reader.cells
    op_type = r.code("op_type", OPERATIONS)
    record_no = r.take("record_no", lambda v: check_text(v, field="record_no", maximum=64))
    office = r.take("reg_office_uscc", lambda v: parse_uscc(v, field="reg_office_uscc"))
    op_date, registrar = r.day("op_date"), r.name("registrar")
    op = None if op_type is None else Op(op_type)
    withdrawn = op is Op.CORRECTION and r.flag("withdrawn") is True
    effective = op_date if withdrawn else r.day("effective_from")
    if op is not Op.CORRECTION and op_date is not None and effective is not None and effective > op_date:
        r.note("effective_from", "EFFECTIVE_AFTER_REGISTRATION")
    man, woman = _people(reader, op)
    corrects = _corrected(r, op, office)
    refers = _referred(reader, op)
    details = {"registrar": registrar, **_papers(r, op)}
    if r.errors:
        return r.rejected()
    return Registration(
        op=present(op),
        kind=ACT,
        issuer=present(office),
        business_id=present(record_no),
        number=None,
        refers=refers,
        day=present(op_date),
        effective=present(effective),
        man=man,
        woman=woman,
        details={name: text for name, text in details.items() if text},
        corrects=corrects,
        withdrawn=withdrawn,
    )


def _people(reader: CoupleReader, op: Op | None) -> tuple[Party | None, Party | None]:
    """Whom the operation names; other cells must be empty."""
    named = {who for who in ("man", "woman") if any(reader.cells.peek(column) for column in person_columns(who))}
    if op in OF_TWO:
        named = {"man", "woman"}
    elif op is Op.DEATH and len(named) != 1:
        reader.cells.note("cert_num_man", "ONE_PERSON")
        return None, None
    elif op is Op.CORRECTION:
        for who in sorted(named):
            reader.cells.note(f"cert_num_{who}", "MUST_BE_EMPTY")
        return None, None
    man = reader.party("man", SEX_MALE) if "man" in named else None
    woman = reader.party("woman", SEX_FEMALE) if "woman" in named else None
    reader.two_people(man, woman)
    return man, woman


def _corrected(r: RowReader, op: Op | None, office: str | None) -> str | None:
    """The entry that a correction is of: one of the same office."""
    if op is not Op.CORRECTION:
        for column in ("corrects_kind", "corrects", "withdrawn"):
            r.empty(column)
        return None
    kind = r.code("corrects_kind", CORRECTABLE)
    target = r.take("corrects", lambda v: check_text(v, field="corrects", maximum=64))
    if kind is None or target is None or office is None:
        return None
    return registration_name(CORRECTABLE[kind], office, target)


def _referred(reader: CoupleReader, op: Op | None) -> str | None:
    if op not in OF_TWO:
        reader.cells.empty("old_zihao")
        return None
    found = reader.number("old_zihao", legacy=True, optional=True)
    if found is not None and found.prefix not in {"J", "BJ"}:
        reader.cells.note("old_zihao", "PREFIX_FOR_OPERATION")
    return None if found is None else found.text


def _papers(r: RowReader, op: Op | None) -> dict[str, str | None]:
    """What it rests on: sealed, and never shown."""
    needed = op in OF_TWO or op is Op.DEATH
    document = r.text("document_ref", 100, optional=not needed)
    return {"document_ref": document, "reason": r.text("reason", 200, optional=True)}
