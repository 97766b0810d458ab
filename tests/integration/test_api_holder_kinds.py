"""Kinds with one holder through every door: issue, find, fetch, tell other platforms, audit."""

from __future__ import annotations

import pytest

from tests.simulators.holders import BUREAU, HOLDER_ROWS, PARLOUR
from tests.support.api_lab import CHARITY, Lab, problem
from verifier.assess import Verifier
from verifier.policy import TrustBundle
from verifier.report import Outcome

DATABASES = ("sqlite",)
BODIES = {BUREAU: "bureau-990101", PARLOUR: "parlour-990101"}


async def _issued(lab: Lab, name: str) -> tuple[str, str]:
    """cti and slug of the body that issued a certificate of the kind."""
    row = HOLDER_ROWS[name]()
    slug = BODIES[row["issuer_uscc"]]
    answer = await lab.client.post("/v1/certificates", json={"kind": name, "record": row}, headers=lab.token(slug))
    assert answer.status_code == 201, answer.text
    (certificate,) = answer.json()["certificates"]
    assert (certificate["kind"], certificate["role"]) == (name, "holder")
    return certificate["cti"], slug


async def test_a_stranger_verifies_every_kind_with_the_bundle_alone(lab: Lab) -> None:
    files = [await lab.file(*await _issued(lab, name)) for name in HOLDER_ROWS]
    data = (await lab.client.get("/v1/trust-bundle")).content
    bundle = TrustBundle.parse(data, lab.service.trust.root_fingerprint)
    for name, file in zip(HOLDER_ROWS, files, strict=True):
        report = Verifier(bundle).assess(file, at=lab.clock(), level="L1")
        assert report.outcome is not Outcome.FAILED
        manifest = bundle.manifest(report.kind or 0, 1)
        assert manifest is not None
        assert manifest.name == name
        assert report.disclosed["certificate_no"] == HOLDER_ROWS[name]()["certificate_no"]


async def test_a_certificate_is_found_by_its_number_and_only_by_who_issued_it(lab: Lab) -> None:
    cti, slug = await _issued(lab, "cremation")
    wanted = {"certificate_no": "HH-000001"}
    deceased = {"term": "deceased", "value": f"111:{HOLDER_ROWS['cremation']()['deceased_document_number']}"}
    for sought in (wanted, deceased):
        answer = await lab.client.post("/v1/certificates/lookup", json=sought, headers=lab.token(slug))
        assert [c["cti"] for c in answer.json()["certificates"]] == [cti]
    for odd in ({}, {"term": "deceased"}, {"zihao": "x", "holder": "y"}, {"term": "x", "value": "y", "zihao": "z"}):
        answer = await lab.client.post("/v1/certificates/lookup", json=odd, headers=lab.token(slug))
        assert problem(answer)["code"] == "bad-parameter"
    other = await lab.client.post("/v1/certificates/lookup", json=wanted, headers=lab.token("bureau-990101"))
    assert other.json()["certificates"] == []


async def test_metadata_and_directory_entry_of_an_own_certificate(lab: Lab) -> None:
    cti, slug = await _issued(lab, "elder-care")
    answer = await lab.client.post("/v1/certificates/metadata", json={"cti": cti}, headers=lab.token(slug))
    assert answer.status_code == 200
    assert answer.json()["metadata"]["ZZMC"] == "老年人能力评估与养老服务证明"
    assert answer.json()["state"] == {"code": "01", "zh": "有效", "en": "valid"}
    body = {"cti": cti, "batch": "20261121-01"}
    entry = await lab.client.post("/v1/certificates/directory", json=body, headers=lab.token(slug))
    assert (entry.json()["certificate_number"], entry.json()["cd_operation"]) == ("YL-000001", "I")
    revoked = {"cti": [cti], "reason": "made in error"}
    await lab.client.post("/v1/certificates/revoke", json=revoked, headers=lab.token(slug))
    after = await lab.client.post("/v1/certificates/metadata", json={"cti": cti}, headers=lab.token(slug))
    assert after.json()["state"]["code"] == "05"
    assert "made in error" not in after.text


@pytest.mark.parametrize("path", ["metadata", "directory"])
async def test_what_others_issued_does_not_exist(lab: Lab, path: str) -> None:
    cti, _ = await _issued(lab, "child-welfare")
    url = f"/v1/certificates/{path}"
    assert problem(await lab.client.post(url, json={"cti": cti}, headers=lab.token(CHARITY)))["code"] == "not-found"
    assert problem(await lab.client.post(url, json={"cti": cti}))["code"] == "unauthenticated"
    own = lab.token("bureau-990101")
    assert problem(await lab.client.post(url, json={"cti": "00" * 16}, headers=own))["code"] == "not-found"
    assert problem(await lab.client.post(url, json={"cti": "00"}, headers=own))["code"] == "invalid-fields"


async def test_a_broken_rule_is_answered_in_the_language_that_was_asked_for(lab: Lab) -> None:
    record = HOLDER_ROWS["cremation"](cremated_on="2026-11-01")
    headers = lab.token("parlour-990101") | {"accept-language": "en"}
    answer = await lab.client.post("/v1/certificates", json={"kind": "cremation", "record": record}, headers=headers)
    assert answer.status_code == 422
    assert "the cremation lies before the death" in answer.text
