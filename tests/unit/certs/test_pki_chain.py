"""Chains, good and bad, before two readers that share no code: libcrypto behind `certs.pki`, and the verifier's."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509  # type: ignore[import-untyped]

from certs.keys import PrivateKey, SoftwareSigner
from certs.keys._evp import SigningContext
from certs.keys.der import der_to_raw
from certs.pki import (
    Certificate,
    Reason,
    Revoked,
    Subject,
    certify,
    check_chain,
    forms,
    make,
    make_crl,
    make_request,
    read_certificate,
    read_crl,
    read_request,
    self_signed,
)
from certs.pki.errors import CertificateMalformed, CertificateNotAllowed, ChainRefused, PkiError
from certs.pki.make import Addresses
from certs.pki.names import USER_ID
from verifier import certpath
from verifier.crl import Crl
from verifier.errors import VerifierError
from verifier.hazmat._sm2_params import message_hasher
from verifier.sealfault import SealRefused
from verifier.x509 import DIGITAL_SIGNATURE, POLICY_SEAL, X509

NOW = 1_800_000_000
YEAR = 365 * 86400
ROOT, OFFICE = "11990000MB9T00011H", "11990000MB9T010142"
LIFE = (NOW, NOW + YEAR)
Change = Callable[[Any], None]


class OtherId(SoftwareSigner):
    """Signs under an identifier that is not 1234567812345678."""

    def __init__(self, key: PrivateKey) -> None:
        super().__init__(key, process=False)
        self._context = SigningContext(key)

    def sign(self, message: bytes) -> bytes:
        digest = message_hasher(self.public_key, b"ALICE123@YAHOO.COM")(message)
        return der_to_raw(self._context.sign_digest(digest))


def new_key() -> SoftwareSigner:
    return SoftwareSigner(PrivateKey.generate(), process=False)


@dataclass(frozen=True)
class World:
    """A root, an intermediate, a seal key under it, and another root that nobody trusts."""

    root: SoftwareSigner = field(default_factory=new_key)
    sub: SoftwareSigner = field(default_factory=new_key)
    leaf: SoftwareSigner = field(default_factory=new_key)
    other: SoftwareSigner = field(default_factory=new_key)

    def subject(self, purpose: str, key: SoftwareSigner, kinds: tuple[int, ...] = ()) -> Subject:
        ours = purpose in ("ca-root", "ca-sub", "maker")
        return Subject(
            ROOT if ours else OFFICE, "示例省民政厅" if ours else "示例登记处", purpose, key.public_key, kinds
        )


@lru_cache(maxsize=1)
def world() -> World:
    return World()


@lru_cache(maxsize=1)
def root() -> Certificate:
    return read_certificate(self_signed(world().subject("ca-root", world().root), world().root, _long(20), os.urandom))


@lru_cache(maxsize=1)
def sub() -> Certificate:
    w = world()
    return read_certificate(certify(w.subject("ca-sub", w.sub), root(), w.root, _long(10), os.urandom))


@lru_cache(maxsize=1)
def seal() -> Certificate:
    w = world()
    at = Addresses("https://minzheng.example/v1/pki/ca/2.cer", "https://minzheng.example/v1/pki/crl/00.crl")
    return read_certificate(certify(w.subject("seal", w.leaf), sub(), w.sub, LIFE, os.urandom, at))


def _long(years: int) -> tuple[int, int]:
    return NOW, NOW + years * YEAR


def crafted(
    subject: Subject,
    issuer: Certificate,
    signer: SoftwareSigner,
    change: Change | None = None,
    bits: Callable[[bytes], bytes] = lambda der: der,
    times: tuple[int, int] = LIFE,
) -> bytes:
    """A certificate that our own code would not make. `bits`: what becomes of the signature."""
    tbs = make._to_be_signed(subject, x509.Name.load(issuer.subject), issuer.subject_key_id, times, os.urandom, None)
    if change is not None:
        change(tbs)
    signature = bits(forms.signature_bits(signer.sign(tbs.dump(force=True))))
    parts = {"tbs_certificate": tbs, "signature_algorithm": forms.algorithm(), "signature_value": signature}
    made: bytes = x509.Certificate(parts).dump()
    return made


def _extension(name: str, value: Any) -> Change:
    def change(tbs: Any) -> None:
        for extension in tbs["extensions"]:
            if extension["extn_id"].native == name:
                extension["extn_value"] = value

    return change


def _add_unknown_critical(tbs: Any) -> None:
    tbs["extensions"].append({"extn_id": "1.2.156.990000.1", "critical": True, "extn_value": b"\x05\x00"})


def _not_minimal(der: bytes) -> bytes:
    """The same two numbers, the first with a zero byte in front."""
    length = der[3]
    body = b"\x02" + bytes([length + 1]) + b"\x00" + der[4:]
    return b"\x30" + bytes([len(body)]) + body


def _altered(data: bytes) -> bytes:
    """Another organisation in the subject, under the same signature."""
    return data.replace(OFFICE.encode(), b"11990000MB9T01022W")


@dataclass(frozen=True)
class Chain:
    """What is handed to both readers. `code`: ours must refuse with it; None: both must accept."""

    code: str | None
    leaf: bytes
    others: Sequence[bytes] = ()
    roots: Sequence[bytes] = ()
    at: int = NOW + 100
    crls: Sequence[bytes] = ()
    purpose: str = "seal"


def cases() -> dict[str, Chain]:
    w = world()
    ours, above = w.subject("seal", w.leaf), [sub().der]
    roots = [root().der]
    other_root = self_signed(w.subject("ca-root", w.other), w.other, _long(20), os.urandom)
    deeper = crafted(w.subject("ca-sub", w.other), sub(), w.sub, times=LIFE)
    below = crafted(ours, read_certificate(deeper), w.other)
    by_leaf = crafted(w.subject("seal", w.other), seal(), w.leaf)
    weak = crafted(w.subject("ca-sub", w.sub), root(), w.root, _extension("key_usage", {"crl_sign"}))
    key_usage = crafted(ours, sub(), w.sub, _extension("key_usage", {"key_encipherment"}))
    impostor = crafted(ours, sub(), w.other)
    other_id = crafted(ours, sub(), OtherId(w.sub._key))
    critical = crafted(ours, sub(), w.sub, _add_unknown_critical)
    malleated = crafted(ours, sub(), w.sub, bits=_not_minimal)
    status = certify(w.subject("status", w.leaf), sub(), w.sub, LIFE, os.urandom)
    gone = make_crl(sub(), w.sub, 2, NOW, NOW + YEAR, [Revoked(seal().serial, NOW + 50, Reason.KEY_COMPROMISE)])
    clear = make_crl(sub(), w.sub, 1, NOW, NOW + YEAR, [])
    return {
        "good": Chain(None, seal().der, above, roots),
        "good-with-list": Chain(None, seal().der, above, roots, crls=[clear]),
        "last-second": Chain(None, seal().der, above, roots, at=LIFE[1] - 2),
        "wrong-root": Chain("issuer-unknown", seal().der, above, [other_root]),
        "intermediate-missing": Chain("issuer-unknown", seal().der, [], roots),
        "expired": Chain("expired", seal().der, above, roots, at=LIFE[1]),
        "not-yet-valid": Chain("not-yet-valid", seal().der, above, roots, at=NOW - 1),
        "issuer-not-an-authority": Chain("not-an-authority", by_leaf, [*above, seal().der], roots),
        "path-too-long": Chain("path-too-long", below, [*above, deeper], roots),
        "authority-may-not-certify": Chain("not-an-authority", seal().der, [weak], roots),
        "leaf-key-usage": Chain("key-usage", key_usage, above, roots),
        "other-purpose": Chain("policy", status, above, roots),
        "signed-by-another": Chain("signature-invalid", impostor, above, roots),
        "other-distinguishing-id": Chain("signature-invalid", other_id, above, roots),
        "altered": Chain("signature-invalid", _altered(seal().der), above, roots),
        "signature-not-minimal": Chain("malformed", malleated, above, roots),
        "data-behind": Chain("malformed", seal().der + b"\x00", above, roots),
        "unknown-critical-extension": Chain("unknown-critical-extension", critical, above, roots),
        "revoked": Chain("revoked", seal().der, above, roots, crls=[gone]),
        "revoked-by-an-older-list": Chain("revoked", seal().der, above, roots, crls=[gone, clear]),
    }


def _ours(chain: Chain) -> str | None:
    try:
        check_chain(chain.leaf, chain.others, chain.roots, chain.at, purpose=chain.purpose, crls=chain.crls)
    except ChainRefused as refused:
        return refused.code
    except CertificateMalformed:
        return "malformed"
    return None


def _theirs(chain: Chain) -> bool:
    """Whether the verifier's reader accepts it."""
    try:
        path = certpath.build(
            X509.parse(chain.leaf), [X509.parse(der) for der in (*chain.roots, *chain.others)], chain.at
        )
        certpath.check_policy(path, POLICY_SEAL)
        certpath.check_revocations(path, [Crl.parse(der) for der in chain.crls], chain.at, None)
    except (SealRefused, VerifierError):
        return False
    return path[0].may(DIGITAL_SIGNATURE)


