"""Electronic seals: the objects alone, and sealed documents with everything that can be wrong about them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from certs.pki import Reason, Revoked, make_crl, read_certificate
from tests.golden.seal_objects import objects
from tests.support import kit, seals
from tests.support import seals_forged as forged
from tests.support.der_edit import bits, integer, tlv
from tests.support.kit import TestSigner
from tests.support.seals_forged import FILE, LIST, SEAL, VALUE
from verifier import der, ofd, package
from verifier.policy import TrustBundle
from verifier.sealfault import SealFault as F

AT, DAY = seals.AT, seals.DAY
Files = dict[str, bytes]
SIGNED_AT = AT - DAY
BASE: Files = forged.good_files()


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def bundles() -> dict[str, TrustBundle]:
    key = seals.key
    return {
        "world": seals.bundle(),
        "no-authorities": seals.bundle(authorities=()),
        "no-root": seals.bundle(authorities=(seals.intermediate(),)),
        "no-intermediate": seals.bundle(authorities=(seals.authority(),)),
        "authorities-unreadable": seals.bundle(authorities=(b"0", seals.authority()[:-1])),
        "key-missing": seals.bundle(key(seals.OTHER_SEALER)),
        "key-not-for-seals": seals.bundle(key(seals=False)),
        "key-expired": seals.bundle(key(not_after=SIGNED_AT)),
        "key-not-yet-valid": seals.bundle(key(not_before=SIGNED_AT + 1)),
        "key-revoked-at-signing": seals.bundle(key(revoked_from=SIGNED_AT)),
        "key-revoked-later": seals.bundle(key(revoked_from=SIGNED_AT + 1)),
        "careless": seals.bundle(
            key(seals.OTHER_SEALER),
            authorities=(seals.authority(), seals.intermediate(), seals.too_deep(), seals.no_authority()),
        ),
    }


def document() -> dict[str, Any]:
    trust = bundles()
    accepted = [_case(name, files, trust, **how) for name, files, how in _good()]
    refused = [_case(name, files, trust, fault, **how) for name, files, fault, how in _bad()]
    return {
        "base": [[name, b64(data)] for name, data in BASE.items()],
        "trust": {name: b64(kit.signed_bundle(b)) for name, b in trust.items()},
        "accepted": accepted,
        "refused": refused,
    }


def _case(
    name: str,
    files: Files,
    trust: Mapping[str, TrustBundle],
    fault: F | None = None,
    *,
    bundle: str = "world",
    at: int = AT,
    attested_at: int | None = None,
    crls: tuple[bytes, ...] = (),
) -> dict[str, Any]:
    """Members that differ from the base (null: left out); "order" where it is not the base's with new ones behind."""
    changes = {n: b64(data) for n, data in files.items() if BASE.get(n) != data}
    changes |= dict.fromkeys(n for n in BASE if n not in files)
    usual = [n for n in (*BASE, *files) if n in files]
    case: dict[str, Any] = {"name": name, "changes": changes, "trust": bundle, "at": at}
    case |= {} if list(files) == list(dict.fromkeys(usual)) else {"order": list(files)}
    case |= {} if attested_at is None else {"attested_at": attested_at}
    case |= {"crls": [b64(c) for c in crls]} if crls else {}
    if fault is not None:
        return case | {"fault": fault.value, "failed": fault.failed}
    whole = package.read(package.write(files))
    seen = ofd.check_seal(whole, trust[bundle], at, attested_at=attested_at, crls=crls)
    return case | {"seen": said(seen)}


def said(seen: ofd.SealSeen) -> dict[str, Any]:
    names = ("esid", "seal_name", "vid", "maker", "signer", "issuer", "signed_at", "valid_from", "valid_until")
    return {n: getattr(seen, n) for n in names} | {"warnings": list(seen.warnings)}


