"""The states of a consent transaction, and every way from one to another. Pure: the time is a parameter.

    begun ──grant──> authorised ──fetch──> fetched          one person concerned
    begun ──grant──> half ──grant of the other──> authorised     two
    begun, half ──refuse──> refused          half, authorised, fetched ──withdraw──> withdrawn
    begun, half (too late to decide), authorised (the consent is over) ──time──> expired

A spouse is asked only when the one whose code was scanned has granted: who asks, and where, is that person's to tell
(a partner who hides must not be found through a request). So a spouse has no say in `begun`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from certs.errors import CertsError


class State(StrEnum):
    """As stored."""

    BEGUN = "begun"
    HALF = "half"
    AUTHORISED = "authorised"
    FETCHED = "fetched"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Role(StrEnum):
    """Whose decision it is. A guardian or the counter decides in the subject's place."""

    SUBJECT = "subject"
    SPOUSE = "spouse"


class Decision(IntEnum):
    """As signed."""

    GRANT = 1
    REFUSE = 2
    WITHDRAW = 3


class WrongState(CertsError):
    """The transaction is not where this can be done: decided, fetched, withdrawn or expired. Says nothing else."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a transaction is. `both`: the other spouse must consent too. A decision must come before `decide_by`, the
    consent is over at `until`, both in seconds UTC."""

    state: State
    both: bool
    decide_by: int
    until: int


def state_at(standing: Standing, now: int) -> State:
    """The state at that second: what time alone has ended reads `expired`, written down or not."""
    if standing.state in (State.BEGUN, State.HALF) and now >= min(standing.decide_by, standing.until):
        return State.EXPIRED
    if standing.state is State.AUTHORISED and now >= standing.until:
        return State.EXPIRED
    return standing.state


_MAY = {
    (Role.SUBJECT, Decision.GRANT): (State.BEGUN,),
    (Role.SUBJECT, Decision.REFUSE): (State.BEGUN,),
    (Role.SUBJECT, Decision.WITHDRAW): (State.HALF, State.AUTHORISED, State.FETCHED),
    (Role.SPOUSE, Decision.GRANT): (State.HALF,),
    (Role.SPOUSE, Decision.REFUSE): (State.HALF,),
    (Role.SPOUSE, Decision.WITHDRAW): (State.AUTHORISED, State.FETCHED),
}


def decided(standing: Standing, role: Role, decision: Decision, now: int) -> State:
    """The state after a decision. Raises WrongState."""
    if state_at(standing, now) not in _MAY[role, decision] or (role is Role.SPOUSE and not standing.both):
        raise WrongState("not to be decided now")
    if decision is Decision.WITHDRAW:
        return State.WITHDRAWN
    if decision is Decision.REFUSE:
        return State.REFUSED
    return State.HALF if standing.both and role is Role.SUBJECT else State.AUTHORISED


def fetched(standing: Standing, now: int) -> State:
    """The state after the one fetch. Raises WrongState."""
    if state_at(standing, now) is not State.AUTHORISED:
        raise WrongState("not to be fetched now")
    return State.FETCHED


def is_live(standing: Standing, now: int) -> bool:
    """Whether the consent carries further questions of the same kind (POST /v1/match with `grant`)."""
    return standing.state in (State.AUTHORISED, State.FETCHED) and now < standing.until


def told(state: State) -> str:
    """What is said of a state outside. That one of two has granted is nobody's business."""
    return "waiting" if state in (State.BEGUN, State.HALF) else state.value
