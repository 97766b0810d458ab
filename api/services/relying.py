"""The doors of relying parties, put together: one question, many, and what a holder shows."""

from __future__ import annotations

from dataclasses import dataclass

from api.db.uow import Database
from api.services.answering import AnsweringService, Parts
from api.services.bulk import BulkService
from api.services.presenting import Challenges, PresentingService
from api.services.verification import VerificationService


@dataclass(frozen=True, slots=True)
class Relying:
    answering: AnsweringService
    presenting: PresentingService
    bulk: BulkService


def relying(database: Database, verification: VerificationService, parts: Parts, bulk_lines: int) -> Relying:
    """`bulk_lines`: most lines of one bulk request."""
    answering = AnsweringService(database, parts)
    challenges = Challenges(parts.entropy, parts.clock)
    presenting = PresentingService(database, challenges, verification, answering, parts)
    return Relying(answering, presenting, BulkService(answering, bulk_lines))
