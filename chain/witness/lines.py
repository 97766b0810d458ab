"""Operators' text files after C2SP tlog-policy: one record a line, words between blanks, `#` begins a comment line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from verifier.errors import Malformed

MAX_FILE_BYTES: Final = 1 << 20
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def records(format: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """(line number from 1, words) of each line that says something. Raises Malformed.

    Every line ends in a newline; blanks are space and tab only. UTF-8, which the specification merely recommends,
    is required: two spellings of one name in two encodings would be two witnesses.
    """
    if len(data) > MAX_FILE_BYTES:
        raise Malformed(format, "too-large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(format, "utf8") from None
    if _CONTROL.search(text) or (text and not text.endswith("\n")):
        raise Malformed(format, "characters", "control characters, or no newline at the end")
    for number, line in enumerate(text.split("\n"), start=1):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            yield number, words
