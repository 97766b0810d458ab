"""Keyed hashes of the charity ledger, and what binds its sealed bytes to their rows.

A donor's pseudonym is the beginning of the donor's tag *in one fund*: two gifts to one fund are seen to be one donor's,
gifts to two funds are not. Who is anonymous has no tag, so that nothing joins two anonymous gifts either.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from certs.ports import LookupKey

PSEUDONYM: Final = 16
_SEP: Final = "\x1f"


def event_key(lookup: LookupKey, charity: str, book: bytes, reference: str) -> bytes:
    """Under this key an event of a book is recorded once. `reference`: the charity's own number of it. 32 bytes."""
    return lookup.hmac(_SEP.join(("charity-event", charity, book.hex(), reference)))


def own_event_key(lookup: LookupKey, book: bytes, seq: int) -> bytes:
    """The same of an event that the service adds by itself, such as the donations' entry. 32 bytes."""
    return lookup.hmac(_SEP.join(("charity-own-event", book.hex(), str(seq))))


def number_tag(lookup: LookupKey, charity: str, donation_no: str) -> bytes:
    """Under this key a donation is recorded once, whichever of the charity's funds it is for. 32 bytes."""
    return lookup.hmac(_SEP.join(("charity-donation", charity, donation_no)))


def bank_tag(lookup: LookupKey, charity: str, reference: str) -> bytes:
    """Of a credit on the charity's account: one credit, one donation, one row of the statement. 32 bytes."""
    return lookup.hmac(_SEP.join(("charity-bank", charity, plain_reference(reference))))


def plain_reference(reference: str) -> str:
    """A bank's reference without width, case and spaces: else who writes it in another way books one credit twice.

    >>> plain_reference("ＢＫ 2026-0017")
    'bk2026-0017'
    """
    return "".join(unicodedata.normalize("NFKC", reference).casefold().split())


def donor_tag(lookup: LookupKey, book: bytes, identity: str) -> bytes:
    """Of a donor within one fund; its first PSEUDONYM bytes are the public pseudonym. 32 bytes."""
    return lookup.hmac(_SEP.join(("charity-donor", book.hex(), identity)))


def donation_aad(donation_id: bytes) -> bytes:
    """What binds a sealed donation to its row."""
    return b"mz-charity-donation/1\x00" + donation_id


def charity_event_aad(book_id: bytes, seq: int) -> bytes:
    """What binds the sealed part of an event to its place in its book."""
    return b"mz-charity-event/1\x00" + book_id + seq.to_bytes(4, "big")
