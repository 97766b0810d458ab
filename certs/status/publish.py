"""Building, signing and publishing status lists (Token Status List in CWT form).

One bit per certificate and no reason. A list says when it was made, until when it may be believed (`exp`) and how long
a cache may keep it (`ttl`); after `exp` a verifier answers INDETERMINATE, never "valid".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from certs.authority import Authorities, Authority, authority_of
from certs.errors import SelfCheckFailed
from certs.ports import StatusListState, UnitOfWork
from verifier.cose import encode_sign1, protected_header, sig_structure
from verifier.errors import VerifierError
from verifier.labels import TYP_STATUS_LIST
from verifier.policy import TrustBundle
from verifier.status_list import StatusList, encode_payload, pack_bits

DEFAULT_TTL: Final = 3600
DEFAULT_LIFETIME: Final = 86400
KEY_REVOKED: Final = "STATUS_KEY_REVOKED"


@dataclass(frozen=True, slots=True)
class StatusPolicy:
    """`base_uri` + list number is the list's address. `ttl` and `lifetime` in seconds."""

    base_uri: str
    ttl: int = DEFAULT_TTL
    lifetime: int = DEFAULT_LIFETIME

    def uri(self, number: int) -> str:
        """Address of a list. Sample: https://minzheng.example/v1/status-lists/1"""
        return f"{self.base_uri}{number}"


def sign_list(
    authority: Authority, uri: str, entries: int, not_valid: list[int], now: int, policy: StatusPolicy
) -> bytes:
    """A signed list. Raises SigningFailed."""
    signer = authority.list_signer
    payload = encode_payload(
        iss=authority.uscc,
        uri=uri,
        iat=now,
        exp=now + policy.lifetime,
        ttl=policy.ttl,
        lst=pack_bits(entries, not_valid),
    )
    protected = protected_header(signer.alg, signer.kid, TYP_STATUS_LIST)
    return encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))


def check_list(token: bytes, trust: TrustBundle) -> StatusList:
    """Our own list as a verifier reads it, by a key that the bundle allows for it. Raises SelfCheckFailed."""
    try:
        parsed = StatusList.parse(token)
        key = trust.issuer_key(parsed.iss, parsed.sign1.kid)
        if key is None or not key.status_lists or not key.not_before <= parsed.iat < key.not_after:
            raise SelfCheckFailed("STATUS_KEY_NOT_IN_TRUST_BUNDLE")
        if key.revoked_from is not None:
            raise SelfCheckFailed(KEY_REVOKED)
        if not parsed.sign1.verify(key.key):
            raise SelfCheckFailed("STATUS_SIGNATURE_INVALID")
    except VerifierError:
        raise SelfCheckFailed("STATUS_MALFORMED") from None
    return parsed


class StatusPublisher:
    """Publishes the lists of all authorities that are configured here."""

    def __init__(self, authorities: Authorities, trust: TrustBundle, policy: StatusPolicy) -> None:
        self._authorities = authorities
        self._trust = trust
        self.policy = policy

    async def publish(self, uow: UnitOfWork, now: int, *, only: Collection[int] | None = None) -> Mapping[int, bytes]:
        """Sign every list, or those in `only`, anew from the store's bits, and save it; the signed lists by number.

        Raises AuthorityUnknown for a list of an authority that is not here, SelfCheckFailed, SigningFailed.
        """
        wanted = [s for s in await uow.statuses.lists() if only is None or s.number in only]
        return {state.number: await self._publish_one(uow, state, now) for state in wanted}

    async def fresh(self, uow: UnitOfWork, number: int, now: int) -> bytes:
        """The list that is out, or a new one where there is none, it has run out, or its key was revoked."""
        token = await uow.statuses.token(number)
        if token is not None and self._in_force(token, now):
            return token
        state = next(s for s in await uow.statuses.lists() if s.number == number)
        return await self._publish_one(uow, state, now)

    def _in_force(self, token: bytes, now: int) -> bool:
        try:
            return now < check_list(token, self._trust).exp
        except SelfCheckFailed as failed:
            if failed.reason == KEY_REVOKED:
                return False
            raise

    async def _publish_one(self, uow: UnitOfWork, state: StatusListState, now: int) -> bytes:
        authority = authority_of(self._authorities, state.issuer)
        not_valid = list(await uow.statuses.invalid(state.number))
        token = sign_list(authority, self.policy.uri(state.number), state.size, not_valid, now, self.policy)
        check_list(token, self._trust)
        await uow.statuses.save(state.number, token, now, now + self.policy.lifetime)
        return token
