"""加注件: a copy made for one purpose and one recipient, marked so on every page and in its metadata.

The words come from whoever orders the copy, so they are checked like a registry's: one line, no control or
bidirectional characters. The pinyin keys are those of the metadata standard (JZJZZSJ …).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from certs.documents.errors import AnnotationInvalid
from certs.errors import InvalidField
from certs.text import check_text

MAX_PURPOSE: Final = 60
MAX_PARTY: Final = 60
MAX_LIFE: Final = 366 * 86400
"""A copy for one purpose that lives longer than a year is a second certificate."""
_LAST: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second that a date can be written for
_CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Annotation:
    """Marks of one annotated copy.

    purpose, recipient, made_by: 1 to 60 characters of one line. made_at, expires: UTC seconds; the copy is for use
    up to and including `expires`, at most 366 days after it was made. Raises AnnotationInvalid.
    """

    purpose: str = field(repr=False)
    recipient: str = field(repr=False)
    made_by: str = field(repr=False)
    made_at: int
    expires: int

    def __post_init__(self) -> None:
        for name, maximum in (("purpose", MAX_PURPOSE), ("recipient", MAX_PARTY), ("made_by", MAX_PARTY)):
            _check_words(name, getattr(self, name), maximum)
        for name in ("made_at", "expires"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST:
                raise AnnotationInvalid(name, "expected whole seconds since 1970")
        if self.expires <= self.made_at:
            raise AnnotationInvalid("expires", "a copy ends after it was made")
        if self.expires - self.made_at > MAX_LIFE:
            raise AnnotationInvalid("expires", f"a copy lives at most {MAX_LIFE // 86400} days")

    def standard(self) -> Mapping[str, str]:
        """The standard's keys, times in UTC: {"JZJZZSJ": "2026-09-21T14:13:20Z", "JZJZZZ": …, "JZJZZSY": …,
        "JZJJSF": recipient (no key of the standard names one), "JZJYXQJZSJ": …}."""
        return {
            "JZJZZSJ": _utc(self.made_at),
            "JZJZZZ": self.made_by,
            "JZJZZSY": self.purpose,
            "JZJJSF": self.recipient,
            "JZJYXQJZSJ": _utc(self.expires),
        }


def _check_words(name: str, value: object, maximum: int) -> None:
    if not isinstance(value, str):
        raise AnnotationInvalid(name, "expected text")
    try:
        check_text(value, field=name, maximum=maximum)
    except InvalidField as e:
        raise AnnotationInvalid(name, f"breaks the rule {e.rule}") from None


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def china_minute(seconds: int) -> str:
    """The moment as people in China read it on the page: "2026-09-21 22:13"."""
    return datetime.fromtimestamp(seconds, _CHINA).strftime("%Y-%m-%d %H:%M")
