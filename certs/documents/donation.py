"""Where a donation went, as a sheet to print. Not a fiscal receipt, and it says so first. No name is on it.

    pdf = trace_sheet(report, code=ReceiptCode(…), host="minzheng.example", trace=mzd, named=Named(titles, unit),
                      lang="zh", made_at=1_800_000_000)

PDF/A-3a and PDF/UA-1 as the certificates, and as they bit-identical for identical input. The receipt code is printed
and the trace is inside: who has the sheet can see the donation, as who has the receipt can.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from certs.documents import sayings
from certs.documents.amounts import yuan
from certs.documents.annotation import china_minute
from certs.documents.codes import boxed_code
from certs.documents.errors import FaceInvalid
from certs.documents.fonts import require_glyphs
from certs.documents.pages import SPECIMEN
from certs.documents.pdf import press
from certs.documents.view import Lang, Words
from verifier.charity.follow import Portion, State
from verifier.charity.opening import ReceiptCode
from verifier.charity.tracereport import Donated, TraceReport

CODE_MM: Final = 36.0
MOST_ROWS: Final = 24
_ACCENT: Final = "#24507a"
_SPECIMEN_REGION: Final = "99"
_EPOCH: Final = date(1970, 1, 1)
TITLE: Final = Words("捐赠去向证明", "Where a donation went")
BANNER: Final = Words(
    "非捐赠票据：不是财政票据，不能用于税前扣除", "Not the fiscal donation receipt; no use for tax deduction"
)
_LABELS: Final = {
    "amount": Words("捐赠金额", "Amount"),
    "day": Words("捐赠日期", "Day"),
    "fund": Words("基金", "Fund"),
    "charity": Words("慈善组织", "Charity"),
    "serials": Words("本笔捐赠的分号", "Numbers of its fen in the fund"),
    "level": Words("核对到的等级", "Level of assurance"),
    "as_of": Words("账目截至", "Accounts as of"),
    "made": Words("制作时间", "Made"),
}
_LEVELS: Final = {
    None: Words("未能核对", "not confirmed"),
    "L1": Words("慈善组织已签名", "signed by the charity"),
    "L2": Words("已登入公开日志", "in the public log"),
    "L3": Words("已登入公开日志", "in the public log"),
    "L4": Words("已由见证方联署", "cosigned by witnesses"),
    "L5": Words("已锚定到区块链", "anchored on a chain"),
}
STATES: Final = {
    State.ACKNOWLEDGED: Words("已签收", "acknowledged"),
    State.PAID: Words("已付，尚未签收", "paid, not yet acknowledged"),
    State.WAITING: Words("等待使用", "waiting to be used"),
    State.RETURNED_TO_DONOR: Words("已退还捐赠人", "returned to the donor"),
    State.REVERSED: Words("登记有误，已冲销", "recorded in error, reversed"),
    State.RETURNED_TO_FUND: Words("被退回基金", "returned to the fund"),
    State.TRANSFERRED: Words("转到别的基金", "transferred to another fund"),
    State.REDIRECTED: Words("改变用途（机构称经捐赠人同意）", "other purpose; the charity says by consent"),
    State.SURPLUS: Words("剩余财产转出", "left as surplus"),
}
_BACK: Final = Words("付出后曾被退回", "had been paid and came back")
CLASSES: Final = {
    1: Words("直接用于受益人", "direct aid"),
    2: Words("服务成本", "cost of services"),
    3: Words("募捐费用", "fundraising cost"),
    4: Words("管理费用", "administration"),
}
_HEADS: Final = (Words("去向", "Where"), Words("金额", "Amount"), Words("占捐赠", "Share"))
_PARTS: Final = Words("钱的去向", "Where the money went")
_NOT: Final = Words("本证明不能证明的", "What this does not prove")
_NOT_LINES: Final = (
    Words("物资真的买到、服务真的做到。", "That goods were bought or services done."),
    Words("受益人真有其人；签收在账目里只有凭证指纹。", "That a beneficiary is real: the accounts hold a fingerprint."),
    Words(
        "退还的钱已到账、改变用途确经同意：这是慈善组织所述。",
        "That money given back arrived, or that a donor agreed: the charity says so.",
    ),
    Words(
        "回执码没有另给他人，他人所见是同一份账目。",
        "That nobody else was given this code, or was shown other accounts.",
    ),
    Words(
        "“您的钱”就是那张钞票：去向按先收先用的约定归集顺序计算。",
        "That it was the same banknote: first in, first out is a convention.",
    ),
)
_CODE: Final = Words("捐赠回执码", "Receipt code")
_NOTES: Final = (
    Words(
        "用手机扫码，或在网站的 /d 页输入回执码，由您的浏览器重新核对。",
        "Scan it, or enter it on the page /d of the site: your browser checks again.",
    ),
    Words(
        "拿到回执码的人都能看到这笔捐赠，请像回执一样保管。", "Who has the code can see this donation: keep it safe."
    ),
    Words(
        "文件内附踪迹文件 donation.mzd，可用 mz-verify 离线核验。", "Attached: donation.mzd, for mz-verify off line."
    ),
)


@dataclass(frozen=True, slots=True)
class Named:
    """What the trace does not say: titles of funds by book, and the unit of a fund of goods (item, unit)."""

    titles: Mapping[bytes, Words] = field(default_factory=dict)
    unit: tuple[str, str] | None = None


def trace_sheet(
    report: TraceReport, *, code: ReceiptCode, host: str, trace: bytes, named: Named, lang: Lang, made_at: int
) -> bytes:
    """The sheet as PDF. `made_at`: UTC seconds. Raises FaceInvalid for a report that shows no donation, MissingGlyph,
    CodeError and its kinds, RenderingFailed."""
    if report.donated is None:
        raise FaceInvalid("donation", "nothing of it is proven")
    data = _data(report, report.donated, named, lang, made_at)
    data["code_text"] = code.text()
    picture = boxed_code(code.url(host), box_mm=CODE_MM).png
    source = f"""#import "donation.typ": attached, sheet
