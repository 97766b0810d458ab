"""A witness: cosigns a checkpoint if it continues what it cosigned before, and remembers before it speaks.

The order of the checks is that of C2SP tlog-witness. Check and persist are one compare-and-swap: of two requests that
both fit, one moves the row and the other is told the new size. A cosignature is stored with the row before it leaves,
so a process that dies in between gives the same line to whoever asks again, and two roots of one size can never both
get out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from chain.errors import ClockWentBackwards, SigningFailed
from chain.log.signing import public_key_of
from chain.ports import Clock
from chain.witness.limits import OriginLimiter
from chain.witness.model import SIZE_TYPE, Answer, Cosigner, Evidence, Held, KnownLog, Verdict
from chain.witness.request import AddCheckpoint
from chain.witness.store import WitnessStore
from verifier.checkpoint import NoteSignature, SignedNote, note_key_id
from verifier.cosignature import Cosignature, cosignature_message, cosigner_key_id
from verifier.errors import Malformed
from verifier.merkle import TreeHash, verify_consistency


class Witness:
    """One witness over its store. `logs` must have distinct origins; `cosigners` at least one key."""

    def __init__(
        self,
        logs: Iterable[KnownLog],
        cosigners: Sequence[Cosigner],
        store: WitnessStore,
        clock: Clock,
        limiter: OriginLimiter,
        on_evidence: Callable[[Evidence], None] = lambda _: None,
    ) -> None:
        self._logs = {log.origin: log for log in logs}
        self._by_hash = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in self._logs}
        self._cosigners, self._store, self._clock, self._limiter = tuple(cosigners), store, clock, limiter
        self._on_evidence = on_evidence
        if not self._cosigners:
            raise SigningFailed("a witness needs at least one key")
        self._key_ids = [cosigner_key_id(c.name, public_key_of(c.signer)) for c in self._cosigners]

    async def latest(self, origin_hash: str) -> bytes | None:
        """The checkpoint cosigned last, with the log's and the witness's lines, for the monitoring address.

        `origin_hash` is SHA-256 of the origin in lower-case hexadecimal. None for unknown logs and before the first.
        """
        origin = self._by_hash.get(origin_hash)
        held = None if origin is None else await self._store.held(origin)
        return None if held is None else held.note + held.lines

    async def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request. Raises ClockWentBackwards or SigningFailed, or what the store raises: nothing was sent."""
        try:
            request = AddCheckpoint.parse(body)
        except Malformed as error:
            return Answer(Verdict.MALFORMED, f"{error}\n".encode())
        log = self._logs.get(request.note.checkpoint.origin)
        if log is None:
            return Answer(Verdict.UNKNOWN_LOG, b"unknown log\n")
        note = signed_by(log, request.note)
        if note is None:
            return Answer(Verdict.NOT_SIGNED, b"no signature of a known key, or a wrong one\n", origin=log.origin)
        if request.old > note.checkpoint.size:
            return Answer(Verdict.MALFORMED, b"old size above the checkpoint's\n", origin=log.origin)
        return await self._consider(log, request, note)

    async def _consider(self, log: KnownLog, request: AddCheckpoint, note: SignedNote) -> Answer:
        held = await self._store.held(log.origin)
        size = 0 if held is None else held.size
        if request.old != size:
            return _other_size(log, size)
        if not fits(log.tree, held, request):
            await self._report(note, held)
            return Answer(Verdict.INCONSISTENT, b"not consistent with what was cosigned\n", origin=log.origin)
        if held is not None and note.checkpoint.size == held.size and self._is_current(held):
            return Answer(Verdict.COSIGNED, held.lines, origin=log.origin)
        wait = self._limiter.wait(log.origin)
        if wait:
            return Answer(Verdict.TOO_MANY, b"too many checkpoints\n", origin=log.origin, retry_after=wait)
        new = self._cosign(note, held)
        if await self._store.advance(held, new):
            return Answer(Verdict.COSIGNED, new.lines, origin=log.origin)
        moved = await self._store.held(log.origin)
        return _other_size(log, 0 if moved is None else moved.size)

    def _is_current(self, held: Held) -> bool:
        """Whether the stored lines are those of today's keys; after a change of keys they are made anew."""
        lines = SignedNote.parse(held.note + held.lines).signatures
        return {(c.name, key_id) for c, key_id in zip(self._cosigners, self._key_ids, strict=True)} <= {
            (line.name, line.key_id) for line in lines
        }

    def _cosign(self, note: SignedNote, held: Held | None) -> Held:
        now = self._clock()
        if held is not None and now < held.signed_at:
            raise ClockWentBackwards(now, held.signed_at)
        point = note.checkpoint
        message = cosignature_message(point.note_text(), now)
        lines = "".join(
            _cosignature(cosigner, key_id, now, message).line()
            for cosigner, key_id in zip(self._cosigners, self._key_ids, strict=True)
        )
        return Held(point.origin, point.size, point.root, note.encode(), lines.encode(), now)

    async def _report(self, note: SignedNote, held: Held | None) -> None:
        point = note.checkpoint
        proven = held is not None and held.size == point.size and held.root != point.root
        before = b"" if held is None else held.note
        evidence = Evidence(point.origin, point.size, point.root, note.encode(), before, proven, self._clock())
        self._on_evidence(evidence)
        await self._store.keep_evidence(evidence)


def signed_by(log: KnownLog, note: SignedNote) -> SignedNote | None:
    """The note with the log's own lines only, each once; None unless there is one, and each of them is good.

    A line said sixty times is checked once: verifying is what a stranger could make expensive.
    """
    keys = {note_key_id(log.origin, key): key for key in log.keys}
    mine = tuple(dict.fromkeys(s for s in note.signatures if s.name == log.origin and s.key_id in keys))
    text = note.checkpoint.note_text().encode()
    if not mine or not all(keys[line.key_id].verify(line.signature, text) for line in mine):
        return None
    return SignedNote(note.checkpoint, mine)


def fits(tree: TreeHash, held: Held | None, request: AddCheckpoint) -> bool:
    """Whether the checkpoint continues what is held; the old size equals the held one already."""
    point = request.note.checkpoint
    if point.size == 0 and point.root != tree.empty_root:
        return False
    if held is None or held.size == 0:
        return not request.proof  # a proof from nothing proves nothing: RFC 6962 has none
    if held.size == point.size:
        return not request.proof and held.root == point.root
    return verify_consistency(tree, held.size, held.root, point.size, point.root, request.proof)


def _cosignature(cosigner: Cosigner, key_id: bytes, now: int, message: bytes) -> NoteSignature:
    signature = cosigner.signer.sign(message)
    if not public_key_of(cosigner.signer).verify(signature, message):
        raise SigningFailed("the witness key's signature does not verify")
    return Cosignature(cosigner.name, key_id, now, signature).to_line()


def _other_size(log: KnownLog, size: int) -> Answer:
    return Answer(Verdict.OTHER_SIZE, f"{size}\n".encode(), SIZE_TYPE, origin=log.origin)
