"""Structured log lines: one JSON object a line, made only of fields that this service names.

A line never holds a path, a query, a body, a header or an exception's message: each of them can carry a name, an ID
number or a whole certificate. Routes are logged by template, errors by class and place.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

LOGGER = logging.getLogger("mzt")
_FIELDS = "fields"


class JsonFormatter(logging.Formatter):
    """Sample: {"at":"2026-01-01T00:00:00.000Z","level":"info","event":"request","route":"/v1/verify","status":200}"""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "event": self._event(record)}
        line.update(getattr(record, _FIELDS, {}))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)

    @staticmethod
    def _event(record: logging.LogRecord) -> str:
        # Libraries format arguments into their messages; the unformatted template is the part without data. Of several
        # lines only the first: asyncio puts the repr of a failed task, with its exception's message, into the second.
        if record.name == LOGGER.name:
            return str(record.msg)
        return f"{record.name}: {str(record.msg).partition(chr(10))[0]}"


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """One event of ours, e.g. log("sequenced", entries=12, size=118)."""
    LOGGER.log(level, event, extra={_FIELDS: fields})


def describe(error: BaseException) -> dict[str, object]:
    """Class and place, e.g. {"class": "KeyError", "at": ["services/issue.py:41 issue"]}; never the message."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = [f"{'/'.join(f.filename.split('/')[-2:])}:{f.lineno} {f.name}" for f in frames]
    return {"class": type(error).__name__, "at": places}


def configure(level: str) -> None:
    """Send everything, the server's and the libraries' lines too, through the one formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for talkative in ("alembic", "httpx", "httpcore"):  # a line without its arguments for every question to a witness
        logging.getLogger(talkative).setLevel(logging.WARNING)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it formats bytes of the body into its warnings
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(noisy).handlers.clear()
        logging.getLogger(noisy).propagate = noisy != "uvicorn.access"  # its lines hold paths and queries
