"""What is left of an erased record's data key on disk: nothing where it is ours to see to, and what is left elsewhere
opens nothing once the key-encryption key is rotated and destroyed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import api.db.engine as engine
from api.beside import open_beside
from api.bootstrap import open_service
from api.db.remains import rewrite
from api.db.tables import certificate, lookup
from api.sealingring import RingDirectory
from api.services.sealing import REST, SealingService
from certs.commitment import record_aad
from certs.errors import Erased, SealBroken
from certs.ports import Sealed
from certs.records import open_record
from certs.sealing import Sm4Sealer
from tests.support import postgres
from tests.support.api_lab import EXAMPLES, OFFICE_1, Clock, Lab, running

ERASED = 12


async def filled(lab: Lab) -> list[Any]:
    """Issue, and give the rows of one office's certificates."""
    data = (EXAMPLES / "marriage-registrations.csv").read_bytes()
    headers = lab.token(OFFICE_1) | {"Content-Type": "text/csv"}
    answer = await lab.client.post("/v1/certificates/batch?kind=marriage", content=data, headers=headers)
    assert answer.status_code == 200
    async with lab.service.database.read() as work:
        query = select(certificate).where(certificate.c.issuer == "11990000MB9T010142").order_by(certificate.c.ordinal)
        return list((await work.connection.execute(query)).all())


async def erase_some(lab: Lab, rows: Sequence[Any]) -> list[Any]:
    for row in rows[:ERASED]:
        body = {"cti": row.cti.hex(), "reason": "RETENTION_ENDED"}
        answer = await lab.client.post("/v1/certificates/erase", json=body, headers=lab.token(OFFICE_1))
        assert answer.json()["settled"] is True
    return list(rows[:ERASED])


def holding(directory: Path, needles: Sequence[bytes]) -> set[str]:
    """Names of files that hold any of the needles."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {path.name for path in files for data in [path.read_bytes()] if any(needle in data for needle in needles)}


def terms(row: Any) -> list[bytes]:
    return [row.terms[at : at + 32] for at in range(0, len(row.terms), 32)]


@pytest.mark.parametrize("journal", ["TRUNCATE", "WAL"])
async def test_sqlite_keeps_no_wrapped_key_and_no_term(
    api_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    monkeypatch.setattr(engine, "sqlite_journal", lambda: (journal, "FULL"))
    async with running(api_template, tmp_path / "data") as lab:
        rows = await filled(lab)
        keys, rest = [row.sealed_key for row in rows[:ERASED]], [row.sealed_key for row in rows[ERASED:]]
        assert holding(tmp_path / "data", keys), "the search finds what is there"
        shared = {term for row in rows[ERASED:] for term in terms(row)}
        gone = [term for row in rows[:ERASED] for term in terms(row) if term not in shared]
        assert gone
        erased = await erase_some(lab, rows)
        assert holding(tmp_path / "data", [row.sealed_key for row in erased]) == set()
        assert holding(tmp_path / "data", [row.sealed_key[17:33] for row in erased]) == set(), "not even in parts"
        async with lab.service.database.read() as work:
            left = set((await work.connection.execute(select(lookup.c.term))).scalars())
        still = [term for term in gone if term in left]  # of registrations that another certificate shares
        assert holding(tmp_path / "data", [term for term in gone if term not in still]) == set()
        settings = lab.service.settings
    assert holding(tmp_path / "data", rest)
    async with open_service(settings, clock=Clock()) as again, again.database.read() as work:
        stored = await work.certificates.get(erased[0].cti)
        assert stored is not None
        with pytest.raises(Erased):
            open_record(stored, again.makers.registry)


@pytest.mark.parametrize("api_template", ["postgresql"], indirect=True)
async def test_postgresql_keeps_it_until_the_tables_are_rewritten(
    api_template: Path, postgres_server: postgres.Server, tmp_path: Path
) -> None:

    async with running(api_template, tmp_path / "data") as lab:
        rows = await filled(lab)
        erased = await erase_some(lab, rows)
        keys = [row.sealed_key for row in erased]
        await rewrite(lab.service.database.engines)
        postgres_server.execute("CHECKPOINT")
        tables = postgres_server.data / "base"
        assert holding(tables, [row.sealed_key for row in rows[ERASED:]]), "the search finds what is there"
        assert holding(tables, keys) == set()
        answer = await lab.client.post(
            "/v1/certificates/file", json={"cti": rows[-1].cti.hex()}, headers=lab.token(OFFICE_1)
        )
        assert answer.status_code == 200


async def test_what_a_backup_keeps_opens_nothing_after_rotation(lab: Lab) -> None:
    """A backup of before the erasure has wrapped key and body; what it lacks is the key-encryption key."""
    rows = await filled(lab)
    backup = {row.cti: Sealed(row.sealed_key, row.sealed_body) for row in await erase_some(lab, rows)}
    ring = RingDirectory(lab.service.settings.data_dir)
    (cti, sealed), *_ = backup.items()
    assert Sm4Sealer.following(ring, os.urandom).open(sealed, record_aad(cti)), "until then the backup gives it away"
    (old,) = ring().by_id()
    async with open_beside(lab.service.settings) as database:
        sealing = SealingService(database, ring, os.urandom, lambda: ring.retired()[old] + REST)
        sealing.rotate()
        await sealing.rewrap()
        await sealing.destroy(old)
    for cti, sealed in backup.items():
        with pytest.raises(SealBroken, match="which is not here"):
            Sm4Sealer.following(ring, os.urandom).open(sealed, record_aad(cti))
