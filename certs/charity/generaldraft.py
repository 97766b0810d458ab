"""Events of a general book from the plain values of an interface: dates as ISO text, digests as hexadecimal.

    event_of("plan_ended", 20780, 7, {"filing_no": "…", "ended_on": "2026-11-01", "reason": {"zh": "…", "en": "…"}})

What is published stays: a text that holds a person's number is refused before it is in the book (Charity Law art. 82).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, Final

from certs.charity.rules.calendar import day_number
from certs.charity.rules.publishing import personal, texts
from certs.errors import InvalidField
from certs.identifiers import parse_plan_filing_no, parse_region, parse_uscc
from verifier.charity import conduct, organisation
from verifier.charity.generalevents import GeneralEvent, encode
from verifier.charity.organisation import Budget, PlanTerms
from verifier.hazmat.sm3 import hmac_sm3

_KINDS: Final[Mapping[str, type[Any]]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower(): cls for cls in (*organisation.EVENTS, *conduct.EVENTS)
}
NAMES: Final[Mapping[type[Any], str]] = {cls: name for name, cls in _KINDS.items()}
"""Event class to its name in the interface: `PlanFiled` is "plan_filed"."""
_DAYS: Final = frozenset({
    "registered_on", "recognised_on", "ended_on", "valid_from", "valid_to", "began_on", "filed_on", "starts_on",
    "ends_on", "published_on", "of_day", "since", "happened_on", "set_up_on",
})  # fmt: skip
_OCTETS: Final = frozenset({"document", "report", "party", "account", "statement"})
_SETS: Final = frozenset({"platforms", "partners", "plans"})
_NESTED: Final[Mapping[str, type[Any]]] = {"terms": PlanTerms, "budget": Budget}


def event_of(name: str, day: int, seq: int, values: Mapping[str, Any]) -> GeneralEvent:
    """The event, fit to be recorded as number `seq`. Raises InvalidField, Malformed."""
    cls = _KINDS[name]
    event: GeneralEvent = cls(day, seq, **{key: _value(key, value) for key, value in values.items()})
    if any(kind for text in texts(event) for kind in personal(text)):
        raise InvalidField("event", "PERSONAL_NUMBER")
    encode(event)
    return event


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _DAYS:
        return _day(name, value)
    if name in _OCTETS:
        return bytes.fromhex(value)
    if name in _SETS:
        return tuple(sorted({_checked(name, one) for one in value}))
    if name == "period":
        return tuple(_day(name, one) for one in value)
    if name in _NESTED:
        cls = _NESTED[name]
        return cls(*(_value(f.name, value[f.name]) for f in fields(cls)))
    if isinstance(value, Mapping):
        return value["zh"], value["en"]
    return tuple(value) if isinstance(value, list) else _checked(name, value)


def _day(name: str, text: str) -> int:
    try:
        return day_number(date.fromisoformat(text))
    except ValueError:
        raise InvalidField(name, "DATE") from None


def _checked(name: str, value: Any) -> Any:
    """A code with its check digits looked at: forms alone are the verifier's business."""
    if name in ("filing_no", "plans"):
        return parse_plan_filing_no(value, field=name)
    if name in ("platforms", "partners", "charity"):
        return parse_uscc(value, field=name)
    return parse_region(value, field=name) if name == "region" else value


def party_commitment(salt: bytes, name: str) -> bytes:
    """What stands in public for a related party: HMAC-SM3 of its name (NFC) under a random salt of 32 bytes."""
    return hmac_sm3(salt, unicodedata.normalize("NFC", name).encode())
