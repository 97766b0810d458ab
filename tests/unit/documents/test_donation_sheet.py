"""The printed sheet of a donation: what it says, what it must say, and what is inside."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from certs.documents.donation import MOST_ROWS, Named, trace_sheet
from certs.documents.errors import FaceInvalid, MissingGlyph
from certs.documents.view import Lang, Words
from verifier.charity.follow import Portion, State
from verifier.charity.opening import ReceiptCode
from verifier.charity.tracereport import Donated, TraceReport
from verifier.report import Outcome, Reason

BOOK, OTHER = b"\x0b" * 16, b"\x0c" * 16
CODE = ReceiptCode(bytes(range(16)), bytes(range(16, 32)))
START = 1_203_400
NAMED = Named({BOOK: Words("乡村学校营养午餐专项基金", "School meals fund"), OTHER: Words("冬衣基金", "Winter coats")})
TRACE = b"\xa5\x01\x01\x02" + bytes(500)


def report(*portions: Portion) -> TraceReport:
    found = portions or (
        Portion(START, 4200, State.ACKNOWLEDGED, BOOK, cost_class=1, allocation=1),
        Portion(START + 4200, 1540, State.PAID, BOOK, cost_class=3, allocation=1),
        Portion(START + 5740, 500, State.RETURNED_TO_DONOR, BOOK),
        Portion(9, 760, State.PAID, OTHER, cost_class=4, allocation=3),
        Portion(START + 7000, 3000, State.WAITING, BOOK),
    )
    return TraceReport(
        Outcome.PASSED, Reason.OK, 0, (), {"L1": Reason.OK, "L2": Reason.OK, "L3": Reason.OK},
        donated=Donated(BOOK, "53990000MJ9T00037A", 10_000, 20_700, START, False, True, CODE.donation),
        charity_name={"zh": "示例慈善基金会（虚构）", "en": "Sample Charity Foundation (fictitious)"},
        portions=found, as_of=((BOOK, 12, 1_800_000_000), (OTHER, 3, 1_800_000_000)),
    )  # fmt: skip


def printed(lang: Lang, shown: TraceReport | None = None, named: Named = NAMED) -> bytes:
    return trace_sheet(
        shown or report(),
        code=CODE,
        host="minzheng.example",
        trace=TRACE,
        named=named,
        lang=lang,
        made_at=1_800_000_000,
    )


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "zh",
            (
                "乡村学校营养午餐专项基金",
                "拨款 1 号 · 募捐费用",
                "冬衣基金 · 拨款 3 号 · 管理费用",
                "等待使用",
                "约定归集顺序",
            ),
        ),
        ("en", ("School meals fund", "allocation 1 · direct aid", "Winter coats · allocation 3", "waiting to be used")),
    ],
)
def test_it_says_where_the_money_went_and_that_it_is_no_receipt(lang: Lang, said: tuple[str, ...]) -> None:
    pdf = PdfReader(io.BytesIO(printed(lang)))
    text = "".join(page.extract_text() for page in pdf.pages).replace("\n", " ")
    for words in (*said, "非捐赠票据", "Not the fiscal donation receipt", "¥100.00", "1,203,400 – 1,213,399", "42.0%"):
        assert words in text, words
    assert CODE.text()[5:20] in text
    assert pdf.attachments == {"donation.mzd": [TRACE]}
    assert len(pdf.pages) == 1
    assert CODE.secret.hex() not in str(pdf.metadata)


def test_the_same_is_printed_the_same() -> None:
    assert printed("zh") == printed("zh")


def test_what_came_back_before_it_waited_again_says_so() -> None:
    again = Portion(START + 900_000, 500, State.WAITING, BOOK)
    paid = Portion(START + 900_500, 500, State.PAID, BOOK, cost_class=1, allocation=2)
    text = PdfReader(io.BytesIO(printed("en", report(Portion(START, 9000, State.WAITING, BOOK), again, paid))))
    lines = text.pages[0].extract_text().replace("\n", " ")
    assert "had been paid and came back · waiting to be used ¥5.00" in lines
    assert "waiting to be used ¥90.00" in lines
    assert "had been paid and came back · allocation 2 · direct aid" in lines


def test_the_lines_of_a_title_in_both_languages_stand_apart() -> None:
    lines: dict[float, float] = {}  # where the first text of each size stands, in points from below

    def see(text: str, at: list[float], within: list[float], _: object, size: float) -> None:
        if text.strip():
            lines.setdefault(size, at[5] + within[5])

    pdf = PdfReader(io.BytesIO(printed("zh-en")))
    pdf.pages[0].extract_text(visitor_text=see)
    assert len(pdf.pages) == 1
    assert lines[28] - lines[10.5] > 10.5 + 28 / 8  # the height of the one and what hangs below the other's line


def test_many_allocations_are_summed_up_by_class() -> None:
    many = [Portion(START + n, 1, State.PAID, BOOK, cost_class=1, allocation=n) for n in range(1, MOST_ROWS + 2)]
    text = PdfReader(io.BytesIO(printed("en", report(*many)))).pages[0].extract_text()
    assert "direct aid · paid" in text
    assert "allocation" not in text


def test_goods_have_their_unit() -> None:
    text = PdfReader(io.BytesIO(printed("zh", named=replace(NAMED, unit=("棉衣", "件"))))).pages[0].extract_text()
    assert "10,000 件 棉衣" in text
    assert "¥" not in text


def test_nothing_is_printed_of_what_was_not_proven() -> None:
    with pytest.raises(FaceInvalid):
        printed("zh", replace(report(), donated=None))
    with pytest.raises(MissingGlyph):
        printed("zh", named=Named({BOOK: Words("基金\u202e", "x")}))
