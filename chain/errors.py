"""Errors of the log and of anchoring.

    ChainFault
    ├── LogFault
    │   ├── Conflict             the idempotency key is taken by another entry
    │   ├── QueueFull            too many appends wait already: nothing was taken
    │   ├── OutcomeUnknown       the commit failed: the entry may be in the log or not
    │   ├── LostSwap             another writer moved the head: fatal, the process must not write again
    │   ├── UnknownLog           the store holds no log of this origin, or one with another hash
    │   ├── NotInLog             the index, leaf or size asked for does not exist (yet)
    │   ├── Corrupt              stored rows contradict each other: nothing may be signed
    │   ├── ClockWentBackwards   the clock is behind the last checkpoint
    │   ├── SigningFailed        the signer returned something that does not verify
    │   └── RolledBack           somebody outside has seen more, or something else, than the store holds
    ├── AnchorFault
    │   ├── ChainUnavailable     no answer: nothing is known, try again
    │   ├── ChainMismatch        an answer from the wrong chain or without our contract
    │   ├── ChainRejected        the chain would refuse, or refused, what must not fail
    │   ├── LaneBusy             another transaction of the submitting key is under way
    │   └── AnchorLost           the chain no longer shows an anchor that was final
    ├── WitnessFault
    │   ├── WitnessUnavailable   no usable answer of a witness: nothing follows from it
    │   └── TooFewWitnesses      so many witnesses are silent that a quorum of them may know more than the store
    ├── JournalFault
    │   ├── JournalCorrupt       a record in the middle of the journal is damaged
    │   └── JournalMismatch      replaying the journal gave other blocks than were recorded
    └── AlreadyLocked            another process holds the file lock

Messages carry sizes, indices, table names and reasons; never entry bodies, keys or anything personal.
"""

from __future__ import annotations


class ChainFault(Exception):
    """Root of everything that this package raises on purpose."""


class LogFault(ChainFault):
    """A fault of the log or of its store."""


class Conflict(LogFault):
    """The idempotency key already stands for another entry. `index` is that entry's, None while it is only
    staged.
    """

    def __init__(self, index: int | None) -> None:
        super().__init__("idempotency key is taken by another entry" + ("" if index is None else f" at {index}"))
        self.index = index


class QueueFull(LogFault):
    """Too much waits for the log already, or it is closing. Nothing of this was taken: come again later."""


class OutcomeUnknown(LogFault):
    """The transaction of a direct append failed, so its entry may be in the log or not. Repeating it with the same key
    gives the answer. `cause` is the class of what the database raised, never its text.
    """

    def __init__(self, cause: str = "cancelled") -> None:
        super().__init__(f"the append's transaction failed ({cause}): repeat it with the same key")
        self.cause = cause


class LostSwap(LogFault):
    """The head was not at the size this writer started from. Never retried: two writers mean a fork in the
    making.
    """

    def __init__(self, expected_size: int) -> None:
        super().__init__(f"log head is no longer at size {expected_size}: another writer is active")
        self.expected_size = expected_size


class UnknownLog(LogFault):
    """The store does not hold this log, or holds it with another tree hash."""


class NotInLog(LogFault):
    """The index, leaf hash or tree size asked for is not in the log, or not yet in a signed checkpoint."""


class Corrupt(LogFault):
    """Stored rows contradict each other. `table` and `position` name the first place found."""

    def __init__(self, table: str, position: str, detail: str) -> None:
        super().__init__(f"{table} {position}: {detail}")
        self.table = table
        self.position = position
        self.detail = detail


class ClockWentBackwards(LogFault):
    """The clock shows an earlier second than the last checkpoint was signed at."""

    def __init__(self, now: int, last: int) -> None:
        super().__init__(f"clock shows {now}, the last checkpoint was signed at {last}")


class SigningFailed(LogFault):
    """The signer's own signature does not verify (faulty hardware, fault attack, wrong key): not stored,
    not
    published.
    """


class RolledBack(LogFault):
    """An outside observer has seen a larger size, or another root for our size: a restored backup or a fork."""

    def __init__(self, observer: str, seen_size: int, own_size: int, detail: str) -> None:
        super().__init__(f"{observer} has seen size {seen_size}, the store is at {own_size}: {detail}")
        self.observer = observer
        self.seen_size = seen_size
        self.own_size = own_size


class AnchorFault(ChainFault):
    """A fault of anchoring."""


class ChainUnavailable(AnchorFault):
    """The chain gave no usable answer. Nothing follows from it: neither done nor not done."""


class ChainMismatch(AnchorFault):
    """The endpoint answers, but for another chain id, or the contract is not what it must be."""


class ChainRejected(AnchorFault):
    """The chain refused a deployment or registration, or is known to refuse before anything is sent."""


class LaneBusy(AnchorFault):
    """Another log's transaction of the same key is under way: a second nonce before the first is settled could be
    included without it.
    """


class AnchorLost(AnchorFault):
    """An anchor recorded as final is not on the chain any more: the chain was rolled back or exchanged."""

    def __init__(self, size: int, detail: str) -> None:
        super().__init__(f"anchor of size {size}: {detail}")
        self.size = size


class WitnessFault(ChainFault):
    """A fault of asking witnesses."""


class WitnessUnavailable(WitnessFault):
    """The witness gave no answer, or one that is not of its protocol, or not signed by it."""


class TooFewWitnesses(WitnessFault):
    """The silent witnesses could make a quorum by themselves: what a quorum has seen is not known."""


class JournalFault(ChainFault):
    """A fault of the embedded chain's journal."""


class JournalCorrupt(JournalFault):
    """A journal record that is not the last one is damaged. `line` counts from 1."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(f"journal line {line}: {detail}")
        self.line = line


class JournalMismatch(JournalFault):
    """Replaying the journal gave another block than the one recorded. `line` counts from 1."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(f"journal line {line}: {detail}")
        self.line = line


class AlreadyLocked(ChainFault):
    """Another process holds the lock on this file: two writers are never allowed."""
