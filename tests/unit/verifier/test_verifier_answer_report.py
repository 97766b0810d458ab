"""`mz-verify` of what parties archive and are shown: signed answers and presentations."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from verifier.cli import run

FORMATS = Path(__file__).parents[2] / "golden" / "formats"
ANSWERS = json.loads((FORMATS / "answer.json").read_text())
SHOWN = json.loads((FORMATS / "presentation.json").read_text())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "answers.trust").write_bytes(b64decode(ANSWERS["trust_b64"]))
    (tmp_path / "shown.trust").write_bytes(b64decode(SHOWN["trust_b64"]))
    for number, status in enumerate(SHOWN["status_b64"]):
        (tmp_path / f"status-{number}.cbor").write_bytes(b64decode(status))
    for case in (*ANSWERS["accepted"], *ANSWERS["refused"]):
        (tmp_path / f"{case['name']}.answer").write_bytes(b64decode(case["answer_b64"]))
    for case in SHOWN["accepted"]:
        (tmp_path / f"{case['name']}.shown").write_bytes(b64decode(case["presentation_b64"]))
    salt = b64encode(bytes.fromhex(ANSWERS["salt_hex"])).decode()
    question = {"salt": salt, "question": ANSWERS["question_b64"]}
    (tmp_path / "opening.json").write_text(json.dumps(question))
    (tmp_path / "archive.json").write_text(json.dumps({"answer": "", "opening": question}))
    (tmp_path / "other.json").write_text(json.dumps(question | {"question": "AAAA"}))
    return tmp_path


def answer(place: Path, name: str, *more: str) -> int:
    arguments = ["--trust", str(place / "answers.trust"), "--at", str(ANSWERS["at"]), *more]
    return run([*arguments, str(place / f"{name}.answer")])


def shown(place: Path, name: str, *more: str) -> int:
    lists = [part for path in sorted(place.glob("status-*.cbor")) for part in ("--status", str(path))]
    arguments = ["--trust", str(place / "shown.trust"), *lists, "--at", str(SHOWN["at"]), *more]
    return run([*arguments, str(place / f"{name}.shown")])


def test_a_genuine_answer_is_read_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(place, "plain", "--lang", "en") == 0
    text = capsys.readouterr().out
    assert "✔ PASSED: the answer is genuine" in text
    assert "answer: TRUE [REGISTERED]" in text
    assert "basis: the person's separate consent" in text
    assert answer(place, "undetermined") == 0
    assert "无法确定（不等于“否”，也不等于“未婚”）" in capsys.readouterr().out


def test_of_an_answer_that_is_not_believed_nothing_is_read_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(place, "another-result", "--lang", "en") == 1
    assert "TRUE" not in capsys.readouterr().out.replace("INDETERMINATE", "")
    assert answer(place, "stranger") == 2
    assert answer(place, "detached") == 1


def test_the_question_that_came_with_it_is_compared(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(place, "plain", "--question", str(place / "archive.json")) == 0
    capsys.readouterr()
    assert answer(place, "plain", "--json", "--question", str(place / "opening.json")) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["question_matches"], report["answer"]["result"]) == (True, "TRUE")
    assert answer(place, "plain", "--question", str(place / "other.json"), "--lang", "en") == 1
    assert "question: is another one" in capsys.readouterr().out


def test_what_a_party_archived_is_an_input_as_it_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = json.loads((place / "archive.json").read_bytes())
    kept["answer"] = b64encode((place / "plain.answer").read_bytes()).decode()
    (place / "kept.answer").write_text(json.dumps(kept, indent=1))
    assert answer(place, "kept", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["question_matches"], report["answer"]["result"]) == (True, "TRUE")
    kept["opening"] = json.loads((place / "other.json").read_bytes())
    (place / "kept.answer").write_text(json.dumps(kept))
    assert answer(place, "kept", "--lang", "en") == 1
    assert "question: is another one" in capsys.readouterr().out
    for bad in ('{"answer": 1, "opening": {"salt": "", "question": ""}}', '{"answer": "", "opening": []}', "{"):
        (place / "kept.answer").write_text(bad)
        assert answer(place, "kept") == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"opening": 1}', '{"salt": "AAAA", "question": "AAAA"}', '{"salt": 1, "question": ""}']
)
def test_an_opening_that_is_none_is_wrong_usage(place: Path, text: str) -> None:
    (place / "bad.json").write_text(text)
    assert answer(place, "plain", "--question", str(place / "bad.json")) == 64


def test_a_presentation_is_checked_against_whom_it_was_shown_to(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = ("--audience", SHOWN["audience"], "--nonce", SHOWN["nonce_hex"])
    assert shown(place, "plain", *mine, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["disclosed"]) == {"holder_name", "registration_date"}
    assert shown(place, "plain", "--audience", "https://bank.example", "--nonce", SHOWN["nonce_hex"], "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["reason"], report["disclosed"]) == ("PRESENTATION_MISMATCH", {})
    assert shown(place, "plain", "--json") == 1  # nobody said whom it should be for
    assert shown(place, "plain", "--audience", SHOWN["audience"]) == 64
    assert shown(place, "plain", *mine[:3], "0011") == 64
