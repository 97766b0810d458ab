"""What a stored transaction says, from its bytes alone: for the auditor, who believes no column beside them."""

from __future__ import annotations

from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from chain.audit.ports import TxFacts

_ANCHOR: Final = keccak(text="anchor(bytes32,uint64,bytes32,bytes32,bytes32[])")[:4]
_ARGUMENTS: Final = ("bytes32", "uint64", "bytes32", "bytes32", "bytes32[]")
# Places of (nonce, to, data) in the list of fields, and of the chain id where there is one: EIP-2718 envelopes and the
# form before them.
_PLACES: Final = {1: (1, 4, 6, 0), 2: (1, 5, 7, 0)}


def read_anchor_tx(raw: bytes) -> TxFacts | None:
    """Facts of a signed transaction that calls `anchor`; None if it is anything else."""
    try:
        kind = raw[0] if raw[:1] < b"\xc0" else 0
        fields: Any = rlp.decode(raw[1:] if kind else raw)
        nonce, to, data, chain = _PLACES[kind] if kind else (0, 3, 5, None)
        chain_id = _legacy(fields) if chain is None else int.from_bytes(fields[chain], "big")
        call = fields[data]
        if call[:4] != _ANCHOR:
            return None
        origin, size, root, note, _ = decode(_ARGUMENTS, call[4:])
    except (rlp.exceptions.RLPException, DecodingError, KeyError, IndexError, TypeError, ValueError, OverflowError):
        return None
    return TxFacts(keccak(raw), int.from_bytes(fields[nonce], "big"), chain_id, fields[to], origin, size, root, note)


def _legacy(fields: Any) -> int | None:
    """EIP-155 puts the chain id into v."""
    v = int.from_bytes(fields[6], "big")
    return (v - 35) // 2 if v >= 35 else None
