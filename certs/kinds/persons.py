"""People on declared kinds: the same columns, rules and look-up terms for each, under a prefix of their own.

holder_name, [holder_sex, holder_birth_date,] holder_document_type, holder_document_number
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from certs.identifiers import IdNumber, parse_id_number
from certs.text import comparison_key

from .base import CodeList
from .codes import DOCUMENT_TYPE, ID_NUMBER_DOCUMENTS, SEX_STATED
from .fields import Field, Values
from .fieldtypes import Code, Day, Document, FieldType, Name


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the certificate names: `holder`, `guardian`, `deceased` …

    `born`: sex and birth date are among the columns. `documents`: the document types that fit.
    """

    prefix: str
    zh: str
    en: str
    born: bool = True
    documents: CodeList = field(default_factory=lambda: DOCUMENT_TYPE)


def person_fields(person: Person, first_slot: int) -> tuple[Field, ...]:
    """Columns and slots of a person: five from `first_slot`, or three without sex and birth date."""
    p, zh, en = person.prefix, person.zh, person.en
    rows: list[tuple[str, FieldType, str, str]] = [(f"{p}_name", Name(), f"{zh}姓名", f"{en}'s name")]
    if person.born:
        rows.append((f"{p}_sex", Code(SEX_STATED), f"{zh}性别", f"{en}'s sex"))
        rows.append((f"{p}_birth_date", Day(), f"{zh}出生日期", f"{en}'s date of birth"))
    rows.append((f"{p}_document_type", Code(person.documents), f"{zh}证件类型", f"{en}'s document type"))
    number = Document(f"{p}_document_type")
    rows.append((f"{p}_document_number", number, f"{zh}证件号码", f"{en}'s document number"))
    return tuple(Field(name, t, first_slot + i, z, e) for i, (name, t, z, e) in enumerate(rows))


def id_number_of(prefix: str, values: Values) -> IdNumber | None:
    """The person's identity number, if the document is one that carries it."""
    number = values.text(f"{prefix}_document_number")
    if number is None or values.text(f"{prefix}_document_type") not in ID_NUMBER_DOCUMENTS:
        return None
    return parse_id_number(number)


def person_errors(person: Person, values: Values) -> Iterator[tuple[str, str]]:
    """An identity number says sex and birth date: they must be the ones in the row."""
    number = id_number_of(person.prefix, values)
    if number is None or not person.born:
        return
    birth, sex = values.day(f"{person.prefix}_birth_date"), values.text(f"{person.prefix}_sex")
    if birth is not None and birth != number.birth:
        yield f"{person.prefix}_birth_date", "BIRTH_MISMATCH"
    if sex is not None and sex != number.sex:
        yield f"{person.prefix}_sex", "SEX_MISMATCH"


def document_key(prefix: str, values: Values) -> str | None:
    """`111:990101199001010018`: how a person is found by document."""
    kind, number = values.text(f"{prefix}_document_type"), values.text(f"{prefix}_document_number")
    return None if kind is None or number is None else f"{kind}:{number}"


def person_terms(prefix: str, values: Values) -> list[tuple[str, str]]:
    """By document and, since documents are renewed, by name and birth date where the kind knows it."""
    found = []
    document, name, birth = (
        document_key(prefix, values),
        values.text(f"{prefix}_name"),
        values.day(f"{prefix}_birth_date"),
    )
    if document is not None:
        found.append((prefix, document))
    if name is not None and birth is not None:
        found.append((f"{prefix}_person", f"{comparison_key(name)}:{birth.isoformat()}"))
    return found
