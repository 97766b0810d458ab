"""A donor's wish to be told when something moves: where to, and the token that confirms and ends it.

    sealed     dCBOR {1: 1, 2: address or URL text, 3: signing secret 32 or null, 4: token 16}
    tag        HMAC("charity-watch\\x1f" ‖ hex of watch id ‖ "\\x1f" ‖ hex of token): finds nobody, proves the token

The token lets whoever reads the mailbox confirm or end the watch, and nothing else: it opens no donation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from certs.errors import SealBroken
from certs.ports import LookupKey, Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed

Channel = Literal["mail", "webhook"]
TOKEN_BYTES: Final = 16
MAX_MAIL: Final = 254  # characters, RFC 5321 section 4.5.3.1.3
_VERSION: Final = 1
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The dot-atom of RFC 5322 before a host name, ASCII: no quoting, so nothing in it can end a header or a command.
_ATOM: Final = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAIL: Final = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Contact:
    """`address`: of a mailbox or a webhook; `secret` signs what a webhook gets."""

    address: str = field(repr=False)
    token: bytes = field(repr=False)
    secret: bytes | None = field(default=None, repr=False)


def is_mail_address(text: str) -> bool:
    """
    >>> is_mail_address("donor@example.org"), is_mail_address("donor@example.org\\nBcc: x@example.org")
    (True, False)
    """
    return len(text) <= MAX_MAIL and _MAIL.fullmatch(text) is not None


def watch_aad(watch_id: bytes, donation_id: bytes, channel: str) -> bytes:
    """What binds a contact to its row: moved to another donation it does not open."""
    return b"mz-charity-watch/1\x00" + cbor.encode([watch_id, donation_id, channel])


def token_tag(lookup: LookupKey, watch_id: bytes, token: bytes) -> bytes:
    """32 bytes by which a presented token is compared."""
    return lookup.hmac(f"charity-watch\x1f{watch_id.hex()}\x1f{token.hex()}")


def address_tag(lookup: LookupKey, channel: str, address: str) -> bytes:
    """32 bytes by which watches of one address are counted. Mailboxes in any case are one."""
    return lookup.hmac(f"charity-watcher\x1f{channel}\x1f{address.lower()}")


def seal_contact(sealer: Sealer, contact: Contact, aad: bytes) -> Sealed:
    return sealer.seal(cbor.encode({1: _VERSION, 2: contact.address, 3: contact.secret, 4: contact.token}), aad)


def open_contact(sealer: Sealer, sealed: Sealed, aad: bytes) -> Contact:
    """Raises SealBroken, SealingKeyMissing."""
    try:
        m: dict[int, Any] = cbor.decode(sealer.open(sealed, aad))
        if m[1] != _VERSION or len(m[4]) != TOKEN_BYTES or not isinstance(m[2], str):
            raise SealBroken("the sealed contact has another format")
        return Contact(m[2], m[4], m[3])
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed contact has another format") from None
