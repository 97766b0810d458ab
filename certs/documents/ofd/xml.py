"""Markup that text cannot break out of.

Two types keep them apart: `str` is words, `Markup` is XML. Only `text` and `attribute` turn words into markup, and
both escape; whoever hands a name to something that takes Markup is stopped by the type checker.

    element("ofd:Title", text("<证> & “证”"))       <ofd:Title>&lt;证&gt; &amp; “证”</ofd:Title>
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NewType

from certs.documents.errors import RenderingFailed

Markup = NewType("Markup", str)

NAMESPACE: Final = "http://www.ofdspec.org/2016"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_SPECIAL: Final = re.compile(r"[&<>\"'\t\n\r]")
_ESCAPES: Final = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
}  # fmt: skip


def text(words: str) -> Markup:
    """Words as character data or as the value of an attribute. Raises RenderingFailed at what XML cannot carry.

    Quotes and line ends are escaped too: one function for both places, so that none is ever used in the wrong one.
    """
    if _FORBIDDEN.search(words):
        raise RenderingFailed("a character that XML cannot carry")
    return Markup(_SPECIAL.sub(lambda match: _ESCAPES[match[0]], words))


def element(name: str, *content: Markup, **attributes: str | int | float) -> Markup:
    """One element of the OFD namespace. `name` and the attributes' names are the program's own words.

    element("MaxUnitID", text("7"))                    <ofd:MaxUnitID>7</ofd:MaxUnitID>
    element("Page", ID=3, BaseLoc="Pages/Page_0")      <ofd:Page ID="3" BaseLoc="Pages/Page_0"/>
    """
    start = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items())
    if not content:
        return Markup(f"<ofd:{name}{start}/>")
    return Markup(f"<ofd:{name}{start}>{''.join(content)}</ofd:{name}>")


def _value(value: str | int | float) -> Markup:
    if isinstance(value, str):
        return text(value)
    return Markup(str(value)) if isinstance(value, int) else number(value)


def document(name: str, *content: Markup, **attributes: str | int | float) -> bytes:
    """A whole file: declaration and root element, which declares the namespace."""
    start = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items())
    body = "".join(content)
    return f'{_DECLARATION}<ofd:{name} xmlns:ofd="{NAMESPACE}"{start}>{body}</ofd:{name}>'.encode()


@lru_cache(maxsize=1 << 14)
def number(value: float) -> Markup:
    """Millimetres with at most four decimals, without exponent or trailing zeros: 3.8806, 12, -0.5."""
    digits = f"{value:.4f}".rstrip("0").rstrip(".")
    return Markup("0" if digits == "-0" else digits)


def numbers(*values: float) -> Markup:
    """An array or box as OFD writes them: "24 20.5 162 253"."""
    return Markup(" ".join(map(number, values)))
