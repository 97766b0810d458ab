"""SM3 (GB/T 32905-2016): hashlib where it passes the known answers, pure Python elsewhere; the same bytes.

`leaf_hash` and `node_hash` are the domain-separated hashes of RFC 9162 §2.1.1 with SM3 in SHA-256's place.
`prefixed(prefix)` gives a function that hashes prefix || data; SM2 uses it with ZA.
"""

from __future__ import annotations

try:
    from ._sm3_hashlib import hmac_sm3, leaf_hash, node_hash, prefixed, sm3

    BACKEND = "hashlib"
except ImportError:
    from ._sm3_pure import hmac_sm3, leaf_hash, node_hash, prefixed, sm3

    BACKEND = "pure"

DIGEST_SIZE = 32

__all__ = ["BACKEND", "DIGEST_SIZE", "hmac_sm3", "leaf_hash", "node_hash", "prefixed", "sm3"]
