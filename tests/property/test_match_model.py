"""The answers to relying parties against a second, slow model, over random histories; and what holds in all of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.marriage.events import Op, Registration
from certs.marriage.history import Known
from certs.marriage.party import Party
from certs.match import (
    Finding,
    Subject,
    registered_between,
    registered_divorce_within,
    registered_married,
    spouses_match,
)
from tests.support import match_reference as slow
from tests.support.relationship_reference import FIRST
from verifier.answer import Result

OFFICE = "11990000MB9T010142"
SPAN = 40  # days: more than a month, so that windows of months begin and end inside
DAYS = st.integers(0, SPAN).map(lambda n: FIRST + timedelta(days=n))
BORN = {"甲": date(1970, 1, 1), "乙": date(1971, 2, 2), "丙": date(1972, 3, 3), "丁": date(1973, 4, 4)}


def document(name: str, kind: str, number: str) -> Party:
    return Party(name, "1", BORN[name], kind, number, "156", "1")


MEN = [document("甲", "111", "1"), document("甲", "414", "P1"), document("甲", "414", "P2"), document("乙", "111", "2")]
WOMEN = [
    document("丙", "111", "3"),
    document("丙", "414", "P3"),
    document("丙", "111", "4"),
    document("丁", "112", "5"),
]
RENAMED = Party("乙", "1", BORN["甲"], "111", "1", "156", "1")  # the first man, after a change of name
SUBJECTS = [Subject(p, stated) for p in (*MEN, *WOMEN, RENAMED) for stated in (False, True)]
OPS = [Op.MARRIAGE] * 5 + [Op.DIVORCE] * 3 + [op for op in Op if op not in (Op.MARRIAGE, Op.DIVORCE)]


@st.composite
def histories(draw: Any) -> list[Known]:
    """Up to seven entries of people who have several documents and share names."""
    made: list[Known] = []
    for n in range(draw(st.integers(1, 7))):
        correctable = [r for _, r, _ in made if r.op is not Op.CORRECTION]
        op = draw(st.sampled_from(OPS))
        if op is Op.CORRECTION and not correctable:
            op = Op.MARRIAGE
        target = draw(st.sampled_from(correctable)) if op is Op.CORRECTION else None
        man, woman = (
            draw(st.sampled_from([*MEN[:1] * 4, *MEN, RENAMED])),
            draw(st.sampled_from([*WOMEN[:1] * 4, *WOMEN])),
        )
        numbers = [r.number for _, r, _ in made if r.number is not None]
        numbered = op in (Op.MARRIAGE, Op.DIVORCE, Op.REISSUE_MARRIAGE, Op.REISSUE_DIVORCE)
        registration = Registration(
            op=op,
            kind=1,
            issuer=OFFICE,
            business_id=f"r{n}",
            number=f"n{n}" if numbered else None,
            refers=draw(st.sampled_from([None, *numbers])) if op is not Op.MARRIAGE else None,
            day=draw(DAYS),
            effective=draw(DAYS),
            man=man if target is None else target.man,
            woman=(None if op is Op.DEATH else woman) if target is None else target.woman,
            corrects=None if target is None else target.name,
            withdrawn=target is not None and draw(st.booleans()),
        )
        made.append((b"%d" % n, registration, draw(st.integers(0, 4))))
    return sorted(made, key=lambda known: known[2])


ASKED = {"known": histories(), "as_of": DAYS, "known_at": st.integers(-1, 5), "a": st.sampled_from(SUBJECTS)}


@given(**ASKED)
@settings(max_examples=300, deadline=None)
def test_married(known: list[Known], as_of: date, known_at: int, a: Subject) -> None:
    found = registered_married(a, known, as_of=as_of, known_at=known_at)
    assert found.result.name == slow.registered_married(a, known, as_of, known_at)


@given(**ASKED, b=st.sampled_from(SUBJECTS))
@settings(max_examples=300, deadline=None)
def test_spouses(known: list[Known], as_of: date, known_at: int, a: Subject, b: Subject) -> None:
    if a.party.identity_key == b.party.identity_key:
        return
    found = spouses_match(a, b, known, as_of=as_of, known_at=known_at)
    assert found.result.name == slow.spouses_match(a, b, known, as_of, known_at)
    assert found == spouses_match(b, a, known, as_of=as_of, known_at=known_at)


@given(**ASKED, months=st.integers(1, 2), later=st.integers(0, SPAN))
@settings(max_examples=120, deadline=None)
def test_divorced_within(known: list[Known], as_of: date, known_at: int, a: Subject, months: int, later: int) -> None:
    as_of += timedelta(days=later)
    found = registered_divorce_within(a, months, known, as_of=as_of, known_at=known_at)
    assert found.result.name == slow.divorce_within(a, months, known, as_of, known_at)


@given(**ASKED, length=st.integers(0, SPAN))
@settings(max_examples=120, deadline=None)
def test_registered_between(known: list[Known], as_of: date, known_at: int, a: Subject, length: int) -> None:
    last = as_of + timedelta(days=length)
    found = registered_between(a, as_of, last, known, known_at=known_at)
    assert found.result.name == slow.registered_between(a, as_of, last, known, known_at)


@given(**ASKED, b=st.sampled_from(SUBJECTS), later=histories())
@settings(max_examples=120, deadline=None)
def test_no_two_answers_contradict_each_other(
    known: list[Known], as_of: date, known_at: int, a: Subject, b: Subject, later: list[Known]
) -> None:
    married = registered_married(a, known, as_of=as_of, known_at=known_at)
    couple = spouses_match(a, b, known, as_of=as_of, known_at=known_at)
    assert not (couple.result is Result.TRUE and married.result is Result.FALSE)
    silent = registered_married(a, [], as_of=as_of, known_at=known_at)
    assert silent.result is Result.UNDETERMINED, "nothing recorded is never single"
    after = [(key, r, at + known_at + 1) for key, r, at in later]
    assert registered_married(a, [*known, *_renamed(after)], as_of=as_of, known_at=known_at) == married
    assert {len(f.reasons) for f in (married, couple)} == {1}


def _renamed(known: list[Known]) -> list[Known]:
    """Entries of their own, which correct nothing of the others."""
    return [(b"x" + key, _other(r), at) for key, r, at in known if r.op is not Op.CORRECTION]


def _other(r: Registration) -> Registration:
    return Registration(
        r.op,
        r.kind,
        r.issuer,
        f"x{r.business_id}",
        r.number and f"x{r.number}",
        None,
        r.day,
        r.effective,
        r.man,
        r.woman,
    )


def test_the_histories_reach_every_answer() -> None:
    """A model that is never asked for one of the answers would agree with anything."""
    seen: set[tuple[str, Finding]] = set()

    @given(**ASKED, b=st.sampled_from(SUBJECTS))
    @settings(max_examples=250, deadline=None, database=None, derandomize=True)
    def collect(known: list[Known], as_of: date, known_at: int, a: Subject, b: Subject) -> None:
        seen.add(("married", registered_married(a, known, as_of=as_of, known_at=known_at)))
        seen.add(("spouses", spouses_match(a, b, known, as_of=as_of, known_at=known_at)))
        late = as_of + timedelta(days=20)
        seen.add(("divorce", registered_divorce_within(a, 1, known, as_of=late, known_at=known_at)))
        seen.add(("between", registered_between(a, as_of, as_of, known, known_at=known_at)))

    collect()
    for question in ("married", "spouses", "divorce", "between"):
        assert {finding.result for asked, finding in seen if asked == question} == set(Result), question
