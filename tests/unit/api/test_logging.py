"""Log lines: our fields, a template without its arguments, an error's class without its message."""

from __future__ import annotations

import json
import logging

from api.logs import LOGGER, JsonFormatter, describe

SECRET = "990101199803070013"


def line(record: logging.LogRecord) -> dict[str, object]:
    text = JsonFormatter().format(record)
    assert SECRET not in text
    made: dict[str, object] = json.loads(text)
    return made


def test_a_library_s_arguments_are_dropped() -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, "x.py", 1, "from %s", (SECRET,), None)
    assert line(record)["event"] == "uvicorn.error: from %s"


def test_an_error_is_its_class_and_place() -> None:
    try:
        int(SECRET + "x")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
        described = describe(error)
    made = line(logging.LogRecord(LOGGER.name, logging.ERROR, "x.py", 1, "failed", (), info))
    assert made["error"] == described
    assert described["class"] == "ValueError"
    assert "test_logging.py" in str(described["at"])
