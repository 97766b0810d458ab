"""From an error to an answer: RFC 9457 problem+json, in the reader's language.

`TABLE` is the only place where the service decides what an error means over HTTP. Every error class of every package
is a row of its own: inheriting an answer from a base class is how a new error becomes a wrong status unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from api.http import headers
from api.http.catalogue import CATALOGUE, Problem
from api.http.mapping import TABLE

MAX_FIELD_ERRORS = 50


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is a name of our schema (never a name the client made up), `code` is stable."""

    field: str
    code: str
    reason: str = ""

    def to_json(self) -> dict[str, str]:
        return {"field": self.field, "code": self.code} | ({"reason": self.reason} if self.reason else {})


def problem_for(error: Exception) -> Problem:
    """The row of `error`'s class. Anything that is not in the table is internal: its text is not for strangers."""
    return CATALOGUE[TABLE.get(type(error), "internal")]


def language(accept: str) -> str:
    """ "zh" or "en" by Accept-Language (RFC 9110 §12.5.4); Chinese when nothing fits.

    >>> language("en-GB,en;q=0.9,zh;q=0.8")
    'en'
    """
    best, answer = 0.0, "zh"
    for part in accept.split(",")[:32]:
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        weight = _weight(parameters)
        if primary in ("zh", "en") and weight > best:
            best, answer = weight, primary
    return answer


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0


def body(
    problem: Problem,
    *,
    base: str,
    lang: str,
    request_id: str,
    errors: Sequence[FieldError] = (),
    detail: str = "",
) -> dict[str, Any]:
    """Members of the problem object."""
    members: dict[str, Any] = {
        "type": f"{base}/problems/{problem.code}",
        "title": problem.zh if lang == "zh" else problem.en,
        "status": problem.status,
        "code": problem.code,
        "request_id": request_id,
    }
    if detail:
        members["detail"] = detail
    if errors:
        members["errors"] = [e.to_json() for e in errors[:MAX_FIELD_ERRORS]]
    return members


def response(members: Mapping[str, Any], lang: str, extra: Mapping[str, str] | None = None) -> Response:
    """The answer itself. Problems are never cached: the next request may fare better."""
    return Response(
        json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode(),
        status_code=int(members["status"]),
        media_type=headers.PROBLEM,
        headers={"Content-Language": lang, "Cache-Control": "no-store", "Vary": "Accept-Language", **(extra or {})},
    )
