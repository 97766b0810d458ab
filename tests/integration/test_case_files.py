"""Case files: exported by the issuer for a named case, checked by a stranger, and no byte of them can change."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from certs.casefile import reference_aad
from certs.ports import Sealed
from tests.support.api_lab import EXAMPLES, OFFICE_1, OFFICE_2, Lab
from verifier import casefile, cbor, package
from verifier.assess import Verifier
from verifier.casefile import CUSTODY, MANIFEST, RECORD, CaseReport, Manifest, check_case
from verifier.casewords import code_text
from verifier.cli import run
from verifier.cose import encode_sign1
from verifier.hazmat.sm3 import sm3
from verifier.labels import TYP_STATUS_EVENT
from verifier.policy import TrustBundle
from verifier.report import Outcome

DATABASES = ("sqlite", "postgresql")
CASE = "(2027)示例9901调令1号"
_MEMBERS = [
    "manifest.cose", "certificate.mzc", "record.json", "registrations/001.cbor", "status-lists/1.cbor",
    "trust-bundle.cbor", "README.zh.txt", "README.en.txt", "custody.json",
]  # fmt: skip


async def export(lab: Lab, cti: str, slug: str = OFFICE_1, reference: str = CASE) -> httpx.Response:
    body = {"cti": cti, "reference": reference}
    return await lab.client.post("/v1/certificates/casefile", json=body, headers=lab.token(slug))


async def settled(lab: Lab) -> None:
    await lab.service.publishing.publish()
    await lab.service.ledger.sequence()
    await lab.service.ledger.checkpoint()


async def issued(lab: Lab) -> str:
    made = await lab.issue()
    await settled(lab)
    return str(made.json()["certificates"][0]["cti"])


async def checked(lab: Lab, data: bytes) -> CaseReport:
    """As a stranger checks it who brings nothing but the trust bundle."""
    bundle = TrustBundle.parse((await lab.service.trust.latest()).signed, lab.service.trust.root_fingerprint)
    return check_case(data, Verifier(bundle), at=lab.clock.now)


def codes(report: CaseReport) -> dict[str, str]:
    return {finding.part: finding.code for finding in report.findings}


async def test_a_stranger_checks_everything_in_it(lab: Lab) -> None:
    cti = await issued(lab)
    answer = await export(lab, cti)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    files = package.read(answer.content).files
    assert [name for name in files if not name.startswith("anchors/")] == _MEMBERS
    report = await checked(lab, answer.content)
    assert report.outcome is Outcome.PASSED, codes(report)
    assert {"package", MANIFEST, RECORD, CUSTODY, "registrations/001.cbor", "status"} <= set(codes(report))
    record = json.loads(files[RECORD])
    assert {"name": "holder_name", "zh": "持证人姓名", "en": "holder's name", "value": "张示例"} in record[
        "certificate"
    ]["claims"]
    assert {field["key"] for field in record["registrations"][0]["fields"]} >= {2, 4, 6, 8, 10, 11}
    custody = json.loads(files[CUSTODY])
    assert custody["case"] == {"reference": CASE, "exported_by": "11990000MB9T010142"}
    assert custody["certificate"]["log"][0]["index"] >= 0
    assert b"mz-verify" in files["README.zh.txt"]


async def test_its_export_is_recorded_and_sealed(lab: Lab) -> None:
    cti = await issued(lab)
    data = (await export(lab, cti)).content
    async with lab.service.database.read() as work:
        (row,) = (await work.connection.exec_driver_sql("select * from case_export")).all()
    assert CASE.encode() not in bytes(row.sealed_body)
    aad = reference_aad(bytes(row.case_id), bytes(row.cti), row.at)
    opened = cbor.decode(lab.service.makers.registry.sealer.open(Sealed(row.sealed_key, row.sealed_body), aad))
    assert (opened[1], opened[2], bytes(row.cti).hex()) == (CASE, "11990000MB9T010142", cti)
    assert len(opened[3]) == 32
    assert data


async def test_only_its_issuer_may_and_only_for_a_case(lab: Lab) -> None:
    cti = await issued(lab)
    assert (await export(lab, cti, OFFICE_2)).status_code == 404
    assert (await export(lab, cti, "auditor")).status_code == 403
    assert (await export(lab, "00" * 16)).status_code == 404
    assert (await export(lab, cti, reference="")).status_code == 422
    assert (await export(lab, cti, reference="two\nlines")).status_code == 400
    async with lab.service.database.read() as work:
        assert (await work.connection.exec_driver_sql("select count(*) from case_export")).scalar_one() == 0


async def test_an_ended_certificate_comes_with_the_event_that_ended_it(lab: Lab) -> None:
    cti = await issued(lab)
    before = (await export(lab, cti)).content
    lab.clock.now += 60
    body = {"cti": [cti], "reason": "annulled"}
    await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    await settled(lab)
    report = await checked(lab, (await export(lab, cti)).content)
    assert (report.outcome, report.ended) == (Outcome.PASSED, True), codes(report)
    assert codes(report)["status/001.cbor"] == "OK"
    assert b"annulled" not in (await export(lab, cti)).content
    fresh = [publication.signed for publication in [await lab.service.publishing.latest(1)]]
    bundle = TrustBundle.parse((await lab.service.trust.latest()).signed)
    older = check_case(before, Verifier(bundle, fresh), at=lab.clock.now)
    assert (older.outcome, codes(older)["status"]) == (Outcome.INDETERMINATE, "ENDED_SINCE")


async def test_no_member_can_change(lab: Lab) -> None:
    data = (await export(lab, await issued(lab))).content
    files = dict(package.read(data).files)
    for name, content in files.items():
        changed = package.write(files | {name: content[:-1] + bytes([content[-1] ^ 1])})
        report = await checked(lab, changed)
        assert report.outcome is Outcome.FAILED, name
    for wrong in (
        {name: content for name, content in files.items() if name != RECORD},
        files | {"more.txt": b"more"},
        dict(reversed(files.items())),
    ):
        assert (await checked(lab, package.write(wrong))).outcome is Outcome.FAILED
    for wrong_bytes in (b"", data[:100], data[:-1], data + b"x", b"PK\x03\x04"):
        assert (await checked(lab, wrong_bytes)).outcome is Outcome.FAILED


async def test_members_that_are_no_such_thing_fail_and_never_raise(lab: Lab) -> None:
    """Whoever writes a manifest of his own can put in anything: he is told from the issuer by the signature only."""
    files = dict(package.read((await export(lab, await issued(lab))).content).files)
    signed = Manifest.parse(files.pop(MANIFEST))
    key = (await lab.service.trust.latest()).signed
    assert signed.sign1 is not None
    logged = casefile.Logged.parse(files["registrations/001.cbor"])
    event = encode_sign1(cbor.encode({1: -65537, 4: b"\x00" * 8, 16: TYP_STATUS_EVENT}), {}, cbor.encode([]), bytes(64))
    hostile = [cbor.encode(value) for value in ([], [1], {}, 1, "", "text", b"", None, True, {1: 2}, [[]] * 5)]
    hostile.append(replace(logged, receipts=logged.receipts * 1000).encode())
    hostile.append(replace(logged, content=event).encode())
    parts = ["registrations/001.cbor", "status/001.cbor", "anchors/1.cbor", "anchors/1.proof.cbor",
             "status-lists/1.cbor", RECORD, CUSTODY, "certificate.mzc"]  # fmt: skip
    for part in parts:
        for content in [*hostile, b"", b"[]", b"{}", b"1", b'"x"', b"[" * 20_000, b'{"members": [1]}', key]:
            members = files | {part: content}
            manifest = casefile.manifest_of(members, iss=signed.iss, iat=signed.iat, cti=signed.cti)
            sealed = casefile.sealed_manifest(manifest, signed.sign1.protected, bytes(64))
            report = await checked(lab, casefile.write_case(members, sealed))
            assert report.outcome is Outcome.FAILED, (part, content[:20])


async def test_what_the_issuer_itself_says_otherwise_fails(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest signs whatever an issuer puts in: the members must agree with each other all the same."""
    import api.services.casefiles as service

    cti = await issued(lab)
    made = service.members

    def lying(name: str, old: bytes, new: bytes) -> Any:
        def members(*arguments: Any) -> dict[str, bytes]:
            named = made(*arguments)
            assert old in named[name]
            return named | {name: named[name].replace(old, new)}

        return members

    for name, old, new in (
        (RECORD, "张示例".encode(), "李示例".encode()),
        (RECORD, b"J990101-2025-000001", b"J990101-2025-000009"),
        (CUSTODY, b'"bytes": ', b'"bytes": 1'),
    ):
        monkeypatch.setattr(service, "members", lying(name, old, new))
        report = await checked(lab, (await export(lab, cti)).content)
        assert (report.outcome, codes(report)[name]) == (Outcome.FAILED, "SAYS_OTHERWISE")


