"""Consent as relying parties see it: begin with a scanned code, ask how it stands, fetch once. See docs/consent.md."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import JSONResponse, Response

from api.errors import BadRequest
from api.http.context import (
    ANSWER_EXAMPLE,
    CONTEXT_EXAMPLE,
    DATE,
    ERRORS,
    STRICT,
    Party,
    PartyRequest,
    can_encrypt,
    day_of,
)
from api.http.docs import declared, examples, json_request
from api.http.match import SubjectModel
from api.http.reading import read_json, refusal
from api.http.state import service_of
from api.services.consent.asking import Wish
from api.services.consent.granting import person_of
from certs.civilday import UTC_OFFSET
from certs.consent.asks import Ask, field_of
from certs.match import MAX_MONTHS

router = APIRouter(tags=["consent"])
Trx = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
NO_STORE: Final = {"Cache-Control": "no-store"}
TRX: Final = "00112233445566778899aabbccddeeff"
MAX_ASKS: Final = 16


class Nothing(BaseModel):
    """registered_married: the subject is whoever the code belongs to."""

    model_config = STRICT


class OfOther(BaseModel):
    """spouses_match: the second person, whom the party must know by itself."""

    model_config = STRICT

    b: SubjectModel


class OfMonths(BaseModel):
    """registered_divorce_within"""

    model_config = STRICT

    months: int = Field(ge=1, le=MAX_MONTHS)


class OfDays(BaseModel):
    """registered_between; both days included"""

    model_config = STRICT

    first: str = Field(alias="from", pattern=DATE)
    last: str = Field(alias="to", pattern=DATE)


_INPUTS: Final[dict[str, type[BaseModel]]] = {
    "registered_married": Nothing,
    "spouses_match": OfOther,
    "registered_divorce_within": OfMonths,
    "registered_between": OfDays,
}


class AskModel(BaseModel):
    """One predicate. `inputs` as of /v1/match, without the subject; `as_of` a civil day in China, today if left out."""

    model_config = STRICT

    predicate: Literal["registered_married", "spouses_match", "registered_divorce_within", "registered_between"]
    inputs: dict[str, Any] = Field(default_factory=dict, max_length=4)
    as_of: str | None = Field(default=None, pattern=DATE)


class BeginRequest(PartyRequest):
    """What a party wants of whoever showed the code: predicates, or fields ("marriage.registration_date"), not both."""

    code: str = Field(min_length=22, max_length=300, examples=["https://minzheng.example/h#Dz0cN8p2Qk6vXw1yZ3aB5g"])
    predicates: list[AskModel] | None = Field(default=None, min_length=1, max_length=MAX_ASKS)
    fields: list[Annotated[str, Field(max_length=80)]] | None = Field(default=None, min_length=1, max_length=MAX_ASKS)
    retention_days: int = Field(ge=0, le=3650)
    method: Literal["query", "query-archive", "collect"]
    categories: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=8)
    days: int = Field(default=1, ge=1, le=180)
    uses: int = Field(default=1, ge=1, le=24)


class TrxRequest(BaseModel):
    """One transaction."""

    model_config = STRICT

    trx: Trx


class ConsentFetchRequest(TrxRequest):
    """`encrypt`: the answers come in an envelope to the party's key."""

    encrypt: bool = False


EXAMPLE: Final = {
    "context": CONTEXT_EXAMPLE,
    "purpose": "mortgage-joint-debt",
    "code": "https://minzheng.example/h#Dz0cN8p2Qk6vXw1yZ3aB5g",
    "predicates": [{"predicate": "registered_married", "inputs": {}, "as_of": "2027-01-15"}],
    "retention_days": 180,
    "method": "query-archive",
    "days": 1,
    "uses": 1,
}
_STATE: Final = {"trx": TRX, "state": "waiting", "expires_at": 1800000900}
_FETCHED: Final = {"trx": TRX, "answers": [{"item": "registered_married", **ANSWER_EXAMPLE}]}
_ERRORS: Final = ("unauthenticated", "forbidden", "malformed-json", "invalid-fields", "body-too-large",
                  "unsupported-media-type", "rate-limited", "not-found", "unavailable")  # fmt: skip


