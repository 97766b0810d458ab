"""The page of a marriage or a divorce: two people side by side, the joint photograph, the registry's remark.

Both booklets of the field have the same face; they differ in title, serial and colour. What differs
is data in the two folders (`page.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from certs.documents import values
from certs.documents.generic import AUTHORITY_CODE, IDENTIFIER, slot_label
from certs.documents.layout import Field, Group, Layout
from certs.documents.reading import Reader
from certs.documents.view import Lang, PhotoFrame, Size, Words
from certs.kinds.base import KindInfo

JOINT_PHOTO: Final = PhotoFrame(Words("双方合影照片", "Joint photograph"), 53.0, 36.0)
"""Two inches, both spouses."""
NO_REMARK: Final = Words("无", "none")
PERSON: Final[tuple[tuple[str, Words, Size], ...]] = (
    ("name", Words("姓名", "Name"), "large"),
    ("sex", Words("性别", "Sex"), "normal"),
    ("nationality", Words("国籍", "Nationality"), "normal"),
    ("birth_date", Words("出生日期", "Date of birth"), "normal"),
    ("document_type", Words("身份证件", "Document"), "small"),
    ("document_number", Words("身份证件号", "Document number"), "normal"),
)


@dataclass(frozen=True, slots=True)
class Couple:
    """What differs between the two kinds.

    second: the other person's prefix and title. replaced: words before the serial of a re-issue. effect: words
    around an effect before the day of registration, {} is the day. left_out: claims that the page says otherwise.
    """

    accent: str
    second: tuple[str, Words]
    replaced: Words
    effect: Words
    notes: tuple[Words, ...]
    left_out: frozenset[str] = frozenset()


def couple_layout(info: KindInfo, couple: Couple) -> Layout:
    """The layout of one of the two kinds."""
    slots = {slot.name: slot for slot in info.slots}
    holder = Words("持证人", "Holder")
    lead = (
        Field("holder_name", holder, values.text, size="huge", wide=True, required=True),
        Field("zihao", slot_label(slots["zihao"]), values.text, size="large", wide=True, required=True),
        Field(
            "registration_date",
            slot_label(slots["registration_date"]),
            values.day,
            size="large",
            wide=True,
            required=True,
        ),
    )
    authority = (
        Field("issuer_name", slot_label(slots["issuer_name"]), values.text, required=True),
        Field("registrar", slot_label(slots["registrar"]), values.text, required=True),
    )
    return Layout(
        groups=(
            Group(lead, "lead"),
            _person("holder", holder),
            _person(*couple.second),
            Group((*authority, _remark(couple))),
        ),
        accent=couple.accent,
        notes=couple.notes,
        photo=JOINT_PHOTO,
        serial="zihao",
        issuer="issuer_name",
        issued_on="registration_date",
        footer=(("issuer_uscc", AUTHORITY_CODE), ("cert_identifier", IDENTIFIER)),
        left_out=couple.left_out,
    )


def _person(prefix: str, title: Words) -> Group:
    show = {"name": values.text, "birth_date": values.day, "document_number": values.text}
    return Group(
        tuple(Field(f"{prefix}_{p}", label, show.get(p), size, required=True) for p, label, size in PERSON),
        "person",
        title,
    )


def _remark(couple: Couple) -> Field:
    """备注 as a booklet has it: the registry's own words, the replaced serial, an effect before registration."""

    def show(read: Reader, name: str, lang: Lang) -> str:
        parts = [read.optional("remark")]
        original = read.optional("original_zihao")
        if original is not None:
            parts.append(f"{couple.replaced.pick(lang)[0]} {original}")
        if read.has("effective_from") and read.day("effective_from") != read.day("registration_date"):
            words = couple.effect.pick(lang)[0]
            parts.append(words.format(values.day(read, "effective_from", lang)))
        return ("; " if lang == "en" else "；").join(part for part in parts if part) or NO_REMARK.text(lang)

    uses = ("original_zihao", "effective_from", "registration_date")
    return Field("remark", Words("备注", "Remarks"), show, size="small", wide=True, uses=uses)
