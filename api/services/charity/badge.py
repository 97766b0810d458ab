"""The badge that a charity sets on its own pages: totals of one fund under its last epoch, as an SVG.

A picture and nothing else: no script, no address, no font and nothing that differs between two readers, so a page that
shows it tells nobody about its visitors but that this service's caches were asked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH: Final = 320
HEIGHT: Final = 96
_ROOM: Final = 34  # half-width places of a line of the title
_WORDS: Final = {
    "zh": ("筹得", "已支出", "结余", "第 {epoch} 期签名账目 · {day}", " 元"),
    "en": ("Raised", "Spent", "Left", "Signed epoch {epoch} · {day}", " CNY"),
}


def badge(shown: Mapping[str, Any], lang: str) -> bytes:
    """SVG of an overview (`certs.charity.overview.Overview.shown` and its head). `lang` "zh" or "en"."""
    raised, spent, left, epoch, yuan = _WORDS[lang]
    title = _fit(shown["title"][lang])
    unit = shown["unit"]
    amounts = [_amount(shown["totals"][name], unit, yuan) for name in ("raised", "paid", "balance")]
    signed = epoch.format(epoch=shown["epoch"]["number"], day=shown["epoch"]["day"])
    figures = "".join(
        f'<text x="{12 + 102 * i}" y="48" font-size="11" fill="#3c4854">{escape(label)}</text>'
        f'<text x="{12 + 102 * i}" y="65" font-size="12" font-weight="700" fill="#16202b"'
        f"{_squeeze(text)}>{escape(text)}</text>"
        for i, (label, text) in enumerate(zip((raised, spent, left), amounts, strict=True))
    )
    words = escape(f"{title}: " + ", ".join(map(" ".join, zip((raised, spent, left), amounts, strict=True))))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' role="img" font-family="system-ui, sans-serif"><title>{words}</title>'
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" fill="#fff" stroke="#0b3d78"/>'
        f'<text x="12" y="25" font-size="15" font-weight="700" fill="#0b3d78">{escape(title)}</text>{figures}'
        f'<text x="12" y="86" font-size="11" fill="#3c4854">{escape(signed)}</text></svg>\n'
    ).encode()


def _amount(amount: int, unit: Mapping[str, str] | None, yuan: str) -> str:
    if unit is not None:
        return f"{amount:,} {unit['unit']}"
    return f"{amount // 100:,}.{amount % 100:02}{yuan}"


def _squeeze(text: str) -> str:
    """A long figure is set narrower, never cut: a figure without its last digits is another figure."""
    return ' textLength="94" lengthAdjust="spacingAndGlyphs"' if len(text) > 13 else ""


def _fit(text: str) -> str:
    room, kept = _ROOM, ""
    for character in text:
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 2:
            return kept + "…"
        kept += character
    return kept
