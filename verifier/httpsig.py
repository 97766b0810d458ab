"""Signed HTTP requests: RFC 9421 signatures and RFC 9530 digests in the one profile "mz1". Pure: no clock, no network.

    Content-Digest: sm3=:ZsfwBgTAtnXtp1pIg8Bj9Ja0LGv2v4vYf2u3wJ9n0ZE=:
    Signature-Input: mz1=("@method" "@authority" "@path" "@query" "content-digest");created=1800000000;
        expires=1800000060;nonce="AAECAwQFBgcICQoLDA0ODw";keyid="00ee5b9f1c2d3e4f";alg="sm2-sm3";tag="mz1"
    Signature: mz1=:<64 bytes r || s in base64>:

(Signature-Input is one line.) Covered are these components in this order, "content-digest" if and only if there is a
body. The parameters may come in any order; each comes once and no other does. `docs/formats/http-signature.md`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .cose import CoseKey
from .errors import Malformed
from .hazmat.sm3 import sm3
from .labels import ALG_ES256, ALG_SM2

FORMAT: Final = "http-signature"
LABEL: Final = "mz1"
MAX_LIFE: Final = 300  # seconds from `created` to `expires`
SKEW: Final = 60  # seconds by which two clocks may differ
NONCE_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64
ALGORITHMS: Final = {"sm2-sm3": ALG_SM2, "ecdsa-p256-sha256": ALG_ES256}
ACCEPT: Final = (
    f'{LABEL}=("@method" "@authority" "@path" "@query" "content-digest");'
    f'created;expires;nonce;keyid;alg="sm2-sm3";tag="{LABEL}"'
)
"""Value of Accept-Signature (RFC 9421 §5.1) in an answer that asks for a signature."""

_DIGESTS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "sm3": sm3,
    "sha-256": lambda body: hashlib.sha256(body).digest(),
}
_COVERED: Final = ("@method", "@authority", "@path", "@query")
_INPUT: Final = re.compile(
    r'mz1=(\("@method" "@authority" "@path" "@query"(?P<digest> "content-digest")?\)(?P<params>(?:;[ -~]*)?))'
)
_PARAMETER: Final = re.compile(r';([a-z]{3,7})=("[!#-\[\]-~ ]*"|[0-9]+)')
_VALUES: Final = {
    "created": re.compile(r"[1-9][0-9]{0,11}"),
    "expires": re.compile(r"[1-9][0-9]{0,11}"),
    "nonce": re.compile(r'"[A-Za-z0-9_-]{21}[AQgw]"'),  # 16 bytes: the last character has two bits of content
    "keyid": re.compile(r'"[0-9a-f]{16}"'),
    "alg": re.compile('"(?:' + "|".join(ALGORITHMS) + ')"'),
    "tag": re.compile('"mz1"'),
}
_SIGNATURE: Final = re.compile(r"mz1=:([A-Za-z0-9+/]{86}==):")
_DIGEST: Final = re.compile(r"(sm3|sha-256)=:([A-Za-z0-9+/]{43}=):")
_PRINTABLE: Final = re.compile(r"[ -~]*")


def signature_base(components: Sequence[tuple[str, str]], params: str) -> bytes:
    """RFC 9421 §2.5: one line for each (identifier as it stands in the list, value), then the parameters.

    Raises Malformed for a value that holds anything but printable ASCII: a line break would add a component.
    """
    lines = [*components, ('"@signature-params"', params)]
    if not all(_PRINTABLE.fullmatch(part) for line in lines for part in line):
        raise Malformed(FORMAT, "component", "expected printable ASCII")
    return "\n".join(f"{identifier}: {value}" for identifier, value in lines).encode("ascii")


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for. `authority` as RFC 9421 §2.2.3 has it: lower case, without the scheme's own port; `path` as
    sent, "/" at least; `query` without its question mark."""

    method: str
    authority: str
    path: str
    query: str = ""

    def components(self, digest: str | None) -> tuple[tuple[str, str], ...]:
        """The covered components; `digest` is the Content-Digest field, None without a body."""
        values = (self.method, self.authority, self.path, f"?{self.query}")
        covered = tuple((f'"{name}"', value) for name, value in zip(_COVERED, values, strict=True))
        return covered if digest is None else (*covered, ('"content-digest"', digest))


