"""The charity ledger's stores of one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.repositories.charity_books import CharityBookRepository
from api.db.repositories.charity_donations import CharityDonationRepository
from api.db.repositories.charity_epochs import CharityEpochRepository
from api.db.repositories.charity_imports import CharityImportRepository
from api.db.repositories.charity_lines import CharityLineRepository
from api.db.repositories.charity_watches import CharityWatchRepository


@dataclass(frozen=True, slots=True)
class CharityStores:
    """`Work.charity`."""

    books: CharityBookRepository
    lines: CharityLineRepository
    donations: CharityDonationRepository
    epochs: CharityEpochRepository
    watches: CharityWatchRepository
    imports: CharityImportRepository

    @classmethod
    def over(cls, connection: AsyncConnection) -> CharityStores:
        """All of them on one connection."""
        return cls(
            CharityBookRepository(connection),
            CharityLineRepository(connection),
            CharityDonationRepository(connection),
            CharityEpochRepository(connection),
            CharityWatchRepository(connection),
            CharityImportRepository(connection),
        )
