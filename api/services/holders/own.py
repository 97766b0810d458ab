"""What a holder sees of his own: certificates, their files with chosen slots, and the issuer's word on his device.

Found by the document that the office saw, under the look-up term "holder" of every kind. A certificate of the other
spouse carries the other's document there, and is not found: each of the two has one of his own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.db.uow import Work
from api.errors import NotFound
from api.services.files import FileService
from api.services.holders.enrolled import Enrolled
from api.services.makers import Makers
from api.services.views import View
from certs.answers import BINDING_LIFE, bind_device
from certs.consent.asks import COUPLES
from certs.consent.persons import Person
from certs.errors import InvalidField
from certs.keyed import term_key
from certs.kinds import KINDS, kind_by_number
from certs.ports import LookupKey, StoredCertificate
from certs.present import present
from certs.records import open_record
from verifier.cose import CoseKey
from verifier.labels import CRV_SM2

_TEMPORARY = {"111": ("111", "112")}


@dataclass(frozen=True, slots=True)
class Bound:
    """The issuer's statement, and the second in which it runs out."""

    binding: bytes
    expires_at: int


def own_terms(lookup: LookupKey, person: Person) -> list[bytes]:
    """Keys under which certificates of that document are found: with the nation for couples, without for the others."""
    types = _TEMPORARY.get(person.document.partition(":")[0], (person.document_type,))
    values = [
        (number, f"{form}:{person.nation}:{person.number}" if kind.name in COUPLES else f"{form}:{person.number}")
        for number, kind in KINDS.items()
        for form in types
    ]
    return [term_key(lookup, number, "holder", value) for number, value in values]


async def own_certificates(work: Work, lookup: LookupKey, person: Person) -> list[StoredCertificate]:
    """Every certificate of that person, in order of issue, erased ones left out."""
    keys = own_terms(lookup, person)
    found = await work.certificates.by_terms(keys)
    unique = {c.cti: c for key in keys for c in found.get(key, ()) if c.sealed is not None}
    return sorted(unique.values(), key=lambda c: (c.issued_at, c.cti))


class OwnService:
    def __init__(self, makers: Makers, files: FileService, view: View) -> None:
        self._makers, self._files, self._view = makers, files, view
        self._enrolled = Enrolled(makers)

    async def certificates(self, holder: bytes) -> list[dict[str, Any]]:
        """Each with its code and every slot's value: the holder's own page shows them. Raises NotFound."""
        async with self._makers.database.read() as work:
            person = (await self._enrolled.known(work, holder)).person
            found = await own_certificates(work, self._makers.lookup, person)
        return [self._shown(certificate) for certificate in found]

    def _shown(self, certificate: StoredCertificate) -> dict[str, Any]:
        kind = kind_by_number(certificate.kind)
        values = open_record(certificate, self._makers.registry).values()
        slots = [
            {"name": s.name, "zh": s.zh, "en": s.en, "value": values[s.name], "other": _is_others(kind.name, s.name)}
            for s in kind.info.slots
            if s.name in values
        ]
        shown = self._view(certificate)
        names = {"zh": kind.info.zh, "en": kind.info.en, "issuer": certificate.issuer}
        kept = {name: shown[name] for name in ("cti", "kind", "issued_at", "valid", "code")}
        return {**kept, **names, "slots": slots}

    async def file(self, holder: bytes, cti: bytes, slots: Sequence[str] | None) -> bytes:
        """The holder's file with these slots disclosed, all of them without a choice.

        Raises NotFound for what is not this holder's, InvalidField, Erased, SelfCheckFailed.
        """
        certificate = await self._own(holder, cti)
        complete = await self._files.build(certificate)
        if slots is None:
            return complete
        if len(set(slots)) != len(slots):
            raise InvalidField("slots", "REPEATED")
        return present(complete, slots)

    async def bind(self, holder: bytes, cti: bytes, public_key: bytes) -> Bound:
        """The issuer's statement that this device holds that certificate. Raises NotFound, SelfCheckFailed."""
        certificate = await self._own(holder, cti)
        if certificate.revoked_at is not None:
            raise NotFound
        signed = bind_device(certificate, CoseKey(CRV_SM2, public_key), self._makers.registry)
        return Bound(signed, self._makers.clock() + BINDING_LIFE)

    async def _own(self, holder: bytes, cti: bytes) -> StoredCertificate:
        async with self._makers.database.read() as work:
            person = (await self._enrolled.known(work, holder)).person
            found = await own_certificates(work, self._makers.lookup, person)
        certificate = next((c for c in found if c.cti == cti), None)
        if certificate is None:
            raise NotFound
        return certificate


def _is_others(kind: str, slot: str) -> bool:
    return kind in COUPLES and slot.startswith(("spouse_", "former_spouse_"))
