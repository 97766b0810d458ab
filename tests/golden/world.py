"""What all golden vectors are made of: the deterministic world of `kit`, raw CBOR, and one shape for a vector."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from tests.golden.deflate import deflate
from tests.support import kit
from verifier import cbor, cose, labels, status_list
from verifier.code import encode_code, encode_url
from verifier.credential import Claims

HOST = "minzheng.example"
AT = kit.AT
Vector = dict[str, Any]
Pairs = list[tuple[bytes, bytes]]


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def bits(not_valid: Sequence[int] = (5,), entries: int = status_list.MIN_ENTRIES) -> bytes:
    """A compressed status bitmap whose bytes do not depend on the machine's zlib."""
    bitmap = bytearray(entries // 8)
    for i in not_valid:
        bitmap[i >> 3] |= 1 << (i & 7)
    return deflate(bytes(bitmap))


def status(not_valid: Sequence[int] = (5,), **changes: Any) -> bytes:
    return kit.status(**{"lst": bits(not_valid), **changes})


TRUST = kit.signed_bundle()
STATUS = status()
CHARITY_STATUS = status(signer=kit.CHARITY_KEY, iss=kit.CHARITY)


def vector(
    name: str,
    given: bytes | str,
    outcome: str,
    reason: str,
    *,
    trust: bytes = TRUST,
    statuses: Sequence[bytes] = (STATUS, CHARITY_STATUS),
    anchors: Sequence[bytes] = (),
    checkpoints: Sequence[bytes] = (),
    proofs: Sequence[bytes] = (),
    at: int = AT,
    level: str | None = None,
) -> Vector:
    return {
        "name": name,
        **({"input_text": given} if isinstance(given, str) else {"input_b64": b64(given)}),
        "trust_b64": b64(trust),
        "status_b64": [b64(s) for s in statuses],
        "anchor_b64": [b64(a) for a in anchors],
        **({"checkpoint_b64": [b64(c) for c in checkpoints]} if checkpoints else {}),
        **({"proof_b64": [b64(p) for p in proofs]} if proofs else {}),
        "at": at,
        "level": level,
        "expected": {"outcome": outcome, "reason": reason},
    }


def passed(name: str, given: bytes | str, **more: Any) -> Vector:
    return vector(name, given, "PASSED", "OK", **more)


def failed(name: str, given: bytes | str, reason: str, **more: Any) -> Vector:
    return vector(name, given, "FAILED", reason, **more)


def unclear(name: str, given: bytes | str, reason: str, **more: Any) -> Vector:
    return vector(name, given, "INDETERMINATE", reason, **more)


def code(statement: bytes) -> str:
    return encode_code(statement)


def url(statement: bytes) -> str:
    return encode_url(HOST, statement)


def flip(data: bytes, position: int, bit: int = 0) -> bytes:
    out = bytearray(data)
    out[position] ^= 1 << bit
    return bytes(out)


def pairs(encoded: bytes) -> Pairs:
    """The members of an encoded map, each encoded, in order."""
    return [(cbor.encode(k), cbor.encode(v)) for k, v in cbor.decode(encoded).items()]


def raw_map(members: Sequence[tuple[bytes, bytes]], *, indefinite: bool = False) -> bytes:
    body = b"".join(k + v for k, v in members)
    return b"\xbf" + body + b"\xff" if indefinite else bytes([0xA0 | len(members)]) + body


def claim_pairs(claims: Claims | None = None) -> Pairs:
    return pairs((claims or kit.claims()).encode())


def replaced(members: Pairs, key: Any, value: bytes | None) -> Pairs:
    """Members with the (encoded) value of one key replaced, or removed by None."""
    k = cbor.encode(key)
    return [(a, b if a != k else value) for a, b in members if a != k or value is not None]  # type: ignore[misc]


def header(signer: kit.TestSigner = kit.REGISTRY_KEY, typ: str = labels.TYP_CERTIFICATE, **changes: Any) -> bytes:
    """Protected header; `alg` and `kid` can be replaced, `alg=None` leaves it out, `extra` adds members."""
    members: dict[int, Any] = {1: changes.get("alg", signer.alg), 4: changes.get("kid", signer.kid), 16: typ}
    if members[1] is None:
        del members[1]
    return cbor.encode({**members, **changes.get("extra", {})})


def seal(
    payload: bytes | None = None,
    *,
    signer: Any = kit.REGISTRY_KEY,
    protected: bytes | None = None,
    unprotected: bytes = b"\xa0",
    tag: bytes = b"\xd2",
    signature: bytes | None = None,
) -> bytes:
    """A COSE_Sign1 built from raw parts, with a good signature over whatever they are unless one is given."""
    payload = kit.claims().encode() if payload is None else payload
    protected = header(signer) if protected is None else protected
    if signature is None:
        signature = signer.sign(cose.sig_structure(protected, payload))
    body = cbor.encode(protected) + unprotected + cbor.encode(payload) + cbor.encode(signature)
    return tag + b"\x84" + body
