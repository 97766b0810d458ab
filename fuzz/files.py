"""Targets of files: PDF, OFD and its parts, e-seals, X.509, envelopes, case files, pictures."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

from certs.documents.errors import PhotoError
from certs.documents.photo import photo
from certs.envelope import Envelope, seal_to
from certs.errors import CertsError
from certs.keys import PrivateKey
from certs.keys.sm2_encryption import decrypt
from certs.pki import Reason, make_crl, read_certificate
from certs.pki.errors import PkiError
from certs.pki.revocation import Revoked
from fuzz.model import Target, same
from fuzz.seeds import assessed, golden
from tests.support import kit, seals
from verifier import casefile, der, ofd, ofdfile, ofdxml, package
from verifier.assess import Verifier
from verifier.crl import Crl
from verifier.documents import is_document, read_document
from verifier.errors import VerifierError
from verifier.online.envelope import open_envelope
from verifier.online.errors import BadAnswer, OnlineError
from verifier.pdf import is_pdf, read_pdf
from verifier.policy import TrustBundle
from verifier.ses import Seal, SealSignature
from verifier.x509 import X509

_KEY = PrivateKey.generate()


class _Opener:
    """The party's key, by the maker's library."""

    def decrypt(self, cipher: bytes) -> bytes:
        try:
            return decrypt(_KEY, cipher)
        except CertsError:
            raise BadAnswer("not for this key") from None


def _document(data: bytes) -> None:
    found = read_document(data)
    assert data.startswith(found.body) or found.package is not None


def _package(data: bytes) -> None:
    found = package.read(data)
    same(data, package.write(found.files, found.comment))


def _ofd(data: bytes) -> None:
    """The package's inside as steps 10 and 11 read it; a seal that does not hold is a refusal."""
    found = package.read(data)
    entry = ofdfile.read_entry(found)
    ofdfile.copy_marks(entry)
    ofd.check_seal(found, _bundle(), seals.AT)


@lru_cache(maxsize=1)
def _bundle() -> TrustBundle:
    return seals.bundle()


def _xml(data: bytes) -> None:
    for root in ("OFD", "Signature", "Signatures"):
        try:
            ofdxml.parse(data, root)
        except VerifierError:
            continue


def _der(data: bytes) -> None:
    der.parse(data)


def _x509(data: bytes) -> None:
    """Two readers that share no code: what the verifier takes, the maker's library reads as well."""
    X509.parse(data)
    read_certificate(data)


def _maker_x509(data: bytes) -> None:
    read_certificate(data)


def _envelope(data: bytes) -> None:
    Envelope.parse(data)


def _client_envelope(data: bytes) -> None:
    open_envelope(data, _Opener())


@lru_cache(maxsize=1)
def _verifier() -> Verifier:
    return Verifier(TrustBundle.parse(kit.signed_bundle()), [kit.status()])


def _case(data: bytes) -> None:
    """A report, whatever the bytes are."""
    casefile.check_case(data, _verifier(), at=kit.AT).to_json()


def _assess(data: bytes) -> None:
    """A report, whatever the bytes are."""
    _verifier().assess(data, at=kit.AT, level="L5").to_json()


def _assess_text(data: bytes) -> None:
    _verifier().assess(data.decode("utf-8", "surrogateescape"), at=kit.AT).to_json()


def _documents() -> list[bytes]:
    return [data for data in assessed("input_b64") if is_document(data)]


def _packages() -> list[bytes]:
    return [*(d for d in _documents() if not is_pdf(d)), seals.sealed(), package.write({"a": b"1", "b/c": b""}, b"x")]


def _pictures() -> list[bytes]:
    made = []
    for form in ("JPEG", "PNG"):
        out = io.BytesIO()
        Image.new("RGB", (160, 200), "white").save(out, form)
        made.append(out.getvalue())
    return made


def _cases() -> list[bytes]:
    members = {"certificate.mzc": kit.holder_file()}
    return [casefile.write_case(members, b"manifest")]


def _crls() -> list[bytes]:
    authority = read_certificate(seals.intermediate())
    gone = Revoked(read_certificate(seals.maker_certificate()).serial, seals.AT, Reason.KEY_COMPROMISE)
    return [
        make_crl(authority, seals.SUB_CA, number, seals.AT, seals.AT + seals.DAY, some)
        for number, some in ((1, []), (2, [gone]))
    ]


def _envelopes() -> list[bytes]:
    return [seal_to(_KEY.public(), b'{"answer": ""}', "11990000MB9T00011H", lambda n: bytes(range(1, n + 1)))]


TARGETS = (
    Target("document", _document, _documents),
    Target("pdf", read_pdf, lambda: [data for data in _documents() if is_pdf(data)]),
    Target("package", _package, _packages),
    Target("ofd", _ofd, _packages),
    Target("ofd-xml", _xml, lambda: [d for d in seals.sealed_files().values() if d.startswith(b"<?xml")]),
    Target("e-seal", Seal.parse, lambda: golden("formats/e-seal.json", "b64")),
    Target("seal-signature", SealSignature.parse, lambda: golden("formats/e-seal.json", "b64")),
    Target("der", _der, lambda: [*golden("formats/e-seal.json", "b64"), seals.certificate(seals.SEALER)]),
    Target("x509", _x509, lambda: [seals.authority(), seals.intermediate()], (VerifierError, PkiError)),
    Target("x509-maker", _maker_x509, lambda: [seals.authority(), seals.intermediate()], (PkiError,)),
    Target("crl", Crl.parse, _crls),
    Target("envelope", _envelope, _envelopes, (VerifierError, CertsError)),
    Target("client-envelope", _client_envelope, _envelopes, (OnlineError,)),
    Target("case-file", _case, _cases),
    Target("assess", _assess, lambda: assessed("input_b64"), shape="cbor"),
    Target("assess-text", _assess_text, lambda: assessed("input_text")),
    Target("photo", photo, _pictures, (PhotoError,)),
)
