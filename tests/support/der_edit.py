"""DER by hand: encoding, and changing one element of an encoded tree, for what no honest encoder writes."""

from __future__ import annotations

from verifier import der


def tlv(tag: int, content: bytes) -> bytes:
    """An element with the shortest length."""
    n = len(content)
    if n < 0x80:
        return bytes((tag, n)) + content
    length = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def seq(*members: bytes) -> bytes:
    return tlv(der.SEQUENCE, b"".join(members))


def octets(data: bytes) -> bytes:
    return tlv(der.OCTET_STRING, data)


def bits(data: bytes) -> bytes:
    return tlv(der.BIT_STRING, b"\x00" + data)


def integer(value: int) -> bytes:
    return tlv(der.INTEGER, value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in (first * 40 + second, *rest):
        chunk = bytes((arc & 0x7F,))
        while arc := arc >> 7:
            chunk = bytes((0x80 | arc & 0x7F,)) + chunk
        content += chunk
    return tlv(der.OID, content)


def at(data: bytes, *path: int) -> bytes:
    """Encoding of the element at that path of member numbers."""
    node = der.parse(data)
    for index in path:
        node = node.children[index]
    return node.raw


def changed(data: bytes, path: tuple[int, ...], raw: bytes) -> bytes:
    """The tree with `raw` in the place of the element at that path; lengths above it are made right."""
    if not path:
        return raw
    node = der.parse(data)
    members = [child.raw for child in node.children]
    members[path[0]] = changed(members[path[0]], path[1:], raw)
    return tlv(node.tag, b"".join(members))
