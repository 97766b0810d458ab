"""Where a message may go: public addresses over https, for a party names the address and this service calls it.

Without this rule anyone who may register an endpoint could make the service knock inside the operator's network
(server-side request forgery). What counts is the address that is connected to, not the name: a name that was public
when it was registered may lead to 127.0.0.1 a minute later (DNS rebinding), so the check is made on each connection.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

MAX_URL: Final = 500  # characters
_PORTS: Final = (443, range(1024, 65536))  # below: mail, name service, shells; nobody listens for webhooks there
# IPv6 forms that a gateway takes to an IPv4 address, which may be one inside (RFC 4291 §2.5.5, 3056, 4380, 6052, 8215),
# and what older versions of the standard library take for global.
_NEVER: Final = tuple(
    ip_network(text)
    for text in (
        "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "fec0::/10", "192.0.0.0/24",
        "192.88.99.0/24",
    )
)  # fmt: skip


def acceptable(url: str, *, private: bool) -> bool:
    """Whether an endpoint may be registered at `url`, e.g. "https://hooks.bank.example/mz?x=1". Asks no name service.

    `private`: addresses that are not public are allowed too (closed networks).
    """
    if not (len(url) <= MAX_URL and url.isascii() and url.isprintable()) or any(c in ' \\"<>^`{|}' for c in url):
        return False
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or "#" in url:
        return False
    if port != _PORTS[0] and port not in _PORTS[1]:
        return False
    return private or _public_name(parts.hostname)


def _public_name(host: str) -> bool:
    """Not an address inside, not a name that resolvers keep for the inside. `is_public` decides on each connection."""
    try:
        return is_public(host)
    except ValueError:
        labels = host.rstrip(".").split(".")
        # A last label of digits is read as an IPv4 address in odd spelling ("127.1", "0x7f.1") by some resolvers.
        return len(labels) > 1 and not labels[-1][:1].isdigit() and labels[-1] not in ("localhost", "local", "internal")


def is_public(address: str) -> bool:
    """Whether an IP address may be called: not loopback, private, link-local (cloud metadata), shared, reserved or
    multicast, nor an IPv6 form that stands for an IPv4 address. Raises ValueError if it is no address.

    >>> is_public("169.254.169.254"), is_public("::ffff:10.0.0.1"), is_public("1.1.1.1")
    (False, False, True)
    """
    found = ip_address(address.partition("%")[0])
    return found.is_global and not (found.is_multicast or found.is_reserved or any(found in net for net in _NEVER))
