"""PKCS#11 URIs (RFC 7512), as far as they name one private key and how to reach it.

    pkcs11:token=registry;object=office-1;type=private?module-path=/usr/lib/vendor.so&pin-source=file:/run/mzt/pin
        &mzt-mechanism=0x80000105

`mzt-mechanism` is ours (RFC 7512 section 2.4 leaves room for it): the number under which the vendor signs an SM3 digest
with SM2, since no version of the standard has one. `pin-value` is refused: a URI stands in the database and in logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from certs.errors import SignerUnavailable

_PATH: Final = frozenset({"token", "object", "id", "type"})
_QUERY: Final = frozenset({"module-path", "pin-source", "mzt-mechanism"})
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,8}")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
_ESCAPE: Final = re.compile(rb"%([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Where a key is. At least one of `label` and `id` is given; `mechanism` is a CK_MECHANISM_TYPE."""

    token: str
    label: str | None
    id: bytes | None
    module: str
    pin_file: Path = field(repr=False)
    mechanism: int

    @classmethod
    def parse(cls, rest: str) -> TokenKey:
        """From what follows `pkcs11:`. Raises SignerUnavailable, which says what is missing and never a value."""
        path, _, query = rest.partition("?")
        named = _attributes(path, ";", _PATH) | _attributes(query, "&", _QUERY)
        for needed in ("token", "module-path", "pin-source", "mzt-mechanism"):
            if not named.get(needed):
                raise SignerUnavailable(f"pkcs11: needs {needed}")
        if "object" not in named and "id" not in named:
            raise SignerUnavailable("pkcs11: needs object or id")
        if named.get("type", b"private") != b"private":
            raise SignerUnavailable("pkcs11: type must be private")
        mechanism = _text(named, "mzt-mechanism")
        if not _NUMBER.fullmatch(mechanism):
            raise SignerUnavailable("pkcs11: mzt-mechanism is a number such as 0x80000105")
        module = _text(named, "module-path")
        if not Path(module).is_absolute():
            raise SignerUnavailable("pkcs11: module-path must be absolute")
        label = _text(named, "object") if "object" in named else None
        return cls(_text(named, "token"), label, named.get("id"), module, _pin(named), int(mechanism, 16))


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise SignerUnavailable("pkcs11: a PIN must not stand in a URI; use pin-source")
        if not equals or name not in known or name in found or _BAD_ESCAPE.search(value):
            raise SignerUnavailable("pkcs11: an attribute that is unknown, double or not well formed")
        found[name] = _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), value.encode())
    return found


def _text(named: dict[str, bytes], name: str) -> str:
    try:
        return named[name].decode("utf-8")
    except UnicodeDecodeError:
        raise SignerUnavailable(f"pkcs11: {name} is not UTF-8") from None


def _pin(named: dict[str, bytes]) -> Path:
    source = _text(named, "pin-source")
    path = Path(source.removeprefix("file:").removeprefix("//"))
    if not source.startswith(("file:/", "/")) or not path.is_absolute():
        raise SignerUnavailable("pkcs11: pin-source must be file:/ and a path")
    return path
