"""Whatever is done to a certificate, list or request: one of two answers, and never another way out."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.keys import PrivateKey, SoftwareSigner
from certs.pki import (
    Reason,
    Revoked,
    Subject,
    make_crl,
    make_request,
    read_certificate,
    read_crl,
    read_request,
    self_signed,
)
from certs.pki.errors import CertificateMalformed

NOW = 1_800_000_000
EDIT = st.tuples(st.integers(0, 900), st.sampled_from(("set", "delete", "insert")), st.integers(0, 255))
EDITS = st.lists(EDIT, max_size=4)
Reader = Callable[[bytes], object]


@lru_cache(maxsize=1)
def samples() -> list[tuple[Reader, bytes]]:
    key = SoftwareSigner(PrivateKey.generate(), process=False)
    subject = Subject("11990000MB9T00011H", "示例省民政厅", "ca-root", key.public_key)
    der = self_signed(subject, key, (NOW, NOW + 999), os.urandom)
    entries = [Revoked(b"\x05", NOW, Reason.KEY_COMPROMISE, NOW - 4), Revoked(b"\x06", NOW, Reason.UNSPECIFIED)]
    listed = make_crl(read_certificate(der), key, 2, NOW, NOW + 9, entries)
    return [(read_certificate, der), (read_crl, listed), (read_request, make_request(subject, key))]


@settings(max_examples=400, deadline=None)
@given(which=st.integers(0, 2), edits=EDITS)
def test_edited_bytes_are_read_or_refused(which: int, edits: list[tuple[int, str, int]]) -> None:
    read, data = samples()[which]
    changed = bytearray(data)
    for place, what, value in edits:
        at = place % len(changed)
        if what == "set":
            changed[at] = value
        elif what == "delete":
            del changed[at]
        else:
            changed.insert(at, value)
    try:
        found = read(bytes(changed))
    except CertificateMalformed:
        return
    again = read(bytes(changed))
    assert found == again
    if which == 2:  # only a request is checked as it is read: whatever is accepted is what was signed
        assert bytes(changed) == data


@given(data=st.binary(max_size=64))
def test_any_bytes_are_refused(data: bytes) -> None:
    for read, _ in samples():
        try:
            read(data)
        except CertificateMalformed:
            continue
        raise AssertionError("random bytes were read")
