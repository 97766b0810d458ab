"""Log lines: our fields, a template without its arguments, an error's class without its message."""

from __future__ import annotations

import json
import logging

import pytest

from api.logs import LOGGER, JsonFormatter, configure, describe

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


def test_what_a_library_formatted_into_further_lines_is_dropped() -> None:
    message = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{SECRET}')>"
    record = logging.LogRecord("asyncio", logging.ERROR, "x.py", 1, message, (), None)
    assert line(record)["event"] == "asyncio: Task exception was never retrieved"


def test_the_form_parser_s_words_about_a_body_are_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    configure("debug")
    assert not logging.getLogger("python_multipart.multipart").isEnabledFor(logging.WARNING)
