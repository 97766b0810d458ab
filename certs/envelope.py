"""An answer for one party's eyes: EnvelopedData of GB/T 35275-2017 clause 10 (GM/T 0010), in DER.

    ContentInfo {
      1.2.156.10197.6.1.4.2.3 (envelopedData), [0] EnvelopedData {
        version 1,
        recipientInfos SET { RecipientInfo {
          version 1,
          issuerAndSerialNumber { Name { 2.5.4.97 = UTF8String "11990000MB9T00011H" }, INTEGER key id },
          keyEncryptionAlgorithm { 1.2.156.10197.1.301.3 (SM2 encryption) },
          encryptedKey OCTET STRING { SM2Cipher, DER, of the 16-byte content key } } },
        encryptedContentInfo {
          1.2.156.10197.6.1.4.2.1 (data),
          { 1.2.156.10197.1.104.2 (SM4-CBC), OCTET STRING IV (16) },
          [0] IMPLICIT OCTET STRING, PKCS #7 padding } } }

One recipient. A party's key is registered bare, without a certificate, so the recipient is named by who registered it
and by its key id as a number: docs/formats/envelope.md. CBC proves nothing about who wrote the content; what is inside
is signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from verifier import der
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.labels import CRV_SM2

from .errors import DecryptionFailed
from .keys._evp import PrivateKey
from .keys.sm2_encryption import decrypt, encrypt_to
from .ports import Entropy

FORMAT: Final = "envelope"
MAX_BYTES: Final = 8 << 20
KEY_BYTES: Final = 16
_BLOCK: Final = 16
_CONTENT: Final = der.context(0, constructed=False)  # [0] IMPLICIT OCTET STRING
_DATA: Final = "1.2.156.10197.6.1.4.2.1"
_ENVELOPED: Final = "1.2.156.10197.6.1.4.2.3"
_SM2_ENCRYPTION: Final = "1.2.156.10197.1.301.3"
_SM4_CBC: Final = "1.2.156.10197.1.104.2"
_ORGANIZATION_ID: Final = "2.5.4.97"


def seal_to(public: bytes, content: bytes, registrar: str, entropy: Entropy) -> bytes:
    """`content` for the holder of the SM2 key `public` (65 bytes). `registrar`: uscc of who registered that key.

    Raises SigningFailed (no such point, or libcrypto refuses), SignerUnavailable, ValueError for more than MAX_BYTES.
    """
    if len(content) > MAX_BYTES - 1024:
        raise ValueError("more than an envelope holds")
    random = entropy(KEY_BYTES + _BLOCK)
    content_key, iv = random[:KEY_BYTES], random[KEY_BYTES:]
    padder = padding.PKCS7(8 * _BLOCK).padder()
    encryptor = Cipher(algorithms.SM4(content_key), modes.CBC(iv)).encryptor()
    cipher = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    recipient = _sequence(
        _integer(1),
        _sequence(_name(registrar), _integer(int.from_bytes(CoseKey(CRV_SM2, public).kid, "big"))),
        _sequence(_oid(_SM2_ENCRYPTION)),
        _tlv(der.OCTET_STRING, encrypt_to(public, content_key)),
    )
    algorithm = _sequence(_oid(_SM4_CBC), _tlv(der.OCTET_STRING, iv))
    encrypted = _sequence(_oid(_DATA), algorithm, _tlv(_CONTENT, cipher))
    enveloped = _sequence(_integer(1), _tlv(der.SET, recipient), encrypted)
    return _sequence(_oid(_ENVELOPED), _tlv(der.context(0), enveloped))


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope. `kid`: 8 bytes, id of the key that opens it."""

    registrar: str
    kid: bytes
    encrypted_key: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    content: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Envelope:
        """Parse strictly. Raises Malformed."""
        outer = der.Fields(FORMAT, der.parse(data, max_bytes=MAX_BYTES))
        _same(outer.take(der.OID).oid(), _ENVELOPED, "content-type")
        enveloped = der.Fields(FORMAT, outer.take(der.context(0)).children[0])
        outer.end()
        _same(enveloped.take(der.INTEGER).integer(), 1, "version")
        recipients = enveloped.take(der.SET).children
        _same(len(recipients), 1, "recipients")
        registrar, kid, key = _recipient(recipients[0])
        content = der.Fields(FORMAT, enveloped.take(der.SEQUENCE))
        enveloped.end()
        _same(content.take(der.OID).oid(), _DATA, "content-type")
        algorithm = der.Fields(FORMAT, content.take(der.SEQUENCE))
        _same(algorithm.take(der.OID).oid(), _SM4_CBC, "content-algorithm")
        iv = algorithm.take(der.OCTET_STRING).octets()
        algorithm.end()
        cipher = content.take(_CONTENT).content
        content.end()
        if len(iv) != _BLOCK or not cipher or len(cipher) % _BLOCK:
            raise Malformed(FORMAT, "length")
        return cls(registrar, kid, key, iv, cipher)

    def open(self, key: PrivateKey) -> bytes:
        """The content. Raises DecryptionFailed for every fault alike: which one it was would answer guesses."""
        content_key = decrypt(key, self.encrypted_key)
        if len(content_key) != KEY_BYTES:
            raise DecryptionFailed("the key does not open it, or it was altered")
        decryptor = Cipher(algorithms.SM4(content_key), modes.CBC(self.iv)).decryptor()
        unpadder = padding.PKCS7(8 * _BLOCK).unpadder()
        try:
            return unpadder.update(decryptor.update(self.content) + decryptor.finalize()) + unpadder.finalize()
        except ValueError:
            raise DecryptionFailed("the key does not open it, or it was altered") from None


def _recipient(node: der.Node) -> tuple[str, bytes, bytes]:
    """Registrar, key id and encrypted key."""
    info = der.Fields(FORMAT, node)
    _same(info.take(der.INTEGER).integer(), 1, "version")
    who = der.Fields(FORMAT, info.take(der.SEQUENCE))
    name, serial = who.take(der.SEQUENCE), who.take(der.INTEGER).integer()
    who.end()
    algorithm = der.Fields(FORMAT, info.take(der.SEQUENCE))
    _same(algorithm.take(der.OID).oid(), _SM2_ENCRYPTION, "key-algorithm")
    algorithm.end()
    key = info.take(der.OCTET_STRING).octets()
    info.end()
    if not 0 <= serial < 1 << 64:
        raise Malformed(FORMAT, "key-id")
    return _registrar(name), serial.to_bytes(8, "big"), key


def _registrar(name: der.Node) -> str:
    sets = name.children
    if len(sets) != 1 or sets[0].tag != der.SET or len(sets[0].children) != 1:
        raise Malformed(FORMAT, "issuer")
    attribute = der.Fields(FORMAT, sets[0].children[0])
    _same(attribute.take(der.OID).oid(), _ORGANIZATION_ID, "issuer")
    text = attribute.take(der.UTF8_STRING).text(der.UTF8_STRING)
    attribute.end()
    return text


def _same(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise Malformed(FORMAT, what)


def _name(registrar: str) -> bytes:
    attribute = _sequence(_oid(_ORGANIZATION_ID), _tlv(der.UTF8_STRING, registrar.encode()))
    return _sequence(_tlv(der.SET, attribute))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def _sequence(*members: bytes) -> bytes:
    return _tlv(der.SEQUENCE, b"".join(members))


def _integer(value: int) -> bytes:
    return _tlv(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(text: str) -> bytes:
    first, second, *arcs = map(int, text.split("."))
    out = bytearray()
    for arc in (first * 40 + second, *arcs):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        out += bytes(reversed(septets))
    return _tlv(der.OID, bytes(out))
