"""What a holder reads before deciding: the five items of a separate consent (PIPL art. 23) and retention, in words.

Recipient's name and contact, purpose, method, categories; then how long it is kept, how often it may be used, when it
ends, who else is asked, and that saying no or withdrawing costs nothing. The text is canonical JSON (members sorted, no
spaces, UTF-8) and handed out as it is; its SM3 stands in the signed statement, so that nobody can say later that
another text was read. Everything a party could word itself is a code here, and the words are ours: no party writes on
the holder's screen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from certs.errors import InvalidField

from .asks import CATEGORIES, Ask, Words, category_of, concerns_spouse, words_of
from .machine import Role

METHODS: Final[Mapping[str, tuple[str, str]]] = {
    "query": (
        "按下列次数查询比对，仅取得结果",
        "compared as often as said here; only the result is told",
    ),
    "query-archive": (
        "按下列次数查询比对，并将签名的结果存档",
        "compared as often as said here; the signed result is archived",
    ),
    "collect": ("取得并保存下列信息", "the items below are obtained and kept"),
}
MAX_RETENTION: Final = 3650  # days
MAX_DAYS: Final = 180
MAX_USES: Final = 24
_RIGHTS: Final = {
    "zh": "您可以拒绝；同意后可随时撤回，撤回不影响此前已作出的处理。拒绝或撤回不影响与该事项无关的服务。",
    "en": "You may refuse. You may withdraw at any time; what was done before stays done. Neither has an effect on "
    "services that do not need this.",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who asks: code, name, and the contact of an office."""

    uscc: str
    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for everybody concerned. `purpose`: code and words of the catalogue; times in seconds UTC."""

    trx: bytes
    recipient: Recipient
    purpose: str
    purpose_words: Words
    asks: Sequence[Ask]
    method: str
    retention_days: int
    uses: int
    decide_by: int
    until: int

    def check(self) -> None:
        """Raises InvalidField for what no notice may say."""
        if self.method not in METHODS:
            raise InvalidField("method", "CODE")
        if not 0 <= self.retention_days <= MAX_RETENTION:
            raise InvalidField("retention_days", "RANGE")
        if not 1 <= self.uses <= MAX_USES:
            raise InvalidField("uses", "RANGE")
        if self.method == "query" and any(not ask.is_predicate for ask in self.asks):
            raise InvalidField("method", "NOT_FOR_FIELDS")

    @property
    def categories(self) -> list[str]:
        """Codes, each once, sorted: they follow from what is asked."""
        return sorted({category_of(ask) for ask in self.asks})


def notice_text(terms: Terms, role: Role, other: str | None) -> str:
    """The text for one reader. `other`: name of who has to consent as well, None if nobody has.

    The spouse hears of what concerns the spouse and of nothing else. Raises InvalidField.
    """
    terms.check()
    reads = terms.asks if role is Role.SUBJECT else [ask for ask in terms.asks if concerns_spouse(ask)]
    method, recipient = METHODS[terms.method], terms.recipient
    text: dict[str, Any] = {
        "v": 1,
        "trx": terms.trx.hex(),
        "role": role.value,
        "recipient": {"uscc": recipient.uscc, "name": recipient.name, "contact": recipient.contact},
        "purpose": {"code": terms.purpose, **terms.purpose_words},
        "method": {"code": terms.method, "zh": method[0], "en": method[1]},
        "categories": [_category(code) for code in sorted({category_of(ask) for ask in reads})],
        "asks": [{"item": ask.item, **words_of(ask, role.value, other or "")} for ask in reads],
        "retention": _retention(terms.retention_days),
        "uses": terms.uses,
        "expires_at": terms.decide_by,
        "until": terms.until,
        "other": None if other is None or role is Role.SPOUSE else _other(),
        "rights": _RIGHTS,
    }
    return json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _category(code: str) -> dict[str, str]:
    zh, en = CATEGORIES[code]
    return {"code": code, "zh": zh, "en": en}


def _retention(days: int) -> dict[str, Any]:
    if days == 0:
        return {"days": 0, "zh": "不保存", "en": "not kept"}
    return {"days": days, "zh": f"保存{days}天后删除", "en": f"kept for {days} days, then deleted"}


def _other() -> dict[str, str]:
    return {
        "zh": "此事项还需要另一方本人同意。您同意后，对方会看到是谁提出的请求。若您不希望对方知道，请拒绝。",
        "en": "This also needs the other person's own consent. Once you agree, that person sees who asks. Refuse if "
        "that person is not to know.",
    }
