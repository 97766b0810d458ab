"""What a party may ask a holder for, in words: predicates about who shows a code, or fields of a certificate.

An item is a predicate's name ("registered_married") or "<kind>.<slot>" ("marriage.registration_date").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from certs.errors import InvalidField
from certs.kinds import KINDS
from certs.kinds.base import Kind

from .persons import Person

PREDICATES: Final = ("registered_married", "spouses_match", "registered_divorce_within", "registered_between")
"""Those that are about a person; the two others need no consent, the document is in the asker's hand."""
DIVORCE: Final = "registered_divorce_within"
"""A purpose that may not ask this may not see a divorce certificate either."""
COUPLES: Final = ("marriage", "divorce")
_OTHER_PERSON: Final = ("spouse_", "former_spouse_")
_STRANGERS: Final = ("guardian_", "agent_", "applicant_", "deceased_")
Words = Mapping[str, str]
"""{"zh": …, "en": …}"""

_YOU: Final[Mapping[str, tuple[str, str]]] = {
    "registered_married": (
        "您在{as_of}是否为已婚登记状态（是、否或无法确定）",
        "Whether you are registered as married on {as_of} (yes, no, or cannot be determined)",
    ),
    "spouses_match": (
        "您与{other}在{as_of}是否为登记的夫妻（是、否或无法确定）",
        "Whether you and {other} are registered as spouses on {as_of} (yes, no, or cannot be determined)",
    ),
    "registered_divorce_within": (
        "您在{as_of}之前{months}个月内是否有离婚登记（是、否或无法确定）",
        "Whether a divorce of yours took effect within {months} months before {as_of} (yes, no, cannot be determined)",
    ),
    "registered_between": (
        "您在{first}至{last}之间是否办理过结婚登记（是、否或无法确定）",
        "Whether you registered a marriage between {first} and {last} (yes, no, or cannot be determined)",
    ),
}
CATEGORIES: Final[Mapping[str, tuple[str, str]]] = {
    "marriage-registration": ("婚姻登记信息", "marriage registration"),
    "divorce-registration": ("离婚登记信息", "divorce registration"),
    "identity": ("持证人身份信息", "the holder's identity"),
    "spouse-identity": ("配偶或原配偶身份信息", "identity of the spouse or former spouse"),
    "welfare": ("民政服务与待遇信息", "welfare services and benefits"),
    "donation": ("捐赠信息", "donations"),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing asked. Days are ISO, "" where the item has none; `other` is the second person whom the party named."""

    item: str
    as_of: str = ""
    months: int = 0
    first: str = ""
    last: str = ""
    other: Person | None = field(default=None, repr=False)

    @property
    def is_predicate(self) -> bool:
        return self.item in PREDICATES

    def to_list(self) -> list[Any]:
        other = None if self.other is None else self.other.to_list()
        return [self.item, self.as_of, self.months, self.first, self.last, other]


def ask_of(value: list[Any]) -> Ask:
    """Inverse of `Ask.to_list`. Raises TypeError or ValueError for anything else."""
    item, as_of, months, first, last, other = value
    return Ask(item, as_of, months, first, last, None if other is None else Person(*other))


def field_of(item: str) -> tuple[Kind[Any], str]:
    """Kind and slot of a field. Raises InvalidField for what is none, or is somebody's who cannot consent here."""
    name, _, slot = item.partition(".")
    kind = next((k for k in KINDS.values() if k.name == name), None)
    if kind is None or slot not in kind.slot_of or slot.startswith(_STRANGERS):
        raise InvalidField("fields", "NOT_OFFERED")
    return kind, slot


def in_catalogue(fields: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """(names under which the catalogue of purposes has these fields, whether a divorce is among what they tell).

    Slots alone are a couple's: "holder_name" allowed for a visa is no leave to see who gets a living allowance, which
    would have to be listed as "minimum-living-allowance.holder_name".
    """
    known = [field_of(item) for item in fields]
    names = tuple(slot if kind.name in COUPLES else f"{kind.name}.{slot}" for kind, slot in known)
    return names, any(kind.name == "divorce" for kind, _ in known)


def concerns_spouse(ask: Ask) -> bool:
    """Whether the other spouse has to consent as well: the other one's data, or the registry's free words on both."""
    if ask.is_predicate:
        return ask.item == "spouses_match"
    kind, slot = field_of(ask.item)
    return kind.name in COUPLES and (slot.startswith(_OTHER_PERSON) or slot == "remark")


def category_of(ask: Ask) -> str:
    """The category of data that an item belongs to, a key of CATEGORIES. Raises InvalidField."""
    if ask.is_predicate:
        return "divorce-registration" if ask.item == "registered_divorce_within" else "marriage-registration"
    kind, slot = field_of(ask.item)
    if slot.startswith(_OTHER_PERSON):
        return "spouse-identity"
    if slot.startswith("holder_"):
        return "identity"
    if kind.name in COUPLES:
        return f"{kind.name}-registration"
    return "donation" if kind.name == "donation" else "welfare"


def words_of(ask: Ask, reader: str, other: str) -> Words:
    """What is asked, for who reads it: "subject" or "spouse"; `other` is the other one's name. Raises InvalidField."""
    if ask.is_predicate:
        shown = {"as_of": ask.as_of, "months": ask.months, "first": ask.first, "last": ask.last, "other": other}
        zh, en = (text.format(**shown) for text in _YOU[ask.item])
    else:
        kind, slot = field_of(ask.item)
        label = kind.info.slots[kind.slot_of[slot]]
        zh, en = f"{kind.info.zh}上的“{label.zh}”", f"{label.en.capitalize()}, as on the {kind.info.en}"
    if reader == "spouse" and ask.item != "spouses_match":
        zh, en = f"涉及您的事项，由{other}一同提供：{zh}", f"Of {other}'s record, which concerns you as well: {en}"
    return {"zh": zh, "en": en}
