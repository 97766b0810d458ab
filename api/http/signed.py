"""Dependencies that say who asks: a party (signed request or mutual TLS), an administrator or a holder (signed).

    @router.post("/v1/match")
    async def match(request: Request, caller: Annotated[Caller, Depends(signed_party("verifier"))]) -> Response: ...

The body is read and its digest checked before the route runs; `await request.body()` in there costs nothing more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request

from api.db.repositories.clients import ADMINISTRATOR, HOLDER, PARTY
from api.errors import BodyTooLarge, Forbidden, SignatureRefused
from api.http.state import service_of
from api.services.clients import Caller
from verifier.errors import Malformed
from verifier.httpsig import SignedRequest, Target

MAX_SIGNED_BODY: Final = 64 << 20  # bytes, in memory; whoever sends more uses mutual TLS, or a token
UNASKED: Final = 64 << 10  # bytes of a body that are read before it is known whether a key of ours signed the request
Dependency = Callable[[Request], Awaitable[Caller]]

__all__ = ["Caller", "has_signature", "party_of", "signed_admin", "signed_holder", "signed_party"]


def signed_party(*roles: str) -> Dependency:
    """Dependency: the party that asks, if its role ("verifier", "registry" …) is one of `roles`; any without."""

    async def dependency(request: Request) -> Caller:
        return _allowed(await party_of(request), PARTY, roles)

    return dependency


def signed_admin(*roles: str) -> Dependency:
    """Dependency: the administrator who asks, if the role ("system", "security", "audit") is one of `roles`."""

    async def dependency(request: Request) -> Caller:
        return _allowed(await _by_signature(request), ADMINISTRATOR, roles)

    return dependency


def signed_holder() -> Dependency:
    """Dependency: the holder who asks."""

    async def dependency(request: Request) -> Caller:
        return _allowed(await _by_signature(request), HOLDER, ())

    return dependency


def has_signature(request: Request) -> bool:
    """Whether the request says that it is signed."""
    return "signature-input" in request.headers or "signature" in request.headers


async def party_of(request: Request) -> Caller:
    """Whoever signed, else whoever TLS proved. Raises SignatureRefused, Forbidden, RateLimited, BodyTooLarge."""
    if not has_signature(request):
        certificate = client_certificate(request)
        if certificate is not None:
            return await service_of(request).clients.by_certificate(hashlib.sha256(certificate).hexdigest())
    return await _by_signature(request)


def _allowed(caller: Caller, kind: str, roles: tuple[str, ...]) -> Caller:
    if caller.kind != kind or (roles and caller.role not in roles):
        raise Forbidden
    return caller


async def _by_signature(request: Request) -> Caller:
    if not has_signature(request):
        raise SignatureRefused("signature-missing")
    try:
        signed = SignedRequest.parse(
            _field(request, "signature-input") or "",
            _field(request, "signature") or "",
            _field(request, "content-digest"),
        )
    except Malformed:
        raise SignatureRefused("signature-malformed") from None
    clients, target = service_of(request).clients, target_of(request)
    if _length(request) > UNASKED:
        await clients.vouched(signed, target)
    return await clients.by_signature(signed, target, await request.body())


def _field(request: Request, name: str) -> str | None:
    """Lines of one name, joined as RFC 9421 §2.1 has it: two of them are a dictionary that the parser refuses."""
    lines = request.headers.getlist(name)
    return ", ".join(line.strip() for line in lines) if lines else None


def _length(request: Request) -> int:
    """Of the body, in bytes. Raises BodyTooLarge for one that is more than we hold, or comes without saying how much it
    is: whoever signs a body has it whole."""
    stated = request.headers.get("content-length", "")
    if "transfer-encoding" in request.headers and not stated:
        raise BodyTooLarge
    length = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 16 else 0
    if length > MAX_SIGNED_BODY:
        raise BodyTooLarge
    return length


def target_of(request: Request) -> Target:
    """What was asked for, as its signer must have seen it."""
    scope = request.scope
    path = scope.get("raw_path") or scope["path"].encode()
    return Target(
        scope["method"], _authority(request), path.partition(b"?")[0].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
    )  # fmt: skip


def _authority(request: Request) -> str:
    """The service's public name, whatever Host says: else a signature made for another service would be good here.

    One exception: a loopback address, asked for on the machine itself, names this service and no other.
    """
    settings = service_of(request).settings
    host = request.headers.get("host", "").lower()
    if not settings.behind_proxy and request.client is not None and _loopback(request.client.host):
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if name == "localhost" or _loopback(name.strip("[]")):
            return host.removesuffix(":80") if scheme_of(request) == "http" else host.removesuffix(":443")
    return settings.code_host.lower()


def scheme_of(request: Request) -> str:
    return str(request.scope.get("scheme", "http"))


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def client_certificate(request: Request) -> bytes | None:
    """DER of the certificate that the client proved, to us (ASGI's tls extension) or to the proxy (RFC 9440), or None.

    The header is anybody's words unless a proxy stands before us that removes it from what it takes.
    """
    settings = service_of(request).settings
    if settings.behind_proxy:
        return _forwarded(_field(request, "client-cert")) if settings.proxy_client_cert else None
    chain = request.scope.get("extensions", {}).get("tls", {}).get("client_cert_chain") or ()
    return ssl.PEM_cert_to_DER_cert(chain[0]) if chain else None


def _forwarded(field: str | None) -> bytes | None:
    """RFC 9440 §2.2: `:base64 of DER:`. Raises SignatureRefused for anything else."""
    if field is None:
        return None
    if len(field) < 3 or field[0] != ":" or field[-1] != ":":
        raise SignatureRefused("certificate-malformed")
    try:
        return base64.b64decode(field[1:-1], validate=True)
    except binascii.Error:
        raise SignatureRefused("certificate-malformed") from None
