"""C2SP tlog-proof: strict text, both ways."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import rfc9162_reference as rfc
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote
from verifier.errors import Malformed
from verifier.tlog_proof import HEADER, TlogProof

ENTRIES = [bytes([i]) for i in range(7)]
ROOT = rfc.root(rfc.sha256, [rfc.leaf(rfc.sha256, e) for e in ENTRIES])
NOTE = SignedNote(Checkpoint("log.example/sha256", 7, ROOT), (NoteSignature("log.example/sha256", b"abcd", bytes(64)),))
GOOD = TlogProof(3, (bytes(32), b"\x01" * 32), NOTE)
H0, H1 = b64encode(bytes(32)).decode(), b64encode(b"\x01" * 32).decode()
TAIL = NOTE.encode().decode()


def text(*lines: str, tail: str = TAIL) -> bytes:
    return ("\n".join(lines) + "\n\n" + tail).encode()


def test_the_written_form() -> None:
    assert GOOD.encode() == text(HEADER, "index 3", H0, H1)
    with_extra = TlogProof(0, (), NOTE, b"vrf")
    assert with_extra.encode() == text(HEADER, f"extra {b64encode(b'vrf').decode()}", "index 0")


@given(
    index=st.integers(0, 2**62),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=40),
    extra=st.none() | st.binary(max_size=100),
)
def test_round_trip(index: int, path: list[bytes], extra: bytes | None) -> None:
    proof = TlogProof(index, tuple(path), NOTE, extra)
    assert TlogProof.parse(proof.encode()) == proof


@pytest.mark.parametrize(
    "data",
    [
        b"",
        text("c2sp.org/tlog-proof@v2", "index 3"),
        text("index 3"),
        text(HEADER),
        text(HEADER, "index 03"),
        text(HEADER, "index -1"),
        text(HEADER, "index 3 "),
        text(HEADER, "index 3\r"),
        text(HEADER, "Index 3"),
        text(HEADER, "index 3", "extra dnJm"),
        text(HEADER, "extra dnJm", "extra dnJm", "index 3"),
        text(HEADER, "extra !", "index 3"),
        text(HEADER, "index 3", H0[:-1]),
        text(HEADER, "index 3", b64encode(bytes(31)).decode()),
        text(HEADER, "index 3", H0.replace("A=", "B=")),
        text(HEADER, "index 3", *[H0] * 65),
        text(HEADER, "extra " + b64encode(bytes(4097)).decode(), "index 3"),
        text(HEADER, "index 3", tail=""),
        text(HEADER, "index 3", tail=TAIL + "x"),
        text(HEADER, "index 3")[:-1],
        b"\xef\xbb\xbf" + text(HEADER, "index 3"),
        text(HEADER, "index 3", tail=TAIL + "x" * 90_000),
    ],
)
def test_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        TlogProof.parse(data)
