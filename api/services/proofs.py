"""The log as strangers see it: checkpoint, tiles, receipts, proofs. Only what a signed checkpoint covers is shown."""

from __future__ import annotations

from dataclasses import dataclass

from api.db.anchors import anchored_size_covering
from api.db.cosignatures import for_size, witnessed_anchor_covering
from api.db.uow import Database, Work
from chain.errors import NotInLog
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.receipts import make_receipt
from chain.log.store import LogReader
from chain.log.tiles import TileAddress
from chain.log.view import LogView, TileCache
from verifier.checkpoint import SignedNote
from verifier.merkle import TreeHash
from verifier.quorum import WitnessPolicy
from verifier.tlog_proof import TlogProof


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Path of entry `index` in the tree of `size`, leaf side first, and the root it leads to."""

    index: int
    size: int
    path: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class Proven:
    """What leads one entry into the log: its receipt, and the cosigned note of the same size if anybody cosigned it."""

    receipt: bytes
    note: bytes | None


class ProofService:
    def __init__(self, database: Database, identity: LogIdentity, policy: WitnessPolicy | None = None) -> None:
        """`policy`: whose quorum makes a checkpoint the better one to give a receipt for."""
        self._database, self._identity, self._policy = database, identity, policy
        self._cache = TileCache()

    async def checkpoint(self, size: int | None = None) -> StoredCheckpoint:
        """The latest signed checkpoint, or the one of exactly `size`. Raises NotInLog."""
        async with self._database.log_read() as reader:
            return await _checkpoint(reader, size)

    async def note(self, size: int | None = None) -> bytes:
        """The latest checkpoint, or the one of exactly `size`, with all cosignature lines there are. Raises NotInLog.

        The log's own bytes stand first, as they were signed; only lines are added behind them.
        """
        async with self._database.read() as work:
            return await _cosigned(work, await _checkpoint(work.log, size))

    async def tile(self, level: int, address: TileAddress) -> bytes:
        """Raises NotInLog for what no signed checkpoint covers."""
        async with self._database.log_read() as reader:
            size = (await _checkpoint(reader, None)).size
            return await self._view(reader).tile(level, address, size)

    async def entries(self, address: TileAddress) -> bytes:
        """Raises NotInLog for what no signed checkpoint covers."""
        async with self._database.log_read() as reader:
            size = (await _checkpoint(reader, None)).size
            return await self._view(reader).bundle(address, size)

    async def receipt(self, leaf_hash: bytes, size: int | None = None) -> bytes:
        """COSE receipt of the entry with this leaf hash; see `proven`."""
        return (await self.proven(leaf_hash, size)).receipt

    async def proven(self, leaf_hash: bytes, size: int | None = None) -> Proven:
        """Receipt of the entry with this leaf hash, and its note. Raises NotInLog while no checkpoint covers it.

        Without `size`: the smallest anchored checkpoint that covers the entry and that a quorum cosigned, since such a
        receipt reaches levels L4 and L5 for ever; else the smallest anchored one; else the latest.
        """
        async with self._database.read() as work:
            index = await work.log.find_leaf(leaf_hash)
            if index is None:
                raise NotInLog("no entry with this leaf hash")
            checkpoint = await _checkpoint(work.log, size if size is not None else await self._best(work, index))
            receipt = await make_receipt(self._view(work.log), checkpoint, index)
            note = await _cosigned(work, checkpoint)
        return Proven(receipt, None if note == checkpoint.note else note)

    async def tlog_proof(self, leaf_hash: bytes, size: int | None = None) -> bytes:
        """The entry's place as C2SP tlog-proof text, of the checkpoint that `proven` would take. Raises NotInLog, also
        for a log of the SM3 profile: the format fixes SHA-256, and another tool would compute nonsense.
        """
        if self._identity.hash is not TreeHash.SHA256:
            raise NotInLog("tlog-proof needs a log of the SHA-256 profile")
        async with self._database.read() as work:
            index = await work.log.find_leaf(leaf_hash)
            if index is None:
                raise NotInLog("no entry with this leaf hash")
            checkpoint = await _checkpoint(work.log, size if size is not None else await self._best(work, index))
            path = await self._view(work.log).inclusion(index, checkpoint.size)
            note = SignedNote.parse(await _cosigned(work, checkpoint))
        return TlogProof(index, tuple(path), note).encode()

    async def _best(self, work: Work, index: int) -> int | None:
        if self._policy is not None:
            found = await witnessed_anchor_covering(work.connection, work.log.log_id, index, self._policy)
            if found is not None:
                return found
        return await anchored_size_covering(work.connection, work.log.log_id, index)

    async def inclusion(self, leaf_hash: bytes, size: int | None = None) -> Inclusion:
        async with self._database.log_read() as reader:
            checkpoint = await _checkpoint(reader, size)
            index = await reader.find_leaf(leaf_hash)
            if index is None:
                raise NotInLog("no entry with this leaf hash")
            path = await self._view(reader).inclusion(index, checkpoint.size)
        return Inclusion(index, checkpoint.size, tuple(path), checkpoint.root)

    async def consistency(self, old: int, new: int | None = None) -> tuple[int, tuple[bytes, ...]]:
        """(new size, proof) from size `old` to `new` or the latest; both must be signed checkpoints' sizes."""
        async with self._database.log_read() as reader:
            await _checkpoint(reader, old)
            newer = await _checkpoint(reader, new)
            return newer.size, tuple(await self._view(reader).consistency(old, newer.size))

    def _view(self, reader: LogReader) -> LogView:
        return LogView(self._identity, reader, self._cache)


async def _cosigned(work: Work, checkpoint: StoredCheckpoint) -> bytes:
    lines = await for_size(work.connection, work.log.log_id, checkpoint.size)
    return checkpoint.note + "".join(c.to_line().line() for c in lines).encode()


async def _checkpoint(reader: LogReader, size: int | None) -> StoredCheckpoint:
    found = await reader.checkpoint(size)
    if found is None:
        raise NotInLog("no signed checkpoint of this size")
    return found
