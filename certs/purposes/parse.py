"""Reading a catalogue from JSON, strictly: an unknown member, an unknown word or a contradiction is no catalogue.

    {"format": "mz-purposes/1", "version": 1, "categories": {"bank": {"zh": "银行", "en": "bank"}, …},
     "purposes": [{"code": "mortgage-joint-debt", …}], "refusals": [{"code": "SPOUSE_NOT_SUPPLIED", …}]}

Three rules are law and no administrator's to change: "no record found" is told to notaries only (民函〔2015〕266号),
employers, landlords and matchmakers get nothing but the authenticity of a code that is shown to them, and a bank
gets nothing about a spouse that the applicant did not supply.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from certs.errors import CatalogueInvalid
from verifier.hazmat.sm3 import sm3

from .model import BASES, CONSENTS, PREDICATES, REASONS, Catalogue, Options, Purpose, Refusal, Text

FORMAT: Final = "mz-purposes/1"
MAX_BYTES: Final = 256 * 1024
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")
_FIELD: Final = re.compile(r"(?:[a-z][a-z-]{1,39}\.)?[a-z][a-z0-9_]{1,63}")
_PATTERN: Final = re.compile(r"[a-z*][a-z0-9_*]{0,63}")
_REASON: Final = re.compile(r"[A-Z][A-Z_]{2,39}")
_ITEM: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
NOT_BY_DEFAULT: Final = frozenset({"employer", "landlord", "matchmaking"})
SPOUSE: Final = ("spouse_", "former_spouse_")


def parse_catalogue(document: bytes) -> Catalogue:
    """Raises CatalogueInvalid, which names the place and the rule."""
    if len(document) > MAX_BYTES:
        raise CatalogueInvalid("document", f"more than {MAX_BYTES} bytes")
    try:
        m = json.loads(document.decode("utf-8"), object_pairs_hook=_no_repetition, parse_constant=_no_constant)
    except CatalogueInvalid:
        raise
    except (ValueError, RecursionError):
        raise CatalogueInvalid("document", "not JSON in UTF-8") from None
    m = _members("document", m, ("format", "version", "categories", "purposes", "refusals"))
    if m["format"] != FORMAT:
        raise CatalogueInvalid("format", f"not {FORMAT}")
    version = _number("version", m["version"], 1, (1 << 31) - 1)
    names = _mapping("categories", m["categories"])
    categories = {_word("categories", code, _CODE): _text("categories", text) for code, text in names.items()}
    purposes = [_purpose(p, categories) for p in _list("purposes", m["purposes"])]
    refusals = tuple(_refusal(r, categories) for r in _list("refusals", m["refusals"]))
    by_code = {p.code: p for p in purposes}
    if len(by_code) != len(purposes):
        raise CatalogueInvalid("purposes", "a code stands there twice")
    if {r.code for r in refusals} & REASONS.keys():
        raise CatalogueInvalid("refusals", "a code has a meaning of its own already")
    for purpose in purposes:
        _lawful(purpose)
        _consistent(purpose, refusals)
    return Catalogue(version, sm3(document), categories, by_code, refusals)


def _purpose(value: Any, categories: Mapping[str, Text]) -> Purpose:
    m = _members("purpose", value, ("code", "title", "words", "law", "basis", "categories", "predicates", "fields",
                                    "options"))  # fmt: skip
    code = _word("purpose", m["code"], _CODE)
    predicates = {_one_of(code, name, PREDICATES): _one_of(code, needs, CONSENTS)
                  for name, needs in _mapping(code, m["predicates"]).items()}  # fmt: skip
    fields = {_word(code, name, _FIELD): _one_of(code, needs, CONSENTS)
              for name, needs in _mapping(code, m["fields"]).items()}  # fmt: skip
    mine = frozenset(_one_of(code, c, categories) for c in _list(code, m["categories"]))
    texts = (_text(code, m["title"]), _text(code, m["words"]), _text(code, m["law"]))
    basis, options = _one_of(code, m["basis"], BASES), _options(code, m["options"])
    return Purpose(code, *texts, basis, mine, predicates, fields, options)


def _options(code: str, value: Any) -> Options:
    m = _members(code, value, ("no_record", "face_to_face", "months", "retention_days", "max_uses", "items"))
    items = m["items"]
    return Options(
        no_record=_flag(code, m["no_record"]),
        face_to_face=_flag(code, m["face_to_face"]),
        months=_number(code, m["months"], 0, 1200),
        retention_days=_number(code, m["retention_days"], 1, 36525),
        max_uses=_number(code, m["max_uses"], 1, 1000),
        items=None if items is None else frozenset(_word(code, item, _ITEM) for item in _list(code, items)),
    )


def _refusal(value: Any, categories: Mapping[str, Text]) -> Refusal:
    m = _members("refusal", value, ("code", "words", "categories", "asked"))
    code = _word("refusal", m["code"], _REASON)
    mine = frozenset(_one_of(code, c, categories) for c in _list(code, m["categories"]))
    asked = tuple(_word(code, pattern, _PATTERN) for pattern in _list(code, m["asked"]))
    return Refusal(code, _text(code, m["words"]), mine, asked)


def _lawful(p: Purpose) -> None:
    """The rules that stand above every catalogue."""
    if p.options.no_record and p.categories != {"notary"}:
        raise CatalogueInvalid(p.code, "no_record is for notaries alone")
    more = bool(p.fields) or p.predicates.keys() != {"authenticity"} or not p.options.face_to_face
    if more and p.categories & NOT_BY_DEFAULT:
        raise CatalogueInvalid(p.code, "these categories get the authenticity of a shown code and nothing else")
    if "bank" in p.categories and any(name.startswith(SPOUSE) for name in p.fields):
        raise CatalogueInvalid(p.code, "a bank never gets a spouse that was not supplied")
    if p.basis == "CONSENT" and "none" in (*p.predicates.values(), *p.fields.values()):
        raise CatalogueInvalid(p.code, "who relies on consent needs it for everything")
    if "registered_divorce_within" in p.predicates and not p.options.months:
        raise CatalogueInvalid(p.code, "registered_divorce_within needs months")


def _consistent(p: Purpose, refusals: Iterable[Refusal]) -> None:
    for refusal in refusals:
        for asked in (*p.predicates, *p.fields):
            if any(refusal.meets(category, asked) for category in p.categories):
                raise CatalogueInvalid(p.code, f"allows what {refusal.code} refuses")


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CatalogueInvalid("document", "a member stands there twice")
    return found


def _no_constant(_: str) -> Any:
    raise CatalogueInvalid("document", "NaN and Infinity are no JSON")


def _members(where: str, value: Any, names: Sequence[str]) -> dict[str, Any]:
    found = _mapping(where, value)
    if found.keys() != set(names):
        raise CatalogueInvalid(where, f"exactly {', '.join(names)}")
    return found


def _mapping(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CatalogueInvalid(where, "an object belongs there")
    return value


def _list(where: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > 500:
        raise CatalogueInvalid(where, "a list of at most 500 belongs there")
    return value


def _number(where: str, value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise CatalogueInvalid(where, f"a number from {low} to {high} belongs there")
    return value


def _flag(where: str, value: Any) -> bool:
    if type(value) is not bool:
        raise CatalogueInvalid(where, "true or false belongs there")
    return value


def _word(where: str, value: Any, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise CatalogueInvalid(where, f"a word of the form {form.pattern} belongs there")
    return value


def _one_of(where: str, value: Any, words: Iterable[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise CatalogueInvalid(where, "a word that is not known")
    return value


def _text(where: str, value: Any) -> Text:
    m = _members(where, value, ("zh", "en"))
    for text in m.values():
        if not isinstance(text, str) or not 1 <= len(text) <= 600 or not text.isprintable():
            raise CatalogueInvalid(where, "a printable text of 1 to 600 characters belongs there")
    return Text(m["zh"], m["en"])
