"""Beneficiaries in public events: a salted commitment, never a name, and no number that anybody could try out.

    commitment = HMAC-SM3(salt 32, "mz-beneficiary" ‖ 0 ‖ what the charity wrote of the beneficiary)

Name and salt are sealed with the event. Two payments to one person have two commitments that nothing joins; who has
name and salt (the charity, an auditor it shows them to) can open one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from certs.ports import Entropy
from verifier.hazmat.sm3 import hmac_sm3

SALT: Final = 32
NAME: Final = "beneficiary"
SALTED: Final = "beneficiary_salt"
_DOMAIN: Final = b"mz-beneficiary\x00"


def commitment(salt: bytes, text: str) -> bytes:
    """32 bytes that say nothing without the salt."""
    return hmac_sm3(salt, _DOMAIN + text.encode())


def hidden(act: Mapping[str, Any], notes: Mapping[str, str], entropy: Entropy) -> tuple[dict[str, Any], dict[str, str]]:
    """The act with a commitment to the beneficiary that its notes name, and the notes with the salt; both as they are
    for any other act, and for one that brings a commitment of its own."""
    if act["kind"] != "acknowledged" or act.get(NAME) is not None or not notes.get(NAME):
        return dict(act), dict(notes)
    salt = entropy(SALT)
    return {**act, NAME: commitment(salt, notes[NAME]).hex()}, {**notes, SALTED: salt.hex()}
