"""The XML files of an OFD package (GB/T 33190), read with no more of XML than they need.

One namespace, UTF-8, elements, attributes, character data. A document type would bring entities, and with them files
of others and texts that grow without end; processing instructions and comments would bring words that one reader sees
and another does not. All of them are refused, and so are names beyond ASCII: no name of the standard is, and readers
disagree on which letters a name may have.

    <ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.0" DocType="OFD">…</ofd:OFD>
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from .errors import Malformed

FORMAT: Final = "ofd"
NAMESPACE: Final = "http://www.ofdspec.org/2016"
MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 12
MAX_ELEMENTS: Final = 4096
_SEPARATOR: Final = " "


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the OFD namespace. `text`: its own character data; "" if it has children."""

    name: str
    attributes: Mapping[str, str]
    children: tuple[Element, ...]
    text: str

    def all(self, name: str) -> tuple[Element, ...]:
        """Children of that name, in order."""
        return tuple(child for child in self.children if child.name == name)

    def maybe(self, name: str) -> Element | None:
        """The child of that name, of which there is at most one. Raises Malformed."""
        found = self.all(name)
        if len(found) > 1:
            raise Malformed(FORMAT, "repeated", name)
        return found[0] if found else None

    def one(self, name: str) -> Element:
        """The child of that name. Raises Malformed."""
        found = self.maybe(name)
        if found is None:
            raise Malformed(FORMAT, "missing", name)
        return found

    def attribute(self, name: str) -> str:
        """The value of that attribute. Raises Malformed."""
        value = self.attributes.get(name)
        if value is None:
            raise Malformed(FORMAT, "missing", f"attribute {name}")
        return value

    def only(self, children: Collection[str], attributes: Collection[str] = ()) -> None:
        """Nothing but these names. Raises Malformed."""
        if any(child.name not in children for child in self.children) or not set(self.attributes) <= set(attributes):
            raise Malformed(FORMAT, "unknown-member", f"in {self.name}")


def parse(data: bytes, root: str) -> Element:
    """The root element, which must be of that name. Raises Malformed."""
    if len(data) > MAX_BYTES:
        raise Malformed(FORMAT, "too-large", f"more than {MAX_BYTES} bytes")
    if not data.startswith(b"<"):  # a byte order mark announces another encoding than ours
        raise Malformed(FORMAT, "xml", "expected UTF-8 without a mark")
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError:
        raise Malformed(FORMAT, "xml", "not well-formed") from None
    element = builder.roots[0]
    if element.name != root:
        raise Malformed(FORMAT, "root", f"expected {root}")
    return element


@dataclass(slots=True)
class _Open:
    """An element whose end has not been seen."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element]
    text: list[str]

    def close(self) -> Element:
        text = "".join(self.text)
        if self.children:
            if text.strip(" \t\r\n"):
                raise Malformed(FORMAT, "mixed-content", f"in {self.name}")
            text = ""
        return Element(self.name, self.attributes, tuple(self.children), text)


class _Builder:
    """Takes what expat reports. An error raised in a handler ends the parsing and reaches the caller."""

    def __init__(self) -> None:
        self.roots: list[Element] = []
        self._open: list[_Open] = []
        self._count = 0
        self.parser = parser = expat.ParserCreate("UTF-8", _SEPARATOR)
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ProcessingInstructionHandler = self._refuse
        parser.CommentHandler = self._refuse
        parser.StartCdataSectionHandler = self._refuse
        parser.StartNamespaceDeclHandler = self._prefix
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if version != "1.0" or encoding is None or encoding.upper() != "UTF-8":
            raise Malformed(FORMAT, "xml", "expected version 1.0 in UTF-8")

    def _refuse(self, *_: object) -> None:
        raise Malformed(FORMAT, "xml", "a document type, instruction, comment or CDATA section")

    def _prefix(self, prefix: str | None, _: str | None) -> None:
        if prefix is not None and not prefix.isascii():
            raise Malformed(FORMAT, "xml", "a name beyond ASCII")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) == MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise Malformed(FORMAT, "xml", "too deep or too many elements")
        namespace, separator, local = name.partition(_SEPARATOR)
        if not separator or namespace != NAMESPACE or any(_SEPARATOR in key for key in attributes):
            raise Malformed(FORMAT, "namespace")
        if not local.isascii() or not all(key.isascii() for key in attributes):
            raise Malformed(FORMAT, "xml", "a name beyond ASCII")
        self._open.append(_Open(local, attributes, [], []))

    def _end(self, _: str) -> None:
        element = self._open.pop().close()
        (self._open[-1].children if self._open else self.roots).append(element)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)