def _good() -> Iterator[tuple[str, Files, dict[str, Any]]]:
    yield "good", BASE, {}
    yield "seal-lists-digests", seals.sealed_files(with_seal=seals.seal(by_digest=True)), {}
    two = (seals.certificate(seals.OTHER_SEALER), seals.certificate(seals.SEALER))
    yield "seal-of-two-signers", seals.sealed_files(with_seal=seals.seal(signers=two)), {}
    yield "two-stamps", seals.sealed_files(stamps=(seals.STAMP, seals.STAMP)), {}
    yield "no-stamp", seals.sealed_files(stamps=()), {}
    yield "algorithm-misprinted", forged.with_seal(forged.remade(forged.at(seals.seal(), 0), algorithm=_MISPRINT)), {}
    yield "signed-in-the-last-second-of-the-seal", _signed_at(AT + 300 * DAY), {"at": AT + 300 * DAY}
    yield "key-revoked-later-but-attested", BASE, {"bundle": "key-revoked-later", "attested_at": SIGNED_AT}
    yield "read-after-everything-expired", BASE, {"at": AT + 15 * seals.YEAR}
    yield "revocation-list-of-others", BASE, {"crls": (crl(),)}
    yield "revoked-later-and-replaced", BASE, {"crls": (crl((seals.SEALER, SIGNED_AT + 1, Reason.SUPERSEDED)),)}
    lost = crl((seals.SEALER, SIGNED_AT + 1, Reason.KEY_COMPROMISE))
    yield "revoked-later-but-attested", BASE, {"crls": (lost,), "attested_at": SIGNED_AT}
    strange = crl((seals.SEALER, AT - 2 * DAY, Reason.SUPERSEDED), ca=seals.STRANGE_CA)
    yield "revocation-list-of-a-strange-authority", BASE, {"crls": (strange,)}


_MISPRINT = "1.2.156.10197.501"


def _signed_at(at: int) -> Files:
    return seals.sealed_files(at=at, with_seal=seals.seal(valid_until=at))


def crl(
    *revoked: tuple[TestSigner, int, Reason], ca: TestSigner = seals.SUB_CA, next_update: int = AT + 30 * DAY
) -> bytes:
    rows = [Revoked(read_certificate(_certificate_of(s)).serial, at, why) for s, at, why in revoked]
    authority = read_certificate(seals.intermediate(ca))
    return make_crl(authority, ca, 1, AT - 60 * DAY, next_update, rows)


def _certificate_of(signer: TestSigner) -> bytes:
    return seals.maker_certificate() if signer is seals.MAKER else seals.certificate(signer)


def _bad() -> Iterator[tuple[str, Files, F, dict[str, Any]]]:
    for name, files, fault in (*_files(), *_seals(), *_signers(), *_encodings()):
        yield name, files, fault, {}
    for bundle, fault in (
        ("no-authorities", F.AUTHORITY_UNKNOWN),
        ("no-root", F.AUTHORITY_UNKNOWN),
        ("authorities-unreadable", F.AUTHORITY_UNKNOWN),
        ("no-intermediate", F.AUTHORITY_UNKNOWN),
        ("key-missing", F.KEY_UNKNOWN),
        ("key-not-for-seals", F.KEY_NOT_FOR_SEALS),
        ("key-expired", F.KEY_NOT_VALID_AT_SIGNING),
        ("key-not-yet-valid", F.KEY_NOT_VALID_AT_SIGNING),
        ("key-revoked-at-signing", F.KEY_NOT_VALID_AT_SIGNING),
        ("key-revoked-later", F.TIME_NOT_ATTESTED),
    ):
        yield f"bundle-{bundle}", BASE, fault, {"bundle": bundle}
    deep = seals.issued(seals.OTHER_SEALER, "seal", seals.too_deep(), seals.DEEP_CA)
    yield "path-too-long", _by(deep, seals.OTHER_SEALER), F.CERTIFICATE_PATH_INVALID, {"bundle": "careless"}
    child = seals.issued(seals.OTHER_SEALER, "seal", seals.no_authority(), seals.SEALER)
    yield "issuer-is-no-authority", _by(child, seals.OTHER_SEALER), F.CERTIFICATE_PATH_INVALID, {"bundle": "careless"}
    yield "key-revoked-before-attested", BASE, F.TIME_NOT_ATTESTED, {"bundle": "key-revoked-later", "attested_at": AT}
    yield "signed-in-future", BASE, F.SIGNED_IN_FUTURE, {"at": SIGNED_AT - 301}
    for name, rows, fault in (
        ("signer-revoked", ((seals.SEALER, SIGNED_AT, Reason.SUPERSEDED),), F.CERTIFICATE_REVOKED),
        ("maker-revoked", ((seals.MAKER, SIGNED_AT, Reason.CESSATION),), F.CERTIFICATE_REVOKED),
        ("signer-key-lost-later", ((seals.SEALER, AT, Reason.KEY_COMPROMISE),), F.TIME_NOT_ATTESTED),
        ("maker-revoked-later-without-reason", ((seals.MAKER, AT, Reason.UNSPECIFIED),), F.TIME_NOT_ATTESTED),
    ):
        yield name, BASE, fault, {"crls": (crl(*rows),)}
    yield "revocation-list-too-old", BASE, F.REVOCATIONS_UNUSABLE, {"crls": (crl(next_update=SIGNED_AT - 1),)}
    forged_list = crl()[:-1] + bytes((crl()[-1] ^ 1,))
    yield "revocation-list-that-nobody-signed", BASE, F.REVOCATIONS_UNUSABLE, {"crls": (forged_list,)}
    yield "revocation-list-broken", BASE, F.REVOCATIONS_UNUSABLE, {"crls": (crl()[:-1],)}


