"""Packages: one encoding, checked against Python's zipfile; every freedom that ZIP grants is refused by name."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier import package
from verifier.errors import Malformed, VerifierError

FILES = {"OFD.xml": b"<a/>", "Doc_0/Document.xml": b"<b/>", "Doc_0/Res/image-1.png": bytes(range(256)), "empty": b""}
GOOD = package.write(FILES, b"MZR1comment")
BARE = package.write(FILES)
DIRECTORY = BARE.index(b"PK\x01\x02")
END = BARE.index(b"PK\x05\x06")


def refused(data: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        package.read(data)
    return caught.value.reason


def test_round_trip_and_body() -> None:
    read = package.read(GOOD)
    assert dict(read.files) == FILES
    assert list(read.files) == list(FILES)
    assert read.comment == b"MZR1comment"
    assert read.body == BARE
    assert package.read(BARE).body == BARE


def test_nothing_is_a_package_of_nothing() -> None:
    assert package.write({}).hex() == "504b0506" + "00" * 18
    assert dict(package.read(package.write({})).files) == {}


def test_zipfile_reads_what_we_write() -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as outside:
        assert outside.testzip() is None
        assert {name: outside.read(name) for name in outside.namelist()} == FILES
        assert outside.comment == b"MZR1comment"
        assert {i.date_time for i in outside.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_zipfile_writes_with_fixed_fields_differs_in_the_attributes_alone() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as outside:
        for name, data in FILES.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 0
            outside.writestr(info, data)
    theirs = bytearray(buffer.getvalue())
    position = theirs.index(b"PK\x01\x02")
    for name in FILES:
        theirs[position + 38 : position + 42] = bytes(4)
        position += 46 + len(name)
    assert bytes(theirs) == BARE


def edit(position: int, value: bytes) -> bytes:
    return BARE[:position] + value + BARE[position + len(value) :]


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (4, b"\x0a"),  # version
        (6, b"\x08"),  # flags: sizes follow the data
        (6, b"\x01"),  # flags: encrypted
        (8, b"\x08"),  # deflate
        (10, b"\x01"),  # time
        (12, b"\x22"),  # date
        (18, b"\x03"),  # packed size
        (28, b"\x01"),  # extra field
    ],
)
def test_local_header_has_one_form(offset: int, value: bytes) -> None:
    assert refused(edit(offset, value)) == "local-header"


@pytest.mark.parametrize("offset", [4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 30, 32, 34, 36, 38, 42, 46])
def test_directory_must_repeat_the_local_headers(offset: int) -> None:
    assert refused(edit(DIRECTORY + offset, bytes((BARE[DIRECTORY + offset] ^ 1,)))) == "directory"


@pytest.mark.parametrize("offset", range(4, 20))
def test_end_has_one_form(offset: int) -> None:
    assert refused(edit(END + offset, bytes((BARE[END + offset] ^ 1,)))) == "directory"


def test_data_before_between_and_after() -> None:
    assert refused(b"\x00" + BARE) == "directory"
    assert refused(BARE + b"\x00") == "comment-length"
    second = BARE.index(b"PK\x03\x04", 4)
    assert refused(BARE[:second] + b"\x00" + BARE[second:]) == "directory"
    assert refused(BARE[:DIRECTORY] + b"\x00" + BARE[DIRECTORY:]) == "directory"
    assert refused(BARE[:END] + b"PK\x06\x07" + bytes(16) + BARE[END:]) == "directory"  # where ZIP64 would begin


def test_entries_of_the_directory_cannot_be_left_out_doubled_or_swapped() -> None:
    first = BARE[DIRECTORY : DIRECTORY + 46 + len("OFD.xml")]
    rest = BARE[DIRECTORY + len(first) : END]
    for directory in (rest, first + first + rest, rest + first):
        assert refused(BARE[:DIRECTORY] + directory + BARE[END:]) == "directory"


def test_crc_is_checked() -> None:
    assert refused(BARE.replace(b"<a/>", b"<x/>")) == "crc"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        "..",
        "../a",
        "a/../b",
        ".",
        "a/./b",
        "a\\b",
        "C:a",
        "é",
        "a\x00b",
        ".a",
        "-a",
        "a.",
        "a b",
    ],
)
def test_names(name: str) -> None:
    with pytest.raises(Malformed, match="name"):
        package.write({name: b""})
    with pytest.raises(Malformed, match="name"):
        package.write({"a" * (package.MAX_NAME + 1): b""})
    stored = name.encode("utf-8")
    forged = BARE[:26] + struct.pack("<H", len(stored)) + BARE[28:30] + stored + BARE[37:]
    with pytest.raises(Malformed):
        package.read(forged)


@pytest.mark.parametrize(
    ("names", "reason"),
    [(("a", "A"), "repeated-name"), (("a", "a/b"), "name"), (("a/b", "A"), "name")],
)
def test_names_that_a_file_system_confuses(names: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        package.write(dict.fromkeys(names, b""))
    assert caught.value.reason == reason


def test_a_name_twice_is_refused() -> None:
    one = package.write({"a": b""})
    assert refused(one[:31] * 2 + one[31:]) == "repeated-name"


def test_no_second_end_in_the_comment() -> None:
    for comment in (b"PK\x05\x06", b"x" * 30 + package.write({})):
        with pytest.raises(Malformed, match="comment"):
            package.write(FILES, comment)
        assert refused(BARE[:-2] + struct.pack("<H", len(comment)) + comment) == "comment"
    straddling = b"\x05\x06".ljust(0x4B50, b"\x00")  # its length is "PK"
    assert refused(BARE[:-2] + struct.pack("<H", len(straddling)) + straddling) == "comment"
    with pytest.raises(Malformed, match="comment"):
        package.write(FILES, bytes(package.MAX_COMMENT + 1))
    assert package.read(package.write(FILES, bytes(package.MAX_COMMENT))).comment == bytes(package.MAX_COMMENT)


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    most = {f"m{i}": b"" for i in range(package.MAX_MEMBERS)}
    assert len(package.read(package.write(most)).files) == package.MAX_MEMBERS
    with pytest.raises(Malformed, match="too-many-members"):
        package.write({**most, "one-more": b""})
    assert refused(BARE[:DIRECTORY] * 65) in ("repeated-name", "too-many-members")
    large = package.write({"a": bytes(1000)})
    monkeypatch.setattr(package, "MAX_BYTES", 1000)
    assert refused(large) == "too-large"
    with pytest.raises(Malformed, match="too-large"):
        package.write({"a": bytes(990)})
    with pytest.raises(Malformed, match="too-large"):
        package.write({"a": bytes(900)}, bytes(50))


def test_every_truncation_is_refused() -> None:
    for end in range(len(GOOD)):
        with pytest.raises(Malformed):
            package.read(GOOD[:end])


NAMES = st.from_regex(r"[A-Za-z0-9_]{1,4}(/[A-Za-z0-9_]{1,4})?", fullmatch=True)


@settings(max_examples=60)
@given(st.dictionaries(NAMES, st.binary(max_size=40), max_size=6), st.binary(max_size=40))
def test_read_undoes_write(files: dict[str, bytes], comment: bytes) -> None:
    try:
        data = package.write(files, comment)
    except Malformed:
        return
    read = package.read(data)
    assert (dict(read.files), read.comment) == (files, comment)


@settings(max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_byte_is_without_meaning(position: int, flip: int) -> None:
    """A changed byte is either refused or read as other contents: `write` gives it back, so nothing is overlooked."""
    changed = GOOD[:position] + bytes((GOOD[position] ^ flip,)) + GOOD[position + 1 :]
    check(lambda: package.read(changed), changed)


@settings(max_examples=60)
@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    check(lambda: package.read(data), data)


def check(parse: Callable[[], package.Package], data: bytes) -> None:
    try:
        found = parse()
    except VerifierError:
        return
    assert package.write(found.files, found.comment) == data
    assert found.comment != b"MZR1comment" or data == GOOD
