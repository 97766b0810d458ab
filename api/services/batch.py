"""What a batch did, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.services.batchfile import BadRow


@dataclass(slots=True)
class BatchReport:
    """Rows read, registrations issued now, found issued before, certificates made, and every rejected row.

    Filled while the file is worked through; complete when `IssuingService.issue_file` returns it.
    """

    kind: str
    rows: int = 0
    issued: int = 0
    existing: int = 0
    certificates: int = 0
    rejected: list[BadRow] = field(default_factory=list)
