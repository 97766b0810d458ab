"""What is kept of a transaction and of each signed decision, sealed, and what the log commits to.

    question    dCBOR {1: 1, 2: [asks], 3: method, 4: retention days, 5: uses, 6: decide by, 7: until, 8: context,
                       9: notice of the subject, 10: notice of the spouse or null, 11: catalogue version}
    decision    entry_body(entry_commitment(salt, statement)); sealed {1: salt 32, 2: notice text}

A transaction's id is random; a decision's is made of transaction, person and decision: the same decision twice is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from certs.commitment import ENTRY_SALT
from certs.errors import SealBroken
from certs.ports import Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed
from verifier.hazmat.sm3 import sm3
from verifier.receipt import entry_body, entry_commitment

from .asks import Ask, ask_of
from .machine import Decision

_VERSION: Final = 1
_IDEM: Final = b"mz-consent\x00"
_GRANT: Final = b"mz-consent-decision\x00"
ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Question:
    """What one party asked in one transaction. `context` is the party's own (five elements and cause); notices are the
    exact texts; times in seconds UTC. `catalogue`: version of the purpose catalogue that allowed it."""

    asks: tuple[Ask, ...] = field(repr=False)
    method: str
    retention_days: int
    uses: int
    decide_by: int
    until: int
    context: Mapping[str, str] = field(repr=False)
    notice: str = field(repr=False)
    spouse_notice: str | None = field(repr=False)
    catalogue: int = 0

    def encode(self) -> bytes:
        return cbor.encode({
            1: _VERSION, 2: [ask.to_list() for ask in self.asks], 3: self.method, 4: self.retention_days,
            5: self.uses, 6: self.decide_by, 7: self.until, 8: dict(self.context), 9: self.notice,
            10: self.spouse_notice, 11: self.catalogue,
        })  # fmt: skip

    @classmethod
    def decode(cls, plaintext: bytes) -> Question:
        """Raises SealBroken."""
        try:
            m: dict[int, Any] = cbor.decode(plaintext)
            if m[1] != _VERSION or m.keys() != set(range(1, 12)):
                raise SealBroken("the sealed question has another format")
            asks = tuple(ask_of(value) for value in m[2])
            return cls(asks, m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11])
        except (Malformed, KeyError, TypeError, ValueError, AttributeError):
            raise SealBroken("the sealed question has another format") from None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A row of signed decisions. `statement` verbatim; `expires_at`, `max_uses` of a grant only."""

    grant_id: bytes
    trx: bytes
    holder: bytes
    decision: Decision
    at: int
    expires_at: int
    statement: bytes
    entry: bytes
    sealed: Sealed | None
    max_uses: int = 1
    uses: int = 0
    withdrawn_at: int | None = None

    def is_live(self, now: int) -> bool:
        """Whether it is a grant in force."""
        return self.decision is Decision.GRANT and self.withdrawn_at is None and now < self.expires_at


def decision_id(trx: bytes, holder: bytes, decision: Decision) -> bytes:
    """16 bytes."""
    return sm3(_GRANT + trx + holder + bytes([decision]))[:ID_BYTES]


def consent_idem(grant_id: bytes, at: int) -> bytes:
    """Key of the decision's log entry (see certs/idem.py). `at`: seconds UTC, as stored. The id is told to nobody."""
    return (1000 * at).to_bytes(6, "big") + sm3(_IDEM + grant_id)[:10]


def question_aad(trx: bytes) -> bytes:
    """What binds a sealed question to its transaction."""
    return b"mz-consent-question/1\x00" + trx


def decision_aad(grant_id: bytes) -> bytes:
    """What binds a sealed notice to its decision."""
    return b"mz-consent-decision/1\x00" + grant_id


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision is made of before it is stored."""

    trx: bytes
    holder: bytes
    decision: Decision
    at: int
    expires_at: int
    max_uses: int
    statement: bytes = field(repr=False)
    notice: str = field(repr=False)


def make_decision(d: Decided, salt: bytes, sealer: Sealer) -> DecisionRow:
    """The row of a verified statement. `salt`: 32 random bytes."""
    grant_id = decision_id(d.trx, d.holder, d.decision)
    sealed = sealer.seal(cbor.encode({1: salt, 2: d.notice}), decision_aad(grant_id))
    entry = entry_body(entry_commitment(salt, d.statement))
    return DecisionRow(
        grant_id, d.trx, d.holder, d.decision, d.at, d.expires_at, d.statement, entry, sealed, d.max_uses
    )  # fmt: skip


def open_decision(sealed: Sealed, grant_id: bytes, sealer: Sealer) -> tuple[bytes, str]:
    """(salt, notice). Raises SealBroken."""
    try:
        m: dict[int, Any] = cbor.decode(sealer.open(sealed, decision_aad(grant_id)))
        salt, notice = m[1], m[2]
        if len(salt) != ENTRY_SALT or not isinstance(notice, str):
            raise SealBroken("the sealed decision has another format")
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed decision has another format") from None
    return salt, notice
