"""`mzt event record`, `mzt event state`: what registration offices tell and ask, from files.

Rows and questions are JSON lines, from a file or the standard input: a command's arguments are seen by every user of
the machine, and kept in the shell's history.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, EXIT_PARTLY, err, out, principal
from api.errors import BadRequest
from api.services.messages import reason_of
from api.services.relationships import Subject
from api.settings import Settings
from certs.errors import Conflict, InvalidField


async def record(settings: Settings, arguments: argparse.Namespace) -> int:
    """Record events, one a line. A line that is refused is reported, and the next one is tried."""
    rows = list(_lines(arguments.file))
    created = ended = refused = 0
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        for line, row in rows:
            try:
                done = await service.relationships.record(party, {str(k): str(v) for k, v in row.items()})
            except (InvalidField, Conflict) as error:
                name, code = (error.field, error.rule) if isinstance(error, InvalidField) else ("record_no", "CONFLICT")
                err.print(f"line {line}: {name} {code} {reason_of(code, 'zh')}", highlight=False)
                refused += 1
                continue
            created, ended = created + done.created, ended + done.ended
            for code in done.notes:
                err.print(f"line {line}: {code} {reason_of(code, 'zh')}", highlight=False)
        if ended:
            await service.publishing.publish()
        await service.ledger.sequence()
    known = len(rows) - created - refused
    out.print(
        f"{created} recorded, {known} known before, {refused} refused; {ended} certificates ended", highlight=False
    )
    return EXIT_PARTLY if refused else EXIT_OK


async def state(settings: Settings, arguments: argparse.Namespace) -> int:
    """Answer questions, one a line: the state, the day, the moment of knowledge."""
    async with open_service(settings) as service:
        party = principal(service.institution, arguments.as_)
        for line, question in _lines(arguments.file):
            found = await service.relationships.query(party, *_question(question, line))
            known = datetime.fromtimestamp(found.known_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            out.print(f"{found.state} {found.as_of} {known}", highlight=False)
    return EXIT_OK


def _lines(file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object). Raises BadRequest, which says where and never what."""
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise BadRequest("malformed-json", f"line {number}") from None
        if not isinstance(row, dict):
            raise BadRequest("malformed-json", f"line {number}")
        yield number, row


def _question(q: dict[str, Any], line: int) -> tuple[list[Subject], date | None, int | None]:
    try:
        subjects = [
            Subject(
                s["cert_type"], s["cert_num"].upper(), s.get("nation", "156"), s.get("name", ""), _day(s.get("birth"))
            )
            for s in q["subjects"]
        ]
        known = q.get("known_at")
        second = None if known is None else int(datetime.strptime(known, "%Y-%m-%dT%H:%M:%S%z").timestamp())
        day = _day(q.get("as_of"))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadRequest("bad-parameter", f"line {line}") from None
    if not 1 <= len(subjects) <= 2:
        raise BadRequest("bad-parameter", f"line {line}")
    return subjects, day, second


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
