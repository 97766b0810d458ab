"""The status lists that a caller brings along: signatures checked once, then looked up by issuer, address and time."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import VerifierError
from .fields import CLOCK_SKEW
from .policy import TrustBundle
from .report import Reason
from .status_list import StatusList


class StatusLists:
    """Lists by (issuer, address). Malformed ones are remembered, for silence would look like absence. Immutable."""

    __slots__ = ("_faults", "_lists", "_trust")

    def __init__(self, trust: TrustBundle, items: Iterable[bytes]) -> None:
        self._trust = trust
        self._lists: dict[tuple[str, str], list[StatusList]] = {}
        self._faults: dict[str | None, Reason] = {}
        for data in items:
            self._add(data)

    def _add(self, data: bytes) -> None:
        try:
            parsed = StatusList.parse(data)
        except VerifierError:
            self._faults[None] = Reason.STATUS_MALFORMED
            return
        if not self._signed(parsed):
            self._faults[parsed.uri] = Reason.STATUS_SIGNATURE_INVALID
            return
        self._lists.setdefault((parsed.iss, parsed.uri), []).append(parsed)

    def _signed(self, parsed: StatusList) -> bool:
        """Whether a key of the same issuer that the bundle allows for status lists signed it while it was valid."""
        key = self._trust.issuer_key(parsed.iss, parsed.sign1.kid)
        if key is None or not key.status_lists or not key.not_before <= parsed.iat < key.not_after:
            return False
        if key.revoked_from is not None:  # whoever holds a compromised key can date a list as he likes
            return False
        return parsed.sign1.verify(key.key)

    def find(self, issuer: str, uri: str, at: int) -> list[StatusList] | Reason:
        """The lists of an address that answer at time `at` (seconds UTC), or why there is none.

        The freshest counts that is not from the future (a past moment is judged by what was known then), whatever the
        order in which lists were given. More than one only if several were issued in the same second.
        """
        found = self._lists.get((issuer, uri))
        if found is None:
            return self._faults.get(uri) or self._faults.get(None) or Reason.STATUS_MISSING
        newest = max([s.iat for s in found if s.iat <= at + CLOCK_SKEW] or [s.iat for s in found])
        return [s for s in found if s.iat == newest]
