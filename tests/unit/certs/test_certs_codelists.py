"""Frozen lists: complete, sorted, with both names; and what a page makes of a region."""

from __future__ import annotations

import pytest

from certs.codelists import COUNTRIES, divisions, region_known, region_name
from certs.documents.reading import Reader
from certs.documents.values import region
from certs.kinds.codes import ETHNIC, MARITAL_STATUS, SEX, label


def test_countries_are_iso_3166_with_names_in_both_languages() -> None:
    assert list(COUNTRIES) == sorted(COUNTRIES)
    assert all(len(code) == 3 and code.isdigit() for code in COUNTRIES)
    assert all(zh.strip() == zh and en.strip() == en and zh and en.isprintable() for zh, en in COUNTRIES.values())
    assert len({zh for zh, _ in COUNTRIES.values()}) == len({en for _, en in COUNTRIES.values()}) == 249
    assert [COUNTRIES[c][0] for c in ("156", "158", "344", "446")] == ["中国", "中国台湾", "中国香港", "中国澳门"]


def test_divisions_have_a_form_and_stand_under_a_province() -> None:
    known = divisions()
    assert len(known) > 6500
    assert sum(d.last_year is None for d in known.values()) > 3200
    for code, division in known.items():
        assert len(code) == 6
        assert code.isdigit()
        assert division.name
        assert f"{code[:2]}0000" in known
        assert division.last_year is None or 1980 <= division.last_year <= 2023
    assert not any(code.startswith("99") for code in known)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("110101", "北京市东城区"),
        ("330106", "浙江省杭州市西湖区"),
        ("110103", "北京市崇文区"),  # until 2010
        ("513436", "四川省凉山彝族自治州美姑县"),
        ("810000", "香港特别行政区"),
        ("123456", None),
    ],
)
def test_names_of_divisions(code: str, name: str | None) -> None:
    assert region_name(code) == name
    assert region_known(code) == (name is not None)


def test_samples_have_no_division_but_are_no_surprise() -> None:
    assert region_known("990101")
    assert region_name("990101") is None


def test_a_page_names_the_division_and_keeps_the_code() -> None:
    face = {"region": "330106", "other": "990101"}
    assert region(Reader(face), "region", "zh") == "浙江省杭州市西湖区（330106）"
    assert region(Reader(face), "other", "en") == "990101"


def test_short_lists_of_the_standards() -> None:
    assert [label(SEX, code, "zh") for code in "0129"] == ["未知的性别", "男", "女", "未说明的性别"]
    assert MARITAL_STATUS.keys() == {"10", "20", "21", "22", "23", "30", "40", "90"}
    assert [f"{n:02d}" for n in range(1, 57)] + ["97", "98"] == list(ETHNIC)
    assert (ETHNIC["01"], ETHNIC["56"]) == (("汉族", "Han"), ("基诺族", "Jino"))
    assert len({zh for zh, _ in ETHNIC.values()}) == 58
