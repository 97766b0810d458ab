"""A static export as `LedgerReader`: the files of docs/formats/log-export.md, no database and no key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from chain.audit.ports import AnchorFact, CheckpointRow, CosignatureRow, EntryRow, HeadRow, ProofFact, TileRow
from chain.errors import Corrupt
from chain.log.tiles import TileAddress, decode_bundle, encode_address, encode_index
from verifier.anchor import AnchorObservation
from verifier.checkpoint import SignedNote
from verifier.errors import Malformed

_WIDTH: Final = 256
_LEVELS: Final = 6
_PAGE: Final = 32  # bundles


class ExportFiles:
    """Implements `chain.audit.ports.LedgerReader`. `size`: of the tree that the newest checkpoint promises."""

    def __init__(self, directory: Path) -> None:
        """Raises Corrupt if there is no checkpoint to go by."""
        self.directory = directory
        try:
            self.note = SignedNote.parse((directory / "checkpoint").read_bytes())
        except (OSError, Malformed):
            raise Corrupt("checkpoint", "", "is missing or not a signed note") from None
        self.size = self.note.checkpoint.size

    def head(self) -> HeadRow | None:
        return None

    def entries(self, start: int) -> Iterator[Sequence[EntryRow]]:
        page: list[EntryRow] = []
        for n in range(start // _WIDTH, -(-self.size // _WIDTH)):
            width = min(_WIDTH, self.size - n * _WIDTH)
            data = self._read(f"tile/entries/{encode_address(TileAddress(n, width))}")
            if data is None:  # a full bundle may stand where a partial one was promised
                data = self._read(f"tile/entries/{encode_index(n)}")
            try:
                bodies = [] if data is None else decode_bundle(data)[:width]
            except Malformed:
                bodies = []
            page += [(n * _WIDTH + i, None, body, None) for i, body in enumerate(bodies)]
            if page and (len(bodies) < width or len(page) >= _PAGE * _WIDTH):
                yield page
                page = []
            if len(bodies) < width:
                return
        if page:
            yield page

    def tiles(self, level: int, start: int) -> Iterator[TileRow]:
        for n in range(start, self.size >> 8 * (level + 1)):
            data = self._read(f"tile/{level}/{encode_index(n)}")
            if data is not None:
                yield TileRow(level, n, data, None)

    def tile_levels(self) -> Sequence[int]:
        return [level for level in range(_LEVELS) if self.size >> 8 * (level + 1)]

    def partial_tiles(self) -> Iterator[tuple[int, TileAddress, bytes | None]]:
        """Those of the newest checkpoint: a level's last tile where it is not full."""
        for level in range(_LEVELS):
            count = self.size >> 8 * level
            if count % _WIDTH:
                address = TileAddress(count // _WIDTH, count % _WIDTH)
                yield level, address, self._read(f"tile/{level}/{encode_address(address)}")

    def checkpoints(self, size: int) -> Iterator[CheckpointRow]:
        """Those in `checkpoints/`, and the newest, as their notes state them."""
        for path in sorted((p for p in self._names("checkpoints") if int(p.name) >= size), key=lambda p: int(p.name)):
            yield self._checkpoint(int(path.name), path.read_bytes())
        if not (self.directory / "checkpoints" / str(self.size)).is_file():
            yield self._checkpoint(self.size, self.note.encode())

    def _checkpoint(self, size: int, note: bytes) -> CheckpointRow:
        try:
            root = SignedNote.parse(note).checkpoint.root
        except Malformed:
            root = b""
        return CheckpointRow(size, root, note, None, None, None)

    def cosignatures(self, size: int) -> Iterator[CosignatureRow]:
        return iter(())  # they are lines of the notes

    def anchors(self) -> Iterator[AnchorFact]:
        """Observations, numbered by size: a row of this source is a file."""
        for path in sorted(self.directory.glob("anchors/*.cbor")):
            if not path.name.endswith(".proof.cbor"):
                seen = AnchorObservation.parse(path.read_bytes())
                place = (seen.block_number, seen.block_hash, seen.block_time)
                yield AnchorFact(
                    seen.size, seen.size, seen.chain_id, seen.contract, None, None, seen.tx_hash, "final", *place, None
                )

    def proofs(self) -> Iterator[ProofFact]:
        """As files; what they are for, they say themselves."""
        return iter(())

    def _names(self, folder: str) -> list[Path]:
        return [p for p in (self.directory / folder).glob("*") if p.name.isascii() and p.name.isdigit()]

    def _read(self, name: str) -> bytes | None:
        try:
            return (self.directory / name).read_bytes()
        except FileNotFoundError:
            return None
