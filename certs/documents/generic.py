"""The page of a kind that says nothing about its page: made of its slots, their labels, forms and code lists.

Holder, number and authority stand first, each person is a block of its own, everything else follows in slot order,
the remark last. A ninth kind is printable the moment it has a folder.
"""

from __future__ import annotations

from typing import Final

from certs.documents import values
from certs.documents.layout import Field, Group, Layout
from certs.documents.values import Show
from certs.documents.view import Size, Words
from certs.kinds.base import Form, KindInfo, Slot

SCAN: Final = Words(
    "扫码仅验证证书真伪与是否有效，不显示个人信息。纸面内容以核验通过的电子证照为准。",
    "Scanning checks only whether this certificate is genuine and still valid; it shows no personal data. "
    "The verified electronic certificate prevails over this page.",
)
AUTHORITY_CODE: Final = Words("签发机构代码", "Issuer's code")
IDENTIFIER: Final = Words("电子证照标识", "Certificate identifier")
_FOOT: Final = (("issuer_uscc", AUTHORITY_CODE), ("cert_identifier", IDENTIFIER))
_PARTS: Final = (
    "name", "sex", "ethnicity", "nationality", "birth_date", "document_type", "document_number", "relation",
)  # fmt: skip
_OF_PART: Final = {
    "name": Words("姓名", "Name"),
    "sex": Words("性别", "Sex"),
    "ethnicity": Words("民族", "Ethnicity"),
    "nationality": Words("国籍", "Nationality"),
    "birth_date": Words("出生日期", "Date of birth"),
    "document_type": Words("身份证件", "Document"),
    "document_number": Words("身份证件号", "Document number"),
}
_LONG: Final = ("remark", "address", "purpose", "project", "reason")


def generic_layout(info: KindInfo, *, subject: str = "") -> Layout:
    """A layout for any kind. subject: claim of the name that stands first, if that is not the holder."""
    slots = {slot.name: slot for slot in info.slots}
    people = _people(slots)
    first = subject or info.names.holder
    mine = {name for person in people for name in _names_of(person, slots)}
    foot = tuple((name, label) for name, label in _FOOT if name in slots)
    lead = _lead(first, (info.names.number, "replaces_no"), slots, people)
    placed = {*mine, *dict(foot), *(field.name for field in lead.fields)}
    rest = sorted((s for n, s in slots.items() if n not in placed), key=lambda s: s.name == "remark")
    groups = [lead]
    groups += [_person(person, slots, alone=len(people) == 1, lead=first) for person in people]
    groups.append(Group(tuple(map(_field, rest))))
    return Layout(
        groups=tuple(groups),
        notes=(SCAN, Words(*info.notice)) if info.notice else (SCAN,),
        serial=info.names.number if info.names.number in slots else "",
        issuer="issuer_name" if "issuer_name" in slots else "",
        issued_on=_issued_on(info, slots),
        footer=foot,
    )


def slot_label(slot: Slot) -> Words:
    """The slot's label for print: amounts are shown in yuan, whatever unit the claim counts in."""
    if slot.form is not Form.FEN:
        return _capital(slot.zh, slot.en)
    zh = slot.zh.replace("（分）", "（元）").replace("（分/", "（元/")
    return _capital(zh, slot.en.replace(" in fen", " (CNY)").replace(", fen ", ", CNY "))


def _capital(zh: str, en: str) -> Words:
    return Words(zh, en[:1].upper() + en[1:])


def slot_show(slot: Slot) -> Show:
    """The form of the slot; where the kind gives none, the one that the claim's name asks for."""
    if slot.codes is not None:
        return values.coded(slot.codes)
    forms: dict[Form, Show] = {
        Form.NAME: values.text,
        Form.DAY: values.day,
        Form.MONTH: values.month,
        Form.FEN: values.money,
        Form.COUNT: values.plain,
        Form.FLAG: values.flag,
        Form.REGION: values.region,
    }
    return forms.get(slot.form) or values.by_name(slot.name)


def _field(slot: Slot) -> Field:
    long = slot.name.endswith(_LONG)
    return Field(slot.name, slot_label(slot), slot_show(slot), wide=long)


def _people(slots: dict[str, Slot]) -> list[str]:
    """Prefixes of people: whoever has a name and a document number."""
    named = [name.removesuffix("_name") for name in slots if name.endswith("_name")]
    return [prefix for prefix in named if f"{prefix}_document_number" in slots]


def _names_of(person: str, slots: dict[str, Slot]) -> list[str]:
    return [name for part in _PARTS if (name := f"{person}_{part}") in slots]


def _lead(first: str, numbers: tuple[str, ...], slots: dict[str, Slot], people: list[str]) -> Group:
    fields = []
    if first in slots:
        title = _title(slots[first]) if first.removesuffix("_name") in people else slot_label(slots[first])
        fields.append(Field(first, title, values.text, size="huge", wide=True))
    fields += [Field(n, slot_label(slots[n]), values.text, size="large", wide=True) for n in numbers if n in slots]
    if "issuer_name" in slots:
        fields.append(Field("issuer_name", slot_label(slots["issuer_name"]), values.text, wide=True))
    return Group(tuple(fields), "lead")


def _title(name: Slot) -> Words:
    """Who a person is, from the label of the name: 监护人姓名, guardian's name → 监护人, Guardian."""
    return _capital(name.zh.removesuffix("姓名"), name.en.removesuffix("'s name"))


def _person(person: str, slots: dict[str, Slot], *, alone: bool, lead: str) -> Group:
    """One person is a grid; several stand side by side, each with the name."""
    fields = []
    for name in _names_of(person, slots):
        part = name.removeprefix(f"{person}_")
        if name == lead and alone:
            continue
        size: Size = "large" if part == "name" else "normal"
        label = _OF_PART.get(part) or slot_label(slots[name])
        fields.append(Field(name, label, slot_show(slots[name]), size=size))
    return Group(tuple(fields), "grid" if alone else "person", _title(slots[f"{person}_name"]))


def _issued_on(info: KindInfo, slots: dict[str, Slot]) -> str:
    begins = info.names.valid_from
    if begins is not None and begins in slots:
        return begins
    days = [slot.name for slot in slots.values() if slot.form is Form.DAY and "birth" not in slot.name]
    return next((name for name in ("registration_date", "issued_on", *days) if name in slots), "")
