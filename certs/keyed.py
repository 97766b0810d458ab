"""Keyed hashes: the only form in which anything personal can be looked up.

Every text begins with what it is for, so that a hash made for one purpose never equals one made for another.
"""

from __future__ import annotations

import json
from typing import Any

from .kinds.base import Draft, Kind
from .ports import LookupKey

_SEP = "\x1f"


def business_key(lookup: LookupKey, kind: int, issuer: str, business_id: str) -> bytes:
    """Under this key one registration is issued once. 32 bytes."""
    return lookup.hmac(_SEP.join(("business", str(kind), issuer, business_id)))


def term_key(lookup: LookupKey, kind: int, term: str, value: str) -> bytes:
    """Under this key certificates are found by 字号, holder's document, receipt. 32 bytes."""
    return lookup.hmac(_SEP.join(("term", str(kind), term, value)))


def content_key(lookup: LookupKey, kind: Kind[Any], draft: Draft) -> bytes:
    """Equal for equal rows. Keyed, for a plain digest of a row could be guessed. 32 bytes."""
    content = json.dumps(kind.content(draft), ensure_ascii=False, separators=(",", ":"))
    return lookup.hmac(_SEP.join(("content", str(kind.number), content)))
