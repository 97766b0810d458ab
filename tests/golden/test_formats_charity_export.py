"""Golden vectors of the static export: one that passes, and what is named when a file of it was changed."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from verifier.assess import Verifier
from verifier.charity.audit import audit_export
from verifier.charity.auditreport import AuditReport
from verifier.charity.export import join_records
from verifier.policy import TrustBundle
from verifier.report import Outcome

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "charity-export.json").read_text())
FILES = {name: b64decode(data) for name, data in DOCUMENT["accepted"][0]["files_b64"].items()}
TRUST = TrustBundle.parse(b64decode(DOCUMENT["trust_b64"]), DOCUMENT["root"])


def audited(changed: dict[str, bytes]) -> AuditReport:
    return audit_export(lambda name: (FILES | changed)[name], Verifier(TRUST), at=DOCUMENT["at"])


def test_accepted() -> None:
    assert audited({}).outcome is Outcome.PASSED


@pytest.mark.parametrize("case", DOCUMENT["refused"], ids=lambda c: c["name"])
def test_refused(case: dict[str, str]) -> None:
    report = audited({case["file"]: b64decode(case["content_b64"])})
    assert report.decisive is not None
    assert report.decisive.code == case["code"]


def test_the_sample_of_the_page_is_of_the_vector() -> None:
    page = (Path(__file__).parents[2] / "docs/formats/charity-export.md").read_text(encoding="utf-8")
    sample = bytes.fromhex(re.findall(r"```text\n(.*?)```", page, re.DOTALL)[0])
    assert any(sample in data for name, data in FILES.items() if name.endswith("events.bin"))
    assert sample == join_records([sample[4:]])
