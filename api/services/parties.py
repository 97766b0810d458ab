"""Parties and their access tokens.

A token is `mzt_<16 hex id>_<43 base64url secret>`: 256 random bits, shown once, kept as a keyed hash only. The id half
is how it is found, so that the secret half is compared and never searched for.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass

from api.db.repositories.parties import Party
from api.db.uow import Database
from api.errors import NotFound, Unauthenticated
from certs.ports import Clock, Entropy, LookupKey

_TOKEN = re.compile(r"mzt_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY = b"\x00" * 32  # compared with when the id is unknown, so that both refusals take the same way


OPERATOR = "operator"
"""Role of whoever runs `mzt` on the machine itself. No token can have it: the database refuses the word."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as far as every later decision is concerned. `uscc` is the only issuer it may act for."""

    uscc: str
    role: str
    token_id: str

    def acts_for(self, issuer: str) -> bool:
        """Whether it may issue, see and end what that issuer signs."""
        return self.role == OPERATOR or self.uscc == issuer


class PartyService:
    def __init__(self, database: Database, key: LookupKey, clock: Clock, entropy: Entropy) -> None:
        self._database, self._key, self._clock, self._entropy = database, key, clock, entropy

    async def authenticate(self, token: str) -> Principal:
        """Raises Unauthenticated, for every reason alike."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise Unauthenticated
        async with self._database.read() as work:
            row = await work.parties.token(match[1])
        expected = _NOBODY if row is None else row.secret_tag
        same = hmac.compare_digest(self._tag(match[2]), expected)
        if row is None or not same or row.revoked_at is not None or self._clock() >= row.expires_at:
            raise Unauthenticated
        return Principal(row.party.uscc, row.party.role, row.token_id)

    async def add(self, party: Party) -> None:
        """Register an organisation; one that is known keeps its role and names."""
        async with self._database.write() as work:
            await work.parties.add(party, self._clock())

    def new_token(self) -> str:
        """A token that is not good yet."""
        secret = base64.urlsafe_b64encode(self._entropy(32)).rstrip(b"=").decode()
        return f"mzt_{self._entropy(8).hex()}_{secret}"

    async def create_token(self, uscc: str, lifetime: int) -> str:
        """A new token good for `lifetime` seconds; its text cannot be had again. Raises NotFound (unknown party)."""
        async with self._database.read() as work:
            if await work.parties.get(uscc) is None:
                raise NotFound
        token = self.new_token()
        await self.adopt_token(token, uscc, lifetime)
        return token

    async def adopt_token(self, token: str, uscc: str, lifetime: int) -> None:
        """Make a token that stands in a file already good (initialisation that was cut short). Harmless if it is."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise Unauthenticated
        now = self._clock()
        async with self._database.write() as work:
            if await work.parties.token(match[1]) is None:
                await work.parties.add_token(match[1], uscc, self._tag(match[2]), now, now + lifetime)

    async def revoke_token(self, token_id: str) -> None:
        """Raises NotFound if there is no such token in force."""
        async with self._database.write() as work:
            if not await work.parties.revoke_token(token_id, self._clock()):
                raise NotFound

    def _tag(self, secret: str) -> bytes:
        return self._key.hmac(f"token\x1f{secret}")
