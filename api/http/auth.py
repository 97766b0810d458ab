"""Who asks: bearer tokens of parties, and what each role may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request

from api.errors import Forbidden, Unauthenticated
from api.http.state import service_of
from api.services.parties import Principal


def bearer_token(header: str) -> str:
    """The token of an Authorization header. Raises Unauthenticated for anything else."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 128:
        raise Unauthenticated
    return token


def require(*roles: str) -> Callable[[Request], Awaitable[Principal]]:
    """Dependency: the authenticated party, if its role is one of `roles`."""

    async def dependency(request: Request) -> Principal:
        token = bearer_token(request.headers.get("authorization", ""))
        principal = await service_of(request).parties.authenticate(token)
        if principal.role not in roles:
            raise Forbidden
        return principal

    return dependency
