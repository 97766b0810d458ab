"""The holder's file (.mzc): statement, disclosures, entry salt, receipts; checked by the verifier before it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.assess import Verifier
from verifier.credential import Certificate, HolderFile
from verifier.report import Outcome

from .commitment import OpenRecord
from .errors import SelfCheckFailed
from .ports import StoredCertificate
from .records import open_record
from .registry import Registry


def holder_file(
    certificate: StoredCertificate,
    receipts: Sequence[bytes],
    registry: Registry,
    *,
    names: Iterable[str] | None = None,
    checkpoints: Sequence[bytes] = (),
) -> bytes:
    """File of a certificate with all claims (or only `names`) disclosed and whatever receipts and notes there are.

    Raises Erased, SealBroken, or SelfCheckFailed if a verifier would call a file with these receipts wrong. What merely
    cannot be known here (status, an absent receipt) does not hold it back.
    """
    record = open_record(certificate, registry)
    return assemble(certificate.statement, record, receipts, registry, names=names, checkpoints=checkpoints)


def assemble(
    statement: bytes,
    record: OpenRecord,
    receipts: Sequence[bytes],
    registry: Registry,
    *,
    names: Iterable[str] | None = None,
    checkpoints: Sequence[bytes] = (),
) -> bytes:
    """The same from an opened record."""
    disclosures = record.disclosures(names)
    data = HolderFile(
        certificate=Certificate.parse(statement),
        disclosures=disclosures,
        entry_salt=record.entry_salt,
        receipts=tuple(receipts),
        checkpoints=tuple(checkpoints),
    ).encode()
    report = Verifier(registry.trust).assess(data, at=registry.clock(), level="L1")
    if report.outcome is Outcome.FAILED or set(report.disclosed) != {d.name for d in disclosures}:
        raise SelfCheckFailed(report.reason.value)
    return data
