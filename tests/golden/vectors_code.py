"""Codes: the text, the CBOR inside, the header, the signature."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tests.golden.world import (
    Vector,
    claim_pairs,
    code,
    failed,
    flip,
    header,
    passed,
    raw_map,
    replaced,
    seal,
    unclear,
    url,
)
from tests.support import kit, sm2_signer
from verifier import cbor, labels
from verifier.credential import PublicDonation, StatusReference

STATEMENT = kit.statement()
DONATION = kit.statement(kit.donation_claims(), kit.CHARITY_KEY)
N = sm2_signer.N


def vectors() -> Iterator[Vector]:
    yield from _good()
    yield from _text()
    yield from _url_text()
    yield from _encoding()
    yield from _structure()
    yield from _claims()
    yield from _header()
    yield from _signature()


def _good() -> Iterator[Vector]:
    yield passed("code-marriage-base45", code(STATEMENT))
    yield passed("code-marriage-url", url(STATEMENT))
    yield passed("code-donation-base45", code(DONATION))
    yield passed("code-donation-url", url(DONATION))
    yield passed("code-url-of-another-host", url(STATEMENT).replace("minzheng.example", "other.example:8443"))
    for name, public in (
        ("largest-amount", PublicDonation("53990000MJ9T00037AA26001", (1 << 63) - 1, 2932896)),
        ("amount-beyond-double", PublicDonation("53990000MJ9T00037AA26001", (1 << 53) + 1, 0)),
        ("filing-number-of-two-unit-characters", PublicDonation("\U00020bb7" * 24, 0, 0)),
    ):
        yield passed(f"code-donation-{name}", code(kit.statement(kit.donation_claims(public=public), kit.CHARITY_KEY)))
    too_much = PublicDonation("53990000MJ9T00037AA26001", 1 << 63, 0)
    st = kit.statement(kit.donation_claims(public=too_much), kit.CHARITY_KEY)
    yield failed("code-donation-amount-beyond-63-bits", code(st), "MALFORMED_CREDENTIAL")
    marked = "\ufeff" + kit.STATUS_URI  # some decoders drop the mark, and would find the list
    st = kit.statement(kit.claims(status=StatusReference(70001, marked)))
    yield unclear("code-status-uri-with-byte-order-mark", code(st), "STATUS_MISSING")
    period = kit.claims(nbf=kit.AT - kit.DAY, exp=kit.AT + 1)
    yield passed("code-last-second-of-validity", code(kit.statement(period)))
    last = kit.claims(status=StatusReference(131071, kit.STATUS_URI))
    yield passed("code-last-index-of-status-list", code(kit.statement(last)))
    yield passed("code-issued-within-clock-skew", code(kit.statement(kit.claims(iat=kit.AT + 300))))


def _text() -> Iterator[Vector]:
    good = code(STATEMENT)
    for name, text in (
        ("empty", ""),
        ("other-qr", "https://example.com/"),
        ("lower-case", good.lower()),
        ("lower-case-prefix", "mz1:" + good[4:]),
        ("fullwidth-prefix", "\uff2d" + good[1:]),
        ("base45-overflow-group", good[:4] + ":::" + good[7:]),
        ("base45-smallest-overflow", good[:4] + "GGW" + good[7:]),
        ("base45-odd-tail", good + "00"[: (1 - (len(good) - 4)) % 3] if (len(good) - 4) % 3 != 1 else good),
        ("base45-tail-overflow", "MZ1:" + "::"),
        ("base45-foreign-character", good[:9] + "a" + good[10:]),
        ("base45-kelvin-sign", good[:9] + "\u212a" + good[10:]),
        ("base45-arabic-digit", good[:9] + "\u0661" + good[10:]),
        ("zero-width-space", good[:9] + "\u200b" + good[9:]),
        ("nul", good + "\x00"),
        ("lone-surrogate", good[:9] + "\ud800" + good[10:]),
        ("leading-space", " " + good),
        ("trailing-newline", good + "\n"),
        ("byte-order-mark", "\ufeff" + good),
        ("two-codes", good + good),
        ("too-long", good + "000" * 300),
    ):
        yield failed(f"code-text-{name}", text, "MALFORMED_CODE")


def _url_text() -> Iterator[Vector]:
    good = url(STATEMENT)
    start, _, data = good.partition("#")
    donation = url(DONATION)  # 304 bytes: the last character has four unused bits
    for name, text in (
        ("padding", donation + "=="),
        ("non-canonical-bits", donation[:-1] + chr(ord(donation[-1]) + 1)),
        ("plus", f"{start}#+{data[1:]}"),
        ("slash", f"{start}#/{data[1:]}"),
        ("percent", f"{start}#%30{data[1:]}"),
        ("one-character-left", good + "AA"[: (1 - len(data)) % 4] if len(data) % 4 != 1 else good),
        ("http", good.replace("https", "http")),
        ("upper-case-scheme", good.replace("https", "HTTPS")),
        ("no-fragment", start),
        ("empty-fragment", start + "#"),
        ("query", good.replace("#", "?c=")),
        ("other-path", good.replace("/v#", "/verify#")),
        ("credentials", good.replace("https://", "https://user@")),
        ("cyrillic-host", good.replace("example", "ехample")),
        ("trailing-newline", good + "\n"),
        ("too-long", good + "A" * 1200),
    ):
        yield failed(f"code-url-{name}", text, "MALFORMED_CODE")


def _encoding() -> Iterator[Vector]:
    """One value, another encoding. The signature is good for these bytes: only strictness refuses them."""
    members = claim_pairs()
    iat = cbor.encode(kit.AT - kit.DAY)
    outer = cbor.encode(cbor.decode(STATEMENT).value)
    cases = {
        "duplicate-key": seal(raw_map([members[0], *members])),
        "duplicate-key-other-value": seal(raw_map([members[0], (members[1][0], cbor.encode(5)), *members[1:]])),
        "unsorted-keys": seal(raw_map([members[1], members[0], *members[2:]])),
        "non-shortest-key": seal(raw_map([(b"\x18\x01", members[0][1]), *members[1:]])),
        "non-shortest-integer": seal(raw_map(replaced(members, labels.CWT_IAT, b"\x1b" + bytes(4) + iat[1:]))),
        "non-shortest-length": seal(raw_map(replaced(members, labels.CWT_ISS, b"\x78\x12" + members[0][1][1:]))),
        "indefinite-map": seal(raw_map(members, indefinite=True)),
        "indefinite-text": seal(raw_map(replaced(members, 1, b"\x7f" + members[0][1] + b"\xff"))),
        "indefinite-array": b"\xd2\x9f" + outer[1:] + b"\xff",
        "float-time": seal(raw_map(replaced(members, labels.CWT_IAT, b"\xfb\x41\xda\x55\xa4\x00\x00\x00\x00"))),
        "bool-for-integer": seal(raw_map(replaced(members, labels.CWT_IAT, b"\xf5"))),
        "bool-for-key": seal(raw_map([*members, (b"\xf5", b"\x00")])),
        "bignum-time": seal(raw_map(replaced(members, labels.CWT_IAT, b"\xc2" + cbor.encode(iat[1:])))),
        "invalid-utf8": seal(raw_map(replaced(members, 1, b"\x72" + b"\xff" * 18))),
        "deep-nesting": seal(raw_map(replaced(members, labels.CWT_STATUS, b"\x81" * 100 + b"\x00"))),
        "payload-trailing-byte": seal(raw_map(members) + b"\x00"),
        "header-non-shortest": seal(protected=b"\xa3\x18\x01" + header()[2:]),
        "header-duplicate-key": seal(protected=b"\xa4" + header()[1:7] + header()[1:]),
    }
    for name, st in cases.items():
        yield failed(f"code-cbor-{name}", code(st), "MALFORMED_CREDENTIAL")


def _structure() -> Iterator[Vector]:
    bare = STATEMENT[1:]
    wide = b"\xd2\x84\x58\x1c"
    cases = {
        "empty": b"",
        "truncated": STATEMENT[:-1],
        "truncated-to-head": STATEMENT[:2],
        "trailing-byte": STATEMENT + b"\x00",
        "no-tag": bare,
        "tag-cose-sign": b"\xd8\x62" + bare,
        "tag-twice": b"\xd2" + STATEMENT,
        "tag-non-shortest": b"\xd8\x12" + bare,
        "three-elements": b"\xd2\x83" + STATEMENT[2:-66],
        "huge-length": wide[:2] + b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff" + STATEMENT[4:],
        "huge-array": b"\xd2\x9b\xff\xff\xff\xff\xff\xff\xff\xff" + STATEMENT[2:],
        "nested-arrays": b"\xd2" + b"\x81" * 200 + b"\x00",
        "detached-payload": cbor.encode(cbor.Tag(18, [header(), {}, None, bytes(64)])),
        "text-payload": cbor.encode(cbor.Tag(18, [header(), {}, "text", bytes(64)])),
        "unprotected-member": seal(unprotected=b"\xa1\x05\x00"),
        "json": b'{"iss":"11990000MB9T010142"}',
    }
    for name, st in cases.items():
        yield failed(f"code-cose-{name}", code(st), "MALFORMED_CREDENTIAL")


def _claims() -> Iterator[Vector]:
    members = claim_pairs()
    private = cbor.encode({1: 1, 2: 1, 3: kit.claims().root, 9: 0})
    cases = {
        "unknown-claim": raw_map([*members[:1], (b"\x02", b"\x61a"), *members[1:]]),
        "unknown-private-member": raw_map(replaced(members, labels.CWT_MZ, private)),
        "missing-issued-at": raw_map(replaced(members, labels.CWT_IAT, None)),
        "missing-status": raw_map(replaced(members, labels.CWT_STATUS, None)),
        "negative-time": raw_map(replaced(members, labels.CWT_IAT, b"\x20")),
        "time-after-9999": raw_map(replaced(members, labels.CWT_IAT, cbor.encode(253402300800))),
        "short-cti": raw_map(replaced(members, labels.CWT_CTI, cbor.encode(bytes(15)))),
        "lower-case-uscc": raw_map(replaced(members, 1, cbor.encode(kit.REGISTRY.lower()))),
        "marriage-with-public-members": raw_map(
            replaced(members, labels.CWT_MZ, cbor.encode({1: 1, 2: 1, 3: kit.claims().root, 4: {1: "x"}}))
        ),
        "payload-not-a-map": b"\x80",
    }
    for name, payload in cases.items():
        yield failed(f"code-claims-{name}", code(seal(payload)), "MALFORMED_CREDENTIAL")


def _header() -> Iterator[Vector]:
    for name, protected in (
        ("wrong-typ", header(typ=labels.TYP_STATUS_EVENT)),
        ("typ-of-status-list", header(typ=labels.TYP_STATUS_LIST)),
        ("no-typ", cbor.encode({1: labels.ALG_SM2, 4: kit.REGISTRY_KEY.kid})),
        ("crit", header(extra={2: [99], 99: 1})),
        ("crit-empty", header(extra={2: []})),
        ("content-type", header(extra={3: "text/plain"})),
        ("no-alg", header(alg=None)),
        ("alg-text", header(alg="SM2")),
        ("alg-bool", header(alg=True)),
        ("kid-short", header(kid=bytes(7))),
        ("kid-text", header(kid="registry")),
        ("empty", b"\xa0"),
        ("absent", b""),
    ):
        yield failed(f"code-header-{name}", code(seal(protected=protected)), "MALFORMED_CREDENTIAL")
    in_clear = seal(protected=header(alg=None), unprotected=cbor.encode({1: labels.ALG_SM2}))
    yield failed("code-header-alg-only-unprotected", code(in_clear), "MALFORMED_CREDENTIAL")
    for name, alg in (("minus-48", -48), ("es256", labels.ALG_ES256), ("eddsa", labels.ALG_EDDSA), ("zero", 0)):
        yield failed(f"code-alg-{name}-with-sm2-key", code(seal(protected=header(alg=alg))), "ALGORITHM_MISMATCH")
    strange = header(alg=-48, kid=kit.STRANGER_KEY.kid)
    yield unclear("code-alg-minus-48-with-unknown-key", code(seal(protected=strange)), "ALGORITHM_UNSUPPORTED")


def _signature() -> Iterator[Vector]:
    good = STATEMENT[-64:]
    r, s = good[:32], good[32:]

    def number(n: int) -> bytes:
        return n.to_bytes(32, "big")

    value = int.from_bytes(s, "big")
    for name, signature in (
        ("r-zero", number(0) + s),
        ("s-zero", r + number(0)),
        ("r-order", number(N) + s),
        ("s-order", r + number(N)),
        ("r-plus-s-order", r + number(N - int.from_bytes(r, "big"))),
        ("s-negated", r + number(N - value)),
        ("swapped", s + r),
        ("all-zero", bytes(64)),
        ("all-ones", b"\xff" * 64),
        ("flipped-bit", flip(good, 0)),
        ("flipped-last-bit", flip(good, 63)),
        ("of-other-statement", DONATION[-64:]),
        ("of-other-key", kit.statement(signer=kit.STRANGER_KEY)[-64:]),
    ):
        yield failed(f"code-signature-{name}", code(STATEMENT[:-64] + signature), "SIGNATURE_INVALID")
    for name, signature in (("short", good[:-1]), ("long", good + b"\x00"), ("empty", b"")):
        yield failed(f"code-signature-{name}", code(seal(signature=signature)), "MALFORMED_CREDENTIAL")
    der = b"\x30\x44\x02\x20" + r + b"\x02\x20" + s
    yield failed("code-signature-der", code(seal(signature=der)), "MALFORMED_CREDENTIAL")
    position = STATEMENT.index(kit.claims().root)
    yield failed("code-flipped-root", code(flip(STATEMENT, position)), "SIGNATURE_INVALID")
    yield failed("code-flipped-cti", code(flip(STATEMENT, STATEMENT.index(kit.claims().cti), 7)), "SIGNATURE_INVALID")
    raw = base64.urlsafe_b64encode(flip(STATEMENT, position, 3)).rstrip(b"=").decode()
    yield failed("code-url-flipped-root", "https://minzheng.example/v#" + raw, "SIGNATURE_INVALID")
    amount = DONATION.index(cbor.encode(10_000))
    yield failed("code-donation-other-amount", code(flip(DONATION, amount + 2)), "SIGNATURE_INVALID")
