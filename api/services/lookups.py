"""Finding certificates by what is written on them, through keyed hashes, and only for whoever issued them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.services.access import AccessLog
from api.services.makers import Makers
from api.services.parties import Principal
from api.services.views import View
from certs.keyed import term_key
from certs.kinds import KINDS


class LookupService:
    def __init__(self, makers: Makers, view: View, access: AccessLog) -> None:
        self._makers, self._view, self._access = makers, view, access

    async def find(self, party: Principal, term: str, value: str) -> Sequence[dict[str, Any]]:
        """Certificates of that party under a term ("zihao", "holder", "certificate_no" …), in order of issue.

        What another party issued is not found: an answer would say that it exists.
        """
        acting = [a for a in self._makers.authorities.values() if party.acts_for(a.uscc)]
        wanted = {
            (number, f"{authority.uscc}:{value}" if term in KINDS[number].own_terms() else value)
            for authority in acting
            for number in authority.type_codes
            if number in KINDS
        }
        keys = [term_key(self._makers.lookup, kind, term, sought) for kind, sought in sorted(wanted)]
        async with self._makers.database.read() as work:
            found = await work.certificates.by_terms(keys)
        await self._access.office(party.uscc, party.token_id, "look-up", term, self._tags(term, value))
        return [self._view(c) for key in keys for c in found.get(key, ()) if party.acts_for(c.issuer)]

    def _tags(self, term: str, value: str) -> tuple[bytes, ...]:
        """Whose certificates were looked for, where the term says so: "holder" is type, nation and number."""
        parts = value.split(":", 2)
        return (self._access.tag(*parts),) if term == "holder" and len(parts) == 3 else ()
