"""Steps 1 and 2 of the demo: read the examples, issue, revoke one, log, checkpoint, anchor."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.commands.common import operator
from api.errors import BatchUnreadable, Unavailable
from api.services.batch import BatchReport
from api.services.importing.running import civil_day
from api.services.service import Service
from certs.kinds import kind_by_name
from certs.kinds.base import Rejected
from certs.ports import StoredCertificate
from certs.records import find_by_business
from chain.anchor.anchorer import AnchorStatus

REVOKED_ROW = 5  # of the registrations, counted from 1; its first certificate is the one that is revoked
REVOKED_STEM = f"certificate-{REVOKED_ROW:03d}-a"
PER_TRANSACTION = 20  # small, so that a drill that kills the process finds it between two of them


@dataclass(frozen=True, slots=True)
class Item:
    """One certificate of the examples. `stem` is its file's name: a number, never anything of the person."""

    stem: str
    folder: str
    certificate: StoredCertificate
    valid: bool


@dataclass(frozen=True, slots=True)
class Source:
    """An example file: its kind, where its results go, how they are called."""

    path: Path
    kind: str
    folder: str
    prefix: str


_OTHERS = ("minimum-living-allowance", "disability-subsidy", "elder-care", "child-welfare", "cremation")


def sources(examples: Path) -> tuple[Source, ...]:
    """One for every kind, in an order in which nothing needs what comes later: divorces end marriages."""
    return (
        Source(examples / "marriage-registrations.csv", "marriage", "certificates", "certificate"),
        Source(examples / "donations.csv", "donation", "donations", "donation"),
        Source(examples / "divorce-registrations.csv", "divorce", "divorces", "divorce"),
        *(Source(examples / f"{kind}.csv", kind, "others", kind) for kind in _OTHERS),
    )


def _rows(source: Source) -> list[dict[str, str]]:
    return list(csv.DictReader(source.path.read_text("utf-8").splitlines()))


def ended_numbers(examples: Path) -> frozenset[str]:
    """Numbers that a later row replaces (补领, a changed decision) or that a divorce ends."""
    rows = [row for source in sources(examples) for row in _rows(source)]
    return frozenset({row.get("old_zihao", "") for row in rows} | {row.get("replaces_no", "") for row in rows}) - {""}


async def issue_all(service: Service, source: Source, progress: Callable[[BatchReport], None]) -> BatchReport:
    """Issue an example file. Raises BatchUnreadable if a row of it is not good: the examples must be."""
    data = source.path.read_bytes()
    report = await service.issuing.issue_file(
        operator, source.kind, data, per_transaction=PER_TRANSACTION, progress=progress
    )
    if report.rejected:
        bad = report.rejected[0]
        raise BatchUnreadable(bad.code, bad.field, f"line {bad.line} of {source.path.name}")
    return report


async def collect(service: Service, source: Source, over: frozenset[str]) -> list[Item]:
    """Every certificate of an example file in file order, with what the files themselves say about its validity."""
    items: list[Item] = []
    for number, row in enumerate(_rows(source), start=1):
        stored = await _stored(service, source.kind, row)
        letters = "" if len(stored) == 1 else "ab"
        for position, certificate in enumerate(stored):
            suffix = f"-{letters[position]}" if letters else ""
            ended = (row.get("zihao") or row.get("certificate_no")) in over or _is_revoked_one(source, number, position)
            items.append(Item(f"{source.prefix}-{number:03d}{suffix}", source.folder, certificate, not ended))
    return items


def _is_revoked_one(source: Source, number: int, position: int) -> bool:
    return source.kind == "marriage" and (number, position) == (REVOKED_ROW, 0)


async def _stored(service: Service, kind_name: str, row: dict[str, str]) -> Sequence[StoredCertificate]:
    kind = kind_by_name(kind_name)
    draft: Any = kind.parse_row(row, today=civil_day(service.makers))
    if isinstance(draft, Rejected):
        raise BatchUnreadable(draft.errors[0].code, draft.errors[0].field)
    async with service.database.read() as work:
        return await find_by_business(
            work,
            service.makers.registry,
            kind=kind.number,
            issuer=draft.issuer_uscc,
            business_id=draft.business_id,
        )


async def revoke_one(service: Service, items: Iterable[Item]) -> None:
    """End one certificate. Again is harmless."""
    chosen = next(item for item in items if item.stem == REVOKED_STEM)
    await service.revoking.revoke(operator, [chosen.certificate.cti], "demonstration")


async def commit_outside(service: Service) -> int:
    """Publish status lists, sequence, sign, anchor; gives the anchored size. Raises Unavailable if not all is done."""
    await service.publishing.publish()
    step = await service.ledger.settle()
    figures = await service.figures()
    if step.status is not AnchorStatus.NOTHING_NEW or figures.anchored != figures.entries:
        raise Unavailable(f"the log could not be anchored: {step.status.value} {step.detail}")
    return figures.anchored