async def test_without_trust_nothing_is_claimed(lab: Lab) -> None:
    data = (await export(lab, await issued(lab))).content
    bundle = TrustBundle.parse((await lab.service.trust.latest()).signed)
    report = check_case(data, Verifier(replace(bundle, issuers=())), at=lab.clock.now)
    assert report.outcome is Outcome.INDETERMINATE
    assert codes(report)[MANIFEST] == "KEY_UNKNOWN"


async def test_the_other_events_of_the_couple_are_in_it_and_nobody_else_s(lab: Lab) -> None:
    rows = list(csv.DictReader(io.StringIO((EXAMPLES / "marriage-registrations.csv").read_text("utf-8"))))
    cti = await issued(lab)
    await lab.issue(rows[1])
    await lab.issue(rows[11])  # a re-issue to the couple of the first
    await settled(lab)
    files = package.read((await export(lab, cti)).content).files
    assert len([name for name in files if name.startswith("registrations/")]) == 2
    assert (await checked(lab, package.write(files))).ended


async def test_mz_verify_takes_it(lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case.zip").write_bytes((await export(lab, await issued(lab))).content)
    (tmp_path / "trust.cbor").write_bytes((await lab.service.trust.latest()).signed)
    arguments = ["--trust", str(tmp_path / "trust.cbor"), "--at", str(lab.clock.now), str(tmp_path / "case.zip")]
    assert run([*arguments, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "✓ the case file passed" in said
    assert "✓ custody.json: good [OK]" in said
    assert run([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["certificate"]["disclosed"]["holder_name"] == "张示例"
    altered = (tmp_path / "case.zip").read_bytes().replace("张示例".encode(), "李示例".encode())
    (tmp_path / "case.zip").write_bytes(altered)
    assert run(arguments) == 1


def test_every_code_has_words() -> None:
    source = Path(casefile.__file__).read_text("utf-8")
    codes = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+|OK|ALTERED|MALFORMED)"', source)) - {"PASSED"}
    assert len(codes) > 10
    for code in codes:
        assert code_text(code, "zh") != code_text(code, "en")


def test_the_sample_of_the_format_is_a_manifest() -> None:
    text = (Path(__file__).parents[2] / "docs/formats/case-file.md").read_text("utf-8")
    sample = bytes.fromhex(re.findall(r"```text\n([0-9a-f\n]+)```", text)[0])
    member = ("certificate.mzc", 3, sm3(b"abc"))
    assert Manifest("11990000MB9T010142", 1785000000, bytes(range(16)), (member,)).payload() == sample
