"""DER (ITU-T X.690 section 10), strict: the encoding of X.509 certificates and of GB/T 38540 seals.

BER lets one value be written in many ways: long and indefinite lengths, padded integers, TRUE as any byte but 0,
strings in pieces. What is signed must have one encoding, so everything else is `Malformed`. The tree is built once, of
at most `MAX_DEPTH` levels and `MAX_NODES` elements.

    30 06 02 01 05 02 01 07     SEQUENCE { INTEGER 5, INTEGER 7 }
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final

from .errors import Malformed

FORMAT: Final = "der"
MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 16
MAX_NODES: Final = 16384
MAX_INTEGER: Final = 40  # bytes; a certificate's serial number has at most 20
MAX_OID: Final = 64  # bytes

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

_CONSTRUCTED: Final = 0x20
_OWN_CLASS: Final = 0xC0  # context-specific and the like: what it means only its place says
_PRINTABLE: Final = re.compile(rb"[A-Za-z0-9 '()+,\-./:=?]*")
_UTC: Final = re.compile(rb"\d{12}Z")
_GENERALIZED: Final = re.compile(rb"\d{14}Z")


def context(number: int, constructed: bool = True) -> int:
    """Identifier of the context-specific tag `[number]`; an EXPLICIT one is constructed."""
    return 0x80 | (_CONSTRUCTED if constructed else 0) | number


@dataclass(frozen=True, slots=True)
class Node:
    """One element. `tag`: its identifier byte; `raw`: all of its bytes; `content`: those after the length."""

    tag: int
    raw: bytes = field(repr=False)
    content: bytes = field(repr=False)
    children: tuple[Node, ...] = ()

    def integer(self) -> int:
        """Value of an INTEGER."""
        return int.from_bytes(self._of(INTEGER), "big", signed=True)

    def boolean(self) -> bool:
        """Value of a BOOLEAN."""
        return self._of(BOOLEAN) == b"\xff"

    def octets(self) -> bytes:
        """Content of an OCTET STRING."""
        return self._of(OCTET_STRING)

    def bits(self) -> bytes:
        """Bytes of a BIT STRING that is a whole number of them."""
        if self._of(BIT_STRING)[0]:
            raise Malformed(FORMAT, "bit-string", "not whole bytes")
        return self.content[1:]

    def flags(self) -> frozenset[int]:
        """Numbers of the bits that a named-bit BIT STRING sets. Its last bit is one (X.690 section 11.2.2)."""
        content = self._of(BIT_STRING)
        unused, data = content[0], content[1:]
        if (data or unused) and not (data and data[-1] >> unused & 1):
            raise Malformed(FORMAT, "bit-string", "named bits end with a zero")
        return frozenset(i for i in range(8 * len(data)) if data[i // 8] >> (7 - i % 8) & 1)

    def oid(self) -> str:
        """Dotted form of an OBJECT IDENTIFIER."""
        arcs = list(_arcs(self._of(OID)))
        root = min(arcs[0] // 40, 2)
        return ".".join(map(str, [root, arcs[0] - 40 * root, *arcs[1:]]))

    def text(self, tag: int) -> str:
        """Text of a string of that type (UTF8_STRING, PRINTABLE_STRING or IA5_STRING)."""
        return self._of(tag).decode("utf-8")

    def time(self, tag: int) -> int:
        """Seconds since 1970 of a UTC_TIME or GENERALIZED_TIME."""
        content = self._of(tag)
        return _seconds(_with_century(content) if tag == UTC_TIME else content.decode("ascii"))

    def _of(self, tag: int) -> bytes:
        if self.tag != tag:
            raise Malformed(FORMAT, "type", f"expected tag {tag:#04x}")
        return self.content


class Fields:
    """The members of a SEQUENCE, taken one after the other. Every failure is Malformed of the given format."""

    def __init__(self, format: str, node: Node, tag: int = SEQUENCE) -> None:
        self._format = format
        if node.tag != tag:
            raise Malformed(format, "type", f"expected tag {tag:#04x}")
        self._left = list(reversed(node.children))

    def take(self, tag: int) -> Node:
        """The next member, which must be of that tag."""
        found = self.optional(tag)
        if found is None:
            raise Malformed(self._format, "member", f"expected tag {tag:#04x}")
        return found

    def optional(self, tag: int) -> Node | None:
        """The next member if it is of that tag."""
        return self._left.pop() if self._left and self._left[-1].tag == tag else None

    def explicit(self, number: int) -> Node | None:
        """What the next member holds, if it is `[number] EXPLICIT`."""
        found = self.optional(context(number))
        if found is not None and len(found.children) != 1:
            raise Malformed(self._format, "explicit-tag")
        return None if found is None else found.children[0]

    def any(self) -> Node:
        """The next member, whatever it is."""
        if not self._left:
            raise Malformed(self._format, "member", "none is left")
        return self._left.pop()

    def all(self) -> Iterator[Node]:
        """Every member that is left."""
        while self._left:
            yield self._left.pop()

    def end(self) -> None:
        """Nothing may be left."""
        if self._left:
            raise Malformed(self._format, "unknown-member")


def parse(data: bytes, *, max_bytes: int = MAX_BYTES) -> Node:
    """The one element that fills `data`. Raises Malformed."""
    if len(data) > max_bytes:
        raise Malformed(FORMAT, "too-large", f"more than {max_bytes} bytes")
    left = [MAX_NODES]
    node, end = _node(data, 0, len(data), MAX_DEPTH, left)
    if end != len(data):
        raise Malformed(FORMAT, "trailing-data")
    return node


def _node(data: bytes, start: int, limit: int, depth: int, left: list[int]) -> tuple[Node, int]:
    if not left[0]:
        raise Malformed(FORMAT, "too-many", f"more than {MAX_NODES} elements")
    left[0] -= 1
    if start + 2 > limit:
        raise Malformed(FORMAT, "truncated")
    tag = data[start]
    if tag & 0x1F == 0x1F:
        raise Malformed(FORMAT, "high-tag")
    length, first = _length(data, start + 1, limit)
    end = first + length
    if end > limit:
        raise Malformed(FORMAT, "truncated")
    children: list[Node] = []
    if tag & _CONSTRUCTED:
        if not depth:
            raise Malformed(FORMAT, "too-deep")
        position = first
        while position < end:
            child, position = _node(data, position, end, depth - 1, left)
            children.append(child)
    node = Node(tag, data[start:end], data[first:end], tuple(children))
    if not tag & _OWN_CLASS:
        _check(node)
    return node, end


def _length(data: bytes, position: int, limit: int) -> tuple[int, int]:
    """(length, where the content begins), refusing every form longer than needed."""
    n = data[position]
    if n < 0x80:
        return n, position + 1
    end = position + 1 + (n & 0x7F)
    if n == 0x80:
        raise Malformed(FORMAT, "indefinite-length")
    if n > 0x84:
        raise Malformed(FORMAT, "length", "more than four bytes")
    if end > limit:
        raise Malformed(FORMAT, "truncated")
    length = int.from_bytes(data[position + 1 : end], "big")
    if length < 0x80 or data[position + 1] == 0:
        raise Malformed(FORMAT, "non-shortest")
    return length, end


def _check(node: Node) -> None:
    """The content of a universal type: canonical, and of a type that our formats have."""
    check = _CHECKS.get(node.tag)
    if check is None:
        raise Malformed(FORMAT, "type", "a type that is not used here, or a string in pieces")
    if node.tag == SET:
        encoded = [child.raw for child in node.children]
        if any(a >= b for a, b in pairwise(encoded)):
            raise Malformed(FORMAT, "set-order")
    check(node.content)


def _check_nothing(content: bytes) -> None:
    """Any bytes, or elements that were checked one by one."""


def _check_boolean(content: bytes) -> None:
    if content not in (b"\x00", b"\xff"):
        raise Malformed(FORMAT, "boolean")


def _check_null(content: bytes) -> None:
    if content:
        raise Malformed(FORMAT, "null")


def _check_oid(content: bytes) -> None:
    if not 0 < len(content) <= MAX_OID:
        raise Malformed(FORMAT, "oid", "length")
    for _ in _arcs(content):
        pass


def _check_integer(content: bytes) -> None:
    if not 0 < len(content) <= MAX_INTEGER:
        raise Malformed(FORMAT, "integer", "length")
    if len(content) > 1 and content[0] in (0x00, 0xFF) and (content[0] ^ content[1]) < 0x80:
        raise Malformed(FORMAT, "integer", "not minimal")


def _check_bits(content: bytes) -> None:
    if not content or content[0] > 7 or (content[0] and len(content) == 1):
        raise Malformed(FORMAT, "bit-string")
    if content[-1] & ((1 << content[0]) - 1) and len(content) > 1:
        raise Malformed(FORMAT, "bit-string", "unused bits are not zero")


def _check_printable(content: bytes) -> None:
    if _PRINTABLE.fullmatch(content) is None:
        raise Malformed(FORMAT, "text")


def _check_ia5(content: bytes) -> None:
    if not content.isascii():
        raise Malformed(FORMAT, "text")


def _check_utf8(content: bytes) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(FORMAT, "text") from None


def _check_utc(content: bytes) -> None:
    if _UTC.fullmatch(content) is None:
        raise Malformed(FORMAT, "time")
    _seconds(_with_century(content))


def _check_generalized(content: bytes) -> None:
    """Seconds are there, fractions are not, the zone is Z, and the moment exists."""
    if _GENERALIZED.fullmatch(content) is None:
        raise Malformed(FORMAT, "time")
    _seconds(content.decode("ascii"))


def _with_century(content: bytes) -> str:
    """Two digits of year are 1950 to 2049 (RFC 5280 section 4.1.2.5.1)."""
    return ("19" if content >= b"5" else "20") + content.decode("ascii")


def _seconds(text: str) -> int:
    """`YYYYMMDDhhmmssZ`. Raises Malformed for a moment that does not exist, a leap second among them."""
    parts = [int(text[:4]), *(int(text[i : i + 2]) for i in range(4, 14, 2))]
    try:
        moment = datetime(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])  # noqa: DTZ001 (UTC by format)
    except ValueError:
        raise Malformed(FORMAT, "time", "does not exist") from None
    return timegm(moment.timetuple())


def _arcs(content: bytes) -> Iterator[int]:
    """The numbers of an object identifier, the first two still as one. Raises Malformed for a padded or cut one."""
    value = 0
    begun = False
    for byte in content:
        if not begun and byte == 0x80:
            raise Malformed(FORMAT, "oid", "not minimal")
        value = value << 7 | byte & 0x7F
        begun = byte >= 0x80
        if not begun:
            yield value
            value = 0
    if begun:
        raise Malformed(FORMAT, "oid", "truncated")


_CHECKS: Final[dict[int, Callable[[bytes], None]]] = {
    BOOLEAN: _check_boolean,
    INTEGER: _check_integer,
    ENUMERATED: _check_integer,
    BIT_STRING: _check_bits,
    OCTET_STRING: _check_nothing,
    NULL: _check_null,
    OID: _check_oid,
    UTF8_STRING: _check_utf8,
    PRINTABLE_STRING: _check_printable,
    IA5_STRING: _check_ia5,
    UTC_TIME: _check_utc,
    GENERALIZED_TIME: _check_generalized,
    SEQUENCE: _check_nothing,
    SET: _check_nothing,
}
