"""What administrators sign about a catalogue: one proposes a document, another one approves it.

    COSE_Sign1, protected {1: alg, 4: kid, 16: "mz-purposes+cwt"},
        payload {1: iss, 2: sub, 6: iat, -65600: {1: act, 2: version, 3: SM3 of the document}}

`iss` is the organisation that runs the service, `sub` the administrator's id, `act` 1 proposes or 2 approves. The log
commits to document and both statements together: docs/purposes.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from certs.ports import Signer
from verifier import cbor, fields
from verifier.cose import Sign1, encode_sign1, protected_header, sig_structure
from verifier.errors import Malformed
from verifier.labels import CWT_IAT, CWT_ISS, CWT_MZ, CWT_SUB
from verifier.receipt import entry_body, entry_commitment

TYP: Final = "mz-purposes+cwt"
FORMAT: Final = "purposes"
OPERATOR: Final = "operator"
"""`sub` of version 1, which the operator takes up with the release when there is no administrator yet."""
_MAX_BYTES: Final = 1024


class Act(IntEnum):
    PROPOSES = 1
    APPROVES = 2


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement. `digest`: SM3 of the document, 32 bytes; `at`: seconds UTC."""

    issuer: str
    admin: str
    at: int
    act: Act
    version: int
    digest: bytes
    sign1: Sign1

    @classmethod
    def parse(cls, data: bytes) -> Statement:
        """Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP, max_bytes=_MAX_BYTES)
        m = fields.mapping(FORMAT, cbor.decode(sign1.payload or b""), (CWT_ISS, CWT_SUB, CWT_IAT, CWT_MZ))
        private: dict[Any, Any] = fields.mapping(FORMAT, m[CWT_MZ], (1, 2, 3))
        act = fields.uint(FORMAT, private, 1)
        if act not in (1, 2):
            raise Malformed(FORMAT, "act")
        return cls(
            fields.text(FORMAT, m, CWT_ISS),
            fields.text(FORMAT, m, CWT_SUB),
            fields.uint(FORMAT, m, CWT_IAT),
            Act(act),
            fields.uint(FORMAT, private, 2),
            fields.octets(FORMAT, private, 3, 32),
            sign1,
        )


def make_statement(signer: Signer, issuer: str, admin: str, act: Act, version: int, digest: bytes, at: int) -> bytes:
    """The signed statement. Raises SigningFailed, KeyOutOfTime."""
    protected = protected_header(signer.alg, signer.kid, TYP)
    private = {1: int(act), 2: version, 3: digest}
    payload = cbor.encode({CWT_ISS: issuer, CWT_SUB: admin, CWT_IAT: at, CWT_MZ: private})
    return encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))


def catalogue_entry(salt: bytes, document: bytes, proposal: bytes, approval: bytes) -> bytes:
    """Body of the log entry of an approved catalogue. `salt`, 32 bytes, is told with the catalogue."""
    return entry_body(entry_commitment(salt, cbor.encode({1: document, 2: proposal, 3: approval})))
