"""Status lists: absent, stale, damaged, foreign, contradictory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from tests.golden.deflate import deflate
from tests.golden.vectors_trust import STATUS_KEY, bundle_with, office_key
from tests.golden.world import (
    AT,
    CHARITY_STATUS,
    STATUS,
    Vector,
    bits,
    code,
    failed,
    flip,
    header,
    pairs,
    passed,
    raw_map,
    replaced,
    seal,
    status,
    unclear,
)
from tests.support import kit
from verifier import cbor, cose, labels, status_list
from verifier.credential import StatusReference

CODE = code(kit.statement())
IDX = 70001
REVOKED = status([IDX])
BYTES = status_list.MIN_ENTRIES // 8


def vectors() -> Iterator[Vector]:
    yield from _answers()
    yield from _malformed()
    yield from _signer()
    yield from _several()


def _one(name: str, lists: Sequence[bytes], reason: str, **more: Any) -> Vector:
    make = failed if reason == "STATUS_NOT_VALID" else unclear
    return make(f"status-{name}", more.pop("given", CODE), reason, statuses=lists, **more)


def _answers() -> Iterator[Vector]:
    yield _one("missing", [], "STATUS_MISSING")
    yield _one("only-of-other-issuer", [CHARITY_STATUS], "STATUS_MISSING")
    yield _one("other-uri", [status(uri=kit.STATUS_URI[:-1] + "2")], "STATUS_MISSING")
    yield _one("uri-with-other-case", [status(uri=kit.STATUS_URI.replace("https", "HTTPS"))], "STATUS_MISSING")
    yield _one("not-valid", [REVOKED], "STATUS_NOT_VALID")
    yield _one("not-valid-file", [REVOKED], "STATUS_NOT_VALID", given=kit.holder_file())
    yield passed("status-neighbours-not-valid", CODE, statuses=[status([IDX - 1, IDX + 1, IDX ^ 7])])
    first = code(kit.statement(kit.claims(status=StatusReference(0, kit.STATUS_URI))))
    yield _one("not-valid-first-index", [status([0])], "STATUS_NOT_VALID", given=first)
    yield _one("stale", [status(iat=AT - 2 * kit.DAY, exp=AT - 1)], "STATUS_STALE")
    yield _one("expires-in-this-second", [status(exp=AT)], "STATUS_STALE")
    yield _one("from-the-future", [status(iat=AT + 301)], "STATUS_STALE")
    yield passed("status-within-clock-skew", CODE, statuses=[status(iat=AT + 300)])
    beyond = code(kit.statement(kit.claims(status=StatusReference(131072, kit.STATUS_URI))))
    yield _one("out-of-range", [STATUS], "STATUS_OUT_OF_RANGE", given=beyond)
    far = code(kit.statement(kit.claims(status=StatusReference(0xFFFFFFFF, kit.STATUS_URI))))
    yield _one("far-out-of-range", [STATUS], "STATUS_OUT_OF_RANGE", given=far)


def _stored(data: bytes) -> bytes:
    """A zlib stream whose blocks are not compressed."""
    blocks = [data[i : i + 65535] for i in range(0, len(data), 65535)]
    out = b"\x78\x01"
    for i, block in enumerate(blocks):
        out += (
            bytes([i == len(blocks) - 1])
            + len(block).to_bytes(2, "little")
            + (len(block) ^ 0xFFFF).to_bytes(2, "little")
            + block
        )
    return out + zlib.adler32(data).to_bytes(4, "big")


def _malformed() -> Iterator[Vector]:
    good = bits()
    members = pairs(cose.Sign1.parse_any(STATUS).payload or b"")

    def sealed(key: Any, value: Any) -> bytes:
        return _list(raw_map(replaced(members, key, None if value is None else cbor.encode(value))))

    def listed(lst: bytes, **extra: Any) -> bytes:
        return sealed(labels.CWT_STATUS_LIST, {"bits": 1, "lst": lst, **extra})

    payload = cose.Sign1.parse_any(STATUS).payload
    typ = labels.TYP_STATUS_LIST
    for name, data in {
        "alg-text": seal(payload, protected=header(typ=typ, alg="SM2")),
        "kid-short": seal(payload, protected=header(typ=typ, kid=bytes(7))),
        "alg-absent": seal(payload, protected=header(typ=typ, alg=None)),
        "header-unknown-member": seal(payload, protected=header(typ=typ, extra={3: 0})),
        "empty": b"",
        "not-cbor": b"<html>503</html>",
        "truncated": STATUS[:-1],
        "trailing-byte": STATUS + b"\x00",
        "zlib-bomb": listed(deflate(bytes(status_list.MAX_ENTRIES // 8 + 1))),
        "zlib-trailing-data": listed(good + b"\x00"),
        "zlib-second-stream": listed(good + good),
        "zlib-truncated": listed(good[:-1]),
        "zlib-wrong-checksum": listed(flip(good, -1)),
        "zlib-absent": listed(bytes(64)),
        "raw-deflate": listed(good[2:-4]),
        "too-short": listed(deflate(bytes(BYTES - 1))),
        "bits-two": sealed(labels.CWT_STATUS_LIST, {"bits": 2, "lst": good}),
        "bits-bool": sealed(labels.CWT_STATUS_LIST, {"bits": True, "lst": good}),
        "unknown-member": listed(good, x=1),
        "no-expiry": sealed(labels.CWT_EXP, None),
        "no-ttl": sealed(labels.CWT_TTL, None),
        "expiry-before-issue": sealed(labels.CWT_EXP, AT - 3600),
        "indefinite-map": _list(raw_map(members, indefinite=True)),
        "duplicate-key": _list(raw_map([members[0], *members])),
        "is-a-certificate": kit.statement(),
        "is-a-trust-bundle": kit.signed_bundle(),
    }.items():
        yield _one(f"malformed-{name}", [data], "STATUS_MALFORMED")
    yield passed("status-stored-blocks", CODE, statuses=[listed(_stored(bytes(BYTES)))])
    yield passed("status-largest", CODE, statuses=[listed(deflate(bytes(status_list.MAX_ENTRIES // 8)))])
    yield passed("status-malformed-beside-good", CODE, statuses=[STATUS[:-1], STATUS])


def _list(payload: bytes) -> bytes:
    return seal(payload, protected=cose.protected_header(labels.ALG_SM2, kit.REGISTRY_KEY.kid, labels.TYP_STATUS_LIST))


def _signer() -> Iterator[Vector]:
    reason = "STATUS_SIGNATURE_INVALID"
    yield _one("flipped-bit", [flip(STATUS, -1)], reason)
    yield _one("signed-by-other-issuer", [status(signer=kit.CHARITY_KEY)], reason)
    yield _one("signed-by-stranger", [status(signer=kit.STRANGER_KEY)], reason)
    yield _one("signed-by-root", [status(signer=kit.ROOT)], reason)
    yield _one("named-by-other-issuer", [status([IDX], signer=kit.CHARITY_KEY, iss=kit.CHARITY)], "STATUS_MISSING")
    unmarked = bundle_with(office_key(status_lists=False))
    yield _one("signed-by-key-not-for-lists", [STATUS], reason, trust=unmarked)
    late = bundle_with(office_key(), office_key(STATUS_KEY.key, not_after=AT - 3600))
    yield _one("signed-by-expired-key", [status(signer=STATUS_KEY)], reason, trust=late)
    other_alg = seal(
        cose.Sign1.parse_any(STATUS).payload,
        protected=cose.protected_header(labels.ALG_ES256, kit.REGISTRY_KEY.kid, labels.TYP_STATUS_LIST),
    )
    yield _one("other-algorithm", [other_alg], reason)
    resigned = kit.REGISTRY_KEY.sign1(labels.TYP_CERTIFICATE, cose.Sign1.parse_any(STATUS).payload or b"")
    yield _one("typ-of-certificate", [resigned], "STATUS_MALFORMED")


def _several() -> Iterator[Vector]:
    old_good, old_bad = status(iat=AT - 7200), status([IDX], iat=AT - 7200)
    future_bad = status([IDX], iat=AT + 301)
    yield passed("status-newest-wins", CODE, statuses=[old_bad, STATUS])
    yield _one("newest-wins-not-valid", [old_good, REVOKED], "STATUS_NOT_VALID")
    yield _one("newest-wins-in-any-order", [REVOKED, old_good], "STATUS_NOT_VALID")
    yield _one("newest-stale", [old_good, status(exp=AT - 1)], "STATUS_STALE")
    yield _one("same-second-not-valid-wins", [STATUS, REVOKED], "STATUS_NOT_VALID")
    yield _one("same-second-not-valid-wins-in-any-order", [REVOKED, STATUS], "STATUS_NOT_VALID")
    yield passed("status-list-of-later-is-not-yet-in-force", CODE, statuses=[STATUS, future_bad])
    yield passed("status-forged-newer-list-is-ignored", CODE, statuses=[STATUS, flip(status([IDX], iat=AT), -1)])
