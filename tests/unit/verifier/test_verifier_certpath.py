"""Paths to an authority: the same verdicts as libcrypto's, and the rules that it leaves to us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certs.pki import PROFILES, Reason, Revoked, check_chain, make_crl, names, read_certificate
from certs.pki.errors import ChainRefused
from tests.support import seals
from tests.support.der_edit import at as der_at
from tests.support.der_edit import changed, seq
from tests.support.seals import AT, DAY, YEAR, certificate
from verifier import certpath, x509
from verifier.crl import Crl
from verifier.errors import Malformed, Unsupported
from verifier.sealfault import SealFault, SealRefused
from verifier.x509 import X509

AUTHORITIES = (seals.authority(), seals.intermediate())
STRANGERS = (seals.authority(seals.STRANGE_CA), seals.intermediate(seals.STRANGE_CA, seals.STRANGE_CA))


def ours(leaf: bytes, authorities: tuple[bytes, ...], at: int, policy: str) -> SealFault | None:
    try:
        path = certpath.build(X509.parse(leaf), [X509.parse(a) for a in authorities], at)
        certpath.check_policy(path, policy)
    except SealRefused as e:
        return e.fault
    return None


def theirs(leaf: bytes, authorities: tuple[bytes, ...], at: int, purpose: str) -> str | None:
    roots = [a for a in authorities if read_certificate(a).issuer == read_certificate(a).subject]
    try:
        check_chain(leaf, [a for a in authorities if a not in roots], roots, at, purpose=purpose)
    except ChainRefused as e:
        return e.code
    return None


def test_policies_are_those_of_the_makers() -> None:
    assert names.ARC == x509.POLICY_ARC
    assert PROFILES["seal"].policy == x509.POLICY_SEAL
    assert PROFILES["maker"].policy == x509.POLICY_MAKER


SIGNER = certificate(seals.SEALER)
CASES = {
    "good": (SIGNER, AUTHORITIES, AT),
    "maker": (seals.maker_certificate(), AUTHORITIES, AT),
    "first-second": (SIGNER, AUTHORITIES, AT - YEAR),
    "before-the-first-second": (SIGNER, AUTHORITIES, AT - YEAR - 1),
    "last-second-but-one": (SIGNER, AUTHORITIES, AT + 3 * YEAR - 2),
    "after-the-last-second": (SIGNER, AUTHORITIES, AT + 3 * YEAR),
    "no-intermediate": (SIGNER, AUTHORITIES[:1], AT),
    "no-root": (SIGNER, AUTHORITIES[1:], AT),
    "strangers": (SIGNER, STRANGERS, AT),
    "strangers-beside": (SIGNER, AUTHORITIES + STRANGERS, AT),
    "flipped": (SIGNER[:-1] + bytes((SIGNER[-1] ^ 1,)), AUTHORITIES, AT),
    "other-purpose": (certificate(seals.SEALER, "status"), AUTHORITIES, AT),
    "too-deep": (
        seals.issued(seals.OTHER_SEALER, "seal", seals.too_deep(), seals.DEEP_CA), (*AUTHORITIES, seals.too_deep()), AT,
    ),
    "no-authority": (
        seals.issued(seals.OTHER_SEALER, "seal", seals.no_authority(), seals.SEALER),
        (*AUTHORITIES, seals.no_authority()),
        AT,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_verdicts_agree_with_libcrypto(name: str) -> None:
    leaf, authorities, at = CASES[name]
    purpose = "maker" if name == "maker" else "seal"
    policy = PROFILES[purpose].policy
    assert policy is not None
    found = ours(leaf, authorities, at, policy)
    assert (found is None) == (theirs(leaf, authorities, at, purpose) is None)
    assert (found is None) == (name in ("good", "maker", "first-second", "last-second-but-one", "strangers-beside"))


def test_the_last_second_belongs_to_the_validity() -> None:
    """RFC 5280 section 4.1.2.5 counts it in; libcrypto does not."""
    assert ours(SIGNER, AUTHORITIES, AT + 3 * YEAR - 1, x509.POLICY_SEAL) is None
    assert theirs(SIGNER, AUTHORITIES, AT + 3 * YEAR - 1, "seal") == "expired"


def test_an_authority_signs_no_documents() -> None:
    authorities = [X509.parse(a) for a in AUTHORITIES]
    for leaf in authorities:
        with pytest.raises(SealRefused) as caught:
            certpath.build(leaf, authorities, AT)
        assert caught.value.fault is SealFault.CERTIFICATE_NOT_FOR_THIS


def test_a_root_signs_itself() -> None:
    root = seals.authority()
    broken = root[:-1] + bytes((root[-1] ^ 1,))
    found = ours(SIGNER, (broken, seals.intermediate()), AT, x509.POLICY_SEAL)
    assert found is SealFault.CERTIFICATE_SIGNATURE_INVALID


def test_an_issuer_that_names_policies_must_name_this_one() -> None:
    path = certpath.build(X509.parse(SIGNER), [X509.parse(a) for a in AUTHORITIES], AT)
    for policies, good in (
        (None, True),
        ({x509.POLICY_SEAL}, True),
        ({x509.ANY_POLICY}, True),
        ({x509.POLICY_MAKER}, False),
    ):
        narrowed = (path[0], replace(path[1], policies=policies and frozenset(policies)), path[2])
        if good:
            certpath.check_policy(narrowed, x509.POLICY_SEAL)
        else:
            with pytest.raises(SealRefused, match="CERTIFICATE_PATH_INVALID"):
                certpath.check_policy(narrowed, x509.POLICY_SEAL)


def test_of_a_renewed_authority_the_certificate_that_was_valid_counts() -> None:
    old = seals.issued(seals.SUB_CA, "ca-sub", seals.authority(), seals.ROOT_CA)  # ends a year after AT
    later = AT + 2 * YEAR
    leaf = seals.issued(seals.SEALER, "seal", old, seals.SUB_CA, (AT - YEAR, AT + 5 * YEAR))
    assert ours(leaf, (seals.authority(), old), later, x509.POLICY_SEAL) is SealFault.CERTIFICATE_NOT_VALID_AT_SIGNING
    new = seals.issued(seals.SUB_CA, "ca-sub", seals.authority(), seals.ROOT_CA, (AT, AT + 9 * YEAR))
    both = (seals.authority(), old, new)
    assert ours(leaf, both, AT, x509.POLICY_SEAL) is None
    assert ours(leaf, both, later, x509.POLICY_SEAL) is None


def crl(*rows: Revoked, next_update: int = AT + DAY) -> Crl:
    return Crl.parse(make_crl(read_certificate(seals.intermediate()), seals.SUB_CA, 7, AT - 9 * DAY, next_update, rows))


def revoked(leaf: bytes, reason: Reason, at: int, since: int | None = None) -> Revoked:
    return Revoked(read_certificate(leaf).serial, at, reason, since)


def fault(lists: list[Crl], signed_at: int = AT, attested_at: int | None = None) -> SealFault | None:
    path = certpath.build(X509.parse(SIGNER), [X509.parse(a) for a in AUTHORITIES], AT)
    try:
        certpath.check_revocations(path, lists, signed_at, attested_at)
    except SealRefused as e:
        return e.fault
    return None


def test_revocations() -> None:
    other = crl(revoked(seals.maker_certificate(), Reason.KEY_COMPROMISE, AT - DAY))
    assert other.number == 7
    assert fault([]) is fault([other]) is None
    superseded = crl(revoked(SIGNER, Reason.SUPERSEDED, AT + 1))
    assert fault([superseded], AT) is None
    assert fault([superseded], AT + 1) is SealFault.CERTIFICATE_REVOKED
    assert fault([other, superseded], AT + 1) is SealFault.CERTIFICATE_REVOKED
    lost = crl(revoked(SIGNER, Reason.KEY_COMPROMISE, AT + 1))
    assert fault([lost], AT) is SealFault.TIME_NOT_ATTESTED
    assert fault([lost], AT, AT + 1) is SealFault.TIME_NOT_ATTESTED
    assert fault([lost], AT, AT) is None
    assert fault([lost], AT + 1, AT) is SealFault.CERTIFICATE_REVOKED
    noticed_late = crl(revoked(SIGNER, Reason.KEY_COMPROMISE, AT + DAY, since=AT - 1))
    assert fault([noticed_late], AT, AT) is SealFault.CERTIFICATE_REVOKED


def test_a_list_in_the_authoritys_name_must_be_its_own() -> None:
    data = make_crl(read_certificate(seals.intermediate()), seals.SUB_CA, 1, AT, AT + DAY, [])
    forged = Crl.parse(data[:-1] + bytes((data[-1] ^ 1,)))
    assert fault([forged]) is SealFault.REVOCATIONS_UNUSABLE
    assert fault([crl(revoked(SIGNER, Reason.SUPERSEDED, AT)), forged]) is SealFault.CERTIFICATE_REVOKED
    of_its_other_key = replace(forged, authority_key_id=b"another")
    assert fault([of_its_other_key]) is None


def test_old_lists_still_say_what_they_said() -> None:
    old = crl(revoked(SIGNER, Reason.SUPERSEDED, AT - DAY), next_update=AT - 1)
    assert fault([old]) is SealFault.CERTIFICATE_REVOKED
    assert fault([crl(next_update=AT - 1)]) is SealFault.REVOCATIONS_UNUSABLE
    assert fault([crl(next_update=AT - 1), crl(next_update=AT)]) is None


def test_crl_forms() -> None:
    data = make_crl(read_certificate(seals.intermediate()), seals.SUB_CA, 1, AT, AT + DAY, [])
    parsed = Crl.parse(data)
    assert (dict(parsed.revoked), parsed.this_update, parsed.next_update) == ({}, AT, AT + DAY)
    assert parsed.signed_by(X509.parse(seals.intermediate()).key)
    for wrong in (b"", data[:-1], data + b"\0", SIGNER):
        with pytest.raises((Malformed, Unsupported)):
            Crl.parse(wrong)


def test_a_list_names_a_certificate_once() -> None:
    row = revoked(SIGNER, Reason.SUPERSEDED, AT)
    data = make_crl(read_certificate(seals.intermediate()), seals.SUB_CA, 1, AT, AT + DAY, [row])
    entry = der_at(data, 0, 5, 0)
    assert Crl.parse(changed(data, (0, 5), seq(entry))).revoked
    for wrong in (seq(entry, entry), seq()):
        with pytest.raises(Malformed, match="entries"):
            Crl.parse(changed(data, (0, 5), wrong))
