"""What the makers need from outside, as Protocols. `api` fills them; tests/simulators has in-memory ones.

Stores are bound to ONE transaction: everything done through a `UnitOfWork` is committed when its context ends without
an exception, and undone otherwise. A store raises StoreConflict when a unique value was taken by somebody else;
the use cases are idempotent, so the caller repeats the call.

Times are seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

Entropy = Callable[[int], bytes]
"""n -> n unpredictable bytes (os.urandom in production)."""

Clock = Callable[[], int]
"""() -> seconds since 1970-01-01 UTC."""


class Signer(Protocol):
    """A private key that signs SM2 with id 1234567812345678, wherever it lives. Thread-safe."""

    @property
    def alg(self) -> int: ...
    @property
    def public_key(self) -> bytes:
        """65 bytes, 04 || x || y."""
        ...

    @property
    def kid(self) -> bytes:
        """8 bytes: see verifier.cose.CoseKey."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s. Raises SigningFailed. The signature is not checked here: who releases it checks it."""
        ...

    def sign_many(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """Signatures in order; may run ahead in another process while the caller works on the first ones."""
        ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed record: `key` is the record's data key, wrapped; dropping it erases the record."""

    key: bytes = field(repr=False)
    body: bytes = field(repr=False)


class Sealer(Protocol):
    """SM4-GCM with one data key per record (certs/sealing.py)."""

    def seal(self, plaintext: bytes, aad: bytes) -> Sealed: ...
    def open(self, sealed: Sealed, aad: bytes) -> bytes:
        """Raises SealBroken."""
        ...


class LookupKey(Protocol):
    """Keyed hash by which records are found again; its key never leaves the crypto service."""

    def hmac(self, text: str) -> bytes:
        """32 bytes HMAC-SM3."""
        ...


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """One row of the certificate store, exactly as it is kept. Nothing personal in clear.

    business    keyed hash of kind, issuer and business id; unique together with `role`
    content     keyed hash of all that the row said: equal means the same request
    terms       keyed hashes of (term, value): where look-ups find it
    statement   the signed bytes, verbatim: what the code carries and the log commits to
    entry       log entry body; its salt is inside `sealed`, so that erasing unlinks it
    public      what the statement says in clear, as the self-check read it from the signed bytes; not stored itself
    """

    cti: bytes
    kind: int
    role: str
    issuer: str
    issued_at: int
    business: bytes
    content: bytes
    terms: tuple[bytes, ...]
    status_list: int
    status_index: int
    statement: bytes
    entry: bytes
    sealed: Sealed
    public: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """An `IssuedCertificate` as read back. `sealed` is None once erased."""

    cti: bytes
    kind: int
    role: str
    issuer: str
    issued_at: int
    business: bytes
    content: bytes
    terms: tuple[bytes, ...]
    status_list: int
    status_index: int
    statement: bytes
    entry: bytes
    sealed: Sealed | None
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """A signed change of status. `statement` is never published; `sealed` holds its entry salt and the reason."""

    cti: bytes
    at: int
    statement: bytes
    entry: bytes
    sealed: Sealed


class CertificateStore(Protocol):
    """Certificates and their status events. `insert` raises StoreConflict on a second (business, role) or cti."""

    async def by_business(self, keys: Sequence[bytes]) -> Mapping[bytes, Sequence[StoredCertificate]]:
        """Certificates of each business key that has any, in order of issue."""
        ...

    async def by_terms(self, terms: Sequence[bytes]) -> Mapping[bytes, Sequence[StoredCertificate]]:
        """Certificates that carry each term, in order of issue."""
        ...

    async def get(self, cti: bytes) -> StoredCertificate | None: ...
    async def insert(self, certificates: Sequence[IssuedCertificate]) -> None: ...
    async def event(self, cti: bytes) -> StatusEvent | None: ...
    async def add_event(self, event: StatusEvent) -> None:
        """Records the event and sets `revoked_at`. Raises StoreConflict if the certificate has one already."""
        ...

    async def erase(self, cti: bytes) -> bool:
        """Destroy the wrapped data keys of the certificate, its event and its renditions, and the terms under which it
        is found. False if the certificate's was destroyed before."""
        ...


@dataclass(frozen=True, slots=True)
class StatusListState:
    """An issuer's list: `used` indices are taken of `size`."""

    number: int
    issuer: str
    size: int
    used: int


class StatusStore(Protocol):
    """Status indices and published lists."""

    async def current(self, issuer: str) -> StatusListState | None:
        """The issuer's newest list."""
        ...

    async def open_list(self, issuer: str, size: int) -> StatusListState:
        """Make a new list with the next number (numbers are unique over all issuers, from 1)."""
        ...

    async def claim(self, number: int, indices: Sequence[int]) -> Sequence[int]:
        """Take those of the indices that are free, for ever; gives the ones taken, in the order asked."""
        ...

    async def lists(self) -> Sequence[StatusListState]: ...
    async def set_invalid(self, number: int, index: int) -> None: ...
    async def invalid(self, number: int) -> Sequence[int]:
        """Indices that are not valid any more."""
        ...

    async def save(self, number: int, token: bytes, published_at: int, expires: int) -> None:
        """Keep the signed list; the latest one is what the public gets."""
        ...

    async def token(self, number: int) -> bytes | None:
        """The latest signed list."""
        ...


@dataclass(frozen=True, slots=True)
class RegistrationEvent:
    """One event of civil status as it is kept (certs/marriage/entry.py). Nothing personal in clear.

    event_id      16 bytes of the keyed hash of all that was entered: equal means the same entry
    registration  keyed hash of kind, issuer and business id, as `IssuedCertificate.business`; unique
    known_at      second in which it was recorded
    terms         keyed hashes of (term, value), in a space of their own
    entry         log entry body; its salt is inside `sealed`
    """

    event_id: bytes
    issuer: str
    registration: bytes
    known_at: int
    terms: tuple[bytes, ...]
    entry: bytes
    sealed: Sealed | None


class RegistrationStore(Protocol):
    """Registration events. They are never changed: a correction is another event."""

    async def by_registrations(self, keys: Sequence[bytes]) -> Mapping[bytes, RegistrationEvent]:
        """The event of each key that has one. `terms` are not read: ()."""
        ...

    async def by_terms(self, terms: Sequence[bytes]) -> Mapping[bytes, Sequence[RegistrationEvent]]:
        """Events that carry each term, in order of knowledge. `terms` are not read: ()."""
        ...

    async def insert(self, events: Sequence[RegistrationEvent]) -> None:
        """Raises StoreConflict on a second event of one registration."""
        ...


@dataclass(frozen=True, slots=True)
class StoredRendition:
    """A statement about rendered bytes (certs/rendition.py). `digest`: their SM3; `statement`: bare, as signed.

    media 1 PDF, 2 OFD; times seconds UTC; `sealed` holds the entry's salt, None once erased.
    """

    digest: bytes
    cti: bytes
    media: int
    issued_at: int
    expires_at: int | None
    statement: bytes
    entry: bytes
    sealed: Sealed | None


class RenditionStore(Protocol):
    """Statements about rendered bytes, one for each digest."""

    async def get(self, digest: bytes) -> StoredRendition | None: ...
    async def of(self, cti: bytes) -> Sequence[StoredRendition]:
        """Those of a certificate, in order of making."""
        ...

    async def insert(self, made: StoredRendition) -> None:
        """Raises StoreConflict on a second one of a digest."""
        ...


class LogStage(Protocol):
    """Where log entries wait for the sequencer, in the same transaction as what they commit to."""

    async def stage(self, idem: bytes, entry: bytes) -> None:
        """`idem` (16 bytes) makes it idempotent: the same one again with the same entry changes nothing."""
        ...

    async def stage_many(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """Many (idem, entry) pairs at once, in order: a batch of 100 is one round trip."""
        ...


class UnitOfWork(Protocol):
    """The stores of one transaction."""

    @property
    def certificates(self) -> CertificateStore: ...
    @property
    def statuses(self) -> StatusStore: ...
    @property
    def registrations(self) -> RegistrationStore: ...
    @property
    def log(self) -> LogStage: ...


Begin = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
"""Opens a transaction."""
