"""`mzt export`: trust bundle, status lists, checkpoint, anchor and holders' files as files in a directory."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, out
from api.errors import BadRequest
from api.files import write_durably
from api.services.service import Service
from api.settings import Settings
from chain.errors import AnchorFault, NotInLog
from verifier.credential import HolderFile
from verifier.receipt import Receipt


async def export(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write the public artefacts, and the holder's file of every certificate named by --cti, with its anchor."""
    directory = Path(arguments.directory)
    directory.mkdir(parents=True, exist_ok=True)
    async with open_service(settings) as service:
        await write_public(service, directory)
        for text in arguments.cti:
            await _write_file(service, directory, text)
    out.print(f"written to {directory}", highlight=False)
    return EXIT_OK


async def write_public(service: Service, directory: Path) -> None:
    """trust-bundle.cbor, status-list.cbor, status-lists/<n>.cbor, checkpoint.txt, anchor.cbor, anchor-proof.cbor.

    checkpoint.txt has the lines of every witness that cosigned it.
    status-list.cbor holds every issuer's list, one behind the other (a CBOR sequence): all that `mz-verify` needs.
    """
    write_durably(directory / "trust-bundle.cbor", (await service.trust.latest()).signed)
    lists = directory / "status-lists"
    lists.mkdir(exist_ok=True)
    async with service.database.read() as work:
        states = await work.statuses.lists()
    signed = [(await service.publishing.latest(state.number)).signed for state in states]
    for state, token in zip(states, signed, strict=True):
        write_durably(lists / f"{state.number}.cbor", token)
    write_durably(directory / "status-list.cbor", b"".join(signed))
    try:
        write_durably(directory / "checkpoint.txt", await service.proofs.note())
        write_durably(directory / "anchor.cbor", (await service.anchors.observation()).encode())
        if service.chain.capabilities().finality_proof:
            write_durably(directory / "anchor-proof.cbor", await service.anchors.proof())
    except (NotInLog, AnchorFault) as missing:  # an instance that has not anchored yet can be exported all the same
        out.print(f"left out: {missing}", highlight=False)


async def _write_file(service: Service, directory: Path, cti: str) -> None:
    try:
        wanted = bytes.fromhex(cti)
    except ValueError:
        raise BadRequest("bad-parameter", "cti", "32 hexadecimal digits") from None
    async with service.database.read() as work:
        found = await work.certificates.get(wanted)
    if found is None:
        raise BadRequest("bad-parameter", "cti", "no such certificate")
    data = await service.files.build(found)
    write_durably(directory / f"{cti}.mzc", data, 0o600)
    for receipt in HolderFile.parse(data).receipts:
        await _write_anchor(service, directory, Receipt.parse(receipt).size)


async def _write_anchor(service: Service, directory: Path, size: int) -> None:
    """anchors/<size>.cbor and .proof.cbor: what takes a file to level L5. Named by the size, as in a log's export: the
    same for every certificate of that checkpoint."""
    anchors = directory / "anchors"
    anchors.mkdir(exist_ok=True)
    try:
        write_durably(anchors / f"{size}.cbor", (await service.anchors.observation(size)).encode())
        if service.chain.capabilities().finality_proof:
            write_durably(anchors / f"{size}.proof.cbor", await service.anchors.proof(size))
    except (NotInLog, AnchorFault) as missing:
        out.print(f"left out: the anchor of size {size}: {missing}", highlight=False)