def _replaced(files: Files, member: str, old: str, new: str) -> Files:
    assert old in files[member].decode(), old
    return {**files, member: files[member].decode().replace(old, new, 1).encode()}


def _without(files: Files, *names: str) -> Files:
    return {name: data for name, data in files.items() if name not in names}


def _signed_xml(old: str, new: str) -> Files:
    """Signature.xml changed and signed again: what only the signer himself could do."""
    return forged.signed_again(_replaced(BASE, FILE, old, new))


def _files() -> Iterator[tuple[str, Files, F]]:
    """What is wrong with the package or with Signature.xml."""
    page = "Doc_0/Pages/Page_0/Content.xml"
    unsigned = _replaced(BASE, "OFD.xml", "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>", "")
    yield "not-sealed", _without(unsigned, LIST, SEAL, FILE, VALUE), F.NOT_SEALED
    yield "list-left-out-of-the-entry", unsigned, F.NOT_SEALED
    entry = BASE[LIST].decode().partition("<ofd:Signature ")[2].partition("/>")[0]
    yield "list-empty", _replaced(BASE, LIST, f"<ofd:Signature {entry}/>", ""), F.NOT_SEALED
    second = f"<ofd:Signature {entry}/>".replace("s001", "s003")
    yield (
        "second-signature",
        _replaced(BASE, LIST, "</ofd:Signatures>", second + "</ofd:Signatures>"),
        F.SEVERAL_SIGNATURES,
    )
    yield "list-changed", _replaced(BASE, LIST, "s002", "s009"), F.MEMBER_ALTERED
    yield "signature-not-of-a-seal", _replaced(BASE, LIST, "Seal", "Sign"), F.UNSUPPORTED
    yield "list-missing", _without(BASE, LIST), F.MALFORMED
    yield "signature-file-missing", _without(BASE, FILE), F.MALFORMED
    yield "signed-value-missing", _without(BASE, VALUE), F.MALFORMED
    yield "seal-file-missing", _without(BASE, SEAL), F.MALFORMED
    yield "page-altered", _replaced(BASE, page, "示例", "真的"), F.MEMBER_ALTERED
    yield "holder-file-exchanged", {**BASE, "Doc_0/Attachs/certificate.mzc": b"other"}, F.MEMBER_ALTERED
    yield "metadata-altered", _replaced(BASE, "OFD.xml", "示例", "样本"), F.MEMBER_ALTERED
    yield "page-altered-with-its-check-value", _resealed_page(page), F.SIGNATURE_FILE_ALTERED
    yield "member-added", {**BASE, "Doc_0/Extra.xml": b"<a/>"}, F.MEMBER_NOT_COVERED
    yield "member-removed", _without(BASE, page), F.MEMBER_MISSING
    yield "members-in-another-order", {page: BASE[page], **_without(BASE, page)}, F.MALFORMED
    yield "reference-removed", _signed_xml(_reference(page), ""), F.MEMBER_NOT_COVERED
    yield "reference-twice", _signed_xml(_reference(page), 2 * _reference(page)), F.MALFORMED
    yield "reference-to-nothing", _signed_xml(f'"/{page}"', '"/Doc_0/None.xml"'), F.MEMBER_MISSING
    yield "reference-to-itself", _signed_xml(f'"/{page}"', f'"/{FILE}"'), F.MEMBER_MISSING
    yield "reference-upwards", _signed_xml(f'"/{page}"', '"/Doc_0/Signs/../Pages/Page_0/Content.xml"'), F.MALFORMED
    yield "check-value-short", _signed_xml(seals.check_value(BASE[page]), "AAAA"), F.MALFORMED
    yield (
        "check-value-with-a-space",
        _signed_xml(seals.check_value(BASE[page]), seals.check_value(BASE[page]) + " "),
        F.MALFORMED,
    )
    yield "check-method-sha-256", _signed_xml("1.2.156.10197.1.401", "2.16.840.1.101.3.4.2.1"), F.UNSUPPORTED
    yield "signature-method-other", _signed_xml("1.2.156.10197.1.501", "1.2.840.10045.4.3.2"), F.UNSUPPORTED
    yield "time-differs", _signed_xml("20251231000000Z", "20251230000000Z"), F.TIME_DIFFERS
    yield "stamp-outside-of-numbers", _signed_xml("230.5 42", "NaN 42"), F.MALFORMED
    yield "stamp-in-other-digits", _signed_xml("230.5 42", "\u0662\u0663\u0660.5 42"), F.MALFORMED
    yield "unknown-element-signed", _signed_xml("<ofd:Seal>", "<ofd:Parameters/><ofd:Seal>"), F.MALFORMED
    yield "signature-file-altered", _replaced(BASE, FILE, 'Version="1"', 'Version="2"'), F.SIGNATURE_FILE_ALTERED
    for name, old, new in (
        ("document-type", "<ofd:Signature ", "<!DOCTYPE a><ofd:Signature "),
        ("comment", "<ofd:Seal>", "<!-- --><ofd:Seal>"),
        ("instruction", "<ofd:Seal>", "<?a?><ofd:Seal>"),
        ("cdata", "<ofd:SignatureMethod>1", "<ofd:SignatureMethod><![CDATA[1]]>"),
        ("entity", "Minzheng", "&minzheng;"),
        ("other-namespace", "http://www.ofdspec.org/2016", "http://www.ofdspec.org/2017"),
        ("other-encoding", "UTF-8", "GBK"),
        ("not-well-formed", "</ofd:SignedInfo>", ""),
        ("mixed-content", "<ofd:Seal>", "words<ofd:Seal>"),
        ("name-beyond-ascii", "<ofd:Seal>", '<ofd:Seal 文="">'),
        ("prefix-beyond-ascii", "<ofd:Seal>", '<ofd:Seal xmlns:文="urn:x">'),
    ):
        yield f"xml-{name}", _signed_xml(old, new), F.MALFORMED


