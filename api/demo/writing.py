"""Step 3 of the demo: trust bundle, status lists, anchor, holders' files, documents, code pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.commands.common import operator
from api.commands.export import write_public
from api.demo.making import Item
from api.files import write_whole
from api.services.documents import FORMATS, Order, Prepared
from api.services.service import Service
from certs.documents.codes import code_png
from verifier.code import encode_url

FOLDERS = ("certificates", "divorces", "donations", "others", "negative", "status-lists")


@dataclass(frozen=True, slots=True)
class Made:
    """A document whose statement is on its way into the log. `suffix`: pdf or ofd."""

    item: Item
    suffix: str
    prepared: Prepared


async def write_all(
    service: Service, items: Sequence[Item], anchored: int, out: Path, progress: Callable[[], None]
) -> None:
    """Everything a stranger gets, under names that say nothing. Written whole or not at all, file by file."""
    for folder in FOLDERS:
        (out / folder).mkdir(parents=True, exist_ok=True)
        for leftover in (out / folder).glob(".*.part"):  # of a run that was killed
            leftover.unlink()
    await write_public(service, out)
    for item in items:
        # One tree size for all files: then one anchor.cbor takes every one of them to level L5.
        data = await service.files.build(item.certificate, size=anchored)
        await asyncio.to_thread(_write, service, item, data, out)
        progress()


def _write(service: Service, item: Item, data: bytes, out: Path) -> None:
    """In a thread, so that the service's loop stays free."""
    base = out / item.folder / item.stem
    write_whole(base.with_suffix(".mzc"), data)
    write_whole(base.with_suffix(".png"), code_png(encode_url(service.settings.code_host, item.certificate.statement)))


async def prepare_all(service: Service, items: Sequence[Item], progress: Callable[[], None]) -> list[Made]:
    """PDF and OFD of every certificate that has not ended, their statements waiting for the log."""
    made = []
    for item in items:
        if not item.valid:
            continue
        for suffix, media in FORMATS.items():
            prepared = await service.documents.prepare(operator, item.certificate.cti, Order(media))
            made.append(Made(item, suffix, prepared))
        progress()
    return made


async def write_documents(service: Service, documents: Sequence[Made], out: Path) -> None:
    """With the receipts that their statements have by now."""
    for made in documents:
        data = await service.documents.finish(made.prepared)
        write_whole((out / made.item.folder / made.item.stem).with_suffix(f".{made.suffix}"), data)
