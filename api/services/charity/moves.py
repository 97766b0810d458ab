"""What became of one donation's fen, as a digest: it changes when something of them moved, and not else.

dCBOR [[state, book, outflow, fen] …] of the trace's portions in order, hashed with SM3: as of the last signed epochs,
so that who is told finds it on the page, and through every fund that the fen went on to. A payment is shared by many
donations: what is acknowledged of another's part moves nothing here.
"""

from __future__ import annotations

import asyncio

from api.errors import NotFound
from api.services.charity.traces import TraceService
from certs.errors import SealBroken
from verifier import cbor
from verifier.charity.follow import start_of
from verifier.charity.trace import trail
from verifier.charity.tracefile import Trace
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3


class Moves:
    """`api.services.charity.watching.StateOf`."""

    def __init__(self, traces: TraceService) -> None:
        self._traces = traces

    async def __call__(self, donation_id: bytes) -> bytes | None:
        try:
            traced = await self._traces.trace(donation_id)
        except (NotFound, VerifierError, SealBroken):  # used by more payments than a file may show, or a damaged row:
            return None  # nobody else's messages wait for it
        return None if traced.file is None else await asyncio.to_thread(digest, traced.file)


def digest(file: bytes) -> bytes:
    """Of a trace that this service has just made. Raises Malformed, ProofInvalid."""
    trace = Trace.parse(file)
    hop = trace.hops[0]
    claims = trace.epochs[hop.book].claims
    start, leaf = start_of(hop, claims), hop.inflow
    if hop.member is not None:
        start += hop.member.offset(claims.tree, hop.book, leaf)
        leaf = hop.member.leaf
    portions = trail(trace, (start, start + leaf.amount))
    return sm3(cbor.encode([[p.state.value, p.book, p.outflow, p.amount] for p in portions]))
