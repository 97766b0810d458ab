"""The catalogue of purposes: what the default allows and refuses (domain: V1–V12), and what no document may allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from certs.errors import CatalogueInvalid
from certs.kinds import KINDS
from certs.purposes import PREDICATES, REASONS, Allowed, Refused, default_document, parse_catalogue

CATALOGUE = parse_catalogue(default_document())


@pytest.mark.parametrize(
    ("category", "purpose", "predicate", "consent"),
    [
        ("bank", "mortgage-joint-debt", "registered_married", "subject"),
        ("bank", "mortgage-joint-debt", "spouses_match", "both"),
        ("public-security", "household-register", "registered_married", "none"),
        ("immigration", "family-visa", "spouses_match", "none"),
        ("housing-fund", "housing-fund-joint", "spouses_match", "none"),
        ("real-estate-registry", "real-estate-ownership", "registered_divorce_within", "none"),
        ("social-assistance", "household-means-check", "spouses_match", "both"),
        ("court", "court-investigation", "registered_between", "none"),
        ("notary", "notarisation", "registered_married", "subject"),
        ("employer", "shown-code", "authenticity", "none"),
        ("other", "file-authenticity", "document_authentic", "none"),
    ],
)
def test_what_the_default_allows(category: str, purpose: str, predicate: str, consent: str) -> None:
    decision = CATALOGUE.decide(category, purpose, predicate)
    assert isinstance(decision, Allowed)
    assert decision.needs_consent == consent
    assert decision.version == 1


@pytest.mark.parametrize(
    ("category", "purpose", "asked", "code"),
    [
        ("employer", "mortgage-joint-debt", "registered_married", "NOTHING_BY_DEFAULT"),
        ("landlord", "file-authenticity", "certificate_valid", "NOTHING_BY_DEFAULT"),
        ("matchmaking", "shown-code", "spouses_match", "NOTHING_BY_DEFAULT"),
        ("landlord", "file-authenticity", "authenticity", "CATEGORY_NOT_ENTITLED"),
        ("bank", "mortgage-joint-debt", "registered_between", "PREDICATE_NOT_IN_PURPOSE"),
        ("bank", "court-investigation", "registered_married", "CATEGORY_NOT_ENTITLED"),
        ("bank", "curiosity", "registered_married", "PURPOSE_UNKNOWN"),
        ("bank", "mortgage-joint-debt", "", "NOTHING_ASKED"),
        ("health", "birth-registration", "registered_married", "ITEM_NOT_LISTED"),
        ("public-security", "household-register", "registered_divorce_within", "DIVORCE_NOT_NEEDED"),
        ("nobody", "shown-code", "authenticity", "CATEGORY_NOT_ENTITLED"),
    ],
)
def test_what_it_refuses_and_why(category: str, purpose: str, asked: str, code: str) -> None:
    assert CATALOGUE.decide(category, purpose, asked) == Refused(code)


def test_fields_are_decided_all_together() -> None:
    notary = CATALOGUE.decide("notary", "notarisation", fields=("zihao",))
    both = CATALOGUE.decide("notary", "notarisation", "registered_married", ("zihao", "spouse_name"))
    assert isinstance(notary, Allowed)
    assert notary.needs_consent == "subject"
    assert isinstance(both, Allowed)
    assert both.needs_consent == "both"
    spouse = CATALOGUE.decide("bank", "mortgage-joint-debt", fields=("holder_name", "spouse_name"))
    assert spouse == Refused("SPOUSE_NOT_SUPPLIED")
    assert CATALOGUE.decide("immigration", "family-visa", fields=("zihao",)) == Refused("FIELD_NOT_IN_PURPOSE")
    assert CATALOGUE.decide("bank", "mortgage-joint-debt", fields=("zihao",)) == Refused("HISTORY_NOT_NEEDED")


def test_health_needs_an_item_of_the_list() -> None:
    assert isinstance(
        CATALOGUE.decide("health", "family-subsidy", "registered_married", item_code="990000-SAMPLE-001"), Allowed
    )
    asked = CATALOGUE.decide("health", "family-subsidy", "registered_married", item_code="990000-SAMPLE-002")
    assert asked == Refused("ITEM_NOT_LISTED")


def test_no_record_is_for_one_purpose_of_notaries() -> None:
    with_it = {code: p.categories for code, p in CATALOGUE.purposes.items() if p.options.no_record}
    assert with_it == {"notarisation-no-record": {"notary"}}


def test_fields_are_claims_of_kinds_and_reasons_are_known_once() -> None:
    claims = {slot.name for kind in KINDS.values() for slot in kind.info.slots}
    assert {name for p in CATALOGUE.purposes.values() for name in p.fields} <= claims
    assert {n for p in CATALOGUE.purposes.values() for n in p.predicates} == set(PREDICATES)
    assert not {r.code for r in CATALOGUE.refusals} & REASONS.keys()


def _purpose(d: dict[str, Any], code: str) -> dict[str, Any]:
    return next(p for p in d["purposes"] if p["code"] == code)


Change = Callable[[dict[str, Any]], Any]
BAD: dict[str, Change] = {
    "format": lambda d: d.update(format="mz-purposes/2"),
    "version 0": lambda d: d.update(version=0),
    "version true": lambda d: d.update(version=True),
    "unknown member": lambda d: d.update(more=1),
    "missing member": lambda d: d.pop("refusals"),
    "unknown category": lambda d: _purpose(d, "shown-code")["categories"].append("nobody"),
    "unknown predicate": lambda d: _purpose(d, "court-investigation")["predicates"].update(single="none"),
    "unknown consent": lambda d: _purpose(d, "court-investigation")["predicates"].update(spouses_match="maybe"),
    "no_record for a court": lambda d: _purpose(d, "court-investigation")["options"].update(no_record=True),
    "an employer's question": lambda d: _purpose(d, "file-authenticity")["categories"].append("employer"),
    "a bank's spouse": lambda d: _purpose(d, "mortgage-joint-debt")["fields"].update(spouse_name="both"),
    "consent of nobody": lambda d: _purpose(d, "mortgage-joint-debt")["predicates"].update(spouses_match="none"),
    "what is refused": lambda d: _purpose(d, "household-means-check")["fields"].update(zihao="subject"),
    "a code twice": lambda d: d["purposes"].append(d["purposes"][0]),
    "no months": lambda d: _purpose(d, "mortgage-joint-debt")["options"].update(months=0),
    "one language": lambda d: _purpose(d, "shown-code")["title"].pop("en"),
    "a reason of ours": lambda d: d["refusals"][0].update(code="NOTHING_ASKED"),
    "a control character": lambda d: _purpose(d, "shown-code")["title"].update(en="a\nb"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_document_that_is_none(name: str) -> None:
    document = json.loads(default_document())
    BAD[name](document)
    with pytest.raises(CatalogueInvalid):
        parse_catalogue(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"{}", b"NaN", b'{"format":1,"format":1}', b"[" * 100_000])
def test_bytes_that_are_none(data: bytes) -> None:
    with pytest.raises(CatalogueInvalid):
        parse_catalogue(data)


def test_a_bank_is_refused_a_spouse_even_without_the_refusal() -> None:
    document = json.loads(default_document())
    document["refusals"] = []
    _purpose(document, "mortgage-joint-debt")["fields"]["former_spouse_name"] = "both"
    with pytest.raises(CatalogueInvalid, match="never gets a spouse"):
        parse_catalogue(json.dumps(document).encode())
