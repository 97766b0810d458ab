"""Targets of the service's own readers: files of records."""

from __future__ import annotations

import io
from collections.abc import Callable

from api.errors import ServiceError
from api.services.importing.reading import CSV, NDJSON, XLSX, rows, survey
from certs.kinds import kind_by_name
from fuzz.model import Target
from fuzz.seeds import ROOT, example

_MARRIAGE = kind_by_name("marriage")


def _reader(form: str, encoding: str = "auto", *, archive: bool = False) -> Callable[[bytes], object]:
    """Surveyed and read to the end, every row judged as a draft."""

    def run(data: bytes) -> None:
        found = survey(lambda: io.BytesIO(data), form, _MARRIAGE, encoding=encoding, max_rows=10_000, archive=archive)
        for row in rows(lambda: io.BytesIO(data), found, _MARRIAGE):
            assert row

    return run


def _ndjson() -> list[bytes]:
    return [b"\n".join((ROOT / "examples" / "old-marriages.ndjson").read_bytes().split(b"\n")[:3])]


def _xlsx() -> list[bytes]:
    from tests.support.spreadsheets import workbook

    lines = example("marriage-registrations.csv", 3).decode().splitlines()
    return [workbook([line.split(",") for line in lines])]


TARGETS = (
    Target("import-csv", _reader(CSV), lambda: [example("marriage-registrations.csv", 3)], (ServiceError,)),
    Target(
        "import-csv-gb18030",
        _reader(CSV, "gb18030", archive=True),
        lambda: [example("old-marriages-gb18030.csv", 3)],
        (ServiceError,),
    ),
    Target("import-ndjson", _reader(NDJSON), _ndjson, (ServiceError,)),
    Target("import-xlsx", _reader(XLSX), _xlsx, (ServiceError,), longest=1 << 16),
)
