"""The relying party's client: asks, and returns only answers whose signature it has checked.

    signer = SoftwareSigner.open("bank.key", getpass)
    client = Client.open("/var/lib/mz", signer, party="91990000MB9T071099")
    answer = client.match(context, "loan-married-status", registered_married(person), as_of=day, grant=trx)
    archive.write(answer.to_archive())

Errors are those of `errors`: a Problem is the service's refusal, with its stable `code`; none of them is a verdict on
anybody. UNDETERMINED is an answer, and is no "no".
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final

from ..answer import Predicate
from ..policy import TrustBundle
from .answers import Expected, SignedAnswer, checked
from .cache import Cache
from .envelope import open_envelope
from .errors import BadAnswer, Misconfigured, StaleTrust, Unanswered
from .keys import Opener, Signer
from .questions import Asked, Context, authenticity, certificate_valid, presented
from .session import Session
from .transport import Transport

BULK_LINES: Final = 500  # questions in one request of a bulk run
BULK_BYTES: Final = 4 << 20
END_STATES: Final = frozenset({"authorised", "fetched", "refused", "withdrawn", "expired"})


@dataclass(frozen=True, slots=True)
class Transaction:
    """A request for consent. `state`: waiting, authorised, fetched, refused, withdrawn or expired; times in seconds."""

    trx: str
    state: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """One line of a bulk run: `ref` is the caller's; either an answer, or the code of the problem with that line."""

    ref: str
    answer: SignedAnswer | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What a holder is asked. `predicates` or `fields`, never both; `method`: query, query-archive or collect; the
    consent lasts `days` and for `uses`; categories may be left out."""

    predicates: Sequence[tuple[Asked, date | None]] = ()
    fields: Sequence[str] = ()
    retention_days: int = 180
    method: str = "query"
    categories: Sequence[str] = ()
    days: int = 1
    uses: int = 1

    def to_json(self) -> dict[str, Any]:
        """Wire form, without context, purpose and code."""
        asks = [{"predicate": a.name, "inputs": _without_subject(a), **_day(d)} for a, d in self.predicates]
        what: dict[str, Any] = {"fields": list(self.fields)} if self.fields else {"predicates": asks}
        named = {"categories": list(self.categories)} if self.categories else {}
        bounds = {"retention_days": self.retention_days, "method": self.method, "days": self.days, "uses": self.uses}
        return {**what, **bounds, **named}


@dataclass(slots=True)
class Client:
    """A relying party's side of the API. `party`: its own unified social credit code; `opener`: the key that answers
    are encrypted to, and then every answer must come in an envelope; `cache`: read again when an answer's key is not
    known, for the service's keys follow each other while clients run."""

    session: Session
    trust: TrustBundle
    party: str
    opener: Opener | None = field(default=None, repr=False)
    cache: Path | None = None

    @classmethod
    def open(
        cls,
        cache: str | Path,
        signer: Signer,
        *,
        party: str,
        opener: Opener | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Client:
        """A client of the service whose cache this is (`mz-trust`). Raises Misconfigured."""
        opened = Cache.open(Path(cache))
        trust = opened.trust()
        if trust is None:
            raise Misconfigured("cache: no trust bundle; run `mz-trust update`")
        return cls(Session(Transport(opened.url, tls=tls), signer), trust, party, opener, Path(cache))

    def close(self) -> None:
        """End the connection."""
        self.session.transport.close()

    # questions -------------------------------------------------------------------------------------------------------
    def authenticity(
        self, context: Context, purpose: str, source: bytes | str, *, level: str | None = None
    ) -> SignedAnswer:
        """Is this code (str) or file (bytes) genuine and still valid?"""
        body = {"context": context.to_json(), "purpose": purpose, **presented(source, level)}
        expected = Expected(self.party, purpose, context, authenticity(source, level))
        return self._answer(self._ask("/v1/authenticity", body), expected)

    def match(
        self, context: Context, purpose: str, asked: Asked, *, as_of: date | None = None, grant: str | None = None
    ) -> SignedAnswer:
        """One of the six predicates. `grant`: the consent's transaction, where the purpose takes one."""
        body = {"context": context.to_json(), "purpose": purpose, "predicate": asked.name, "inputs": asked.inputs}
        granted = {} if grant is None else {"grant": grant}
        expected = Expected(self.party, purpose, context, asked, as_of, grant)
        return self._answer(self._ask("/v1/match", {**body, **_day(as_of), **granted}), expected)

    def bulk(
        self, context: Context, purpose: str, items: Iterable[tuple[str, bytes | str]], *, level: str | None = None
    ) -> Iterator[BulkAnswer]:
        """Authenticity of many (reference, code or file), answered in their order as they come. Not encrypted.

        Raises Unanswered if answers are missing: those that were yielded are good.
        """
        head = {"context": context.to_json(), "purpose": purpose, **({} if level is None else {"level": level})}
        for piece in _pieces(items):
            yield from self._bulk_piece(head, piece, Expected(self.party, purpose, context), level)

    def _bulk_piece(
        self, head: Mapping[str, Any], piece: list[tuple[str, bytes | str]], expected: Expected, level: str | None
    ) -> Iterator[BulkAnswer]:
        data = b"".join(_line(value) for value in (head, *(presented(source) for _, source in piece)))
        answers = self.session.lines("/v1/authenticity/bulk", data)
        for number, (ref, source) in enumerate(piece, 1):
            value = next(answers, None)
            if value is None:
                raise Unanswered(f"bulk: {number - 1} of {len(piece)} lines answered")
            if not isinstance(value, dict) or value.get("line") != number:
                raise BadAnswer("bulk: lines are not in order")
            found = value.get("problem")
            if found is not None:
                yield BulkAnswer(ref, problem=str(found.get("code")) if isinstance(found, dict) else "unknown")
                continue
            one = Expected(expected.party, expected.purpose, expected.context, authenticity(source, level))
            yield BulkAnswer(ref, self._answer(value, one))
        if not isinstance(end := next(answers, None), dict) or "end" not in end:
            raise Unanswered("bulk: the end is missing")

    # consent ---------------------------------------------------------------------------------------------------------
    def begin_consent(self, context: Context, purpose: str, code: str, request: ConsentRequest) -> Transaction:
        """Ask the holder whose code was scanned."""
        body = {"context": context.to_json(), "purpose": purpose, "code": code, **request.to_json()}
        return _transaction(self.session.call("POST", "/v1/consents", body))

    def consent_status(self, trx: str) -> Transaction:
        """How it stands."""
        return _transaction(self.session.call("POST", "/v1/consents/status", {"trx": trx}))

    def wait_for_consent(self, begun: Transaction, *, pause: float = 2.0) -> Transaction:
        """Ask again every `pause` seconds until it was decided or its time is over."""
        found = begun
        while found.state not in END_STATES and self.session.now() <= begun.expires_at:
            self.session.sleep(pause)
            found = self.consent_status(begun.trx)
        return found

    def fetch_consent(self, trx: str, purpose: str) -> list[SignedAnswer]:
        """The answers, once. What a lost answer held is not told again: ask anew."""
        value = self._ask("/v1/consents/fetch", {"trx": trx})
        answers = value.get("answers")
        if not isinstance(answers, list) or not answers:
            raise BadAnswer("consent: no answers")
        return [self._answer(one, Expected(self.party, purpose, grant=trx)) for one in answers]

    # presentations ---------------------------------------------------------------------------------------------------
    def challenge(self) -> tuple[str, int]:
        """A nonce for a holder's device to sign, and until when (seconds UTC)."""
        value = _object(self.session.call("POST", "/v1/presentations/challenge"))
        return _member(value, "nonce", str), _member(value, "expires_at", int)

    def presentation(self, context: Context, purpose: str, data: bytes, nonce: str) -> SignedAnswer:
        """Check what the holder's device showed, in answer to `nonce`. What it disclosed is in `details["report"]`, on
        the service's word; `verifier.presented.assess_presentation` proves it without."""
        shown = {"presentation": base64.b64encode(data).decode(), "nonce": nonce}
        body = {"context": context.to_json(), "purpose": purpose, **shown}
        expected = Expected(self.party, purpose, context, certificate_valid(data))
        return self._answer(self._ask("/v1/presentations/verify", body), expected)

    # the party itself ------------------------------------------------------------------------------------------------
    def party_record(self) -> Mapping[str, Any]:
        """What the service knows of this party: name, category, contact, keys."""
        return _object(self.session.call("GET", "/v1/party"))

    def purposes(self) -> Mapping[str, Any]:
        """The purpose catalogue in force."""
        return _object(self.session.call("GET", "/v1/purposes"))

    def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.opener is None:
            return _object(self.session.call("POST", path, body))
        value = _object(self.session.call("POST", path, {**body, "encrypt": True}))
        if set(value) - {"media_type"} != {"envelope"}:
            raise BadAnswer("answer: not in the envelope that was asked for")
        try:
            sealed = base64.b64decode(_member(value, "envelope", str), validate=True)
            return _object(json.loads(open_envelope(sealed, self.opener)))
        except (ValueError, RecursionError):
            raise BadAnswer("envelope: not of its form") from None

    def _answer(self, value: Any, expected: Expected) -> SignedAnswer:
        try:
            return checked(value, expected, self.trust, self.session.now())
        except StaleTrust:
            held = None if self.cache is None else Cache.open(self.cache).trust()
            if held is None or held.sequence <= self.trust.sequence:
                raise
            self.trust = held
        return checked(value, expected, self.trust, self.session.now())


def _without_subject(asked: Asked) -> dict[str, Any]:
    """The subject is whoever the code belongs to; of two spouses the other one is named."""
    mine = "a" if asked.predicate is Predicate.SPOUSES_MATCH else "subject"
    return {name: value for name, value in asked.inputs.items() if name != mine}


def _day(day: date | None) -> dict[str, str]:
    return {} if day is None else {"as_of": day.isoformat()}


def _pieces(items: Iterable[tuple[str, bytes | str]]) -> Iterator[list[tuple[str, bytes | str]]]:
    piece: list[tuple[str, bytes | str]] = []
    size = 0
    for ref, source in chain(items):
        if piece and (len(piece) == BULK_LINES or size + len(source) > BULK_BYTES):
            yield piece
            piece, size = [], 0
        piece.append((ref, source))
        size += len(source)
    if piece:
        yield piece


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadAnswer("answer: expected an object")
    return value


def _member(value: Mapping[str, Any], name: str, form: type[Any]) -> Any:
    if type(value.get(name)) is not form:
        raise BadAnswer(f"answer: expected {name}")
    return value[name]


def _transaction(value: Any) -> Transaction:
    found = _object(value)
    trx, state = _member(found, "trx", str), _member(found, "state", str)
    return Transaction(trx, state, _member(found, "expires_at", int))
