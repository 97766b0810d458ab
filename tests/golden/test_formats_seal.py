"""Golden vectors of e-seals: objects, and sealed documents against the trust bundle."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.golden.formats_seal import said
from tests.golden.seal_objects import PARSERS
from verifier import errors, ofd, package
from verifier.ofdfile import holder_file, read_entry
from verifier.policy import TrustBundle
from verifier.sealfault import SealFault, SealRefused

FOLDER = Path(__file__).parent / "formats"
OBJECTS = json.loads((FOLDER / "e-seal.json").read_text())
SEALED = json.loads((FOLDER / "ofd.json").read_text())
BASE = {name: b64decode(data) for name, data in SEALED["base"]}
TRUST = {name: TrustBundle.parse(b64decode(data)) for name, data in SEALED["trust"].items()}


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", named(OBJECTS["accepted"]))
def test_object_accepted(case: dict[str, Any]) -> None:
    PARSERS[case["type"]](b64decode(case["b64"]))


@pytest.mark.parametrize("case", named(OBJECTS["refused"]))
def test_object_refused(case: dict[str, Any]) -> None:
    with pytest.raises(getattr(errors, case["error"])) as caught:
        PARSERS[case["type"]](b64decode(case["b64"]))
    if "reason" in case:
        assert f"{caught.value.format}: {caught.value.reason}" == case["reason"]


def files_of(case: dict[str, Any]) -> dict[str, bytes]:
    changes = {n: None if data is None else b64decode(data) for n, data in case["changes"].items()}
    merged = {n: data for n, data in {**BASE, **changes}.items() if data is not None}
    return {n: merged[n] for n in case.get("order", merged)}


def check(case: dict[str, Any]) -> ofd.SealSeen:
    whole = package.read(package.write(files_of(case)))
    crls = [b64decode(c) for c in case.get("crls", ())]
    return ofd.check_seal(whole, TRUST[case["trust"]], case["at"], attested_at=case.get("attested_at"), crls=crls)


@pytest.mark.parametrize("case", named(SEALED["accepted"]))
def test_document_accepted(case: dict[str, Any]) -> None:
    assert said(check(case)) == case["seen"]


@pytest.mark.parametrize("case", named(SEALED["refused"]))
def test_document_refused(case: dict[str, Any]) -> None:
    with pytest.raises(SealRefused) as caught:
        check(case)
    assert (caught.value.fault.value, caught.value.fault.failed) == (case["fault"], case["failed"])


def test_every_fault_has_a_vector() -> None:
    assert {case["fault"] for case in SEALED["refused"]} == {fault.value for fault in SealFault}


def test_what_the_document_says_of_itself() -> None:
    whole = package.read(package.write(BASE))
    assert dict(read_entry(whole).custom) == {"ZZMC": "结婚证", "CZZT": "示例"}
    assert holder_file(whole) == BASE["Doc_0/Attachs/certificate.mzc"]
