"""Tile paths and entry bundles (C2SP tlog-tiles)."""

from __future__ import annotations

import pytest

from chain.log.tiles import (
    TileAddress,
    decode_bundle,
    encode_address,
    encode_bundle,
    parse_address,
    parse_level,
    split_hashes,
)
from verifier.errors import Malformed

PATHS = {
    "000": TileAddress(0),
    "067": TileAddress(67),
    "x001/000": TileAddress(1000),
    "x001/x234/067": TileAddress(1234067),
    "x001/x234/067.p/1": TileAddress(1234067, 1),
    "999.p/255": TileAddress(999, 255),
}


@pytest.mark.parametrize("text", PATHS)
def test_paths_both_ways(text: str) -> None:
    assert parse_address(text) == PATHS[text]
    assert encode_address(PATHS[text]) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "00",
        "0000",
        "1",
        "x000/001",
        "001/002",
        "x001",
        "x001/",
        "/001",
        "001.p",
        "001.p/",
        "001.p/0",
        "001.p/256",
        "001.p/999",
        "001.p/01",
        "001.p/-1",
        "001/p/5",
        "x001/x002/x003/x004/x005/006",
        "../000",
        "٠٠١",
        "001.p/٥",
        "001 ",
        "001\n",
        "x999/x999/x999/x999/999",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(Malformed, match="tile-path"):
        parse_address(text)


@pytest.mark.parametrize("text", ["6", "00", "-1", "x", "", "٣"])
def test_levels_outside_the_specification_are_refused(text: str) -> None:
    with pytest.raises(Malformed, match="level"):
        parse_level(text)


def test_levels() -> None:
    assert [parse_level(str(n)) for n in range(6)] == list(range(6))


def test_bundles_both_ways() -> None:
    bodies = [b"\x01" * 38, b"", b"\xff" * 0xFFFF]
    data = encode_bundle(bodies)
    assert data[:2] == b"\x00\x26"
    assert decode_bundle(data) == bodies


@pytest.mark.parametrize(
    "data", [b"\x00", b"\x00\x02\x00", b"\xff\xff", b"\x00\x00" * 257], ids=["cut", "short", "long", "257"]
)
def test_broken_bundles_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match="entry-bundle"):
        decode_bundle(data)


def test_oversized_entry_is_refused() -> None:
    with pytest.raises(Malformed, match="entry-too-long"):
        encode_bundle([bytes(0x10000)])


@pytest.mark.parametrize("length", [0, 31, 33, 32 * 257])
def test_tiles_of_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(Malformed, match="tile"):
        split_hashes(bytes(length))
