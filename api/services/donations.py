"""Public totals of donations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.db.uow import Database, Work
from certs.charity.totals import PlanTotal
from certs.ports import IssuedCertificate


class DonationService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def totals(self) -> Sequence[tuple[str, PlanTotal]]:
        """(charity, count and sum in fen) per fundraising plan."""
        async with self._database.read() as work:
            return await work.donations.totals()


async def add_to_totals(work: Work, issued: Iterable[IssuedCertificate]) -> None:
    """Add what was just issued to the public totals: an index derived from the signed bytes, as the self-check read
    them.
    """
    amounts: dict[tuple[str, str], list[int]] = {}
    for certificate in issued:
        public = certificate.public
        if public:
            key = certificate.issuer, str(public["plan_filing_no"])
            amounts.setdefault(key, []).append(int(public["amount_fen"]))
    for (issuer, plan), fen in amounts.items():
        await work.donations.add(issuer, plan, fen)
