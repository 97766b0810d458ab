"""Is the seal on this OFD good? GB/T 38540-2020 clause 7.3, with the trust bundle saying whom we believe.

    seen = check_seal(package.read(data), bundle, at)     # SealSeen, or raises SealRefused

1 structure · 2 the maker made the seal, and may make seals · 3 the seal was valid when it was used · 4 the signer's
certificate is in the seal · 5 it leads to an authority of the bundle, its key may sign seals and was not revoked ·
6 Signature.xml is the one that was signed, and names every other member with its digest · 7 the signature.

Signing time is what the signer says. Where a key or certificate has been revoked since, only a time that somebody else
attests (`attested_at`, from a log's receipt) tells an old seal from a back-dated one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from . import certpath, fields
from .crl import Crl
from .errors import Malformed, Unsupported
from .hazmat.sm3 import sm3
from .labels import CRV_SM2
from .ofdfile import SeveralSignatures, SignatureFile, Stamp, member, read_entry, read_signature
from .package import Package
from .policy import Issuer, IssuerKey, TrustBundle
from .sealfault import SealFault, SealRefused
from .ses import MISPRINTED_ALGORITHM, Picture, Seal, SealSignature
from .x509 import DIGITAL_SIGNATURE, NON_REPUDIATION, POLICY_MAKER, POLICY_SEAL, SM2_WITH_SM3, X509

_T = TypeVar("_T")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)  # not fromtimestamp: some systems have no time before it
MISPRINTED: Final = "MISPRINTED_ALGORITHM"
"""Warning: the algorithm's identifier is the one that lacks an arc."""


@dataclass(frozen=True, slots=True)
class SealSeen:
    """A seal that was accepted. Times are seconds UTC; issuer: social credit code, from the trust bundle.

    maker, signer: common names of the certificates. signed_at: what the signer says.
    """

    esid: str
    seal_name: str
    vid: str
    maker: str
    signer: str
    issuer: str
    signed_at: int
    valid_from: int
    valid_until: int
    picture: Picture
    stamps: tuple[Stamp, ...]
    signer_serial: int
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A sealed package, parsed: Signature.xml, SignedValue.dat and the two certificates in it."""

    package: Package
    file: SignatureFile
    value: SealSignature
    maker: X509
    signer: X509


def check_seal(
    package: Package,
    bundle: TrustBundle,
    at: int,
    *,
    attested_at: int | None = None,
    crls: Sequence[bytes] = (),
) -> SealSeen:
    """The seal of the package, checked in the order above.

    `at`: now, seconds UTC. `attested_at`: by when somebody other than the signer has seen the package. `crls`: DER.
    Raises SealRefused.
    """
    with _refusing():
        sealed = _read(package)
        seal, signer, signed_at = sealed.value.seal, sealed.signer, sealed.value.signed_at
        lists = list(_readable(Crl.parse, crls))
        authorities = list(_readable(X509.parse, bundle.authorities))
        path = _check_maker(seal, sealed.maker, authorities)
        certpath.check_revocations(path, lists, signed_at, attested_at)
        _check_use(sealed.value)
        if signed_at > at + fields.CLOCK_SKEW:
            raise SealRefused(SealFault.SIGNED_IN_FUTURE)
        path = certpath.build(signer, authorities, signed_at)
        certpath.check_policy(path, POLICY_SEAL)
        if not _signs(signer):
            raise SealRefused(SealFault.CERTIFICATE_NOT_FOR_THIS, "key usage")
        certpath.check_revocations(path, lists, signed_at, attested_at)
        issuer = _check_key(bundle, signer, signed_at, attested_at)
        _check_signature(sealed)
        if len(lists) != len(crls):  # at the end: it says nothing against the document
            raise SealRefused(SealFault.REVOCATIONS_UNUSABLE, "a list cannot be read")
        return _seen(sealed, issuer)


def check_consistent(package: Package) -> SealSignature:
    """Everything of `check_seal` that needs no trust bundle: what its maker checks before he gives it away.

    That the certificates are anybody's is *not* checked. Raises SealRefused.
    """
    with _refusing():
        sealed = _read(package)
        if not sealed.value.seal.made_by(sealed.maker):
            raise SealRefused(SealFault.MAKER_SIGNATURE_INVALID)
        _check_use(sealed.value)
        _check_signature(sealed)
        return sealed.value


@contextmanager
def _refusing() -> Iterator[None]:
    """Says of what cannot be parsed that the seal is refused."""
    try:
        yield
    except SeveralSignatures:
        raise SealRefused(SealFault.SEVERAL_SIGNATURES) from None
    except Malformed as e:
        raise SealRefused(SealFault.MALFORMED, f"{e.format}: {e.reason}") from None
    except Unsupported as e:
        raise SealRefused(SealFault.UNSUPPORTED, str(e)) from None


def _read(package: Package) -> _Sealed:
    file = read_signature(package, read_entry(package))
    if file is None:
        raise SealRefused(SealFault.NOT_SEALED)
    value = SealSignature.parse(member(package, file.value))
    _check_structure(package, file, value)
    return _Sealed(package, file, value, X509.parse(value.seal.maker), X509.parse(value.signer))


def _readable(parse: Callable[[bytes], _T], items: Sequence[bytes]) -> Iterator[_T]:
    """What the caller gave, as far as this verifier can read it."""
    for data in items:
        with suppress(Malformed, Unsupported):
            yield parse(data)


def _seen(sealed: _Sealed, issuer: Issuer) -> SealSeen:
    seal, value = sealed.value.seal, sealed.value
    return SealSeen(
        esid=seal.esid,
        seal_name=seal.name,
        vid=seal.vid,
        maker=sealed.maker.name,
        signer=sealed.signer.name,
        issuer=issuer.uscc,
        signed_at=value.signed_at,
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
        picture=seal.picture,
        stamps=sealed.file.stamps,
        signer_serial=sealed.signer.serial,
        warnings=(MISPRINTED,) if seal.misprinted or value.misprinted else (),
    )


def _check_structure(package: Package, file: SignatureFile, value: SealSignature) -> None:
    """What is said twice is said alike: the seal, the time, the algorithm, the file that was signed."""
    if file.method not in (SM2_WITH_SM3, MISPRINTED_ALGORITHM):
        raise Unsupported("OFD: signature method not SM2 with SM3")
    if value.covers != f"/{file.path}":
        raise Malformed("ofd", "property-info")
    if value.time_stamp is not None:  # it stands outside of every signature that we can check
        raise Unsupported("e-seal: time stamp")
    if member(package, file.seal) != value.seal.encoded:
        raise SealRefused(SealFault.SEAL_DIFFERS, "Seal.esl is not the seal of the signature")
    if file.made_at != _generalized(value.signed_at):
        raise SealRefused(SealFault.TIME_DIFFERS)


def _check_maker(seal: Seal, maker: X509, authorities: Sequence[X509]) -> tuple[X509, ...]:
    """The seal's maker, who may make seals and was certified when it was made. Gives his path."""
    if not seal.made_by(maker):
        raise SealRefused(SealFault.MAKER_SIGNATURE_INVALID)
    path = certpath.build(maker, authorities, seal.created_at)
    if maker.policies is None or POLICY_MAKER not in maker.policies or not _signs(maker):
        raise SealRefused(SealFault.MAKER_NOT_PERMITTED)
    certpath.check_policy(path, POLICY_MAKER)
    return path


