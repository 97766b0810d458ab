"""Keys under which a register's entries wait for the log and stand in it: 16 bytes, unique, never published.

    milliseconds UTC, 6 bytes big endian ‖ 10 bytes that nobody can guess, as in a UUID of version 7
    019b76da a800 00112233445566778899           of a certificate issued 2026-01-01, cti 00112233445566778899…

Both halves are stored with the record, so that a repeated attempt makes the same key and an auditor can derive it. Time
comes first for the log's sake: its index of keys grows at one end, however long the log is, where random keys would
each change a page somewhere in it.
"""

from __future__ import annotations

from typing import Final

from verifier.hazmat.sm3 import sm3

_EVENT: Final = b"mz-status-event\x00"
_ERASURE: Final = b"mz-erasure\x00"
_REGISTRATION: Final = b"mz-registration\x00"
_RENDITION: Final = b"mz-rendition\x00"
_ACCESS: Final = b"mz-access\x00"
_PURPOSES: Final = b"mz-purposes\x00"
_ACT: Final = b"mz-act\x00"
_EPOCH: Final = b"mz-fund-epoch\x00"


def certificate_idem(cti: bytes, issued_at: int) -> bytes:
    """Of the certificate's own entry. `issued_at`: seconds UTC, as stored."""
    return _milliseconds(issued_at) + cti[:10]


def event_idem(cti: bytes, at: int) -> bytes:
    """Of the entry of the certificate's status event. `at`: seconds UTC, as stored."""
    return _milliseconds(at) + sm3(_EVENT + cti)[:10]


def registration_idem(event_id: bytes, known_at: int) -> bytes:
    """Of the entry of a registration event. `known_at`: seconds UTC, as stored. `event_id` is a keyed hash, which
    nobody outside can make."""
    return _milliseconds(known_at) + sm3(_REGISTRATION + event_id)[:10]


def erasure_idem(cti: bytes, at: int) -> bytes:
    """Of the entry of the certificate's erasure receipt. `at`: seconds UTC, as stored."""
    return _milliseconds(at) + sm3(_ERASURE + cti)[:10]


def rendition_idem(digest: bytes, issued_at: int) -> bytes:
    """Of the entry of a rendition statement. `digest`: SM3 of the rendered bytes; `issued_at`: seconds UTC."""
    return _milliseconds(issued_at) + sm3(_RENDITION + digest)[:10]


def access_idem(request_id: bytes, at: int) -> bytes:
    """Of the entry of an access event. `at`: seconds UTC, as stored. The request's id is told to who asked, so a party
    could know the key of its own event; a key says nothing and is not published."""
    return _milliseconds(at) + sm3(_ACCESS + request_id)[:10]


def purposes_idem(version: int, at: int) -> bytes:
    """Of the entry of an approved purpose catalogue. `at`: seconds UTC of its approval, as stored."""
    return _milliseconds(at) + of_version(version)


def of_version(version: int) -> bytes:
    """The last 10 bytes of the key of that version of the purpose catalogue."""
    return sm3(_PURPOSES + version.to_bytes(8, "big"))[:10]


def act_idem(before: bytes, at: int) -> bytes:
    """Of the entry of an administrator's or the operator's act. `before`: body of the entry of the act before, b"" of
    the first: each act has one that follows it, and an auditor finds one that was taken out. `at`: as stored."""
    return _milliseconds(at) + follows_act(before)


def follows_act(before: bytes) -> bytes:
    """The last 10 bytes of the key of whatever act came after that entry."""
    return sm3(_ACT + before)[:10]


def epoch_idem(book: bytes, epoch: int, at: int) -> bytes:
    """Of the entry of a book's signed epoch. `at`: seconds UTC, as stored."""
    return _milliseconds(at) + sm3(_EPOCH + book + epoch.to_bytes(4, "big"))[:10]


def _milliseconds(seconds: int) -> bytes:
    return (1000 * seconds).to_bytes(6, "big")
