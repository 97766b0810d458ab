"""Imports add up, and what left the register for a court is recorded as it was (checks of their own names).

What an import made is checked where it is: certificates, registrations, the log. Here is its bookkeeping.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, select

from api.db.audit_reader import rows_of
from api.db.case_tables import case_export
from api.db.import_tables import import_error, import_job
from api.db.tables import certificate, party
from api.services.audit_context import NO_KEYS, Context
from api.services.messages import reason_of
from certs.casefile import reference_aad
from certs.errors import CertsError
from certs.kinds import KINDS
from certs.ports import Sealed
from chain.audit.model import Check
from verifier import cbor
from verifier.errors import VerifierError

IMPORTS: Final = "imports"
CASES: Final = "case files"


def check_imports(context: Context) -> None:
    """Counts are sums, times in order, parties and kinds known; remarks are of rules that there are."""
    check = context.checks[IMPORTS]
    parties = set(context.connection.scalars(select(party.c.uscc))) | {""}  # "": the operator
    for row in rows_of(context.connection, import_job, import_job.c.job_id):
        check.counted += 1
        _job(check, row, parties)
        errors = select(import_error).where(import_error.c.job_id == row.job_id)
        for error in context.connection.execute(errors.order_by(import_error.c.line, import_error.c.part)):
            place = f"{_name(row.job_id)}/{error.line}"
            good = reason_of(error.code, "en") != ""
            check.expect(good, "import_error", place, "code", "is no rule")
        first = select(func.count()).where(import_error.c.job_id == row.job_id, import_error.c.part == 0)
        good = context.connection.scalar(first) == row.rejected
        check.expect(good, "import_error", _name(row.job_id), "part", "not one for each row that was refused")


def _name(job_id: bytes) -> str:
    return bytes(job_id).hex()


def _job(check: Check, row: Any, parties: set[str]) -> None:
    place = _name(row.job_id)
    check.expect(row.uscc in parties, "import_job", place, "uscc", "no such party")
    check.expect(row.kind in KINDS, "import_job", place, "kind", "no such kind")
    decided = row.issued + row.existing + row.rejected
    check.expect(row.position == decided, "import_job", place, "position", "is not the sum of what was decided")
    done = row.state != "done" or row.rows == row.position
    check.expect(done, "import_job", place, "rows", "an import that is done has decided every row")
    check.expect(row.created_at <= row.updated_at, "import_job", place, "updated_at", "is before it was created")


def check_cases(context: Context) -> None:
    """Every export opens under its own name, certificate and time, and says for which case it was."""
    check = context.checks[CASES]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    exported = select(certificate.c.cti).where(certificate.c.cti.in_(select(case_export.c.cti)))
    known = set(context.connection.scalars(exported))
    for row in rows_of(context.connection, case_export, case_export.c.case_id):
        check.counted += 1
        place = _name(row.case_id)
        check.expect(row.cti in known, "case_export", place, "cti", "no such certificate")
        if context.secrets is None:
            continue
        try:
            aad = reference_aad(bytes(row.case_id), bytes(row.cti), row.at)
            said = cbor.decode(context.secrets.sealer.open(Sealed(row.sealed_key, row.sealed_body), aad))
        except (CertsError, VerifierError, OverflowError):
            check.fault("case_export", place, "sealed_body", "does not open under its name, certificate and time")
            continue
        good = isinstance(said, dict) and said.keys() == {1, 2, 3}
        check.expect(good, "case_export", place, "sealed_body", "does not say for which case it was")
