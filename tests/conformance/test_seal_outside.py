"""E-seals and their certificates by implementations that are none of ours: OpenSSL, Botan, asn1crypto, ofdkit, zipfile.

OpenSSL checks each certificate against its issuer in single steps: its command line fails on chains with an
intermediate under SM2 ids, which is its fault and not theirs.
"""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import ofdkit
import pytest
from asn1crypto import core, x509

from certs.pki import read_certificate
from certs.seal import structures
from tests.support import seals
from tests.support.der_edit import at
from verifier.ses import SealSignature
from verifier.x509 import X509, raw_signature

VALUE = zipfile.ZipFile(io.BytesIO(seals.sealed())).read("Doc_0/Signs/Sign_0/SignedValue.dat")
CERTIFICATES = {
    "root": (seals.authority(), seals.authority()),
    "intermediate": (seals.intermediate(), seals.authority()),
    "maker": (seals.maker_certificate(), seals.intermediate()),
    "signer": (seals.certificate(seals.SEALER), seals.intermediate()),
}
ID = "distid:1234567812345678"
BOTAN = """
import sys, botan2
x, y, ident, message, signature = (bytes.fromhex(a) for a in sys.argv[1:])
key = botan2.PublicKey.load_sm2("sm2p256v1", int.from_bytes(x, "big"), int.from_bytes(y, "big"))
verify = botan2.PKVerify(key, ident.decode() + ",SM3")
verify.update(message)
print(verify.check_signature(signature))
"""


def openssl(*arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, timeout=60, check=False)


def signed_parts() -> dict[str, tuple[bytes, bytes, bytes]]:
    """(certificate, message, DER signature) of the maker over the seal, and of the signer over TBS_Sign."""
    seal = at(VALUE, 0, 1)
    return {
        "maker": (seals.maker_certificate(), at(seal, 0), at(seal, 3)[3:]),
        "signer": (seals.certificate(seals.SEALER), at(VALUE, 0), at(VALUE, 3)[3:]),
    }


@pytest.mark.parametrize("who", CERTIFICATES)
def test_openssl_accepts_each_certificate_under_its_issuer(who: str, tmp_path: Path) -> None:
    for name, data in zip(("leaf", "issuer"), CERTIFICATES[who], strict=True):
        done = openssl("x509", "-inform", "DER", "-out", str(tmp_path / name), data=data)
        assert done.returncode == 0, done.stderr
    step = ("-partial_chain", "-attime", str(seals.AT), "-trusted", str(tmp_path / "issuer"))
    assert openssl("verify", *step, "-vfyopt", ID, str(tmp_path / "leaf")).returncode == 0
    if who != "root":  # a trusted root is not checked any further
        assert openssl("verify", *step, "-vfyopt", "distid:other", str(tmp_path / "leaf")).returncode != 0


@pytest.mark.parametrize("who", ["maker", "signer"])
def test_openssl_verifies_the_signatures_of_seal_and_document(who: str, tmp_path: Path) -> None:
    certificate, message, signature = signed_parts()[who]
    key = openssl("x509", "-inform", "DER", "-pubkey", "-noout", data=certificate).stdout
    for name, data in (("key", key), ("message", message), ("signature", signature), ("other", message + b"\0")):
        (tmp_path / name).write_bytes(data)
    how = ("-verify", "-pubin", "-inkey", str(tmp_path / "key"), "-rawin", "-digest", "sm3", "-pkeyopt", ID)
    said = [
        openssl("pkeyutl", *how, "-sigfile", str(tmp_path / "signature"), "-in", str(tmp_path / name))
        for name in ("message", "other")
    ]
    assert [run.returncode for run in said] == [0, 1]
    assert b"Signature Verified Successfully" in said[0].stdout


@pytest.mark.parametrize("who", ["maker", "signer"])
def test_botan_verifies_the_signatures_with_the_id(who: str) -> None:
    probe = subprocess.run(["/usr/bin/python3", "-c", "import botan2"], capture_output=True, timeout=60, check=False)
    if probe.returncode:
        pytest.skip("python3-botan is not installed")
    certificate, message, signature = signed_parts()[who]
    public = X509.parse(certificate).key.encoded
    raw = raw_signature(signature)

    def says(ident: bytes, said: bytes) -> str:
        parts = (public[1:33], public[33:], ident, said, raw)
        command = ["/usr/bin/python3", "-c", BOTAN, *(p.hex() for p in parts)]
        return subprocess.run(command, capture_output=True, timeout=60, check=True, text=True).stdout.strip()

    assert says(b"1234567812345678", message) == "True"
    assert says(b"1234567812345679", message) == "False"
    assert says(b"1234567812345678", message + b"\0") == "False"


def test_asn1crypto_reads_every_structure_and_writes_it_back() -> None:
    signature = structures.SES_Signature.load(VALUE, strict=True)
    to_sign = structures.TBS_Sign.load(signature["to_sign"].dump(), strict=True)
    seal = structures.SESeal.load(to_sign["eseal"].dump(), strict=True)
    for parsed, data in ((signature, VALUE), (to_sign, at(VALUE, 0)), (seal, at(VALUE, 0, 1))):
        assert parsed.native
        assert parsed.dump(force=True) == data
    read = SealSignature.parse(VALUE)
    assert seal["e_seal_info"]["es_id"].native == read.seal.esid
    assert seal["e_seal_info"]["property"]["name"].native == read.seal.name
    assert int(to_sign["time_info"].native.timestamp()) == read.signed_at
    assert seal["sign_alg_id"].native == "1.2.156.10197.1.501"
    listed = seal["e_seal_info"]["property"]["cert_list"].parse(structures.CertInfoList)
    assert [c.native for c in listed] == [seals.certificate(seals.SEALER)]
    digest = core.Sequence.load(seals.seal(by_digest=True), strict=True)
    assert digest.native


@pytest.mark.parametrize("who", CERTIFICATES)
def test_asn1crypto_reads_certificates_as_we_do(who: str) -> None:
    data = CERTIFICATES[who][0]
    ours, theirs, pki = X509.parse(data), x509.Certificate.load(data, strict=True), read_certificate(data)
    assert (ours.serial, ours.issuer, ours.subject) == (
        theirs.serial_number,
        theirs.issuer.dump(),
        theirs.subject.dump(),
    )
    assert ours.tbs == theirs["tbs_certificate"].dump()
    assert (ours.not_before, ours.not_after) == (pki.not_before, pki.not_after)
    assert (ours.ca, ours.path_length, ours.key.encoded) == (pki.is_authority, pki.path_len, pki.key.public)
    assert (ours.policies or frozenset()) == frozenset(pki.policies)
    assert (ours.subject_key_id, ours.authority_key_id) == (pki.subject_key_id, pki.authority_key_id)
    assert ours.name == theirs.subject.native["common_name"]


def test_a_reader_of_ofd_opens_the_sealed_document(tmp_path: Path) -> None:
    (tmp_path / "sealed.ofd").write_bytes(seals.sealed())
    document = ofdkit.open(tmp_path / "sealed.ofd")
    assert "示例" in document.text()