def _check_use(value: SealSignature) -> None:
    """The seal was valid when it was used, and by somebody who may."""
    seal = value.seal
    if not seal.valid_at(value.signed_at) or seal.created_at > value.signed_at:
        raise SealRefused(SealFault.SEAL_NOT_VALID_AT_SIGNING)
    if not seal.lists(value.signer):
        raise SealRefused(SealFault.SIGNER_NOT_LISTED)


def _check_key(bundle: TrustBundle, signer: X509, signed_at: int, attested_at: int | None) -> Issuer:
    """The issuer whose key it is, by the bundle, which may know less than the authorities or later than they."""
    owners = [
        (i, k) for i in bundle.issuers for k in i.keys if (k.key.crv, k.key.public) == (CRV_SM2, signer.key.encoded)
    ]
    if not owners:
        raise SealRefused(SealFault.KEY_UNKNOWN)
    named = [(i, k) for i, k in owners if signer.organization in ("", i.uscc)]
    if not named:
        raise SealRefused(SealFault.CERTIFICATE_NOT_FOR_THIS, "of another organisation than the key")
    issuer, key = named[0]
    if not key.seals:
        raise SealRefused(SealFault.KEY_NOT_FOR_SEALS)
    _check_key_time(key, signed_at, attested_at)
    return issuer


def _check_key_time(key: IssuerKey, signed_at: int, attested_at: int | None) -> None:
    if not key.not_before <= signed_at < key.not_after:
        raise SealRefused(SealFault.KEY_NOT_VALID_AT_SIGNING)
    if key.revoked_from is None:
        return
    if signed_at >= key.revoked_from:
        raise SealRefused(SealFault.KEY_NOT_VALID_AT_SIGNING, "signed after the key was revoked")
    if attested_at is None or attested_at >= key.revoked_from:
        raise SealRefused(SealFault.TIME_NOT_ATTESTED, "the key was revoked later")


def _check_signature(sealed: _Sealed) -> None:
    """Every member but the signature's own two is named with its digest, in the order of the package; all is signed."""
    package, file = sealed.package, sealed.file
    own = (file.path, file.value)
    if sealed.value.digest != sm3(member(package, file.path)):
        raise SealRefused(SealFault.SIGNATURE_FILE_ALTERED)
    for name, digest in file.references:
        content = package.files.get(name)
        if content is None or name in own:
            raise SealRefused(SealFault.MEMBER_MISSING)
        if sm3(content) != digest:
            raise SealRefused(SealFault.MEMBER_ALTERED)
    covered = [name for name in package.files if name not in own]
    named = [name for name, _ in file.references]
    if set(covered) != set(named):
        raise SealRefused(SealFault.MEMBER_NOT_COVERED)
    if covered != named:
        raise Malformed("ofd", "order", "references in another order than the members")
    if not sealed.value.signed_by(sealed.signer):
        raise SealRefused(SealFault.SIGNATURE_INVALID)


def _signs(certificate: X509) -> bool:
    return certificate.may(DIGITAL_SIGNATURE) or certificate.may(NON_REPUDIATION)


def _generalized(seconds: int) -> str:
    """`YYYYMMDDhhmmssZ`, as GeneralizedTime and SignatureDateTime write it."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%SZ")