@dataclass(frozen=True, slots=True)
class Parameters:
    """Who signs and when: times in UTC seconds, `nonce` 22 characters of base64url, `keyid` 16 hexadecimal digits."""

    created: int
    expires: int
    nonce: str
    keyid: str
    alg: str

    def text(self, *, body: bool) -> str:
        """The inner list with its parameters, in the order this project writes them."""
        covered = " ".join(f'"{name}"' for name in (*_COVERED, *(("content-digest",) if body else ())))
        return (
            f"({covered});created={self.created};expires={self.expires};"
            f'nonce="{self.nonce}";keyid="{self.keyid}";alg="{self.alg}";tag="{LABEL}"'
        )


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A request made ready: whoever holds the key signs `base`."""

    base: bytes
    fields: tuple[tuple[str, str], ...]

    def signed(self, signature: bytes) -> dict[str, str]:
        """All the fields to send, with `signature` (64 bytes, r || s)."""
        if len(signature) != SIGNATURE_BYTES:
            raise Malformed(FORMAT, "signature", "expected 64 bytes")
        return {**dict(self.fields), "Signature": f"{LABEL}=:{base64.b64encode(signature).decode()}:"}


def prepare(target: Target, body: bytes, parameters: Parameters, digest: str = "sm3") -> Unsigned:
    """The signature base of a request, and the fields that go with it. `digest` is "sm3" or "sha-256"."""
    text = parameters.text(body=bool(body))
    field = content_digest(body, digest) if body else None
    fields = (("Signature-Input", f"{LABEL}={text}"), *((("Content-Digest", field),) if field else ()))
    return Unsigned(signature_base(target.components(field), text), fields)


def content_digest(body: bytes, digest: str = "sm3") -> str:
    """Content-Digest of a body (RFC 9530), e.g. "sm3=:ZsfwBgTAtnXtp1pI…=:"."""
    return f"{digest}=:{base64.b64encode(_DIGESTS[digest](body)).decode()}:"


def digest_matches(field: str, body: bytes) -> bool:
    """Whether `body` has that Content-Digest. Raises Malformed for a field that is not of this profile."""
    name, value = _digest(field)
    return hmac.compare_digest(_DIGESTS[name](body), value)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The signature fields of a request, parsed and not yet believed. `params` is the list exactly as it was sent."""

    params: str
    parameters: Parameters
    signature: bytes
    digest: str | None

    @classmethod
    def parse(cls, signature_input: str, signature: str, digest: str | None) -> SignedRequest:
        """From the values of Signature-Input, Signature and Content-Digest (None if absent). Raises Malformed."""
        found = _INPUT.fullmatch(signature_input)
        if found is None:
            raise Malformed(FORMAT, "signature-input", "expected mz1 and its components in order")
        if (found["digest"] is None) != (digest is None):
            raise Malformed(FORMAT, "content-digest", "expected where it is covered, and covered where it is")
        if digest is not None:
            _digest(digest)
        value = _SIGNATURE.fullmatch(signature)
        if value is None:
            raise Malformed(FORMAT, "signature", "expected mz1 and 64 bytes")
        return cls(found[1], _parameters(found["params"]), _decoded(value[1], "signature"), digest)

    def timely(self, now: int) -> bool:
        """Whether it may be used at `now`, the clocks being at most `SKEW` apart."""
        return self.parameters.created - SKEW <= now < self.parameters.expires + SKEW

    def base(self, target: Target) -> bytes:
        """What must have been signed. Raises Malformed if the target is not ASCII."""
        return signature_base(target.components(self.digest), self.params)

    def holds(self, body: bytes) -> bool:
        """Whether the body is the one that was signed: none, or the one of the digest."""
        return not body if self.digest is None else bool(body) and digest_matches(self.digest, body)

    def verify(self, key: CoseKey, target: Target) -> bool:
        """Whether `key` signed this, for that target. False if the algorithm is not the key's. Raises Malformed."""
        return ALGORITHMS[self.parameters.alg] == key.alg and key.verify(self.signature, self.base(target))


def _parameters(text: str) -> Parameters:
    """Each of the six once. Raises Malformed."""
    pairs = _PARAMETER.findall(text)
    if "".join(f";{name}={value}" for name, value in pairs) != text:
        raise Malformed(FORMAT, "parameters", "expected ;name=value, the value an integer or a string")
    values = dict(pairs)
    if len(values) != len(pairs) or values.keys() != _VALUES.keys():
        raise Malformed(FORMAT, "parameters", f"expected once each: {', '.join(_VALUES)}")
    for name, pattern in _VALUES.items():
        if pattern.fullmatch(values[name]) is None:
            raise Malformed(FORMAT, name)
    created, expires = int(values["created"]), int(values["expires"])
    if not created < expires <= created + MAX_LIFE:
        raise Malformed(FORMAT, "expires", f"expected at most {MAX_LIFE} s after created")
    return Parameters(created, expires, *(values[name].strip('"') for name in ("nonce", "keyid", "alg")))


def _digest(field: str) -> tuple[str, bytes]:
    match = _DIGEST.fullmatch(field)
    if match is None:
        raise Malformed(FORMAT, "content-digest", "expected one of sm3 and sha-256")
    return match[1], _decoded(match[2], "content-digest")


def _decoded(text: str, what: str) -> bytes:
    """Strict base64: a second way to write the same bytes is refused."""
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed(FORMAT, what, "not base64") from None
    if base64.b64encode(value).decode() != text:
        raise Malformed(FORMAT, what, "not the one base64 of its bytes")
    return value
