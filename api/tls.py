"""TLS of the service's own socket: its certificate, and those of relying parties where a CA for them is set.

uvicorn does not tell the application who the peer is. The protocol here adds ASGI's "tls" extension to the scope, from
the handshake that was made on this very connection; a header cannot say so.
"""

from __future__ import annotations

import asyncio
import ssl

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import SettingsError
from api.settings import Settings


def server_context(settings: Settings) -> ssl.SSLContext | None:
    """The server's side of TLS; None if another server does it. Raises SettingsError.

    Certificates of clients are asked for and not demanded: browsers have none. One that is shown and that the CA did
    not sign, or that has run out, ends the handshake.
    """
    if settings.tls_cert is None and settings.tls_key is None:
        if settings.tls_client_ca is not None:
            raise SettingsError("MZ_TLS_CLIENT_CA needs MZ_TLS_CERT and MZ_TLS_KEY")
        return None
    if settings.tls_cert is None or settings.tls_key is None:
        raise SettingsError("MZ_TLS_CERT and MZ_TLS_KEY belong together")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=_no_password)
        if settings.tls_client_ca is not None:
            context.load_verify_locations(settings.tls_client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError):
        raise SettingsError("MZ_TLS_CERT, MZ_TLS_KEY or MZ_TLS_CLIENT_CA is no PEM file that can be read") from None
    return context


def _no_password() -> str:
    """Without this, OpenSSL asks on the terminal for the password of an encrypted key, and a service hangs."""
    raise SettingsError("MZ_TLS_KEY is encrypted: the service has nobody to ask")


class PeerProtocol(HttpToolsProtocol):
    """HTTP/1.1 of uvicorn; every request's scope says which certificate the client proved on its connection."""

    _peer: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        der = None if tls is None else tls.getpeercert(binary_form=True)
        self._peer = None if der is None else ssl.DER_cert_to_PEM_cert(der)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        chain = () if self._peer is None else (self._peer,)
        extension: dict[object, object] = {"client_cert_chain": chain, "client_cert_error": None}
        if self.scheme == "https":
            self.scope["extensions"] = {"tls": extension}
