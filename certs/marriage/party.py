"""A person in a registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from certs.text import comparison_key

_CITIZEN_ID: Final = "111"
_TEMPORARY_ID: Final = "112"


@dataclass(frozen=True, slots=True)
class Party:
    """One spouse as registered. Everything here is personal; `repr` shows none of it."""

    name: str = field(repr=False)
    sex: str = field(repr=False)
    birth: date = field(repr=False)
    document_type: str = field(repr=False)
    document_number: str = field(repr=False)
    nation: str = field(repr=False)
    status: str = field(repr=False)

    @property
    def document_key(self) -> str:
        """Type and number together: two countries may use the same passport number."""
        return f"{self.document_type}:{self.nation}:{self.document_number}"

    @property
    def identity_key(self) -> str:
        """The document as a name of the person: a temporary identity card has the number of the lasting one."""
        if self.document_type == _TEMPORARY_ID:
            return f"{_CITIZEN_ID}:{self.nation}:{self.document_number}"
        return self.document_key

    @property
    def lifelong(self) -> bool:
        """Whether the document's number stays the person's for life: two such numbers are two people."""
        return self.document_type in {_CITIZEN_ID, _TEMPORARY_ID}

    @property
    def person_key(self) -> str:
        """Name and birth date: what stays when a document is renewed."""
        return f"{comparison_key(self.name)}:{self.birth.isoformat()}"

    def content(self) -> tuple[str, ...]:
        """Everything, in fixed order."""
        return (
            self.name,
            self.sex,
            self.birth.isoformat(),
            self.document_type,
            self.document_number,
            self.nation,
            self.status,
        )


def party_of(content: Sequence[str]) -> Party:
    """Inverse of `Party.content`. Raises ValueError for anything else."""
    name, sex, birth, document_type, document_number, nation, status = content
    return Party(name, sex, date.fromisoformat(birth), document_type, document_number, nation, status)
