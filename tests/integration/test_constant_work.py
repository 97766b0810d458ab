"""Whether a person exists in the register cannot be read off the work of an answer: statements, openings, signatures.

No time is asserted: a loaded machine makes any time. What takes time is counted instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from api.http.relationships import EVENT_EXAMPLE
from certs.sealing import Sm4Sealer
from tests.integration.test_match import EX, MAN, STRANGER, WOMAN, ask, tell
from tests.support import signing
from tests.support.api_lab import OTHER_COUPLE, Lab
from tests.support.signing import Client
from verifier.hazmat.sm3 import sm3

DATABASES = ("sqlite", "postgresql")
PEOPLE = {
    "married": MAN,
    "widowed": {"cert_type": "111", "cert_num": OTHER_COUPLE["cert_num_woman"], "name": OTHER_COUPLE["name_woman"]},
    "unknown": {"cert_type": "111", "cert_num": "990101199003070015", "name": "周示例"},
    "misnamed": MAN | {"name": "周示例"},
    "foreign": {
        "cert_type": "414",
        "cert_num": "P1234567",
        "name": "ANNA EXAMPLE",
        "birth": "1990-01-01",
        "nation": "840",
    },
}


@contextmanager
def counted(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Statements by their text, openings, sealings and signatures, while this lasts."""
    work: Counter[str] = Counter()
    engines = [lab.service.database.engines.reader.sync_engine, lab.service.database.engines.writer.sync_engine]

    def statement(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
        work[text] += 1

    def count(target: Any, name: str) -> None:
        real = getattr(target, name)

        def counting(self: Any, *arguments: Any) -> Any:
            work[name] += 1
            return real(self, *arguments)

        patch.setattr(target, name, counting)

    with monkeypatch.context() as patch:
        for name in ("open", "seal"):
            count(Sm4Sealer, name)
        count(type(lab.service.answers), "sign")
        for engine in engines:
            event.listen(engine, "before_cursor_execute", statement)
        try:
            yield work
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", statement)


@pytest.fixture
async def court(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Of a register in which some people are married, one is widowed, and one is not known."""
    # Who asks is read anew after a second of the machine's time, whatever is asked: that second never comes.
    monkeypatch.setattr("api.services.clients.time", SimpleNamespace(monotonic=lambda: 0.0))
    who = await signing.relying_party(lab, category="court")
    await lab.issue()
    await lab.issue(OTHER_COUPLE)
    lab.clock.now += 60
    dead = {f"{name}_man": OTHER_COUPLE[f"{name}_man"] for name in ("name", "birth", "cert_num")}
    alive = {name: "" for name in EVENT_EXAMPLE if name.endswith("_woman")}
    await tell(lab, **dead, **alive, op_type="DEATH", old_zihao="", effective_from="2026-05-10", op_date="2026-05-12")
    await ask(lab, who, "registered_married", {"subject": WOMAN})  # what is kept after the first question is there
    return who


QUESTIONS: dict[str, dict[str, Any]] = {
    "registered_married": {},
    "registered_divorce_within": {"months": 12},
    "registered_between": {"from": "2025-01-01", "to": "2025-12-31"},
}


@pytest.mark.parametrize("predicate", QUESTIONS)
async def test_whoever_it_is_about(lab: Lab, court: Client, predicate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    results = set()
    for name, person in PEOPLE.items():
        with counted(lab, monkeypatch) as work:
            answer = await ask(lab, court, predicate, {"subject": person, **QUESTIONS[predicate]})
        assert answer.status_code == 200, answer.text
        results.add(answer.json()["result"])
        seen[name] = dict(work)
    assert len(results) > 1, "else nothing was compared"
    first = seen.pop("married")
    assert first["sign"] == 1
    assert first["open"] == 8
    for name, work in seen.items():
        assert work == first, name


async def test_whoever_the_two_are(lab: Lab, court: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    pairs = [(MAN, WOMAN), (MAN, STRANGER), (PEOPLE["unknown"], PEOPLE["foreign"]), (MAN, PEOPLE["foreign"])]
    for a, b in pairs:
        with counted(lab, monkeypatch) as work:
            assert (await ask(lab, court, "spouses_match", {"a": a, "b": b})).status_code == 200
        seen.append(dict(work))
    assert all(work == seen[0] for work in seen)


async def test_documents_that_exist_and_do_not(lab: Lab, court: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    views = await lab.issue()
    code = views.json()["certificates"][0]["code"]
    forged = code[:-8] + "AAAAAAAA"
    await ask(lab, court, "certificate_valid", {"code": code})  # reads the status lists once
    seen = []
    for shown in (code, forged):
        with counted(lab, monkeypatch) as work:
            await ask(lab, court, "certificate_valid", {"code": shown})
        seen.append(dict(work))
    assert seen[0] == seen[1]
    with counted(lab, monkeypatch) as work:
        answer = await ask(lab, court, "document_authentic", {"sm3": sm3(EX["name_man"].encode()).hex()})
    assert answer.json()["result"] == "UNDETERMINED"
    assert (work["sign"], work["open"]) == (1, 1)
