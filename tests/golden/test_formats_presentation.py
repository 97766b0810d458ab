"""Golden vectors of signed answers and of presentations."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verifier.answer import Answer, question_commitment
from verifier.assess import Verifier
from verifier.errors import Malformed
from verifier.policy import TrustBundle
from verifier.presentation import Binding, Presentation, is_presentation
from verifier.presented import Expected, assess_presentation
from verifier.report import Outcome, Reason, outcome_of

HERE = Path(__file__).parent
ANSWERS: dict[str, Any] = json.loads((HERE / "formats" / "answer.json").read_text())
SHOWN: dict[str, Any] = json.loads((HERE / "formats" / "presentation.json").read_text())
TRUST = TrustBundle.parse(b64decode(ANSWERS["trust_b64"]))
AT: int = ANSWERS["at"]
VERIFIER = Verifier(TrustBundle.parse(b64decode(SHOWN["trust_b64"])), [b64decode(s) for s in SHOWN["status_b64"]])
EXPECTED = Expected(SHOWN["audience"], bytes.fromhex(SHOWN["nonce_hex"]))


def answer(name: str) -> bytes:
    return next(b64decode(c["answer_b64"]) for c in ANSWERS["accepted"] if c["name"] == name)


def shown(name: str) -> bytes:
    return next(b64decode(c["presentation_b64"]) for c in SHOWN["accepted"] if c["name"] == name)


@pytest.mark.parametrize("case", ANSWERS["accepted"], ids=lambda c: c["name"])
def test_answers(case: dict[str, Any]) -> None:
    data = b64decode(case["answer_b64"])
    read = Answer.parse(data)
    assert read.check(TRUST, AT) is Reason(case["reason"])
    assert read.claims.encode() == read.sign1.payload


@pytest.mark.parametrize("case", ANSWERS["refused"], ids=lambda c: c["name"])
def test_refused_answers(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        Answer.parse(b64decode(case["answer_b64"]))


def test_the_question_opens_the_commitment_and_no_other_does() -> None:
    read, salt, question = Answer.parse(answer("plain")), bytes.fromhex(ANSWERS["salt_hex"]), b64decode(
        ANSWERS["question_b64"]
    )  # fmt: skip
    assert read.opens(salt, question)
    assert not read.opens(salt, question + b"\x00")
    assert not read.opens(bytes(32), question)
    with pytest.raises(ValueError, match="32 bytes"):
        question_commitment(b"short", question)


def test_an_expired_bundle_vouches_for_no_answer() -> None:
    assert Answer.parse(answer("plain")).check(TRUST, TRUST.expires) is Reason.TRUST_EXPIRED


def test_an_answer_in_words_holds_nothing_of_the_question() -> None:
    text = json.dumps(Answer.parse(answer("plain")).to_json(), ensure_ascii=False)
    assert "990101199803070013" not in text
    assert '"result": "TRUE"' in text
    assert '"as_of": "2025-12-31"' in text


@pytest.mark.parametrize("case", SHOWN["accepted"], ids=lambda c: c["name"])
def test_presentations(case: dict[str, Any]) -> None:
    report = assess_presentation(b64decode(case["presentation_b64"]), EXPECTED, VERIFIER, at=AT)
    assert report.reason is Reason(case["reason"])
    assert report.outcome is outcome_of(report.reason)
    if report.outcome is not Outcome.PASSED:
        faulty = any(f.step == 12 and f.reason is not Reason.OK for f in report.findings)
        assert not (faulty and report.disclosed)


@pytest.mark.parametrize("case", SHOWN["refused"], ids=lambda c: c["name"])
def test_refused_presentations(case: dict[str, str]) -> None:
    data = b64decode(case["presentation_b64"])
    with pytest.raises(Malformed):
        Presentation.parse(data)
    assert assess_presentation(data, EXPECTED, VERIFIER, at=AT).reason is Reason.MALFORMED_FILE


def test_a_good_one_shows_what_was_chosen_and_nothing_else() -> None:
    report = assess_presentation(shown("plain"), EXPECTED, VERIFIER, at=AT)
    assert set(report.disclosed) == {"holder_name", "registration_date"}
    assert report.presentation is not None
    assert report.to_json()["presentation"]["audience"] == SHOWN["audience"]


@pytest.mark.parametrize("case", SHOWN["bindings_refused"], ids=lambda c: c["name"])
def test_refused_bindings(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        Binding.parse(b64decode(case["binding_b64"]))


def test_it_says_of_itself_what_it_is() -> None:
    assert is_presentation(shown("plain"))
    assert not is_presentation(answer("plain"))
    assert not is_presentation(Presentation.parse(shown("plain")).file)


def test_a_binding_by_a_key_that_was_stolen_since_is_in_doubt() -> None:
    trust = VERIFIER.trust
    issuers = tuple(
        replace(i, keys=tuple(replace(k, revoked_from=AT - 10) for k in i.keys)) if i.uscc.startswith("11") else i
        for i in trust.issuers
    )
    doubtful = Verifier(replace(trust, issuers=issuers), [b64decode(s) for s in SHOWN["status_b64"]])
    report = assess_presentation(shown("plain"), EXPECTED, doubtful, at=AT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, Reason.STATUS_SIGNATURE_INVALID) or (
        report.reason is Reason.KEY_REVOKED
    )
    assert any(f.step == 12 and f.reason is Reason.KEY_REVOKED for f in report.findings)
    assert report.disclosed == {}


@pytest.mark.parametrize(
    ("page", "sample"), [("answer", answer("plain")), ("presentation", shown("nothing-disclosed"))]
)
def test_the_sample_of_the_page_is_the_vector(page: str, sample: bytes) -> None:
    text = (HERE.parents[1] / "docs" / "formats" / f"{page}.md").read_text("utf-8")
    assert bytes.fromhex(re.findall(r"```text\n(.*?)```", text, re.DOTALL)[0]) == sample
