"""The page of a card, typeset in a thread."""

from __future__ import annotations

import asyncio

from certs.documents.card import card_pdf


async def card_page(card: str, host: str, now: int) -> bytes:
    """PDF. Raises CodeError, RenderingFailed."""
    return await asyncio.to_thread(card_pdf, card, host, now)