def _reference(name: str) -> str:
    value = f"<ofd:CheckValue>{seals.check_value(BASE[name])}</ofd:CheckValue>"
    return f'<ofd:Reference FileRef="/{name}">{value}</ofd:Reference>'


def _resealed_page(page: str) -> Files:
    """Page and check value changed together: what a forger without the key can do."""
    changed = _replaced(BASE, page, "示例", "真的")
    return _replaced(changed, FILE, seals.check_value(BASE[page]), seals.check_value(changed[page]))


def _seals() -> Iterator[tuple[str, Files, F]]:
    """What is wrong with the seal or its maker."""
    info = forged.at(seals.seal(), 0)
    other = seals.seal(esid="99000000000002")
    yield "seal-swapped", {**BASE, SEAL: other}, F.SEAL_DIFFERS
    unmade = forged.changed(seals.seal(), (0, 3, 1), tlv(der.OCTET_STRING, seals.picture(0x10).png))
    yield "seal-with-a-foreign-picture", forged.with_seal(unmade), F.MAKER_SIGNATURE_INVALID
    renamed = forged.changed(seals.seal(), (0, 2, 1), tlv(der.UTF8_STRING, "另一机关".encode()))
    yield "seal-renamed", forged.with_seal(renamed), F.MAKER_SIGNATURE_INVALID
    yield "maker-is-another-key", forged.with_seal(forged.remade(info, seals.OTHER_SEALER)), F.MAKER_SIGNATURE_INVALID
    sealer = seals.certificate(seals.SEALER)
    yield "maker-is-the-signer", forged.with_seal(forged.remade(info, seals.SEALER, sealer)), F.MAKER_NOT_PERMITTED
    idle = forged.for_encryption(seals.maker_certificate())
    yield "maker-may-not-sign", forged.with_seal(forged.remade(info, by=idle)), F.MAKER_NOT_PERMITTED
    strange = seals.certificate(seals.MAKER, "maker", ca=seals.STRANGE_CA, root=seals.STRANGE_CA)
    yield "maker-of-a-strange-authority", forged.with_seal(forged.remade(info, by=strange)), F.AUTHORITY_UNKNOWN
    early = seals.certificate(seals.MAKER, "maker", times=(AT - seals.YEAR, AT - 40 * DAY))
    yield "maker-expired-when-made", forged.with_seal(forged.remade(info, by=early)), F.CERTIFICATE_NOT_VALID_AT_SIGNING
    for name, change in (
        ("seal-expired", {"valid_until": SIGNED_AT - 1}),
        ("seal-not-yet-valid", {"valid_from": SIGNED_AT + 1}),
        ("seal-made-after-signing", {"made_at": SIGNED_AT + 1}),
    ):
        yield name, forged.with_seal(seals.seal(**change)), F.SEAL_NOT_VALID_AT_SIGNING
    yield (
        "signer-not-listed",
        forged.with_seal(seals.seal(signers=(seals.certificate(seals.OTHER_SEALER),))),
        F.SIGNER_NOT_LISTED,
    )
    stranger = seals.seal(signers=(seals.certificate(seals.OTHER_SEALER),), by_digest=True)
    yield "signer-not-among-digests", forged.with_seal(stranger), F.SIGNER_NOT_LISTED


