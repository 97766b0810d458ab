"""Who asks, of the offices: bearer tokens of parties, or their signatures, and what each role may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request

from api.db.repositories.clients import PARTY
from api.errors import Forbidden, Unauthenticated
from api.http.signed import client_certificate, has_signature, party_of
from api.http.state import service_of
from api.services.parties import Principal


def bearer_token(header: str) -> str:
    """The token of an Authorization header. Raises Unauthenticated for anything else."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 128:
        raise Unauthenticated
    return token


def require(*roles: str) -> Callable[[Request], Awaitable[Principal]]:
    """Dependency: the authenticated party, if its role is one of `roles`. A request with both a token and a signature
    is one that nobody of ours makes, and is refused."""

    async def dependency(request: Request) -> Principal:
        header = request.headers.get("authorization")
        if header is not None and has_signature(request):
            raise Unauthenticated
        principal = await _by_token(request, header) if header is not None else await _by_key(request)
        if principal.role not in roles:
            raise Forbidden
        return principal

    return dependency


async def _by_token(request: Request, header: str) -> Principal:
    return await service_of(request).parties.authenticate(bearer_token(header))


async def _by_key(request: Request) -> Principal:
    if not has_signature(request) and client_certificate(request) is None:
        raise Unauthenticated
    caller = await party_of(request)
    if caller.kind != PARTY:
        raise Forbidden
    return Principal(caller.uscc, caller.role, caller.keyid)
