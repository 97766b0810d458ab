"""Sealing an OFD: three files that say what is signed, and one with the signature (GB/T 33190 clause 18).

    Doc_0/Signs/Signatures.xml           the list of the one signature
    Doc_0/Signs/Sign_0/Seal.esl          SESeal
    Doc_0/Signs/Sign_0/Signature.xml     SM3 of every other member, where the seal's picture stands
    Doc_0/Signs/Sign_0/SignedValue.dat   SES_Signature over SM3 of Signature.xml

The list of signatures is among the signed members: a second signature could not be added without breaking the first.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Final

from certs.documents.ofd.xml import Markup, document, element, numbers, text
from certs.errors import SelfCheckFailed
from certs.pki.forms import signature_bits
from certs.ports import Signer
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.ofd import check_consistent
from verifier.ofdfile import Stamp
from verifier.package import Package

from . import structures as ses
from .object import moment

LIST: Final = "Doc_0/Signs/Signatures.xml"
FOLDER: Final = "Doc_0/Signs/Sign_0/"
SEAL: Final = FOLDER + "Seal.esl"
FILE: Final = FOLDER + "Signature.xml"
VALUE: Final = FOLDER + "SignedValue.dat"
_PROVIDER: Final = "Minzheng Trust"
_PROVIDER_VERSION: Final = "1"


def seal_package(
    files: Mapping[str, bytes],
    *,
    seal: bytes,
    certificate: bytes,
    signer: Signer,
    at: int,
    stamps: Sequence[Stamp],
) -> dict[str, bytes]:
    """The files with the signature's four behind them, checked by the verifier.

    files: members of an OFD whose OFD.xml names `LIST`. seal: DER of an SESeal that lists `certificate`, the signer's.
    at: signing time, seconds UTC. Raises SelfCheckFailed, KeyStoreError.
    """
    sealed = {**files, LIST: _list(len(stamps)), SEAL: seal}
    sealed[FILE] = _signature_file(sealed, at, stamps)
    sealed[VALUE] = sign_digest(sm3(sealed[FILE]), seal=seal, certificate=certificate, signer=signer, at=at)
    try:
        check_consistent(Package(sealed, b"", b""))
    except VerifierError as e:
        raise SelfCheckFailed(str(e)) from None
    return sealed


def sign_digest(digest: bytes, *, seal: bytes, certificate: bytes, signer: Signer, at: int) -> bytes:
    """DER of the SES_Signature over `digest`, 32 bytes SM3 of Signature.xml. Not checked here."""
    to_sign = ses.TBS_Sign(
        {
            "version": ses.VERSION,
            "eseal": ses.SESeal.load(seal),
            "time_info": moment(at),
            "data_hash": digest,
            "property_info": f"/{FILE}",
        }
    )
    signed: bytes = ses.SES_Signature(
        {
            "to_sign": to_sign,
            "cert": certificate,
            "signature_alg_id": ses.SM2_WITH_SM3,
            "signature": signature_bits(signer.sign(to_sign.dump())),
        }
    ).dump()
    return signed


def _list(stamps: int) -> bytes:
    return document(
        "Signatures",
        element("MaxSignId", text(_identifier(1 + stamps))),
        element("Signature", ID=_identifier(1), Type="Seal", BaseLoc=f"/{FILE}"),
    )


def _signature_file(covered: Mapping[str, bytes], at: int, stamps: Sequence[Stamp]) -> bytes:
    return document(
        "Signature",
        element(
            "SignedInfo",
            element("Provider", ProviderName=_PROVIDER, Version=_PROVIDER_VERSION),
            element("SignatureMethod", text(ses.SM2_WITH_SM3)),
            element("SignatureDateTime", text(moment(at).strftime("%Y%m%d%H%M%SZ"))),
            element("References", *_references(covered), CheckMethod=ses.SM3_OID),
            *(_stamp(number, stamp) for number, stamp in enumerate(stamps, start=2)),
            element("Seal", element("BaseLoc", text(f"/{SEAL}"))),
        ),
        element("SignedValue", text(f"/{VALUE}")),
    )


def _references(covered: Mapping[str, bytes]) -> list[Markup]:
    return [
        element("Reference", element("CheckValue", Markup(b64encode(sm3(data)).decode())), FileRef=f"/{name}")
        for name, data in covered.items()
    ]


def _stamp(number: int, stamp: Stamp) -> Markup:
    return element("StampAnnot", ID=_identifier(number), PageRef=stamp.page, Boundary=str(numbers(*stamp.box)))


def _identifier(number: int) -> str:
    """The standard's form sNNN."""
    return f"s{number:03d}"