@router.post(
    "/v1/consents",
    openapi_extra=json_request(BeginRequest, EXAMPLE),
    responses=declared(*ERRORS, "code-refused", "not-found", "busy", ok=examples(_STATE), status=201),
    status_code=201,
)
async def begin(request: Request, caller: Party) -> Response:
    """Use up the code and put the question before its holder. Nothing is answered, and nothing looked up, before the
    holder has read who asks for what and signed; where the other spouse is concerned, both."""
    body = await read_json(request, BeginRequest)
    begun = await service_of(request).consents.asking.begin(caller, _wish(body, service_of(request).clock()))
    answer = {"trx": begun.trx.hex(), "state": begun.state, "expires_at": begun.expires_at}
    return JSONResponse(answer, status_code=201, headers=NO_STORE)


@router.post(
    "/v1/consents/status",
    openapi_extra=json_request(TrxRequest, {"trx": TRX}),
    responses=declared(*_ERRORS, ok=examples(_STATE)),
)
async def status(request: Request, caller: Party) -> Response:
    """How a transaction of one's own stands: waiting, authorised, fetched, refused, withdrawn or expired. That one of
    two has agreed is not told. A webhook tells of changes without asking."""
    body = await read_json(request, TrxRequest)
    state, expires_at = await service_of(request).consents.viewing.status(caller.uscc, bytes.fromhex(body.trx))
    return JSONResponse({"trx": body.trx, "state": state, "expires_at": expires_at}, headers=NO_STORE)


@router.post(
    "/v1/consents/fetch",
    openapi_extra=json_request(ConsentFetchRequest, {"trx": TRX, "encrypt": False}),
    responses=declared(
        *_ERRORS, "consent-state", "purpose-refused", "encryption-key-missing", "self-check-failed", "busy",
        ok=examples(_FETCHED),
    ),
)  # fmt: skip
async def fetch(request: Request, caller: Party) -> Response:
    """What was consented to, once. The answers are signed and not kept here. A 503 has changed nothing: ask again."""
    body = await read_json(request, ConsentFetchRequest)
    can_encrypt(caller, body.encrypt)
    service = service_of(request)
    told = await service.consents.fetching.fetch(caller, bytes.fromhex(body.trx))
    content = {"trx": body.trx, "answers": [one.to_json() for one in told]}
    text = service.relying.answering.told(caller, content, encrypt=body.encrypt)
    return Response(text, media_type="application/json", headers=NO_STORE)


def _wish(body: BeginRequest, now: int) -> Wish:
    """Raises InvalidFields, InvalidField, BadRequest."""
    if (body.predicates is None) == (body.fields is None):
        raise BadRequest("bad-parameter", "predicates", "either predicates or fields")
    today = datetime.fromtimestamp(now + UTC_OFFSET, UTC).date()
    asks = [_ask(item, today) for item in body.predicates or ()]
    for name in body.fields or ():
        field_of(name)
        asks.append(Ask(name))
    if len(set(asks)) != len(asks):
        raise BadRequest("bad-parameter", "predicates", "asked twice")
    return Wish(
        body.purpose, body.context.value().to_map(), body.code, tuple(asks), body.method, body.retention_days,
        body.days, body.uses, tuple(body.categories),
    )  # fmt: skip


def _ask(item: AskModel, today: date) -> Ask:
    model = _INPUTS[item.predicate]
    try:
        said = model.model_validate(item.inputs)
    except ValidationError as error:
        raise refusal(error, model) from None
    if isinstance(said, OfDays):
        first, last = day_of(said.first, "from"), day_of(said.last, "to")
        if last < first or last > today or item.as_of is not None:
            raise BadRequest("bad-parameter", "to", "not before from, and not after today")
        return Ask(item.predicate, first=said.first, last=said.last)
    day = today if item.as_of is None else day_of(item.as_of, "as_of")
    if day > today:
        raise BadRequest("bad-parameter", "as_of", "not after today")
    if isinstance(said, OfOther):
        return Ask(item.predicate, day.isoformat(), other=person_of(said.b.value()))
    return Ask(item.predicate, day.isoformat(), months=said.months if isinstance(said, OfMonths) else 0)
