"""After the example data of every kind went through every door, no personal value is anywhere but under seal.

Searched: the database's files and its write-ahead log, a backup, import files on disk, temporary files, the log's
entries, the chain's data, log lines of every level, metrics, problems, public answers. Left out: holders' files and
documents, which were asked for by whoever hands them to the holder.
"""

from __future__ import annotations

import base64
import csv
import logging
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.logs import JsonFormatter
from certs.kinds import KINDS
from certs.sealing import HmacLookupKey
from tests.support import postgres
from tests.support.api_lab import EXAMPLES, OFFICE_1, Lab
from tests.support.privacy import Needles, assert_clean, personal_values, spellings

DATABASES = ("sqlite", "postgresql")
FILES = {"marriage": "marriage-registrations", "divorce": "divorce-registrations", "donation": "donations"}


@pytest.fixture(scope="module")
def needles() -> Needles:
    return Needles.make(personal_values(EXAMPLES))


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Everything that anybody logs, at the lowest level, as the service writes it."""
    handler, root = _Lines(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in ("httpx", "httpcore", "python_multipart"):  # the test's own client; and as `configure` has it
        monkeypatch.setattr(logging.getLogger(name), "level", logging.CRITICAL)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(before)


async def test_personal_values_stay_under_seal(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needles: Needles, lines: list[str], request: Any
) -> None:
    assert len(needles.of) > 5000
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    public = await _import(lab, needles)
    public += await _issue(lab)
    public += await _after(lab)
    public += await _provoke(lab)
    for answer in public:
        assert_clean("an answer", answer, needles)
    assert len(lines) > 50
    assert_clean("the log lines", "\n".join(lines).encode(), needles)
    places = [lab.service.settings.data_dir, tmp_path / "tmp", *_database(lab, tmp_path, request)]
    searched = [path for place in places for path in sorted(place.rglob("*")) if path.is_file()]
    assert sum(path.stat().st_size for path in searched) > 1_000_000
    for path in searched:
        assert_clean(path.name, path.read_bytes(), needles)


async def _issue(lab: Lab) -> list[bytes]:
    """Every example file, the bad ones too, as each party that may issue its kind."""
    answers, made = [], 0
    for kind in KINDS.values():
        names = [FILES.get(kind.name, kind.name)]
        names += [{"marriage": "bad-rows", "divorce": "bad-divorces"}.get(kind.name, f"bad-{kind.name}")]
        for organisation in lab.service.institution.organisations:
            if kind.number not in organisation.kinds:
                continue
            for path in (EXAMPLES / f"{name}.csv" for name in names):
                if path.is_file():
                    headers = lab.token(organisation.slug) | {"Content-Type": "text/csv"}
                    url = f"/v1/certificates/batch?kind={kind.name}"
                    answer = await lab.client.post(url, content=path.read_bytes(), headers=headers)
                    assert answer.status_code == 200, answer.text
                    made += answer.json()["certificates"]
                    answers.append(answer.content)
    async with lab.service.database.read() as work:
        kinds = (await work.connection.exec_driver_sql("select distinct kind from certificate")).scalars().all()
    assert set(kinds) == {kind.number for kind in KINDS.values()}
    return answers


async def _import(lab: Lab, needles: Needles) -> list[bytes]:
    """A file of archives in the national encoding; its bytes wait on disk under seal."""
    data = (EXAMPLES / "marriage-registrations.csv").read_text("utf-8").encode("gb18030")
    headers = lab.token(OFFICE_1) | {"Content-Type": "text/csv; charset=gb18030"}
    answer = await lab.client.post("/v1/imports?kind=marriage&mode=issue", content=data, headers=headers)
    assert answer.status_code == 202, answer.text
    waiting = list((lab.service.settings.data_dir / "spool").iterdir())
    assert waiting
    for path in waiting:
        assert_clean("the spool", path.read_bytes(), needles)
    assert await lab.service.imports.run_pending() == 1
    job = answer.json()["id"]
    report = await lab.client.get(f"/v1/imports/{job}/report", headers=lab.token(OFFICE_1))
    return [answer.content, report.content]


async def _after(lab: Lab) -> list[bytes]:
    """What becomes of certificates: documents, holders' files, an end, an erasure; lists and checkpoints."""
    async with lab.service.database.read() as work:
        mine = "from certificate where issuer = '11990000MB9T010142' and revoked_at is null"
        query = f"select cti {mine} order by ordinal"
        ctis = [bytes(cti).hex() for cti in (await work.connection.exec_driver_sql(query)).scalars().all()]
    own = lab.token(OFFICE_1)
    for form in ("pdf", "ofd"):
        body = {"cti": ctis[0], "format": form}
        document = await lab.client.post("/v1/certificates/document", json=body, headers=own)
        assert document.status_code == 200, document.text
    body = {"cti": ctis[1], "reference": f"（2027）{_row()['name_man']}"}
    assert (await lab.client.post("/v1/certificates/casefile", json=body, headers=own)).status_code == 200
    await lab.file(ctis[1])
    reason = {"cti": ctis[2:3], "reason": f"离婚 {_row()['name_man']}"}
    answers = [await lab.client.post("/v1/certificates/revoke", json=reason, headers=own)]
    for cti in ctis[2:4]:
        body = {"cti": cti, "reason": "RETENTION_ENDED"}
        answers.append(await lab.client.post("/v1/certificates/erase", json=body, headers=own))
    assert all(answer.status_code == 200 for answer in answers)
    await lab.service.publishing.publish()
    await lab.service.ledger.settle()
    answers.append(await lab.client.post("/v1/certificates/erasure", json={"cti": ctis[2]}, headers=own))
    return [answer.content for answer in answers]


