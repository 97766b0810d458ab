"""What every page says besides a kind's own words, in both languages: PDF and OFD say the same."""

from __future__ import annotations

from typing import Final

from certs.documents.annotation import Annotation, china_minute
from certs.documents.view import Lang, Words

SUBTITLE: Final = Words("电子证照打印件", "Printed form of the electronic certificate")
CODE: Final = Words("民政码", "Minzheng code")
COPY: Final = Words("加注件", "Annotated copy")
_SPECIMEN: Final = Words("合成数据，无法律效力", "Synthetic data, no legal effect")
_MARKS: Final = (
    Words("用途", "Purpose"),
    Words("提供给", "For"),
    Words("制作者", "Made by"),
    Words("制作时间", "Made at"),
    Words("有效期至", "Valid until"),
)
_UTC8: Final = Words("（北京时间）", " (UTC+8)")


def specimen(mark: Words) -> Words:
    """The red line under a specimen's title, "示例 · 合成数据，无法律效力"."""
    return Words(f"{mark.zh} · {_SPECIMEN.zh}", f"{mark.en} · {_SPECIMEN.en}")


def across(mark: Words) -> str:
    """The watermark: in both languages whatever the page's own."""
    return f"{mark.zh} {mark.en}"


def marks(annotation: Annotation, lang: Lang) -> tuple[tuple[str, str], ...]:
    """Label and value of each mark of an annotated copy, times as people in China read them."""
    zone = _UTC8.pick(lang)[0]
    values = (
        annotation.purpose,
        annotation.recipient,
        annotation.made_by,
        china_minute(annotation.made_at) + zone,
        china_minute(annotation.expires) + zone,
    )
    return tuple((label.text(lang), value) for label, value in zip(_MARKS, values, strict=True))
