"""Search for personal values in bytes: in every spelling that a program could have given them, and quickly.

Thousands of spellings in tens of megabytes: looking for each would take minutes. Every spelling of six bytes or more
has a run of four that begins at a multiple of three, wherever it stands; those runs are looked up in a set, and only
what is found there is compared in full.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verifier.hazmat.sm3 import sm3

SHORTEST = 6  # bytes: a name of one character would be found by chance in random bytes
_RUN, _STEP = 4, 3
_PIECE, _LONGEST = 3 << 14, 1 << 10  # bytes looked at together, and more than any spelling has
_ZEROS = re.compile(rb"(?<=\x00)\x00{64,}(?=\x00)")  # one at each end may belong to a text of two bytes a character
PERSONAL = re.compile(
    r"(?:.*_)?(?:name|man|woman|birth_date|document_number|birth|cert_num|address|remark|guardian|number|no)(?:_.*)?"
    r"|zihao|old_zihao|registrar|handler|donor_name"
)
NOT_PERSONAL = re.compile(
    r"plan_filing_no|receipt_number|cert_type_.*|nation_.*|id_type_.*|.*_document_type|.*relation"
)
"""`receipt_number`: "0000000005" is also how a chain writes five."""


def personal_values(examples: Path) -> set[str]:
    """Of every row of every example file, the bad ones too."""
    values, public = set(), set()
    for path in sorted(examples.glob("*.csv")):
        for row in csv.DictReader(_text(path.read_bytes()).splitlines()):
            values |= {v for c, v in row.items() if v and PERSONAL.fullmatch(c) and not NOT_PERSONAL.fullmatch(c)}
            public |= {
                v for c, v in row.items() if c.endswith("uscc")
            }  # organisations', in a person's column of a bad row
    return {v for v in values - public if len(v.encode()) >= SHORTEST and not (v.isdecimal() and len(v) < 12)}


def _text(data: bytes) -> str:
    """As the importer takes files: UTF-8, else the national encoding."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def spellings(value: str) -> set[bytes]:
    """In six encodings of text; each of them in hexadecimal and base64, too; and the digests of somebody who thought
    that a hash hides a name."""
    utf8 = value.encode()
    texts = {utf8, value.encode("utf-16-le"), value.encode("utf-16-be"), value.encode("gb18030")}
    texts |= {json.dumps(value)[1:-1].encode(), _percent(value, "%%%02X"), _percent(value, "%%%02x")}
    digests = {sm3(utf8), hashlib.sha256(utf8).digest(), hashlib.sha1(utf8).digest(), hashlib.md5(utf8).digest()}
    found = set(texts | digests)
    for raw in (*texts, *digests):
        found |= {raw.hex().encode(), raw.hex().upper().encode(), *_base64(raw)}
    return {spelling for spelling in found if len(spelling) >= SHORTEST}


def _percent(value: str, form: str) -> bytes:
    return b"".join(bytes([b]) if b < 128 and chr(b).isalnum() else (form % b).encode() for b in value.encode())


def _base64(raw: bytes) -> Iterator[bytes]:
    """What is the same wherever the bytes stand in a longer text, in both alphabets."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        inner = coded[4 if shift else 0 : len(coded) - len(coded) % 4 - 4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


@dataclass(frozen=True, slots=True)
class Needles:
    """Spellings, and the short runs by which they are found."""

    of: Mapping[bytes, str]
    runs: dict[bytes, set[bytes]] = field(default_factory=dict)

    @classmethod
    def make(cls, values: set[str]) -> Needles:
        made = cls({spelling: value for value in values for spelling in spellings(value)})
        for spelling in made.of:
            for at in range(_STEP):
                made.runs.setdefault(spelling[at : at + _RUN], set()).add(spelling)
        return made

    def found(self, data: bytes) -> set[str]:
        """The values that are in there, in whatever spelling."""
        values: set[str] = set()
        known = frozenset(self.runs)
        for part in _ZEROS.split(data):
            for start in range(0, len(part), _PIECE):
                ends = range(start, min(start + _PIECE, len(part)), _STEP)
                seen = known.intersection([part[at : at + _RUN] for at in ends])
                near = part[max(0, start - _LONGEST) : start + _PIECE + _LONGEST] if seen else b""
                values |= {self.of[s] for run in seen for s in self.runs[run] if s in near}
        return values


def assert_clean(where: str, data: bytes, needles: Needles) -> None:
    found = needles.found(data)
    assert not found, f"{len(found)} personal values found in {where}"