def _by(certificate: bytes, signer: TestSigner = seals.SEALER) -> Files:
    """Signed under that certificate, which the seal lists."""
    seal = seals.seal(signers=(certificate,))
    return forged.refreshed({**BASE, SEAL: seal}, seal, signer=signer, by=certificate)


def _signers() -> Iterator[tuple[str, Files, F]]:
    """What is wrong with the signer or his certificate."""
    make = seals.certificate
    strange = make(seals.SEALER, ca=seals.STRANGE_CA, root=seals.STRANGE_CA)
    yield "signer-of-a-strange-authority", _by(strange), F.AUTHORITY_UNKNOWN
    good = make(seals.SEALER)
    yield "signer-may-not-sign", _by(forged.for_encryption(good)), F.CERTIFICATE_NOT_FOR_THIS
    flipped = good[:-1] + bytes((good[-1] ^ 1,))
    yield "signer-certificate-forged", _by(flipped), F.CERTIFICATE_SIGNATURE_INVALID
    yield (
        "signer-expired",
        _by(make(seals.SEALER, times=(AT - seals.YEAR, SIGNED_AT))),
        F.CERTIFICATE_NOT_VALID_AT_SIGNING,
    )
    yield "signer-not-yet-valid", _by(make(seals.SEALER, times=(SIGNED_AT + 1, AT))), F.CERTIFICATE_NOT_VALID_AT_SIGNING
    yield "signer-for-status-lists", _by(make(seals.SEALER, "status")), F.CERTIFICATE_NOT_FOR_THIS
    yield "signer-is-the-maker", _by(seals.maker_certificate(), seals.MAKER), F.CERTIFICATE_NOT_FOR_THIS
    yield "signer-is-an-authority", _by(seals.intermediate(), seals.SUB_CA), F.CERTIFICATE_NOT_FOR_THIS
    yield "signer-of-another-organisation", _by(make(seals.SEALER, uscc=kit.CHARITY)), F.CERTIFICATE_NOT_FOR_THIS
    yield "signature-by-another-key", forged.signed_again(BASE, signer=seals.OTHER_SEALER, by=good), F.SIGNATURE_INVALID
    value = BASE[VALUE]
    yield "signature-flipped", {**BASE, VALUE: value[:-1] + bytes((value[-1] ^ 1,))}, F.SIGNATURE_INVALID
    resealed = forged.changed(value, (0, forged.DIGEST), bits(bytes(32)))
    yield "digest-of-nothing", {**BASE, VALUE: resealed}, F.SIGNATURE_FILE_ALTERED


def _encodings() -> Iterator[tuple[str, Files, F]]:
    """SignedValue.dat whose structure is wrong; the same faults of the objects alone are in e-seal.json."""
    for name, data, error in objects()["refused"]["SES_Signature"]:
        yield f"value-{name}", {**BASE, VALUE: data}, F.UNSUPPORTED if error == "Unsupported" else F.MALFORMED
    yield "property-info-other", forged.with_to_sign((forged.COVERS,), tlv(der.IA5_STRING, b"/OFD.xml")), F.MALFORMED
    stamp = tlv(0xA0, bits(b"\x30\x00"))
    yield "time-stamp", {**BASE, VALUE: forged.value(forged.to_sign(), more=stamp)}, F.UNSUPPORTED
    version = forged.with_to_sign((0,), integer(5))
    yield "version-5", version, F.UNSUPPORTED
