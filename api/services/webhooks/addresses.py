"""Where a message may go: public addresses over https, for a party names the address and this service calls it.

Without this rule anyone who may register an endpoint could make the service knock inside the operator's network
(server-side request forgery). What counts is the address that is connected to, not the name: a name that was public
when it was registered may lead to 127.0.0.1 a minute later (DNS rebinding), so the check is made on each connection.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

MAX_URL: Final = 500  # characters
_PORTS: Final = (443, range(1024, 65536))  # below: mail, name service, shells; nobody listens for webhooks there
_NAT64: Final = IPv6Network("64:ff9b::/96")


def acceptable(url: str, *, private: bool) -> bool:
    """Whether an endpoint may be registered at `url`, e.g. "https://hooks.bank.example/mz?x=1". Asks no name service.

    `private`: addresses that are not public are allowed too (closed networks).
    """
    if not (len(url) <= MAX_URL and url.isascii() and url.isprintable()) or any(c in ' \\"<>^`{|}' for c in url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port or 443
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
    """Whether an IP address may be called: not loopback, private, link-local (cloud metadata), shared, reserved,
    multicast, nor an IPv6 form that a gateway takes to such an IPv4 address. Raises ValueError if it is none.

    >>> is_public("169.254.169.254"), is_public("::ffff:10.0.0.1"), is_public("1.1.1.1")
    (False, False, True)
    """
    found = ip_address(address.partition("%")[0])
    return all(a.is_global and not (a.is_multicast or a.is_reserved) for a in (found, *_inside(found)))


def _inside(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """IPv4 addresses that an IPv6 address stands for (RFC 4291 §2.5.5, 3056, 4380, 6052)."""
    if isinstance(address, IPv4Address):
        return ()
    teredo = address.teredo or ()
    nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return tuple(a for a in (address.ipv4_mapped, address.sixtofour, *teredo, nat64) if a is not None)
