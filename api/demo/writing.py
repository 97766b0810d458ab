"""Step 3 of the demo: trust bundle, status lists, anchor, holders' files, PDFs, code pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from api.commands.export import write_public
from api.demo.making import Item
from api.files import write_whole
from api.services.service import Service
from certs.documents.codes import code_png
from certs.documents.pdf import render_certificate_pdf
from certs.records import open_record
from verifier.code import encode_url

FOLDERS = ("certificates", "donations", "negative", "status-lists")


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
    """Rendering takes tens of milliseconds: in a thread, so that the service's loop stays free."""
    certificate = item.certificate
    code = encode_url(service.settings.code_host, certificate.statement)
    face = dict(open_record(certificate, service.makers.registry).values())
    pdf = render_certificate_pdf(
        certificate.kind,
        face,
        code_text=code,
        holder_file=data,
        issued_at=certificate.issued_at,
        specimen=True,
    )
    base = out / item.folder / item.stem
    write_whole(base.with_suffix(".mzc"), data)
    write_whole(base.with_suffix(".png"), code_png(code))
    write_whole(base.with_suffix(".pdf"), pdf)
