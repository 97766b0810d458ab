"""Claims to words: what is signed and what is printed are the same set."""

from __future__ import annotations

import pytest

from certs.documents.errors import FaceInvalid
from certs.documents.labels import country
from certs.documents.pages import page_for
from certs.documents.view import Page
from certs.kinds.donation import KIND as DONATION
from certs.kinds.marriage import KIND as MARRIAGE
from tests.unit.documents.conftest import Face


def marriage_page(face: Face) -> Page:
    return page_for(MARRIAGE, face, specimen=False)


def donation_page(face: Face) -> Page:
    return page_for(DONATION, face, specimen=False)


def value(page: Page, name: str) -> str:
    return next(row.value for section in page.sections for row in section.rows if row.name == name)


def test_every_claim_of_the_kinds_is_known_to_the_page(marriage_face: Face, donation_face: Face) -> None:
    rare = {"original_zihao": "J990102-2009-000211", "remark": "补领"}
    assert {slot.name for slot in MARRIAGE.info.slots} == marriage_face.keys() | rare.keys()
    assert {slot.name for slot in DONATION.info.slots} == donation_face.keys() | {"cert_identifier"}


@pytest.mark.parametrize("key", ["zihao", "holder_name", "spouse_document_number", "registrar"])
def test_a_missing_claim_is_named(marriage_face: Face, key: str) -> None:
    del marriage_face[key]
    with pytest.raises(FaceInvalid, match=f"{key}: missing"):
        marriage_page(marriage_face)


def test_a_claim_that_the_page_would_not_show_is_refused(donation_face: Face) -> None:
    donation_face["donor_address"] = "示例路1号"
    with pytest.raises(FaceInvalid, match="donor_address: not part of this document"):
        donation_page(donation_face)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("holder_sex", "3", "code outside its list"),
        ("holder_document_type", "000", "code outside its list"),
        ("registration_date", "2026-02-30", "expected an ISO date"),
        ("holder_birth_date", "示例", "expected an ISO date"),
        ("holder_name", 5, "expected text"),
    ],
)
def test_values_of_the_wrong_form_are_refused_without_repeating_them(
    marriage_face: Face, key: str, value: str | int, reason: str
) -> None:
    marriage_face[key] = value
    with pytest.raises(FaceInvalid, match=f"^{key}: {reason}$"):
        marriage_page(marriage_face)


@pytest.mark.parametrize("value", ["100", True, 0, -5, 2**53])
def test_amounts_are_whole_positive_fen(donation_face: Face, value: str | int) -> None:
    donation_face["amount_fen"] = value
    with pytest.raises(FaceInvalid, match="amount_fen: "):
        donation_page(donation_face)


def test_remark_tells_a_reissue_and_an_earlier_effect(marriage_face: Face) -> None:
    assert value(marriage_page(marriage_face), "remark") == "无 none"
    marriage_face |= {"remark": "补领", "original_zihao": "J990102-2009-000211", "effective_from": "2009-09-09"}
    assert (
        value(marriage_page(marriage_face), "remark")
        == "补领；原结婚证字号 J990102-2009-000211；婚姻关系自2009年9月9日起"
    )


def test_an_anonymous_donor_is_called_so(donation_face: Face) -> None:
    del donation_face["donor_name"]
    assert value(donation_page(donation_face), "donor_name") == "匿名 anonymous"


def test_a_waived_receipt_is_not_printed_as_issued(donation_face: Face) -> None:
    del donation_face["receipt_code"], donation_face["receipt_number"]
    assert value(donation_page(donation_face), "receipt_code") == "未开具 none issued"


def test_an_unknown_country_is_its_code_and_not_a_guess() -> None:
    assert country("840").text("zh-en") == "美国 United States"
    assert country("004").zh == "阿富汗"
    assert country("999").zh == "国家代码 999 (GB/T 2659)"