@pytest.mark.parametrize("name", list(cases()))
def test_two_readers_agree(name: str) -> None:
    chain = cases()[name]
    assert _ours(chain) == chain.code
    assert _theirs(chain) == (chain.code is None)


def test_our_reader_refuses_what_the_verifiers_refuses() -> None:
    content = json.loads((Path(__file__).parents[2] / "golden/formats/e-seal.json").read_text())
    good = [base64.b64decode(case["b64"]) for case in content["accepted"] if case["type"] == "X509"]
    bad = {c["name"]: base64.b64decode(c["b64"]) for c in content["refused"] if c["type"] == "X509"}
    assert [read_certificate(der).der for der in good] == good
    unknown = bad.pop("X509-extension-critical")  # read, and refused with its chain
    assert read_certificate(unknown).unknown_critical
    assert len(bad) > 20
    for name, der in bad.items():
        with pytest.raises(CertificateMalformed):
            pytest.fail(f"accepted: {name}, {read_certificate(der)}")


def test_the_identifier_counts_on_every_certificate() -> None:
    with pytest.raises(ChainRefused, match="signature-invalid"):
        check_chain(seal().der, [sub().der], [root().der], NOW, purpose="seal", user_id=b"ALICE123@YAHOO.COM")
    with pytest.raises(ChainRefused, match="signature-invalid"):  # the default of OpenSSL's command line
        check_chain(seal().der, [sub().der], [root().der], NOW, purpose="seal", user_id=b"")


