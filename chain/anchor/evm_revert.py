"""Why the contract refused, by the name of its error, out of the several ways in which nodes hand a revert over."""

from __future__ import annotations

import re
from ast import literal_eval
from functools import cache
from typing import Any, Final

from eth_utils.crypto import keccak

from contracts.loader import load_artifact

_PYTHON_BYTES: Final = re.compile(r"b(['\"]).*\1", re.DOTALL)


@cache
def _names() -> dict[bytes, str]:
    """Selector (4 bytes) to name of every error of the contract."""
    errors = load_artifact().error_types().items()
    return {bytes(keccak(f"{name}({','.join(types)})".encode()))[:4]: name for name, types in errors}


def revert_name(error: Exception) -> str | None:
    """E.g. "InconsistentHistory"; None if the error is no revert of ours.

    web3 has the returned data in `data`, JSON-RPC errors in their `data` member, eth-tester prints bytes into its text.
    """
    data = _data(error)
    return None if data is None else _names().get(data[:4])


def _data(error: Exception) -> bytes | None:
    response: Any = getattr(error, "rpc_response", None)
    detail = response.get("error") if isinstance(response, dict) else None
    candidates = [getattr(error, "data", None), detail.get("data") if isinstance(detail, dict) else None]
    for value in candidates:
        if isinstance(value, str) and re.fullmatch(r"0x([0-9a-fA-F]{2})*", value):
            return bytes.fromhex(value[2:])
    printed = _PYTHON_BYTES.search(str(error))
    if printed is None:
        return None
    try:
        value = literal_eval(printed[0])
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, bytes) else None
