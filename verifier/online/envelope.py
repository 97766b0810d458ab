"""Opens an answer that was encrypted to the party: EnvelopedData of GB/T 35275 (GM/T 0010), read strictly.

    ContentInfo { 1.2.156.10197.6.1.4.2.3, [0] { 1, { RecipientInfo … }, { data, SM4-CBC with IV, [0] ciphertext } } }
    RecipientInfo { 1, issuer and serial number, SM2 encryption 1.2.156.10197.1.301.3, OCTET STRING SM2Cipher }

The envelope keeps an answer from whoever carries it. That it is whole, and whose it is, the signed answer inside says:
SM4-CBC alone says neither, so nothing in here may be believed before that was checked.
"""

from __future__ import annotations

from typing import Final

from .. import der
from ..errors import VerifierError
from .errors import BadAnswer
from .keys import Opener
from .native import Refused, sm4_cbc_decrypt

FORMAT: Final = "envelope"
MAX_BYTES: Final = 8 << 20
MAX_RECIPIENTS: Final = 16
ENVELOPED: Final = "1.2.156.10197.6.1.4.2.3"
DATA: Final = "1.2.156.10197.6.1.4.2.1"
SM2_ENCRYPTION: Final = "1.2.156.10197.1.301.3"
SM4_CBC: Final = "1.2.156.10197.1.104.2"
_CONTENT: Final = der.context(0, constructed=False)


def open_envelope(data: bytes, opener: Opener) -> bytes:
    """The content. Raises BadAnswer: one error for every cause, so that nobody learns from it what went wrong."""
    try:
        keys, iv, ciphertext = _parse(data)
    except VerifierError:
        raise BadAnswer("envelope: not of its form") from None
    for cipher in keys:
        try:
            return sm4_cbc_decrypt(opener.decrypt(cipher), iv, ciphertext)
        except (BadAnswer, Refused):
            continue  # another recipient's
    raise BadAnswer("envelope: not for this key, or damaged")


def _parse(data: bytes) -> tuple[list[bytes], bytes, bytes]:
    """(encrypted keys, IV, ciphertext)."""
    outer = der.Fields(FORMAT, der.parse(data, max_bytes=MAX_BYTES))
    _oid(outer, ENVELOPED)
    wrapped = outer.explicit(0)
    outer.end()
    if wrapped is None:
        raise BadAnswer("envelope: not of its form")
    body = der.Fields(FORMAT, wrapped)
    _version(body)
    keys = [_recipient(node) for node in der.Fields(FORMAT, body.take(der.SET), der.SET).all()]
    iv, ciphertext = _encrypted(body.take(der.SEQUENCE))
    body.end()
    if not 0 < len(keys) <= MAX_RECIPIENTS:
        raise BadAnswer("envelope: not of its form")
    return keys, iv, ciphertext


def _recipient(node: der.Node) -> bytes:
    fields = der.Fields(FORMAT, node)
    _version(fields)
    fields.take(der.SEQUENCE)  # issuer and serial number: whose key it is, the key itself tells
    algorithm = der.Fields(FORMAT, fields.take(der.SEQUENCE))
    _oid(algorithm, SM2_ENCRYPTION)
    algorithm.optional(der.NULL)
    algorithm.end()
    cipher = fields.take(der.OCTET_STRING).octets()
    fields.end()
    return cipher


def _encrypted(node: der.Node) -> tuple[bytes, bytes]:
    fields = der.Fields(FORMAT, node)
    _oid(fields, DATA)
    algorithm = der.Fields(FORMAT, fields.take(der.SEQUENCE))
    _oid(algorithm, SM4_CBC)
    iv = algorithm.take(der.OCTET_STRING).octets()
    algorithm.end()
    ciphertext = fields.take(_CONTENT).content
    fields.end()
    return iv, ciphertext


def _version(fields: der.Fields) -> None:
    if fields.take(der.INTEGER).integer() != 1:
        raise BadAnswer("envelope: not of its form")


def _oid(fields: der.Fields, expected: str) -> None:
    if fields.take(der.OID).oid() != expected:
        raise BadAnswer("envelope: not of its form")
