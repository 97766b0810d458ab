"""Names are kept exactly or refused."""

from __future__ import annotations

import pytest

from certs.errors import InvalidField
from certs.text import check_name, check_text, comparison_key

KEPT = [
    "示例",
    "样例·示例别克",
    "样例\u2022示例",  # a look-alike dot is evidence of what was registered
    "样例\u30fb示例",
    "\U00020bb7示例",  # 𠮷, Extension B
    "\U00031350样例",  # Extension H, newer than some interpreters' tables
    "Sample-Name O'Example",
    "ÉXAMPLE Ñame",
    "示例（集团）有限公司",
    "示例(集团)公司 & 样例",
]


@pytest.mark.parametrize("name", KEPT)
def test_kept_code_point_for_code_point(name: str) -> None:
    assert check_name(name, field="name") == name


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "MISSING"),
        ("示" * 61, "TOO_LONG"),
        ("示\u200b例", "FORBIDDEN_CHARACTER"),
        ("示\u202e例", "FORBIDDEN_CHARACTER"),
        ("示\x00例", "FORBIDDEN_CHARACTER"),
        ("示\n例", "FORBIDDEN_CHARACTER"),
        ("示\ue000例", "FORBIDDEN_CHARACTER"),
        ("示\ufe00例", "FORBIDDEN_CHARACTER"),
        ("示\U000e0100例", "FORBIDDEN_CHARACTER"),
        ("示\u3164例", "FORBIDDEN_CHARACTER"),
        ("示\ud800例", "FORBIDDEN_CHARACTER"),
        (" 示例", "OUTER_SPACE"),
        ("示例\u3000", "OUTER_SPACE"),
        ("Sample  Name", "SPACE"),
        ("示\u3000例", "SPACE"),
        ("E\u0301xample", "NOT_NFC"),
        ("\uf900示", "NOT_NFC"),  # NFC would write another character
        ("·示例", "DOT_AT_EDGE"),
        ("示例\u2022", "DOT_AT_EDGE"),
        ("12 34", "NO_LETTER"),
        ("=cmd|示例", "FORMULA"),
        ("@示例", "FORMULA"),
        ("示例<b>", "CHARACTERS"),
    ],
)
def test_refused_with_the_rule_and_without_the_value(name: str, rule: str) -> None:
    with pytest.raises(InvalidField, match=f"^name_man: {rule}$"):
        check_name(name, field="name_man")


def test_dots_fold_only_for_comparison() -> None:
    assert comparison_key("样例\u2022示例") == comparison_key("样例·示例") == comparison_key("样例\u30fb示例")
    assert comparison_key("样例示例") != comparison_key("样例·示例")


def test_remark_may_have_what_a_name_may_not() -> None:
    assert check_text("原证遗失；备注 100% [示例]", field="remark")
