"""Putting a case file together (verifier/casefile.py): readable record, report of custody, signed manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from verifier import cbor
from verifier.casefile import CERTIFICATE, CUSTODY, RECORD, Logged, Manifest, manifest_of, sealed_manifest, write_case
from verifier.cose import protected_header, sig_structure
from verifier.credential import HolderFile
from verifier.errors import Malformed
from verifier.hazmat.sm3 import sm3
from verifier.labels import TYP_CASE

from .authority import Authority
from .casetexts import PROVES, README_EN, README_ZH, REGISTRATION_LABELS
from .commitment import event_aad
from .errors import SealBroken, SelfCheckFailed
from .kinds.base import Kind
from .ports import Sealed, Sealer, StatusEvent
from .registry import Registry

MAX_REFERENCE: Final = 100  # characters
_REFERENCE_AAD: Final = b"mz-case/1\x00"


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes in. `registrations` and `events` in order of knowledge; `evidence`: further members by name."""

    kind: Kind[Any]
    certificate: bytes
    registrations: tuple[Logged, ...]
    events: tuple[Logged, ...]
    evidence: Mapping[str, bytes]


def members(contents: Contents, custody: Mapping[str, Any]) -> dict[str, bytes]:
    """Every member but the manifest, in file order; custody.json, the last, lists the others."""
    named = {CERTIFICATE: contents.certificate}
    registrations = {f"registrations/{n:03d}.cbor": e for n, e in enumerate(contents.registrations, 1)}
    named[RECORD] = _record(contents, registrations)
    named |= {name: logged.encode() for name, logged in registrations.items()}
    named |= {f"status/{n:03d}.cbor": e.encode() for n, e in enumerate(contents.events, 1)}
    named |= contents.evidence
    named |= {"README.zh.txt": README_ZH.encode(), "README.en.txt": README_EN.encode()}
    listed = [{"name": name, "bytes": len(data), "sm3": sm3(data).hex()} for name, data in named.items()]
    proves = {"zh": PROVES[0], "en": PROVES[1]}
    named[CUSTODY] = _json({"format": 1, **custody, "proves": proves, "members": listed})
    return named


def case_file(named: Mapping[str, bytes], authority: Authority, cti: bytes, registry: Registry) -> tuple[bytes, bytes]:
    """(the package, SM3 of its manifest), signed and checked. Raises SelfCheckFailed, SigningFailed, Malformed."""
    signer = authority.signer
    manifest = manifest_of(named, iss=authority.uscc, iat=registry.clock(), cti=cti)
    protected = protected_header(signer.alg, signer.kid, TYP_CASE)
    signed = sealed_manifest(manifest, protected, signer.sign(sig_structure(protected, manifest.payload())))
    key, read = registry.trust.issuer_key(authority.uscc, signer.kid), Manifest.parse(signed)
    if key is None or read.sign1 is None or not read.sign1.verify(key.key):
        raise SelfCheckFailed("SIGNATURE_INVALID" if key else "KEY_UNKNOWN")
    return write_case(named, signed), sm3(signed)


def status_logged(event: StatusEvent, sealer: Sealer, receipts: Sequence[bytes], notes: Sequence[bytes]) -> Logged:
    """A status event as a member: the reason stays sealed. Raises SealBroken."""
    try:
        salt = cbor.decode(sealer.open(event.sealed, event_aad(event.cti)))[1]
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed event has another format") from None
    return Logged(salt, event.statement, tuple(receipts), tuple(notes))


def reference_aad(case_id: bytes, cti: bytes, at: int) -> bytes:
    """What binds the sealed note of an export to its row."""
    return _REFERENCE_AAD + case_id + cti + at.to_bytes(8, "big")


def sealed_reference(sealer: Sealer, case_id: bytes, cti: bytes, at: int, note: tuple[str, str, bytes]) -> Sealed:
    """`note`: case reference, who exported (social credit code, "" for the operator), SM3 of the manifest."""
    reference, exporter, digest = note
    plain = cbor.encode({1: reference, 2: exporter, 3: digest})
    return sealer.seal(plain, reference_aad(case_id, cti, at))


def _record(contents: Contents, registrations: Mapping[str, Logged]) -> bytes:
    info = contents.kind.info
    labels = {slot.name: (slot.zh, slot.en) for slot in info.slots}
    file = HolderFile.parse(contents.certificate)
    claims = [_labelled("name", d.name, labels[d.name], d.value) for d in file.disclosures]
    kind = {"number": info.number, "name": info.name, "zh": info.zh, "en": info.en}
    told = []
    for name, logged in registrations.items():
        record: dict[int, Any] = cbor.decode(logged.content)
        fields = [_labelled("key", k, REGISTRATION_LABELS.get(k, ("", "")), v) for k, v in record.items()]
        told.append({"member": name, "fields": fields})
    cti = file.certificate.claims.cti.hex()
    return _json({"format": 1, "certificate": {"cti": cti, "kind": kind, "claims": claims}, "registrations": told})


def _labelled(key: str, name: object, words: tuple[str, str], value: object) -> dict[str, Any]:
    return {key: name, "zh": words[0], "en": words[1], "value": value}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
