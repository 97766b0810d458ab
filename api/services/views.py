"""What a party is told about its certificates. Nothing here is personal, so that answers may be remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from certs.kinds import kind_by_number
from certs.ports import IssuedCertificate, StoredCertificate
from verifier.code import encode_url
from verifier.merkle import TreeHash


@dataclass(frozen=True, slots=True)
class Answer:
    """Certificates, and whether this request made them (all of them; a repeated request makes none). `notes`: codes of
    what looked odd and was done nevertheless, e.g. that the old certificate is on paper."""

    created: bool
    certificates: Sequence[dict[str, Any]]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"created": self.created, "certificates": list(self.certificates)}
        return answer | {"notes": list(self.notes)} if self.notes else answer


class View:
    """Makes the JSON of one certificate. `host` stands in codes, `status_uri` gives a list's address."""

    def __init__(self, host: str, status_uri: Callable[[int], str], tree: TreeHash) -> None:
        self._host, self._status_uri, self._tree = host, status_uri, tree

    def __call__(self, c: IssuedCertificate | StoredCertificate) -> dict[str, Any]:
        """`code` is what its symbol holds, `leaf` where it stands in the log."""
        revoked_at = c.revoked_at if isinstance(c, StoredCertificate) else None
        return {
            "cti": c.cti.hex(),
            "kind": kind_by_number(c.kind).name,
            "role": c.role,
            "issued_at": datetime.fromtimestamp(c.issued_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "valid": revoked_at is None,
            "code": encode_url(self._host, c.statement),
            "leaf": self._tree.leaf(c.entry).hex(),
            "status": {"uri": self._status_uri(c.status_list), "idx": c.status_index},
        }
