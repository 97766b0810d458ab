"""A charity's own book and what the law makes of it, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.db.uow import Database
from api.services.access import AccessLog
from api.services.charity.bankdays import BankDays
from api.services.charity.books import Books
from api.services.charity.obligations import Obligations
from api.services.charity.reconciling import Reconciliation
from api.services.charity.register import GeneralEvents, Register
from api.services.charity.regulator import Regulator, RegulatorParts
from certs.ports import Entropy, Sealer


@dataclass(frozen=True, slots=True)
class Oversight:
    """`Service.oversight`."""

    register: Register
    obligations: Obligations
    regulator: Regulator
    bank_days: BankDays


def oversight_of(
    database: Database,
    books: Books,
    reconciliation: Reconciliation,
    access: AccessLog,
    sealer: Sealer,
    entropy: Entropy,
    platforms: Mapping[str, tuple[int, int | None]] | None,
) -> Oversight:
    """Wiring. `platforms`: designated internet platforms, None if their list is not known."""
    events = GeneralEvents()
    obligations = Obligations(database, events, books.clock, platforms)
    register = Register(books, events, sealer, entropy)
    bank_days = BankDays(books, events, register)
    parts = RegulatorParts(database, obligations, reconciliation, bank_days, access, sealer)
    return Oversight(register, obligations, Regulator(parts), bank_days)
