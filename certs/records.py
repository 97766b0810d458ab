"""Reading issued certificates back: look-up, opening."""

from __future__ import annotations

from collections.abc import Sequence

from .commitment import OpenRecord, decode_record, record_aad
from .errors import Erased, NotIssued
from .keyed import business_key
from .ports import StoredCertificate, UnitOfWork
from .registry import Registry


async def get(uow: UnitOfWork, cti: bytes) -> StoredCertificate:
    """The certificate of that cti. Raises NotIssued."""
    found = await uow.certificates.get(cti)
    if found is None:
        raise NotIssued("no certificate of that cti")
    return found


async def find_by_business(
    uow: UnitOfWork, registry: Registry, *, kind: int, issuer: str, business_id: str
) -> Sequence[StoredCertificate]:
    """Certificates of one registration, [] if there are none."""
    key = business_key(registry.lookup, kind, issuer, business_id)
    return (await uow.certificates.by_business([key])).get(key, ())


def open_record(certificate: StoredCertificate, registry: Registry) -> OpenRecord:
    """The record in the clear. Raises Erased or SealBroken."""
    if certificate.sealed is None:
        raise Erased("the record's data key was destroyed")
    return decode_record(certificate.kind, registry.sealer.open(certificate.sealed, record_aad(certificate.cti)))
