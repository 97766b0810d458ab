"""Whom the bundle believes, for what, and when: issuer, key, kind, time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.golden import other_signers
from tests.golden.other_signers import ED25519_KEY, P256_KEY
from tests.golden.world import (
    AT,
    CHARITY_STATUS,
    STATUS,
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
    status,
    unclear,
)
from tests.support import kit
from verifier import cbor, labels
from verifier.cose import CoseKey
from verifier.manifest import KindManifest, SlotLabel
from verifier.policy import Issuer, IssuerKey

DAY = kit.DAY
YEAR = 366 * DAY
UNKNOWN = "11990000MB9T01022W"
STATEMENT = kit.statement()
_SLOTS = tuple(SlotLabel(name, f"字段{i}", f"field {i}") for i, (name, _) in enumerate(kit.FIELDS))


def bundle_with(*keys: IssuerKey, **changes: Any) -> bytes:
    """The bundle with other keys for the registry office."""
    office, charity = kit.bundle().issuers
    return kit.signed_bundle(kit.bundle(issuers=(replace(office, keys=keys), charity), **changes))


def office_key(key: CoseKey = kit.REGISTRY_KEY.key, **changes: Any) -> IssuerKey:
    return replace(IssuerKey(key, AT - YEAR, AT + YEAR, frozenset({1}), True), **changes)


STATUS_KEY = kit.TestSigner(b"status key")
STATUS_ONLY = office_key(STATUS_KEY.key, kinds=frozenset())
STATUS_OF_STATUS_KEY = status(signer=STATUS_KEY)


def vectors() -> Iterator[Vector]:
    yield from _algorithms()
    yield from _who()
    yield from _kinds()
    yield from _key_times()
    yield from _revoked()
    yield from _times()


def _algorithms() -> Iterator[Vector]:
    for name, signer in (("es256", P256_KEY), ("eddsa", ED25519_KEY)):
        trust = bundle_with(office_key(signer.key), STATUS_ONLY)
        lists = (STATUS_OF_STATUS_KEY,)
        st = seal(signer=signer)
        yield passed(f"code-{name}", code(st), trust=trust, statuses=lists)
        if name == "es256":  # ECDSA has two signatures for one: a certificate is known by its cti, never by its bytes
            s = other_signers.N - int.from_bytes(st[-32:], "big")
            twin = st[:-32] + s.to_bytes(32, "big")
            yield passed("code-es256-negated-s", code(twin), trust=trust, statuses=lists)
        bad = code(flip(st, -1, 1))
        yield failed(f"code-{name}-flipped-bit", bad, "SIGNATURE_INVALID", trust=trust, statuses=lists)


def _who() -> Iterator[Vector]:
    yield unclear("issuer-unknown", code(kit.statement(kit.claims(iss=UNKNOWN), kit.STRANGER_KEY)), "ISSUER_UNKNOWN")
    yield unclear("key-unknown", code(kit.statement(signer=kit.STRANGER_KEY)), "KEY_UNKNOWN")
    yield unclear("key-of-other-issuer", code(kit.statement(signer=kit.CHARITY_KEY)), "KEY_UNKNOWN")
    yield unclear("key-of-log", code(kit.statement(signer=kit.LOG_KEY)), "KEY_UNKNOWN")
    yield unclear("key-of-root", code(kit.statement(signer=kit.ROOT)), "KEY_UNKNOWN")
    empty = kit.signed_bundle(kit.bundle(issuers=()))
    yield unclear("trust-without-issuers", code(STATEMENT), "ISSUER_UNKNOWN", trust=empty)
    odd = seal(kit.claims(iss=UNKNOWN).encode(), signer=kit.STRANGER_KEY, protected=header(alg=-48))
    yield unclear("issuer-unknown-and-algorithm-unknown", code(odd), "ISSUER_UNKNOWN")
    text = seal(kit.claims(iss=UNKNOWN).encode(), signer=kit.STRANGER_KEY, protected=header(alg="SM2"))
    yield failed("issuer-unknown-and-algorithm-text", code(text), "MALFORMED_CREDENTIAL")
    name = Issuer(UNKNOWN, "示例", "Sample", ())
    bare = kit.signed_bundle(kit.bundle(issuers=(name,)))
    st = kit.statement(kit.claims(iss=UNKNOWN))
    yield unclear("trust-issuer-without-keys", code(st), "KEY_UNKNOWN", trust=bare)


def _kinds() -> Iterator[Vector]:
    not_allowed = "KEY_NOT_ALLOWED_FOR_KIND"
    donation = kit.donation_claims(iss=kit.REGISTRY)
    yield failed("key-of-other-kind-signs-donation", code(kit.statement(donation)), not_allowed)
    marriage = kit.statement(kit.claims(iss=kit.CHARITY), kit.CHARITY_KEY)
    yield failed("key-of-other-kind-signs-marriage", code(marriage), not_allowed)
    status_only = bundle_with(STATUS_ONLY)
    yield failed("key-for-status-lists-only", code(kit.statement(signer=STATUS_KEY)), not_allowed, trust=status_only)
    yield failed("kind-unknown-and-not-allowed", code(kit.statement(kit.claims(kind=9))), not_allowed)
    wide = bundle_with(office_key(kinds=frozenset({1, 2, 3, 9})))
    for name, changes in (
        ("kind-unknown", {"kind": 9}),
        ("kind-divorce-not-yet-known", {"kind": 2}),
        ("kind-unknown-version", {"kind_version": 2}),
        ("kind-version-zero", {"kind_version": 0}),
    ):
        statement = kit.statement(kit.claims(**changes))
        yield unclear(name, code(statement), "KIND_UNKNOWN", trust=wide)
        # An older verifier cannot read the fields of a newer kind; that is no sign of forgery.
        yield unclear(f"{name}-with-disclosures", kit.holder_file(statement), "KIND_UNKNOWN", trust=wide)
    yield from _manifests()
    root = kit.claims().root
    for name, private in (
        ("kind-unknown-with-public-members", {1: 9, 2: 1, 3: root, 4: {1: "later"}}),
        ("kind-unknown-version-with-public-list", {1: 3, 2: 2, 3: root, 4: [1, 2]}),
    ):
        st = seal(raw_map(replaced(claim_pairs(), labels.CWT_MZ, cbor.encode(private))))
        yield unclear(name, code(st), "KIND_UNKNOWN", trust=wide)


def _manifests() -> Iterator[Vector]:
    """What the bundle says of a kind: a kind of later days that it names is known, and names bind to slots."""
    later = KindManifest(9, 1, 5, "later-kind", "后来的证", "later certificate", _SLOTS)
    shallow = replace(later, depth=2, slots=())
    statement = kit.statement(kit.claims(kind=9))
    keys = (office_key(kinds=frozenset({1, 9})), STATUS_ONLY)
    trust = bundle_with(*keys, kinds=(later,))
    yield passed("manifest-makes-kind-known", code(statement), trust=trust)
    file = kit.holder_file(statement, disclosures=kit.commitment(5)[1])
    yield passed("manifest-makes-fields-known", file, trust=trust, level="L1")
    flat = bundle_with(*keys, kinds=(shallow,))
    invalid = "DISCLOSURE_INVALID"
    yield failed("manifest-of-other-depth", file, invalid, trust=flat, level="L1")
    renamed = replace(later, slots=tuple(replace(s, name=f"{s.name}_x") for s in _SLOTS))
    other = bundle_with(*keys, kinds=(renamed,))
    yield failed("manifest-names-the-slot-otherwise", file, invalid, trust=other, level="L1")
    short = bundle_with(*keys, kinds=(replace(later, slots=_SLOTS[:1]),))
    yield failed("manifest-without-the-slot", file, invalid, trust=short, level="L1")
    newer = bundle_with(*keys, kinds=(replace(later, version=2),))
    yield unclear("manifest-of-other-version", code(statement), "KIND_UNKNOWN", trust=newer)


def _key_times() -> Iterator[Vector]:
    reason = "KEY_NOT_VALID_AT_ISSUE"
    lists = (STATUS_OF_STATUS_KEY,)
    iat = AT - DAY
    for name, key in (
        ("key-expired-at-issue", office_key(not_after=iat - 1)),
        ("key-ends-in-second-of-issue", office_key(not_after=iat)),
        ("key-begins-after-issue", office_key(not_before=iat + 1)),
        ("key-revoked-before-issue", office_key(revoked_from=iat - 60)),
        ("key-revoked-in-second-of-issue", office_key(revoked_from=iat)),
    ):
        yield failed(name, code(STATEMENT), reason, trust=bundle_with(key, STATUS_ONLY), statuses=lists)
    exact = bundle_with(office_key(not_before=iat, not_after=iat + 1), STATUS_ONLY)
    yield passed("key-expired-since-but-valid-at-issue", code(STATEMENT), trust=exact, statuses=lists)


def _revoked() -> Iterator[Vector]:
    iat = AT - DAY
    lists = (STATUS_OF_STATUS_KEY,)
    trust = bundle_with(office_key(revoked_from=iat + 3600), STATUS_ONLY)
    given = {"trust": trust, "statuses": lists}
    yield unclear("key-revoked-code-has-no-receipt", code(STATEMENT), "KEY_REVOKED", **given)
    yield passed("key-revoked-with-older-receipt", kit.holder_file(), **given)
    yield passed("key-revoked-with-older-receipt-at-level-1", kit.holder_file(), level="L1", **given)
    log = kit.TestLog()
    log.fill(3)
    index = log.add(kit.ENTRY_SALT, STATEMENT)
    for name, time in (("younger", iat + 3601), ("same-second", iat + 3600)):
        file = kit.holder_file(receipts=[log.receipt(index, time)])
        yield unclear(f"key-revoked-with-{name}-receipt", file, "KEY_REVOKED", **given)
    both = kit.holder_file(receipts=[log.receipt(index, iat + 3601), log.receipt(index, iat + 60)])
    yield passed("key-revoked-with-younger-and-older-receipt", both, **given)
    none = kit.holder_file(receipts=[])
    yield unclear("key-revoked-file-without-receipt-at-level-1", none, "KEY_REVOKED", level="L1", **given)
    same = bundle_with(office_key(revoked_from=iat + 3600))
    yield unclear("key-revoked-signed-the-status-list", kit.holder_file(), "STATUS_SIGNATURE_INVALID", trust=same)


def _times() -> Iterator[Vector]:
    yield unclear("not-yet-valid-issued-in-future", code(kit.statement(kit.claims(iat=AT + 301))), "NOT_YET_VALID")
    early = kit.statement(kit.claims(nbf=AT + 301))
    yield unclear("not-yet-valid-before-nbf", code(early), "NOT_YET_VALID")
    yield failed("expired", code(kit.statement(kit.claims(exp=AT - 1))), "EXPIRED")
    yield failed("expired-in-this-second", code(kit.statement(kit.claims(exp=AT))), "EXPIRED")
    for name, changes in (
        ("expired", {"issued_at": AT - 2 * DAY, "expires": AT - DAY}),
        ("expires-in-this-second", {"expires": AT}),
        ("issued-in-future", {"issued_at": AT + 301}),
    ):
        trust = kit.signed_bundle(kit.bundle(**changes))
        yield unclear(f"trust-{name}", code(STATEMENT), "TRUST_EXPIRED", trust=trust)
    old = kit.signed_bundle(kit.bundle(issued_at=AT - 2 * DAY, expires=AT - DAY))
    bad = code(flip(STATEMENT, -1))
    yield failed("trust-expired-does-not-hide-forgery", bad, "SIGNATURE_INVALID", trust=old)
    given = {"trust": old, "statuses": (status([70001]), CHARITY_STATUS)}
    yield failed("trust-expired-does-not-hide-revocation", code(STATEMENT), "STATUS_NOT_VALID", **given)
    soon = kit.signed_bundle(kit.bundle(issued_at=AT + 300))
    yield passed("trust-issued-within-clock-skew", code(STATEMENT), trust=soon, statuses=(STATUS,))
