"""From a certificate's claims to the words on the page.

The claims are those of `certs.kinds` (names and values as signed); the view is strings only, in the templates' keys.
Whatever does not fit exactly is refused: a claim that is signed but not printed, or printed but not signed, would
make page and certificate two different documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from certs.documents.amounts import capitals, yuan
from certs.documents.errors import FaceInvalid
from certs.documents.labels import country
from certs.kinds.codes import DOCUMENT_TYPE, SEX

Face = Mapping[str, str | int]
View = dict[str, str | dict[str, str]]

_PERSON: Final = ("name", "sex", "nationality", "birth_date", "document_type", "document_number")
_MARRIAGE_OWN: Final = ("zihao", "registration_date", "issuer_name", "issuer_uscc", "registrar")
_MARRIAGE_REQUIRED: Final = frozenset(
    (*_MARRIAGE_OWN, *(f"{who}_{name}" for who in ("holder", "spouse") for name in _PERSON))
)
_MARRIAGE_OPTIONAL: Final = frozenset(["cert_identifier", "original_zihao", "effective_from", "remark", "holder_role"])
_DONATION_TEXTS: Final = (
    "donation_no", "charity_name", "charity_uscc", "plan_filing_no", "project", "purpose", "channel", "handler",
)  # fmt: skip
_DONATION_REQUIRED: Final = frozenset((*_DONATION_TEXTS, "amount_fen", "received_on"))
_DONATION_OPTIONAL: Final = frozenset(
    ["cert_identifier", "donor_type", "donor_name", "receipt_code", "receipt_number", "notice"]
)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Typed access to a face. Errors name the claim, never its value."""

    face: Face

    def text(self, key: str) -> str:
        value = self.face[key]
        if not isinstance(value, str):
            raise FaceInvalid(key, "expected text")
        return value

    def optional(self, key: str) -> str | None:
        return self.text(key) if key in self.face else None

    def fen(self, key: str) -> int:
        value = self.face[key]
        if isinstance(value, bool) or not isinstance(value, int):
            raise FaceInvalid(key, "expected whole fen")
        return value

    def day(self, key: str) -> str:
        """ISO date as "2025年5月20日"."""
        try:
            day = date.fromisoformat(self.text(key))
        except ValueError:
            raise FaceInvalid(key, "expected an ISO date") from None
        return f"{day.year}年{day.month}月{day.day}日"

    def coded(self, key: str, table: Mapping[str, tuple[str, str]]) -> str:
        """Label of a code in Chinese and English."""
        try:
            zh, en = table[self.text(key)]
        except KeyError:
            raise FaceInvalid(key, "code outside its list") from None
        return f"{zh} {en}"


def _check_keys(face: Face, required: frozenset[str], optional: frozenset[str]) -> None:
    for key in sorted(required - face.keys()):
        raise FaceInvalid(key, "missing")
    for key in sorted(face.keys() - required - optional):
        raise FaceInvalid(key, "not part of this document")


def _person(read: _Reader, who: str) -> dict[str, str]:
    return {
        "name": read.text(f"{who}_name"),
        "sex": read.coded(f"{who}_sex", SEX),
        "nationality": country(read.text(f"{who}_nationality")).text("zh-en"),
        "birth_date": read.day(f"{who}_birth_date"),
        "document_type": read.coded(f"{who}_document_type", DOCUMENT_TYPE),
        "document_number": read.text(f"{who}_document_number"),
    }


def _remark(read: _Reader) -> str:
    """备注 as a booklet has it: the registry's own words, the replaced serial, an effect before registration."""
    parts = [read.optional("remark")]
    original = read.optional("original_zihao")
    if original is not None:
        parts.append(f"原结婚证字号 {original}")
    if "effective_from" in read.face and read.day("effective_from") != read.day("registration_date"):
        parts.append(f"婚姻关系自{read.day('effective_from')}起")
    return "；".join(part for part in parts if part) or "无"


def marriage_view(face: Face) -> View:
    """What the marriage page shows. Raises FaceInvalid."""
    _check_keys(face, _MARRIAGE_REQUIRED, _MARRIAGE_OPTIONAL)
    read = _Reader(face)
    return {
        "holder": _person(read, "holder"),
        "spouse": _person(read, "spouse"),
        "zihao": read.text("zihao"),
        "registration_date": read.day("registration_date"),
        "issuer_name": read.text("issuer_name"),
        "registrar": read.text("registrar"),
        "remark": _remark(read),
        "footer": _footer(read, read.text("issuer_uscc")),
    }


def donation_view(face: Face) -> View:
    """What the donation page shows. An absent donor's name is an anonymous gift. Raises FaceInvalid."""
    _check_keys(face, _DONATION_REQUIRED, _DONATION_OPTIONAL)
    read = _Reader(face)
    fen = read.fen("amount_fen")
    try:
        amount, words = yuan(fen), capitals(fen)
    except ValueError:
        raise FaceInvalid("amount_fen", "amount out of range") from None
    view: View = {key: read.text(key) for key in _DONATION_TEXTS}
    code, number = read.optional("receipt_code"), read.optional("receipt_number")
    issued = code is not None and number is not None
    return view | {
        "donor": read.optional("donor_name") or "匿名",
        "amount": amount,
        "capitals": words,
        "received_on": read.day("received_on"),
        "receipt": f"已另行开具：票据代码 {code}，票据号码 {number}" if issued else "未开具 none issued",
        "footer": _footer(read, read.text("charity_uscc")),
    }


def _footer(read: _Reader, uscc: str) -> str:
    identifier = read.optional("cert_identifier")
    return f"签发机构代码 {uscc}" + (f"    电子证照标识 {identifier}" if identifier else "")


VIEWS: Final[Mapping[str, Callable[[Face], View]]] = {"marriage": marriage_view, "donation": donation_view}
