"""Who is enrolled: rows opened for those who may know, and the person behind a caller."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.db.repositories.holders import Holder
from api.db.uow import Work
from api.errors import NotFound
from api.services.makers import Makers
from certs.consent.persons import Person, decode_holder, holder_aad


@dataclass(frozen=True, slots=True)
class Known:
    """A holder and the document that the office saw."""

    holder_id: bytes
    tag: bytes
    person: Person = field(repr=False)


class Enrolled:
    def __init__(self, makers: Makers) -> None:
        self._makers = makers

    async def known(self, work: Work, holder_id: bytes) -> Known:
        """Raises NotFound for nobody and for whose enrolment ended, SealBroken."""
        return self.opened(await work.holders.get(holder_id))

    async def by_tag(self, work: Work, tag: bytes) -> Known | None:
        """None for who is not enrolled: that is told to nobody outside."""
        row = await work.holders.by_tag(tag)
        return None if row is None or row.ended_at is not None or row.sealed is None else self.opened(row)

    def opened(self, row: Holder | None) -> Known:
        if row is None or row.ended_at is not None or row.sealed is None:
            raise NotFound
        person, _, _ = decode_holder(self._makers.registry.sealer.open(row.sealed, holder_aad(row.holder_id)))
        return Known(row.holder_id, row.tag, person)
