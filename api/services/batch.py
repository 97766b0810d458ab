"""What a small file of records did, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.services.importing.deciding import Decided
from api.services.importing.rows import BadRow


@dataclass(slots=True)
class BatchReport:
    """Rows read, registrations issued now, found issued before, certificates made, and every reason of every rejected
    row, in order of line.

    Filled while the file is worked through; complete when `IssuingService.issue_file` returns it.
    """

    kind: str
    rows: int = 0
    issued: int = 0
    existing: int = 0
    certificates: int = 0
    rejected: list[BadRow] = field(default_factory=list)

    def add(self, done: Decided) -> None:
        """Count what one transaction decided."""
        self.rows += done.advance.rows
        self.issued += done.advance.issued
        self.existing += done.advance.existing
        self.certificates += done.certificates
        reasons = [remark for remark in done.advance.remarks if not remark.is_note]
        self.rejected += [BadRow(remark.line, remark.field, remark.code) for remark in reasons]