def test_kinds_are_policies() -> None:
    w = world()
    der = certify(w.subject("issuer", w.leaf, (1, 2)), sub(), w.sub, LIFE, os.urandom)
    check_chain(der, [sub().der], [root().der], NOW, purpose="issuer", kinds=(1, 2))
    for kinds in ((3,), (1, 3)):
        with pytest.raises(ChainRefused, match="policy"):
            check_chain(der, [sub().der], [root().der], NOW, purpose="issuer", kinds=kinds)


def test_lists_in_force_can_be_required() -> None:
    w = world()
    lists = [make_crl(sub(), w.sub, 1, NOW, NOW + 10, []), make_crl(root(), w.root, 1, NOW, NOW + 100, [])]
    arguments = (seal().der, [sub().der], [root().der])
    check_chain(*arguments, NOW + 5, purpose="seal", crls=lists, need_crls=True)
    assert check_chain(*arguments, NOW + 20, purpose="seal", crls=lists).crl_missing == (sub().subject_key_id,)
    with pytest.raises(ChainRefused, match="crl-missing"):
        check_chain(*arguments, NOW + 20, purpose="seal", crls=lists, need_crls=True)
    forged = crafted_list(sub(), w.other)
    with pytest.raises(ChainRefused, match="crl-invalid"):
        check_chain(*arguments, NOW, purpose="seal", crls=[forged])


def crafted_list(authority: Certificate, signer: SoftwareSigner) -> bytes:
    """A list in the name of an authority, signed by somebody else."""
    impostor = self_signed(Subject(ROOT, "示例省民政厅", "ca-root", signer.public_key), signer, LIFE, os.urandom)
    made = make_crl(read_certificate(impostor), signer, 9, NOW, NOW + YEAR, [])
    parsed = forms.strict(forms_crl(), made, 1 << 16, "list")
    tbs = parsed["tbs_cert_list"]
    tbs["issuer"] = x509.Name.load(authority.subject)
    tbs["crl_extensions"][0]["extn_value"] = {"key_identifier": authority.subject_key_id}
    parsed["signature"] = forms.signature_bits(signer.sign(tbs.dump(force=True)))
    again: bytes = parsed.dump(force=True)
    assert read_crl(again).authority_key_id == authority.subject_key_id
    return again


