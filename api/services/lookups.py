"""Finding certificates by what is written on them, through keyed hashes, and only for whoever issued them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.services.makers import Makers
from api.services.parties import Principal
from api.services.views import View
from certs.keyed import term_key


class LookupService:
    def __init__(self, makers: Makers, view: View) -> None:
        self._makers, self._view = makers, view

    async def find(self, party: Principal, term: str, value: str) -> Sequence[dict[str, Any]]:
        """Certificates of that party under a term ("zihao", "holder", "donation_no"), in order of issue.

        What another party issued is not found: an answer would say that it exists.
        """
        acting = [a for a in self._makers.authorities.values() if party.acts_for(a.uscc)]
        kinds = sorted({kind for authority in acting for kind in authority.type_codes})
        if term == "donation_no":  # numbers are each charity's own, so the kind looks for them under its code
            value = f"{party.uscc}:{value}"
        keys = [term_key(self._makers.lookup, kind, term, value) for kind in kinds]
        async with self._makers.database.read() as work:
            found = await work.certificates.by_terms(keys)
        return [self._view(c) for key in keys for c in found.get(key, ()) if party.acts_for(c.issuer)]
