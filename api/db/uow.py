"""The unit of work: one request or one job is one transaction, and every repository in it shares that transaction.

async with database.write() as work:
    await work.certificates.insert(...)
    await work.log.stage(...)
# committed here, or rolled back if the block raised
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as SqlTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.db.faults import CONNECTING, DatabaseUnsuitable, Judgement, judge
from api.db.log_store import SqlLogStore, open_log
from api.db.pools import Engines
from api.db.repositories.access import AccessRepository
from api.db.repositories.certificates import CertificateRepository
from api.db.repositories.charity import CharityStores
from api.db.repositories.clients import ClientRepository
from api.db.repositories.consents import ConsentRepository
from api.db.repositories.donations import DonationRepository
from api.db.repositories.erasures import ErasureRepository
from api.db.repositories.holders import HolderRepository
from api.db.repositories.idempotency import IdempotencyRepository
from api.db.repositories.parties import PartyRepository
from api.db.repositories.pki import PkiRepository
from api.db.repositories.purposes import PurposeRepository
from api.db.repositories.registrations import RegistrationRepository
from api.db.repositories.renditions import RenditionRepository
from api.db.repositories.status import StatusRepository
from api.db.repositories.trust import TrustRepository
from api.db.repositories.watch import WatchRepository
from api.db.repositories.webhooks import WebhookRepository
from api.errors import Unavailable
from chain.errors import Corrupt
from chain.log.model import LogIdentity


@dataclass(frozen=True, slots=True)
class Work:
    """Everything one transaction can reach."""

    connection: AsyncConnection
    certificates: CertificateRepository
    statuses: StatusRepository
    registrations: RegistrationRepository
    renditions: RenditionRepository
    parties: PartyRepository
    idempotency: IdempotencyRepository
    donations: DonationRepository
    trust: TrustRepository
    pki: PkiRepository
    log: SqlLogStore
    erasures: ErasureRepository
    webhooks: WebhookRepository
    accesses: AccessRepository
    watch: WatchRepository
    purposes: PurposeRepository
    clients: ClientRepository
    holders: HolderRepository
    consents: ConsentRepository
    charity: CharityStores


@contextmanager
def _down() -> Iterator[None]:
    """An outage says nothing of certificates. The driver's text is dropped: it can quote the statement."""
    try:
        yield
    except DBAPIError as error:
        match judge(error):
            case Judgement.OUTAGE:
                raise Unavailable("the database does not answer") from None
            case Judgement.DAMAGE:
                raise Unavailable("the database is damaged") from None
            case None:  # a broken rule of ours
                raise


@contextmanager
def _damage() -> Iterator[None]:
    """Pages that the database cannot read contradict the log as much as rows that do not fit: an outage would pass,
    this will not, and what is acknowledged meanwhile never gets into the log. Raises Corrupt.
    """
    try:
        yield
    except DBAPIError as error:
        if judge(error) is not Judgement.DAMAGE:
            raise
        raise Corrupt("database", "file", "is damaged") from None


async def _begun(engine: AsyncEngine) -> AsyncConnection:
    """A connection in a transaction.

    What a driver raises while it connects is told apart from what a unit of work raises: an OSError in there is
    somebody's file, not the database. A connection that turns out dead before anything was asked of it is replaced
    once: that is what a restart of the server leaves. Raises Unavailable, and DBAPIError of the first statement.
    """
    for again in (True, False):
        try:
            connection = await engine.connect()
        except (*CONNECTING, DBAPIError, SqlTimeout, DatabaseUnsuitable, InvalidatePoolError):
            break
        try:
            await connection.begin()
        except DBAPIError as error:
            await connection.close()
            if not (again and error.connection_invalidated):
                raise
        except BaseException:
            await asyncio.shield(connection.close())
            raise
        else:
            return connection
    raise Unavailable("the database does not answer") from None


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """`engine.begin()` with `_begun`."""
    connection = await _begun(engine)
    try:
        yield connection
        await connection.commit()
    finally:  # rolls back what was not committed; a cancelled request gives its connection back too
        await asyncio.shield(connection.close())


class Database:
    """Opens units of work. `news` is set after every commit, which is what wakes the sequencer."""

    def __init__(self, engines: Engines, identity: LogIdentity, check_lock: Callable[[], int] = lambda: 1) -> None:
        """`check_lock` raises Unavailable while this process does not hold the lock of the log's writer; else it gives
        how often that was taken."""
        self._engines, self._identity, self.check_lock = engines, identity, check_lock
        self._connected = 0
        event.listen(engines.writer.sync_engine, "connect", self._on_connect)
        self._log_id: int | None = None
        self.news = asyncio.Event()
        self.clients_version = 0  # goes up with every commit here that may change what is known of a client

    @property
    def engines(self) -> Engines:
        return self._engines

    def lineage(self) -> tuple[int, int]:
        """Changes whenever the lock or the writer was connected anew. A new connection can lead to another server, one
        that was behind: what was compared with the outside must be compared again. Raises Unavailable."""
        return self.check_lock(), self._connected

    def _on_connect(self, _connection: object, _record: object) -> None:
        self._connected += 1

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Work]:
        """One writer at a time in the whole database, commit at the end of the block. Raises Unavailable."""
        with _down():
            async with _transaction(self._engines.writer) as connection:
                work = await self._work(connection)
                yield work
        self.clients_version += work.clients.changed
        self.news.set()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Work]:
        """One consistent state; the connection refuses to write. Raises Unavailable."""
        with _down():
            async with _transaction(self._engines.reader) as connection:
                yield await self._work(connection)

    @asynccontextmanager
    async def log_write(self) -> AsyncIterator[SqlLogStore]:
        """The log's own unit of work (sequencer, checkpointer). Raises Unavailable, Corrupt."""
        async with self.log_connection() as connection:
            yield await self._log(connection)

    @asynccontextmanager
    async def log_connection(self) -> AsyncIterator[AsyncConnection]:
        """The transaction of `log_write`, for stores that the log does not know. Raises Unavailable, Corrupt."""
        self.check_lock()
        with _down(), _damage():
            async with _transaction(self._engines.writer) as connection:
                yield connection

    @asynccontextmanager
    async def log_read(self) -> AsyncIterator[SqlLogStore]:
        """Raises Unavailable, Corrupt."""
        with _down(), _damage():
            async with _transaction(self._engines.reader) as connection:
                yield await self._log(connection)

    async def log_id(self, connection: AsyncConnection) -> int:
        """The log's row number, asked for once."""
        if self._log_id is None:
            self._log_id = (await open_log(connection, self._identity)).log_id
        return self._log_id

    async def _log(self, connection: AsyncConnection) -> SqlLogStore:
        return SqlLogStore(connection, self._identity, await self.log_id(connection))

    async def _work(self, connection: AsyncConnection) -> Work:
        return Work(
            connection,
            CertificateRepository(connection),
            StatusRepository(connection),
            RegistrationRepository(connection),
            RenditionRepository(connection),
            PartyRepository(connection),
            IdempotencyRepository(connection),
            DonationRepository(connection),
            TrustRepository(connection),
            PkiRepository(connection),
            await self._log(connection),
            ErasureRepository(connection),
            WebhookRepository(connection),
            AccessRepository(connection),
            WatchRepository(connection),
            PurposeRepository(connection),
            ClientRepository(connection),
            HolderRepository(connection),
            ConsentRepository(connection),
            CharityStores.over(connection),
        )
