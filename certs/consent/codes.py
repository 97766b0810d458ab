"""Codes that holders are handed: activation codes, dynamic codes, printed cards and their PINs.

    activation  0A1B-2C3D-4E5F-6G7H    80 random bits, Crockford base32; the first half finds the row, the second proves
    dynamic     https://HOST/h#Dz0cN8p2Qk6vXw1yZ3aB5g    128 random bits, base64url
    card        MZ1C:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567…   128 random bits and 25 of a keyed check, base32

None carries anything about anybody, and none is kept: keyed hashes are. Each kind has a space of its own.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from certs.ports import LookupKey

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
ACTIVATION_BYTES: Final = 10
CODE_BYTES: Final = 16
CARD_PREFIX: Final = "MZ1C:"
_CARD: Final = re.compile(r"MZ1C:([A-Z2-7]{26})([A-Z2-7]{5})")
_DYNAMIC: Final = re.compile(r"(?:https://[a-z0-9.:-]{1,253}/h#)?([A-Za-z0-9_-]{22})")
_PIN: Final = re.compile(r"[0-9]{6}")
PIN_SALT: Final = 16
_SCRYPT: Final = {"n": 1 << 14, "r": 8, "p": 1}  # 16 MiB, about 50 ms: a million PINs take half a day and our key


def activation_code(random: bytes) -> str:
    """16 characters of 10 bytes, in four groups."""
    number = int.from_bytes(random, "big")
    text = "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(75, -5, -5))
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def read_activation(text: str) -> str | None:
    """The 16 characters of what somebody typed, None if it cannot be one. O is read as 0, I and L as 1."""
    bare = text.upper().replace("-", "").replace(" ", "").translate(_READ_AS)
    return bare if len(bare) == 16 and all(c in _CROCKFORD for c in bare) else None


def activation_tags(lookup: LookupKey, bare: str) -> tuple[bytes, bytes]:
    """(by which the row is found, what must agree), 32 bytes each. The second is bound to the first."""
    return lookup.hmac(f"activation\x1f{bare[:8]}"), lookup.hmac(f"activation-secret\x1f{bare}")


def activation_message(bare: str, public_key: bytes) -> bytes:
    """What a new device key signs to show that it is there: for this code and no other."""
    return b"mz-activate/1\x00" + bare.encode("ascii") + b"\x00" + public_key


def dynamic_code(random: bytes) -> str:
    """22 characters of 16 bytes."""
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def read_dynamic(scanned: str) -> str | None:
    """The 22 characters of a scanned code, with or without its address. The address is not looked at: a code is good
    here or nowhere."""
    match = _DYNAMIC.fullmatch(scanned)
    return None if match is None else match[1]


def dynamic_tag(lookup: LookupKey, code: str) -> bytes:
    """32 bytes."""
    return lookup.hmac(f"dynamic-code\x1f{code}")


def card_code(random: bytes, lookup: LookupKey) -> str:
    """The text of a card's symbol; all of it is in the alphanumeric mode of ISO/IEC 18004."""
    token = base64.b32encode(random).rstrip(b"=").decode()
    return CARD_PREFIX + token + _check(token, lookup)


def read_card(scanned: str, lookup: LookupKey) -> str | None:
    """The token of a card that this service made, None for anything else: nobody tries tokens on the database."""
    match = _CARD.fullmatch(scanned.upper())
    return match[1] if match is not None and _check(match[1], lookup) == match[2] else None


def _check(token: str, lookup: LookupKey) -> str:
    return base64.b32encode(lookup.hmac(f"card-check\x1f{token}")[:5]).decode()[:5]


def card_tag(lookup: LookupKey, token: str) -> bytes:
    """32 bytes."""
    return lookup.hmac(f"card\x1f{token}")


def is_pin(text: str) -> bool:
    """Six digits, and not all the same or in a row."""
    runs = "01234567890123456789", "98765432109876543210"
    return bool(_PIN.fullmatch(text)) and len(set(text)) > 1 and not any(text in run for run in runs)


def new_pin(random: bytes) -> str:
    """Six digits from 16 random bytes; the next number where they are too plain."""
    number = int.from_bytes(random, "big") % 1_000_000
    while not is_pin(f"{number:06d}"):
        number = (number + 7) % 1_000_000
    return f"{number:06d}"


def pin_tag(lookup: LookupKey, pin: str, salt: bytes, card: bytes) -> bytes:
    """salt 16 ‖ keyed hash 32 of the card's tag and a slow hash of the PIN. Takes 50 ms: call it in a thread.

    The slow hash is for who has the table and the key, the key for who has the table, the card's tag against moving it.
    """
    slow = hashlib.scrypt(pin.encode("ascii"), salt=salt, dklen=32, **_SCRYPT)
    return salt + lookup.hmac(f"card-pin\x1f{card.hex()}\x1f{slow.hex()}")
