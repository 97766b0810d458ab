"""A sealed document with any byte changed never passes, whoever made the package around it whole again."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certs.pki import make_crl, read_certificate
from tests.support import seals
from tests.support.seals_forged import FILE, VALUE, good_files
from verifier import ofd, package
from verifier.certpath import build
from verifier.crl import Crl
from verifier.errors import Malformed, VerifierError
from verifier.package import Package
from verifier.sealfault import SealFault, SealRefused
from verifier.ses import Seal, SealSignature
from verifier.x509 import X509

DATA = seals.sealed()
FILES = good_files()
BUNDLE = seals.bundle()
SEAL = seals.seal()
PLACES = [(name, i) for name, data in FILES.items() for i in range(len(data))]
CHANGES = st.integers(1, 255)


def flip(data: bytes, position: int, change: int) -> bytes:
    return data[:position] + bytes((data[position] ^ change,)) + data[position + 1 :]


def check(files: Package) -> ofd.SealSeen:
    return ofd.check_seal(files, BUNDLE, seals.AT)


def test_the_document_itself_passes() -> None:
    assert check(package.read(DATA)).esid == "99000000000001"


@settings(max_examples=150)
@given(st.integers(0, len(DATA) - 1), CHANGES)
def test_a_changed_byte_of_the_file_never_passes(position: int, change: int) -> None:
    try:
        read = package.read(flip(DATA, position, change))
    except Malformed:
        return
    with pytest.raises(SealRefused):
        check(read)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(PLACES), CHANGES)
@example((VALUE, len(FILES[VALUE]) - 1), 1)
@example((VALUE, 4), 1)
def test_a_changed_byte_of_a_member_never_passes(place: tuple[str, int], change: int) -> None:
    name, position = place
    files = {**FILES, name: flip(FILES[name], position, change)}
    with pytest.raises(SealRefused) as caught:
        check(package.read(package.write(files)))
    assert name in (FILE, VALUE) or caught.value.fault in (
        SealFault.MEMBER_ALTERED,
        SealFault.SEAL_DIFFERS,
        SealFault.MALFORMED,
        SealFault.NOT_SEALED,
        SealFault.UNSUPPORTED,
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(FILES[VALUE]) - 1), st.integers(0, 8), st.binary(max_size=8))
def test_bytes_put_in_or_taken_out_of_the_signature_never_pass(position: int, cut: int, new: bytes) -> None:
    value = FILES[VALUE][:position] + new + FILES[VALUE][position + cut :]
    if value == FILES[VALUE]:
        return
    with pytest.raises(SealRefused):
        check(Package({**FILES, VALUE: value}, b"", b""))


@settings(max_examples=60)
@given(st.permutations(list(FILES)))
def test_members_in_another_order_never_pass(order: list[str]) -> None:
    if [n for n in order if n not in (FILE, VALUE)] == [n for n in FILES if n not in (FILE, VALUE)]:
        return
    with pytest.raises(SealRefused) as caught:
        check(Package({n: FILES[n] for n in order}, b"", b""))
    assert caught.value.fault is SealFault.MALFORMED


PARSERS = {
    "seal": (Seal.parse, SEAL),
    "signature": (SealSignature.parse, FILES[VALUE]),
    "certificate": (X509.parse, seals.certificate(seals.SEALER)),
    "crl": (Crl.parse, make_crl(read_certificate(seals.intermediate()), seals.SUB_CA, 1, 0, 1, [])),
}


@pytest.mark.parametrize("kind", PARSERS)
@settings(max_examples=80)
@given(data=st.data())
def test_parsers_answer_hostile_bytes_with_their_errors(kind: str, data: st.DataObject) -> None:
    parse, good = PARSERS[kind]
    position = data.draw(st.integers(0, len(good)))
    tail = data.draw(st.binary(max_size=40))
    try:
        parse(good[:position] + tail)
    except VerifierError:
        return
    # Parsing is not believing: a tail of the signature's length may be another well-formed signature.
    assert len(good[:position] + tail) == len(good)


@settings(max_examples=60)
@given(st.integers(0, len(seals.certificate(seals.SEALER)) - 1), CHANGES)
def test_a_changed_certificate_leads_nowhere(position: int, change: int) -> None:
    authorities = [X509.parse(data) for data in BUNDLE.authorities]
    with pytest.raises(VerifierError):
        build(X509.parse(flip(seals.certificate(seals.SEALER), position, change)), authorities, seals.AT)