def _row() -> dict[str, str]:
    return next(csv.DictReader((EXAMPLES / "marriage-registrations.csv").read_text("utf-8").splitlines()))


async def _provoke(lab: Lab) -> list[bytes]:
    """Problems with personal values in the request, and everything that is public."""
    row, own = _row(), lab.token(OFFICE_1)
    number, name = row["cert_num_man"], row["name_man"]
    key = {"Idempotency-Key": f"key-{number}"}
    get, post = lab.client.get, lab.client.post
    answers = [
        await post("/v1/certificates", json={"kind": "marriage", "record": row | {"remark": "别的"}}, headers=own),
        await post("/v1/certificates", json={"kind": "marriage", "record": row}, headers=own | key),
        await post("/v1/certificates", json={"kind": number, name: number}, headers=own),
        await post("/v1/certificates/lookup", json={"holder": f"111:156:{number}"}, headers=own),
        await post("/v1/certificates/erase", json={"cti": number, "reason": name}, headers=own),
        await get(f"/v1/{number}?name={name}"),
        await get(f"/v1/log/receipt?leaf={number}"),
        await post("/v1/verify", json={"code": number}),
        await post("/v1/verify", files={"file": (name, number.encode())}),
    ]
    size = (await lab.service.figures()).checkpoint
    public = [
        "/metrics",
        "/readyz",
        "/log/checkpoint",
        "/v1/donations/summary",
        "/v1/status-lists/1",
        "/v1/trust-bundle",
    ]
    for path in (*public, f"/log/entries/000.p/{size}"):
        answers.append(await get(path))
        assert answers[-1].status_code == 200, path
    return [answer.content for answer in answers]


def _database(lab: Lab, tmp_path: Path, request: Any) -> list[Path]:
    """Where the database keeps its files beside the data directory, and a backup of it."""
    backup = tmp_path / "backup"
    backup.mkdir()
    file = lab.service.settings.data_dir / "minzheng.db"
    if file.is_file():
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup / "minzheng.db")) as target:
            source.backup(target)
        return [backup]
    server: postgres.Server = request.getfixturevalue("postgres_server")
    server.execute("CHECKPOINT")  # what is in its memory is in its files, and the log has been written before
    oid = server.oid(lab.service.settings.database_url.rpartition("/")[2])
    return [server.data / "base" / str(oid), server.data / "pg_wal"]


CARRIERS = {
    "text": lambda v: v.encode(),
    "utf-16": lambda v: v.encode("utf-16-le"),
    "utf-16-be": lambda v: v.encode("utf-16-be"),
    "gb18030": lambda v: v.encode("gb18030"),
    "json": lambda v: "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in v).encode(),
    "hex": lambda v: v.encode().hex().encode(),
    "HEX of utf-16": lambda v: v.encode("utf-16-le").hex().upper().encode(),
    "base64 at 0": lambda v: base64.b64encode(v.encode() + b"cd"),
    "base64 at 1": lambda v: base64.b64encode(b"a" + v.encode() + b"cd"),
    "base64url at 2": lambda v: base64.urlsafe_b64encode(b"\xfb\xff" + v.encode() + b"\xff\xfe"),
    "percent": lambda v: "".join(f"%{b:02X}" for b in v.encode()).encode() if not v.isascii() else v.encode(),
    "digest": lambda v: next(s for s in sorted(spellings(v)) if len(s) == 32),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("at", range(7))
def test_the_search_finds_a_planted_value_in_every_spelling(needles: Needles, carrier: str, at: int) -> None:
    """A scan that could not find anything would pass always."""
    for value in ("J990101-2025-000001", "990101199803070013", "样本买买提·示例江"):
        assert value in set(needles.of.values())
        data = b"\x00" * 100 + b"x" * at + CARRIERS[carrier](value) + b"yyy" + b"\x00" * 70  # type: ignore[no-untyped-call]
        assert needles.found(data)  # which value it is, two that begin alike may leave open
        with pytest.raises(AssertionError, match="personal values found in a carrier"):
            assert_clean("a carrier", data, needles)


def test_the_keyed_hashes_of_the_register_are_not_what_anybody_could_compute(needles: Needles) -> None:
    """The search knows plain digests; what the register stores is none of them, and depends on its key."""
    value = "990101199803070013"
    assert_clean("a term", HmacLookupKey(b"k" * 32).hmac(value), needles)
    assert HmacLookupKey(b"k" * 32).hmac(value) != HmacLookupKey(b"l" * 32).hmac(value)