def forms_crl() -> Any:
    from asn1crypto import crl

    return crl.CertificateList


def test_what_an_authority_may_not_certify() -> None:
    w = world()
    for authority, signer, times in (
        (seal(), w.leaf, LIFE),  # no authority
        (sub(), w.root, LIFE),  # not its key
        (sub(), w.sub, (NOW - 1, NOW + 1)),  # before the authority
        (sub(), w.sub, _long(11)),  # after it
    ):
        with pytest.raises(CertificateNotAllowed):
            certify(w.subject("seal", w.other), authority, signer, times, os.urandom)
    with pytest.raises(CertificateNotAllowed):
        certify(w.subject("ca-sub", w.other), sub(), w.sub, LIFE, os.urandom)
    with pytest.raises(CertificateNotAllowed):
        self_signed(w.subject("seal", w.leaf), w.leaf, LIFE, os.urandom)


def test_serial_numbers_are_random_and_of_one_length() -> None:
    w = world()
    serials = {
        read_certificate(certify(w.subject("seal", w.leaf), sub(), w.sub, LIFE, os.urandom)).serial for _ in range(8)
    }
    assert len(serials) == 8
    assert {len(serial) for serial in serials} == {16}


def test_a_request_shows_that_its_key_is_held() -> None:
    w = world()
    request = make_request(w.subject("seal", w.leaf), w.leaf)
    assert read_request(request).key.public == w.leaf.public_key
    other = request.replace(w.leaf.public_key, w.other.public_key)
    for bad in (other, request[:-1], request + b"\x00", b"", b"\x30\x00", request[:40] + b"\xff" + request[41:]):
        with pytest.raises(PkiError):
            read_request(bad)


def test_lists_say_what_was_asked() -> None:
    w = world()
    entries = [
        Revoked(seal().serial, NOW + 9, Reason.KEY_COMPROMISE, NOW + 3),
        Revoked(b"\x01", NOW + 9, Reason.UNSPECIFIED),
        Revoked(b"\x02", NOW + 9, Reason.SUPERSEDED),
    ]
    der = make_crl(sub(), w.sub, 7, NOW + 10, NOW + 20, entries)
    read = read_crl(der)
    assert (read.number, read.this_update, read.next_update) == (7, NOW + 10, NOW + 20)
    assert read.entries == {entry.serial: entry for entry in entries}
    theirs = Crl.parse(der)
    assert (theirs.number, theirs.this_update, theirs.next_update) == (7, NOW + 10, NOW + 20)
    assert sorted(theirs.revoked) == sorted(int.from_bytes(entry.serial, "big") for entry in entries)
    for bad in (b"", der[:-1], der + b"\x00", der[:50] + b"\x00" + der[51:]):
        with pytest.raises(PkiError):
            read_crl(bad)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")
def test_openssl_agrees_step_by_step(tmp_path: Path) -> None:
    """Its command line cannot check a chain with an intermediate (openssl#23471), so each step stands alone."""
    files = {"root": root().der, "sub": sub().der, "seal": seal().der}
    for name, der in files.items():
        (tmp_path / f"{name}.der").write_bytes(der)
        _openssl(tmp_path, "x509", "-inform", "DER", "-in", f"{name}.der", "-out", f"{name}.pem")
    step = ("verify", "-partial_chain", "-attime", str(NOW + 100), "-vfyopt", f"distid:{USER_ID.decode()}")
    assert _openssl(tmp_path, *step, "-trusted", "root.pem", "sub.pem").endswith("OK\n")
    assert _openssl(tmp_path, *step, "-trusted", "sub.pem", "seal.pem").endswith("OK\n")
    with pytest.raises(subprocess.CalledProcessError):
        _openssl(tmp_path, *step, "-trusted", "root.pem", "seal.pem")
    (tmp_path / "q.der").write_bytes(make_request(world().subject("seal", world().leaf), world().leaf))
    _openssl(tmp_path, "req", "-inform", "DER", "-in", "q.der", "-noout", "-verify", *step[-2:])


def _openssl(directory: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout
