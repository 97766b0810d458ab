"""The seal object: an organisation's seal picture bound to the certificates that may use it, signed by the maker.

SESeal { { { "ES", 4, "MZXIN" }, esID, { 1, name, 1, { certificate … }, made, from, until }, { "PNG", …, 42, 42 } },
         maker's certificate, 1.2.156.10197.1.501, signature }
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import core  # type: ignore[import-untyped]

from certs.errors import SelfCheckFailed
from certs.pki.forms import signature_bits
from certs.ports import Signer
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.ses import CERTIFICATES, DIGESTS, Seal
from verifier.x509 import X509

from . import structures as ses

VENDOR: Final = "MZXIN"
"""vid of the header: which software made it."""
OFFICIAL: Final = 1
"""Type of a seal that stands for the organisation itself (GB/T 38540 leaves the numbers to the maker)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """png: the seal's picture; its size on paper in whole millimetres."""

    png: bytes = field(repr=False)
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class SealOrder:
    """What a seal is to be. esid: unique, ASCII; name: as it reads; times in seconds UTC, both ends inclusive.

    signers: DER certificates of the keys that may use it. by_digest: list their SM3 digests instead.
    """

    esid: str
    name: str
    signers: Sequence[bytes] = field(repr=False)
    picture: Picture
    made_at: int
    valid_from: int
    valid_until: int
    by_digest: bool = False


def make_seal(order: SealOrder, *, maker: Signer, certificate: bytes) -> bytes:
    """DER of the SESeal; `certificate`: the maker's, DER. Raises SelfCheckFailed, KeyStoreError."""
    info = _info(order)
    signed = info.dump()
    seal: bytes = ses.SESeal(
        {
            "e_seal_info": info,
            "cert": certificate,
            "sign_alg_id": ses.SM2_WITH_SM3,
            "signed_value": signature_bits(maker.sign(signed)),
        }
    ).dump()
    _check(seal, order, certificate)
    return seal


def _info(order: SealOrder) -> Any:
    if order.by_digest:
        listed = ses.CertDigestList([{"type": ses.SM3_OID, "value": sm3(signer)} for signer in order.signers])
    else:
        listed = ses.CertInfoList(list(order.signers))
    return ses.SES_SealInfo(
        {
            "header": {"id": "ES", "version": ses.VERSION, "vid": VENDOR},
            "es_id": order.esid,
            "property": {
                "type": OFFICIAL,
                "name": order.name,
                "cert_list_type": DIGESTS if order.by_digest else CERTIFICATES,
                "cert_list": core.Any(listed),
                "create_date": moment(order.made_at),
                "valid_start": moment(order.valid_from),
                "valid_end": moment(order.valid_until),
            },
            "picture": {
                "type": "PNG",
                "data": order.picture.png,
                "width": order.picture.width_mm,
                "height": order.picture.height_mm,
            },
        }
    )


def moment(seconds: int) -> datetime:
    """As asn1crypto takes a time."""
    return datetime.fromtimestamp(seconds, UTC)


def _check(seal: bytes, order: SealOrder, certificate: bytes) -> None:
    """What nobody could read or use is not given away; a faulted signature could give the maker's key away."""
    try:
        read, maker = Seal.parse(seal), X509.parse(certificate)
    except VerifierError as e:
        raise SelfCheckFailed(str(e)) from None
    if not read.made_by(maker):
        raise SelfCheckFailed("MAKER_SIGNATURE_INVALID")
    if not all(map(read.lists, order.signers)):
        raise SelfCheckFailed("SIGNER_NOT_LISTED")
