"""After the example data went through every door, no personal value of it is anywhere but under seal.

Searched for in the bytes of the database, the log's public entries, the chain's journal, captured log lines, metrics,
problem bodies and public answers: in UTF-8, UTF-16 and GB18030, as JSON escapes, in hexadecimal and in base64.
"""

from __future__ import annotations

import base64
import csv
import json
import logging
from pathlib import Path

import pytest

from api.logs import LOGGER, JsonFormatter
from tests.support.api_lab import CHARITY, EXAMPLES, OFFICE_1, OFFICE_2, Lab

PERSONAL = {
    "marriage-registrations.csv": (
        "zihao", "old_zihao", "name_man", "birth_man", "cert_num_man", "name_woman", "birth_woman", "cert_num_woman",
        "remark", "record_no",
    ),
    # not receipt_number: "0000000005" is also how a chain writes five
    "donations.csv": ("donor_name", "donation_no"),
}  # fmt: skip
SHORTEST = 6  # bytes: a name of one character would be found by chance in random bytes


def personal_values() -> set[str]:
    values: set[str] = set()
    for name, columns in PERSONAL.items():
        rows = csv.DictReader((EXAMPLES / name).read_text("utf-8").splitlines())
        values |= {row[column] for row in rows for column in columns if row[column]}
    return {value for value in values if len(value.encode()) >= SHORTEST}


def spellings(value: str) -> set[bytes]:
    utf8 = value.encode()
    found = {
        utf8,
        value.encode("utf-16-le"),
        value.encode("gb18030"),
        json.dumps(value)[1:-1].encode(),
        utf8.hex().encode(),
    }
    for shift in range(3):  # base64 of a text that stands anywhere in a longer one
        coded = base64.b64encode(b"\0" * shift + utf8)
        found.add(coded[4 if shift else 0 : len(coded) - len(coded) % 4 - 4])
    return {spelling for spelling in found if len(spelling) >= SHORTEST}


def assert_clean(where: str, data: bytes, needles: dict[bytes, str]) -> None:
    hits = [where for spelling in needles if spelling in data]
    assert not hits, f"{len(hits)} personal values found in {where}"


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


async def test_personal_values_stay_under_seal(lab: Lab, tmp_path: Path) -> None:
    handler = _Lines()
    root = logging.getLogger()
    root.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    public: list[bytes] = []
    try:
        for name, kind, slug in (
            ("marriage-registrations.csv", "marriage", OFFICE_1),
            ("marriage-registrations.csv", "marriage", OFFICE_2),
            ("donations.csv", "donation", CHARITY),
            ("bad-rows.csv", "marriage", OFFICE_1),
        ):
            data = (EXAMPLES / name).read_bytes()
            headers = lab.token(slug) | {"Content-Type": "text/csv"}
            answer = await lab.client.post(f"/v1/certificates/batch?kind={kind}", content=data, headers=headers)
            assert answer.status_code == 200
            public.append(answer.content)
        await lab.service.publishing.publish()
        await lab.service.ledger.settle()
        public += await _provoke(lab)
    finally:
        root.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)
    needles = {spelling: value for value in personal_values() for spelling in spellings(value)}
    assert len(needles) > 500
    for answer_bytes in public:
        assert_clean("an answer", answer_bytes, needles)
    assert handler.lines
    assert_clean("the log lines", "\n".join(handler.lines).encode(), needles)
    for path in sorted(lab.service.settings.data_dir.rglob("*")):
        if path.is_file():
            assert_clean(path.name, path.read_bytes(), needles)


async def _provoke(lab: Lab) -> list[bytes]:
    """Problems with personal values in the request, and everything that is public."""
    row = next(csv.DictReader((EXAMPLES / "marriage-registrations.csv").read_text("utf-8").splitlines()))
    own = lab.token(OFFICE_1)
    number, name = row["cert_num_man"], row["name_man"]
    key = {"Idempotency-Key": f"key-{number}"}
    answers = [
        await lab.client.post(
            "/v1/certificates", json={"kind": "marriage", "record": row | {"remark": "别的"}}, headers=own
        ),
        await lab.client.post("/v1/certificates", json={"kind": "marriage", "record": row}, headers=own | key),
        await lab.client.post("/v1/certificates", json={"kind": number, name: number}, headers=own),
        await lab.client.post("/v1/certificates/lookup", json={"holder": f"111:156:{number}"}, headers=own),
        await lab.client.get(f"/v1/{number}?name={name}"),
        await lab.client.get(f"/v1/log/receipt?leaf={number}"),
        await lab.client.post("/v1/verify", json={"code": number}),
        await lab.client.post("/v1/verify", files={"file": (name, number.encode())}),
        await lab.client.get("/metrics"),
        await lab.client.get("/log/checkpoint"),
        await lab.client.get("/v1/donations/summary"),
    ]
    size = (await lab.service.figures()).checkpoint
    answers.append(await lab.client.get(f"/log/entries/000.p/{size}"))
    assert answers[-1].status_code == 200
    return [answer.content for answer in answers]


def test_the_search_finds_what_it_looks_for() -> None:
    """A scan that could not find anything would pass always."""
    needles = dict.fromkeys(spellings("J990101-2025-000001"), "x")
    for carrier in (
        b"..J990101-2025-000001..",
        base64.b64encode(b"abJ990101-2025-000001cd"),
        b"J990101-2025-000001".hex().encode(),
    ):
        with pytest.raises(AssertionError, match="personal values"):
            assert_clean("a carrier", carrier, needles)
