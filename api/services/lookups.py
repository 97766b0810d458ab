"""Finding certificates by what is written on them, through keyed hashes, and only for whoever issued them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.services.makers import Makers
from api.services.parties import Principal
from api.services.views import View
from certs.keyed import term_key
from certs.kinds import KINDS


class LookupService:
    def __init__(self, makers: Makers, view: View) -> None:
        self._makers, self._view = makers, view

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
        return [self._view(c) for key in keys for c in found.get(key, ()) if party.acts_for(c.issuer)]