#attached({_bytes(trace)})
#sheet(json(bytes({json.dumps(json.dumps(data, ensure_ascii=True))})), {_bytes(picture)})
"""
    return press().pdf(source.encode(), made_at)


def _bytes(data: bytes) -> str:
    return f'json(bytes("[{",".join(map(str, data))}]"))'


def _said(words: Words, lang: Lang) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en} if lang == "zh-en" else {lang: words.text(lang)}


def _data(report: TraceReport, donated: Donated, named: Named, lang: Lang, made_at: int) -> dict[str, object]:
    specimen = donated.charity[2:4] == _SPECIMEN_REGION
    return {
        "lang": "en" if lang == "en" else "zh",
        "region": "gb" if lang == "en" else "cn",
        "name": TITLE.text(lang),
        "description": BANNER.text(lang),
        "title": _said(TITLE, lang),
        "title_size": 25 if lang == "en" else 28,
        "accent": _ACCENT,
        "banner": {"zh": BANNER.zh, "en": BANNER.en},  # in both languages whatever the sheet's own
        "watermark": sayings.across(SPECIMEN) if specimen else None,
        "specimen": _said(sayings.specimen(SPECIMEN), lang) if specimen else None,
        "facts": list(_facts(report, donated, named, lang, made_at)),
        "parts_title": _said(_PARTS, lang),
        "heads": [_said(head, lang) for head in _HEADS],
        "rows": [
            {"what": _said(what, lang), "amount": _amount(amount, named), "share": _share(amount, donated.amount)}
            for what, amount in _rows(report.portions, donated, named)
        ],
        "not_title": _said(_NOT, lang),
        "not": [_said(line, lang) for line in _NOT_LINES],
        "code_mm": CODE_MM,
        "code_alt": _CODE.text(lang),
        "code_label": _said(_CODE, lang),
        "notes": [_said(note, lang) for note in _NOTES],
        "footer": f"{TITLE.text(lang)} · {donated.book.hex()}",
    }


def _facts(report: TraceReport, d: Donated, named: Named, lang: Lang, made_at: int) -> Iterator[dict[str, object]]:
    title = named.titles.get(d.book)
    names = Words(report.charity_name.get("zh", ""), report.charity_name.get("en", ""))
    _, epoch, at = next(entry for entry in report.as_of if entry[0] == d.book)
    zone = {"zh": "（北京时间）", "en": " (UTC+8)", "zh-en": "（北京时间）"}[lang]
    values = {
        "amount": _amount(d.amount, named),
        "day": (_EPOCH + timedelta(days=d.day)).isoformat(),
        "fund": d.book.hex() if title is None else title.text(lang, " / "),
        "charity": f"{names.text(lang, ' / ')} {d.charity}".strip(),
        "serials": f"{d.start:,} – {d.start + d.amount - 1:,}",
        "level": _LEVELS[report.level].text(lang),
        "as_of": f"{china_minute(at)}{zone} · {epoch}",
        "made": f"{china_minute(made_at)}{zone}",
    }
    for name, value in values.items():
        require_glyphs(name, value)
        size = "large" if name == "amount" else "normal"
        label = _said(_LABELS[name], lang)
        yield {"label": label, "value": value, "size": size, "wide": name in ("fund", "charity"), "tight": True}


def _rows(portions: tuple[Portion, ...], donated: Donated, named: Named) -> list[tuple[Words, int]]:
    """What became of it and how much, each sort once, in the order in which the money runs."""
    found = _grouped(portions, donated, named, by_allocation=True)
    if len(found) > MOST_ROWS:  # one sheet is enough for anybody; the trace inside has every payment
        found = _grouped(portions, donated, named, by_allocation=False)
    return list(found.items())


def _grouped(portions: tuple[Portion, ...], donated: Donated, named: Named, *, by_allocation: bool) -> dict[Words, int]:
    order, book, own = list(STATES), donated.book, range(donated.start, donated.start + donated.amount)
    sums: dict[Words, int] = {}
    places = {
        p: (order.index(p.state), p.book != book, p.start not in own, p.allocation or 0, p.cost_class or 0)
        for p in portions
    }
    for p in sorted(portions, key=places.__getitem__):
        words = STATES[p.state]
        cost = CLASSES.get(p.cost_class or 0)
        if cost is not None:
            words = Words(f"{cost.zh} · {words.zh}", f"{cost.en} · {words.en}")
        if p.allocation and by_allocation:
            words = Words(f"拨款 {p.allocation} 号 · {words.zh}", f"allocation {p.allocation} · {words.en}")
        if p.book == book and p.start not in own:  # money that came back has serials of its own
            words = Words(f"{_BACK.zh} · {words.zh}", f"{_BACK.en} · {words.en}")
        if p.book != book:
            title = named.titles.get(p.book, Words("另一个基金", "another fund"))
            require_glyphs("fund", title.zh + title.en)
            words = Words(f"{title.zh} · {words.zh}", f"{title.en} · {words.en}")
        sums[words] = sums.get(words, 0) + p.amount
    return sums


def _amount(amount: int, named: Named) -> str:
    if named.unit is None:
        return f"¥{yuan(amount)}"
    item, unit = named.unit
    require_glyphs("unit", item + unit)
    return f"{amount:,} {unit} {item}"


def _share(part: int, whole: int) -> str:
    """Per cent with one decimal, half up."""
    tenths = (part * 2000 + whole) // (whole * 2)
    return f"{tenths // 10}.{tenths % 10}%"
