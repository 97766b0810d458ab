"""Holder's files and presentations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certs.build import serial_from
from certs.commitment import decode_record, encode_values, leaves
from certs.errors import InvalidField, SealBroken, SelfCheckFailed
from certs.export import holder_file
from certs.identifiers import parse_cert_identifier
from certs.issue import issue
from certs.present import present
from certs.records import open_record
from certs.registry import Registry
from tests.simulators.office import NOW, OFFICE, TYPE_CODES, draft, make_registry, marriage_row
from tests.simulators.stores import MemoryDatabase
from verifier.assess import Verifier
from verifier.credential import HolderFile, claim_leaf
from verifier.errors import Malformed
from verifier.report import Outcome, Reason


@pytest.fixture
def registry() -> Registry:
    return make_registry()


@pytest.fixture
async def issued(registry: Registry) -> tuple[MemoryDatabase, bytes]:
    db = MemoryDatabase()
    result = await issue(draft("marriage", marriage_row(remark="示例备注")), registry, db.begin)
    return db, result.ctis[0]


async def test_the_file_discloses_every_claim(registry: Registry, issued: tuple[MemoryDatabase, bytes]) -> None:
    db, cti = issued
    certificate = db.tables.certificates[cti]
    data = holder_file(certificate, (), registry)
    report = Verifier(registry.trust, db.tables.tokens.values()).assess(data, at=NOW, level="L1")
    assert report.outcome is Outcome.PASSED
    assert report.disclosed["holder_name"] == "样例甲"
    assert report.disclosed == dict(open_record(certificate, registry).values())
    assert HolderFile.parse(data).certificate.statement == certificate.statement
    parsed = parse_cert_identifier(str(report.disclosed["cert_identifier"]))
    assert (parsed.type_code, parsed.issuer, parsed.version) == (TYPE_CODES[1], OFFICE, 1)


async def test_leaves_are_the_verifiers(registry: Registry, issued: tuple[MemoryDatabase, bytes]) -> None:
    db, cti = issued
    record = open_record(db.tables.certificates[cti], registry)
    made = leaves(record.random, record.claims, encode_values(record.claims))
    used = {slot for slot, _, _ in record.claims}
    for slot, name, value in record.claims:
        assert made[slot] == claim_leaf(record.random[slot * 32 : slot * 32 + 16], name, value)
    for slot in set(range(32)) - used:
        assert made[slot] == record.random[slot * 32 : slot * 32 + 32]


async def test_presenting_a_subset(registry: Registry, issued: tuple[MemoryDatabase, bytes]) -> None:
    db, cti = issued
    data = holder_file(db.tables.certificates[cti], (), registry)
    shown = present(data, ["holder_name", "registration_date"])
    report = Verifier(registry.trust, db.tables.tokens.values()).assess(shown, at=NOW, level="L1")
    assert report.outcome is Outcome.PASSED
    assert set(report.disclosed) == {"holder_name", "registration_date"}
    assert "样例乙".encode() not in shown
    assert present(shown, []) != shown
    with pytest.raises(InvalidField, match="NOT_DISCLOSED"):
        present(shown, ["spouse_name"])
    with pytest.raises(Malformed):
        present(b"\x00", [])
    assert holder_file(db.tables.certificates[cti], (), registry, names=iter(["holder_name"])) == present(
        data, ["holder_name"]
    )


async def test_a_bad_receipt_is_not_handed_out(registry: Registry, issued: tuple[MemoryDatabase, bytes]) -> None:
    db, cti = issued
    with pytest.raises(SelfCheckFailed, match="RECEIPT_INVALID"):
        holder_file(db.tables.certificates[cti], (b"\x00",), registry)


async def test_an_altered_statement_is_not_handed_out(registry: Registry, issued: tuple[MemoryDatabase, bytes]) -> None:
    db, cti = issued
    certificate = db.tables.certificates[cti]
    altered = replace(certificate, statement=certificate.statement[:-1] + bytes((certificate.statement[-1] ^ 1,)))
    with pytest.raises(SelfCheckFailed, match="SIGNATURE_INVALID"):
        holder_file(altered, (), registry)


async def test_another_certificates_record_is_not_handed_out(
    registry: Registry, issued: tuple[MemoryDatabase, bytes]
) -> None:
    db, _ = issued
    first, second = db.tables.certificates.values()
    with pytest.raises(SealBroken, match="authentication"):
        holder_file(replace(first, sealed=second.sealed), (), registry)


async def test_flipped_bits_of_a_file_never_pass(registry: Registry, issued: tuple[MemoryDatabase, bytes]) -> None:
    db, cti = issued
    data = holder_file(db.tables.certificates[cti], (), registry, names=["holder_name"])
    salt = open_record(db.tables.certificates[cti], registry).entry_salt
    check = Verifier(registry.trust, db.tables.tokens.values())
    opaque = range(data.index(salt), data.index(salt) + 32)  # nothing here proves the salt without a receipt
    for i in (i for i in range(len(data)) if i not in opaque):
        changed = data[:i] + bytes((data[i] ^ 0x01,)) + data[i + 1 :]
        report = check.assess(changed, at=NOW, level="L1")
        assert report.outcome is not Outcome.PASSED, i
    assert check.assess(data, at=NOW).reason is Reason.RECEIPT_MISSING


def test_records_of_another_format() -> None:
    for plaintext in (b"", b"\xa0", b"\xff", b"\x80"):
        with pytest.raises(SealBroken, match="another format"):
            decode_record(1, plaintext)


def test_serials_are_twenty_of_the_alphabet() -> None:
    assert serial_from(bytes(16)) == "0" * 20
    assert len(serial_from(b"\xff" * 16)) == 20
