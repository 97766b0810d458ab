"""The charity ledger's services, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from api.services.charity.books import Books
from api.services.charity.commands import Commands
from api.services.charity.donations import DonationIntake
from api.services.charity.epochs import EpochParts, EpochService
from api.services.charity.evidence import Evidence
from api.services.charity.export import ExportService
from api.services.charity.funds import FundService
from api.services.charity.leafproofs import LeafProofs
from api.services.charity.traces import TraceService
from api.services.charity.views import Views
from api.services.makers import Makers
from api.services.proofs import ProofService
from certs.ports import Entropy, Sealer
from verifier.merkle import TreeHash


@dataclass(frozen=True, slots=True)
class Charity:
    """`Service.charity`."""

    books: Books
    commands: Commands
    intake: DonationIntake
    funds: FundService
    epochs: EpochService
    traces: TraceService
    export: ExportService
    proofs: LeafProofs


def charity_of(
    makers: Makers,
    proofs: ProofService,
    log_hash: TreeHash,
    sealer: Sealer,
    entropy: Entropy,
    admit: Callable[[], Awaitable[None]],
    group_least: int,
) -> Charity:
    """Wiring. `group_least`: donors of the smallest group."""
    database, lookup, clock = makers.database, makers.lookup, makers.clock
    books, views = Books(database, lookup, clock), Views()
    evidence = Evidence(proofs, log_hash, clock)
    return Charity(
        books=books,
        commands=Commands(books, sealer, entropy),
        intake=DonationIntake(books, sealer, entropy),
        funds=FundService(database, books, sealer),
        epochs=EpochService(books, views, EpochParts(makers, sealer, entropy, admit, group_least)),
        traces=TraceService(database, views, evidence, sealer),
        export=ExportService(database, evidence),
        proofs=LeafProofs(database, views, evidence),
    )
