"""Consent against a model that knows only what happened and when: random walks over the running service.

Three people show codes, two banks ask, all of them try everything at every time: decide what is not theirs, sign again
what was signed, fetch twice, scan a code that another bank used, come too late.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from api.services.relationships import CHINA
from tests.support import api_lab, consenting, signing
from tests.support.api_lab import Lab
from tests.support.consenting import CONTEXT, MAN, MARRIED, PURPOSE, STRANGER, WOMAN, Person
from tests.support.signing import Client

T = TypeVar("T")
PEOPLE = {"man": MAN, "woman": WOMAN, "stranger": STRANGER}
OTHER = {"man": "woman", "woman": "man"}
FIRST = st.sampled_from(["grant", "grant", "grant", "refuse", ""])
ALONE, BOTH, DAY = 900, 3 * 86400, 86400
WHO, BANKS, PLACE = st.sampled_from(sorted(PEOPLE)), st.sampled_from([0, 1]), st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4])


@dataclass
class Code:
    text: str
    owner: str
    made: int
    over: bool = False  # used, or ended by a newer one


@dataclass
class Trx:
    """What happened, and nothing derived from it."""

    trx: str
    bank: int
    subject: str
    spouse: str | None
    began: int
    granted: set[str] = field(default_factory=set)
    refused: bool = False
    withdrawn: bool = False
    fetched: bool = False
    used: int = 0
    signed: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def late(self) -> int:
        return self.began + (BOTH if self.spouse else ALONE)

    def agreed(self) -> bool:
        return self.granted >= {self.subject, self.spouse or self.subject}

    def told(self, now: int) -> str:
        for happened, word in ((self.withdrawn, "withdrawn"), (self.refused, "refused"), (self.fetched, "fetched")):
            if happened:
                return word
        ends, word = (self.late + DAY, "authorised") if self.agreed() else (self.late, "waiting")
        return word if now < ends else "expired"

    def sees(self, who: str, now: int) -> bool:
        if who != self.spouse:
            return who == self.subject
        took_part = any(name == who for name, _ in self.signed)
        ended = self.withdrawn or self.refused or self.told(now) == "expired"
        return took_part or (self.subject in self.granted and not ended)


@dataclass
class World:
    runner: asyncio.Runner
    lab: Lab
    people: dict[str, Person]
    banks: list[Client]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)


class Consents(RuleBasedStateMachine):
    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[Code] = []
        self.trxs: list[Trx] = []
        self.world.lab.clock.now += 4 * DAY  # what the walk before left is over

    @property
    def now(self) -> int:
        return self.world.lab.clock.now

    def _pick(self, at: int) -> Trx | None:
        return self.trxs[-1 - at % len(self.trxs)] if self.trxs else None

    @rule(who=WHO)
    def show(self, who: str) -> None:
        text = self.world.run(self.world.people[who].code(self.world.lab))
        for code in self.codes:
            code.over |= code.owner == who
        self.codes.append(Code(text, who, self.now))
        self.world.lab.clock.now += 31  # twenty in ten minutes are allowed

    @initialize(bank=BANKS, both=st.booleans(), first=FIRST)
    def first_question(self, bank: int, both: bool, first: str) -> None:
        self.ask(bank, "man", both, first)

    @rule(bank=BANKS, who=WHO, both=st.booleans(), first=FIRST)
    def ask(self, bank: int, who: str, both: bool, first: str) -> None:
        """A new code, scanned, and what its owner says at once."""
        self.show(who)
        self.scan(bank, 0, both)
        if first:
            self.decide(who, 0, first)
            self.fetch(bank, 0)

    @rule(bank=BANKS, at=PLACE, both=st.booleans())
    def scan(self, bank: int, at: int, both: bool) -> None:
        if not self.codes:
            return
        code, lab = self.codes[-1 - at % len(self.codes)], self.world.lab
        spouse = OTHER.get(code.owner) if both else None
        asks = [MARRIED] if spouse is None else [consenting.SPOUSES | {"inputs": {"b": PEOPLE[spouse]}}]
        answer = self.world.run(consenting.begin(lab, self.world.banks[bank], code.text, *asks, uses=2))
        waiting = [t for t in self.trxs if (t.bank, t.subject, t.told(self.now)) == (bank, code.owner, "waiting")]
        if code.over or self.now >= code.made + 120:
            assert answer.json()["code"] == "code-refused"
        elif len(waiting) >= 5:
            assert answer.json()["code"] == "rate-limited"
        else:
            assert answer.status_code == 201, answer.text
            code.over = True
            self.trxs.append(Trx(answer.json()["trx"], bank, code.owner, spouse, self.now))

    @rule(at=PLACE)
    def all_agree(self, at: int) -> None:
        trx = self._pick(at)
        for who in () if trx is None else (trx.subject, trx.spouse):
            if who is not None:
                self.decide(who, at, "grant")

    @rule(who=WHO, at=PLACE, decision=st.sampled_from(["grant", "grant", "refuse", "withdraw"]))
    def decide(self, who: str, at: int, decision: str) -> None:
        trx = self._pick(at)
        if trx is None:
            return
        person, lab = self.world.people[who], self.world.lab
        item = self.world.run(person.item(lab, trx.trx))
        assert (item is not None) == trx.sees(who, self.now)
        if item is None:
            notice = json.dumps({"recipient": {"uscc": self.world.banks[trx.bank].owner}})
            answer = self.world.run(person.decide(lab, trx.trx, decision, notice))
            assert answer.json()["code"] == "not-found"
            return
        before = trx.told(self.now)
        answer = self.world.run(person.decide(lab, trx.trx, decision, item["notice"]))
        if self._may(trx, who, decision, before):
            assert answer.status_code == 200, answer.text
            self._note(trx, who, decision)
            assert answer.json()["state"] == trx.told(self.now)
        else:
            assert answer.json().get("code") == "consent-state", answer.text

    def _may(self, trx: Trx, who: str, decision: str, state: str) -> bool:
        if decision == "withdraw":
            return state == "withdrawn" or (who in trx.granted and state in ("waiting", "authorised", "fetched"))
        return state == "waiting" and who not in trx.granted

    def _note(self, trx: Trx, who: str, decision: str) -> None:
        trx.signed[who, decision] = decision
        if decision == "grant":
            trx.granted.add(who)
        trx.refused |= decision == "refuse"
        trx.withdrawn |= decision == "withdraw"

    @rule(who=WHO, at=PLACE, other=PLACE)
    def forward_a_statement(self, who: str, at: int, other: int) -> None:
        """What was signed for one transaction, sent for another."""
        first, second = self._pick(at), self._pick(other)
        if (
            first is None
            or second is None
            or first is second
            or not (first.sees(who, self.now) and second.sees(who, self.now))
        ):
            return
        person, lab = self.world.people[who], self.world.lab
        item = self.world.run(person.item(lab, first.trx))
        assert item is not None
        party = self.world.banks[first.bank].owner
        said = consenting.sign_statement(
            person.key, party, first.trx, item["notice"], consenting.DECISIONS["grant"], self.now
        )  # fmt: skip
        answer = self.world.run(person.send(lab, second.trx, "grant", said))
        assert answer.json()["code"] == "statement-refused"

    @rule(bank=BANKS, at=PLACE)
    def fetch(self, bank: int, at: int) -> None:
        trx = self._pick(at)
        if trx is None:
            return
        answer = self.world.run(consenting.fetch(self.world.lab, self.world.banks[bank], trx.trx))
        if bank != trx.bank:
            assert answer.json()["code"] == "not-found"
        elif trx.told(self.now) == "authorised" and trx.used < 2:
            assert len(answer.json()["answers"]) == 1, answer.text
            trx.fetched, trx.used = True, trx.used + 1
        else:
            assert answer.json()["code"] == "consent-state"

    @rule(bank=BANKS, at=PLACE)
    def match_under_it(self, bank: int, at: int) -> None:
        trx = self._pick(at)
        if trx is None:
            return
        subject = {name: PEOPLE[trx.subject][name] for name in ("cert_type", "cert_num", "name")}
        day = datetime.fromtimestamp(trx.began, CHINA).date().isoformat()
        body = {"context": CONTEXT, "purpose": PURPOSE, "predicate": "registered_married", "as_of": day,
                "inputs": {"subject": subject}, "grant": trx.trx}  # fmt: skip
        answer = self.world.run(consenting.post(self.world.lab, "/v1/match", body, self.world.banks[bank].auth))
        lives = trx.told(self.now) in ("authorised", "fetched") and self.now < trx.late + DAY
        if bank == trx.bank and trx.spouse is None and lives and trx.used < 2:
            assert answer.status_code == 200, answer.text
            trx.used += 1
        else:
            assert answer.json()["code"] == "consent-missing"

    @rule(seconds=st.sampled_from([1, 1, 60, 89, 120, 900, DAY, BOTH]))
    def wait(self, seconds: int) -> None:
        self.world.lab.clock.now += seconds

    @rule()
    def tidy(self) -> None:
        """The job writes down what time has ended; nobody notices."""
        self.world.run(self.world.lab.service.consents.ending.step())

    def teardown(self) -> None:
        for trx in self.trxs:
            for number, bank in enumerate(self.world.banks):
                said = self.world.run(consenting.state(self.world.lab, bank, trx.trx))
                assert said == trx.told(self.now) if number == trx.bank else "not-found" in said


async def _opened(stack: AsyncExitStack, template: Any, directory: Any) -> tuple[Lab, dict[str, Person], list[Client]]:
    lab = await stack.enter_async_context(api_lab.running(template, directory))
    await lab.issue()
    people = {name: await consenting.enrolled(lab, person) for name, person in PEOPLE.items()}
    banks = [await signing.relying_party(lab, uscc, "bank") for uscc in (signing.BANK, signing.OTHER_BANK)]
    return lab, people, banks


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("consent")
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        template = runner.run(api_lab.template(directory / "template", patch))
        stack = AsyncExitStack()
        yield World(runner, *runner.run(_opened(stack, template, directory / "data")))
        runner.run(stack.aclose())


def test_the_service_does_as_the_model(world: World) -> None:
    Consents.world = world
    for both in (False, True):  # ways that every run goes: what one of two signs must never be enough
        walk = Consents()
        walk.first_question(0, both, "grant")
        walk.teardown()
        walk.all_agree(0)
        walk.fetch(0, 0)
        walk.teardown()
    walk = Consents()  # what ended without the spouse is not the spouse's to see, written down by the job or not
    walk.first_question(0, True, "grant")
    walk.wait(BOTH)
    walk.decide("woman", 0, "grant")
    walk.tidy()
    walk.decide("woman", 0, "grant")
    case = Consents.TestCase
    case.settings = settings(
        max_examples=8,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # each walk starts in the world that the last one left
    )
    case().runTest()
