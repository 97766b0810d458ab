"""Errors of the online part. None of them is a verdict on anybody's certificate: what failed is a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class OnlineError(Exception):
    """Root of what this folder raises on purpose. Messages hold no value that was sent or received."""


class Unreachable(OnlineError):
    """No connection, or none that could be trusted. Nothing was sent: asking again is safe."""


class Unanswered(OnlineError):
    """The request was sent and no whole answer came. Whether it was acted on is not known."""


class BadAnswer(OnlineError):
    """An answer came that is not what this API says: too long, of another form, or without a signature that holds."""


class StaleTrust(BadAnswer):
    """Signed by a key that the trust material held does not know, or that has run out: `mz-trust update --force`."""


class Rollback(BadAnswer):
    """Older trust material than what is held already: somebody replays the past. Nothing was replaced."""


class Misconfigured(OnlineError):
    """An address, a key file or a folder that cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field that the service did not accept: its name, a stable code, words in the language asked for."""

    field: str
    code: str
    reason: str


class Problem(OnlineError):
    """An answer by application/problem+json (RFC 9457). `code` is stable and listed at `/problems/{code}`."""

    def __init__(self, status: int, members: Mapping[str, object]) -> None:
        self.status = status
        self.code = _text(members.get("code")) or "unknown"
        self.title = _text(members.get("title"))
        self.detail = _text(members.get("detail"))
        self.request_id = _text(members.get("request_id"))
        self.errors = tuple(_faults(members.get("errors")))
        named = (f"{fault.field}: {fault.code}" for fault in self.errors)
        said = " ".join(part for part in (str(status), self.code, self.detail, *named) if part)
        super().__init__(said + (f", request {self.request_id}" if self.request_id else ""))


class Unauthenticated(Problem):
    """401: signature, key or certificate was not accepted; `detail` says which rule."""


class Forbidden(Problem):
    """403: the party is not allowed to ask this: by its role, or by the purpose catalogue (`purpose-refused`)."""


class NotFound(Problem):
    """404 or 410: not there, or not any longer, or not yours."""


class Conflict(Problem):
    """409: the state does not allow it, for instance an answer that was fetched already."""


class Rejected(Problem):
    """Any other 4xx: the request is wrong as it is; `errors` names fields."""


class TooMany(Problem):
    """429: quota or rate. `retry_after`: seconds, None where the service does not say."""

    retry_after: int | None = None


class ServiceFault(Problem):
    """5xx: the service cannot answer now. Never a statement about a certificate."""

    retry_after: int | None = None


_BY_STATUS: Mapping[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    429: TooMany,
}


def problem(status: int, members: Mapping[str, object], retry_after: str | None = None) -> Problem:
    """The typed error of a problem document."""
    found = _BY_STATUS.get(status, ServiceFault if status >= 500 else Rejected)(status, members)
    if isinstance(found, TooMany | ServiceFault) and retry_after is not None and retry_after.isascii():
        found.retry_after = int(retry_after) if retry_after.isdigit() and len(retry_after) < 7 else None
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= 1000 else ""


def _faults(value: object) -> Sequence[FieldFault]:
    items = value if isinstance(value, list) else []
    return [
        FieldFault(_text(i.get("field")), _text(i.get("code")), _text(i.get("reason")))
        for i in items[:100]
        if isinstance(i, dict)
    ]
