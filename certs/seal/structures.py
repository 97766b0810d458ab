"""The standard's ASN.1 (GB/T 38540-2020 clauses 6.1 and 7.1), for writing; `verifier.ses` reads it with its own parser.

The misspelt name of the picture's type is the standard's.
"""

from __future__ import annotations

from typing import Final

from asn1crypto import core  # type: ignore[import-untyped]

VERSION: Final = 4
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
SM3_OID: Final = "1.2.156.10197.1.401"


class SES_Header(core.Sequence):  # type: ignore[misc]
    _fields: Final = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class CertInfoList(core.SequenceOf):  # type: ignore[misc]
    """certListType 1."""

    _child_spec: Final = core.OctetString


class CertDigestObj(core.Sequence):  # type: ignore[misc]
    _fields: Final = [("type", core.PrintableString), ("value", core.OctetString)]


class CertDigestList(core.SequenceOf):  # type: ignore[misc]
    """certListType 2."""

    _child_spec: Final = CertDigestObj


class SES_ESPropertyInfo(core.Sequence):  # type: ignore[misc]
    _fields: Final = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list_type", core.Integer),
        ("cert_list", core.Any),
        ("create_date", core.GeneralizedTime),
        ("valid_start", core.GeneralizedTime),
        ("valid_end", core.GeneralizedTime),
    ]


class SES_ESPictrueInfo(core.Sequence):  # type: ignore[misc]
    _fields: Final = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class SES_SealInfo(core.Sequence):  # type: ignore[misc]
    _fields: Final = [
        ("header", SES_Header),
        ("es_id", core.IA5String),
        ("property", SES_ESPropertyInfo),
        ("picture", SES_ESPictrueInfo),
    ]


class SESeal(core.Sequence):  # type: ignore[misc]
    _fields: Final = [
        ("e_seal_info", SES_SealInfo),
        ("cert", core.OctetString),
        ("sign_alg_id", core.ObjectIdentifier),
        ("signed_value", core.OctetBitString),
    ]


class TBS_Sign(core.Sequence):  # type: ignore[misc]
    _fields: Final = [
        ("version", core.Integer),
        ("eseal", core.Any),
        ("time_info", core.GeneralizedTime),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
    ]


class SES_Signature(core.Sequence):  # type: ignore[misc]
    _fields: Final = [
        ("to_sign", core.Any),
        ("cert", core.OctetString),
        ("signature_alg_id", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
    ]
