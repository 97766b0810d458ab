"""What a holder signs when deciding (docs/formats/consent.md).

    protected  {1: -65537, 4: kid of the device key, 16: "mz-consent+cwt"}
    payload    {3: "91990000MA00000011", 6: 1800000000, 7: h'…16 trx', -65600: {1: h'…32 SM3 of the notice', 2: 1}}

One party, one transaction, one text that was read: it cannot be moved to another of any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from certs.ports import Signer
from verifier import cbor, fields
from verifier.cose import CoseKey, Sign1, encode_sign1, protected_header, sig_structure
from verifier.errors import Malformed
from verifier.labels import CWT_AUD, CWT_CTI, CWT_IAT, CWT_MZ

from .machine import Decision

TYP_CONSENT: Final = "mz-consent+cwt"
FORMAT: Final = "consent"
MAX_BYTES: Final = 512
TRX_BYTES: Final = 16
_DIGEST: Final = 32


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed, *unverified* decision. `notice`: SM3 of the text; `at`: seconds UTC by the signer's clock."""

    sign1: Sign1
    party: str
    trx: bytes
    notice: bytes
    decision: Decision
    at: int

    @classmethod
    def parse(cls, data: bytes) -> Statement:
        """Parse strictly. Raises verifier.errors.Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_CONSENT, max_bytes=MAX_BYTES)
        fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
        if sign1.unprotected or sign1.payload is None:
            raise Malformed(FORMAT, "structure")
        m = fields.mapping(FORMAT, cbor.decode(sign1.payload), (CWT_AUD, CWT_IAT, CWT_CTI, CWT_MZ))
        private = fields.mapping(FORMAT, m[CWT_MZ], (1, 2))
        number = fields.uint(FORMAT, private, 2)
        if number not in set(Decision):
            raise Malformed(FORMAT, "decision")
        return cls(
            sign1,
            fields.uscc(FORMAT, m, CWT_AUD),
            fields.octets(FORMAT, m, CWT_CTI, TRX_BYTES),
            fields.octets(FORMAT, private, 1, _DIGEST),
            Decision(number),
            fields.time(FORMAT, m, CWT_IAT),
        )

    def verify(self, key: CoseKey) -> bool:
        """Whether that key signed it, and no other is named in it."""
        return self.sign1.kid == key.kid and self.sign1.verify(key)


def statement_payload(party: str, trx: bytes, notice: bytes, decision: Decision, at: int) -> bytes:
    """Payload bytes. `notice`: the SM3."""
    return cbor.encode({CWT_AUD: party, CWT_IAT: at, CWT_CTI: trx, CWT_MZ: {1: notice, 2: int(decision)}})


def make_statement(signer: Signer, party: str, trx: bytes, notice: bytes, decision: Decision, at: int) -> bytes:
    """The signed bytes, for a counter's own key and for tests; a holder's page makes its own. Raises SigningFailed."""
    protected = protected_header(signer.alg, signer.kid, TYP_CONSENT)
    payload = statement_payload(party, trx, notice, decision, at)
    return encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))
