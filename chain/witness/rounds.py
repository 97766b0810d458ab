"""Rounds: one aggregated signature for a whole quorum (`verifier.aggregate`). Beside C2SP tlog-witness, and optional.

C2SP cosignatures cannot be added up, since each has its own time. In a round the log proposes the time and every
witness signs the same bytes:

    POST /add-round

    round 1767225600

    log.minzheng.example/sm3-2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — log.minzheng.example/sm3-2026 <base64>

answers `— <witness name> base64(4-byte key id || 8-byte time || 96-byte signature)`. A witness signs only the very
checkpoint that it cosigned last by add-checkpoint, so a round adds nothing to what it has vouched for, and needs no
state of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from chain.errors import WitnessUnavailable
from chain.log.model import StoredCheckpoint
from chain.ports import Clock
from chain.witness.core import signed_by
from chain.witness.model import SIZE_TYPE, Answer, KnownLog, Verdict
from chain.witness.ports import WitnessTransport
from chain.witness.request import MAX_REQUEST_BYTES
from chain.witness.store import WitnessStore
from verifier.aggregate import QuorumSignature, aggregate_key_id, aggregate_message
from verifier.checkpoint import NoteSignature, SignedNote
from verifier.cosignature import Cosignature
from verifier.errors import Malformed
from verifier.hazmat import bls
from verifier.quorum import Witness, WitnessPolicy

FORMAT: Final = "add-round"
MAX_SKEW: Final = 60  # seconds between the round's time and the witness's clock
_TYPE: Final = b"\xffBLS12-381/partial/v1"
_ROUND: Final = re.compile(r"round (0|[1-9][0-9]{0,11})")


class RoundSigner(Protocol):
    """A witness's BLS key. The private half never leaves the implementation."""

    @property
    def public_key(self) -> bytes:
        """48 bytes."""

    def sign(self, message: bytes) -> bytes:
        """96 bytes."""


def partial_key_id(name: str, key: bytes) -> bytes:
    """Four-byte key id of one witness's share."""
    return hashlib.sha256(name.encode() + b"\n" + _TYPE + key).digest()[:4]


@dataclass(frozen=True, slots=True)
class AddRound:
    """A request: the round's time (seconds UTC) and the checkpoint with the log's own lines."""

    time: int
    note: SignedNote

    def encode(self) -> bytes:
        """The body."""
        return f"round {self.time}\n\n".encode() + self.note.encode()

    @classmethod
    def parse(cls, data: bytes) -> AddRound:
        """Raises Malformed."""
        if len(data) > MAX_REQUEST_BYTES:
            raise Malformed(FORMAT, "too-large")
        head, separator, note = data.partition(b"\n\n")
        found = _ROUND.fullmatch(head.decode("ascii", "replace"))
        if not separator or found is None:
            raise Malformed(FORMAT, "lines", "expected a round's time and an empty line")
        return cls(int(found[1]), SignedNote.parse(note))


class RoundWitness:
    """The witness's side, over the store of `chain.witness.core.Witness`."""

    def __init__(
        self, name: str, signer: RoundSigner, logs: Iterable[KnownLog], store: WitnessStore, clock: Clock
    ) -> None:
        self._name, self._signer, self._store, self._clock = name, signer, store, clock
        self._logs = {log.origin: log for log in logs}
        self._key_id = partial_key_id(name, signer.public_key)

    async def add_round(self, body: bytes) -> Answer:
        """Answer a request; raises what the store raises: then nothing was sent."""
        try:
            request = AddRound.parse(body)
        except Malformed as error:
            return Answer(Verdict.MALFORMED, f"{error}\n".encode())
        point = request.note.checkpoint
        log = self._logs.get(point.origin)
        if log is None:
            return Answer(Verdict.UNKNOWN_LOG, b"unknown log\n")
        if signed_by(log, request.note) is None:
            return Answer(Verdict.NOT_SIGNED, b"no signature of a known key, or a wrong one\n", origin=log.origin)
        if abs(request.time - self._clock()) > MAX_SKEW:
            return Answer(Verdict.MALFORMED, b"the round's time is not now\n", origin=log.origin)
        held = await self._store.held(log.origin)
        if held is None or held.size != point.size:
            size = 0 if held is None else held.size
            return Answer(Verdict.OTHER_SIZE, f"{size}\n".encode(), SIZE_TYPE, origin=log.origin)
        if held.root != point.root:
            return Answer(Verdict.INCONSISTENT, b"not what was cosigned\n", origin=log.origin)
        signature = self._signer.sign(aggregate_message(point.note_text(), request.time))
        raw = request.time.to_bytes(8, "big") + signature
        line = NoteSignature(self._name, self._key_id, raw).line()
        return Answer(Verdict.COSIGNED, line.encode(), origin=log.origin)


class Rounds:
    """The log's side. `urls`: submission prefixes by key name; `timeout`: seconds for a whole round."""

    def __init__(
        self,
        policy: WitnessPolicy,
        urls: Mapping[str, str],
        transport: WitnessTransport,
        clock: Clock,
        timeout: float = 5.0,
    ) -> None:
        self._policy, self._transport, self._clock, self._timeout = policy, transport, clock, timeout
        self._urls = dict(urls)
        keys = [w.bls.key for w in policy.aggregating if w.bls is not None]
        self.key_id = aggregate_key_id(policy.quorum, keys) if keys and bls.available() else None

    async def collect(self, checkpoint: StoredCheckpoint) -> Cosignature | None:
        """The quorum's signature of a checkpoint that its witnesses have cosigned; None if too few take part now.

        In the shape of a cosignature, as it is stored and put under the note: `signature` is bitmap and aggregate.
        Every share is verified before it is added, since one bad share would spoil the sum.
        """
        if self.key_id is None:
            return None
        request = AddRound(self._clock(), SignedNote.parse(checkpoint.note))
        message = aggregate_message(request.note.checkpoint.note_text(), request.time)
        asked = [self._share(w, request, message) for w in self._policy.aggregating]
        shares = dict(enumerate(await asyncio.gather(*asked)))
        good = {i: share for i, share in shares.items() if share is not None}
        if not self._policy.reached({self._policy.aggregating[i].name for i in good}):
            return None
        bitmap = sum(1 << i for i in good)
        total = bls.aggregate(list(good.values()))
        line = QuorumSignature(self._policy.quorum, self.key_id, request.time, bitmap, total).to_line()
        return Cosignature(line.name, line.key_id, request.time, line.signature[8:])

    async def _share(self, witness: Witness, request: AddRound, message: bytes) -> bytes | None:
        url, key = self._urls.get(witness.name), witness.bls
        if url is None or key is None or not bls.verify_possession(key.key, key.possession):
            return None
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._transport.post(f"{url}/add-round", request.encode())
        except (WitnessUnavailable, TimeoutError):
            return None
        if answer.status != Verdict.COSIGNED:
            return None
        prefix = partial_key_id(witness.name, key.key) + request.time.to_bytes(8, "big")
        signature = _share_in(request.note, answer.body, witness.name, prefix)
        return signature if signature is not None and bls.verify_aggregate([key.key], message, signature) else None


def _share_in(note: SignedNote, body: bytes, name: str, prefix: bytes) -> bytes | None:
    """The signature in the one line of an answer; None for anything else."""
    try:
        lines = SignedNote.parse(note.encode() + body).signatures[len(note.signatures) :]
    except Malformed:
        return None
    if len(lines) != 1 or lines[0].name != name or lines[0].key_id + lines[0].signature[:8] != prefix:
        return None
    return lines[0].signature[8:]
