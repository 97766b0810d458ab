"""The six questions about people and certificates (核验): inputs that the party holds already, one of three words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response

from api.errors import BadRequest, InvalidFields
from api.http.authenticity import Presented
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
    told,
)
from api.http.docs import declared, examples, json_request
from api.http.reading import read_json, refusal
from api.http.state import service_of
from api.services.questions import Question
from api.services.relationships import CHINA
from certs.match import MAX_MONTHS, Subject, make_subject
from verifier.answer import Predicate

router = APIRouter()
Name = Literal[
    "certificate_valid",
    "registered_married",
    "spouses_match",
    "registered_divorce_within",
    "registered_between",
    "document_authentic",
]


class SubjectModel(BaseModel):
    """Somebody as the party knows him. An identity number may have 15 or 18 characters and tells the birth date; other
    documents need it. A name that is not the recorded one gives UNDETERMINED, as if nothing were recorded."""

    model_config = STRICT

    cert_type: str = Field(pattern="^[0-9]{3}$", examples=["111"])
    cert_num: str = Field(pattern="^[0-9A-Za-z][0-9A-Za-z()/-]{3,29}$", examples=["990101199803070013"])
    nation: str = Field(default="156", pattern="^[0-9]{3}$")
    name: str = Field(min_length=1, max_length=60, examples=["张示例"])
    birth: str | None = Field(default=None, pattern=DATE)

    def value(self) -> Subject:
        """Raises InvalidField, BadRequest."""
        birth = None if self.birth is None else day_of(self.birth, "birth")
        return make_subject(self.cert_type, self.cert_num, self.name, self.nation, birth)


class OfSubject(BaseModel):
    """registered_married"""

    model_config = STRICT

    subject: SubjectModel


class OfSpouses(BaseModel):
    """spouses_match"""

    model_config = STRICT

    a: SubjectModel
    b: SubjectModel


class OfDivorce(OfSubject):
    """registered_divorce_within"""

    months: int = Field(ge=1, le=MAX_MONTHS)


class OfRegistration(BaseModel):
    """registered_between; both days included"""

    model_config = STRICT

    subject: SubjectModel
    first: str = Field(alias="from", pattern=DATE)
    last: str = Field(alias="to", pattern=DATE)


class OfDocument(BaseModel):
    """document_authentic: SM3 of the file, in hexadecimal"""

    model_config = STRICT

    sm3: str = Field(pattern="^[0-9a-f]{64}$")


Inputs = OfSubject | OfSpouses | OfDivorce | OfRegistration | OfDocument | Presented
_INPUTS: Final[dict[str, type[BaseModel]]] = {
    "certificate_valid": Presented,
    "registered_married": OfSubject,
    "spouses_match": OfSpouses,
    "registered_divorce_within": OfDivorce,
    "registered_between": OfRegistration,
    "document_authentic": OfDocument,
}


class MatchRequest(PartyRequest):
    """One question. `inputs` are those of the predicate; `as_of` a civil day in China, today if left out, for the first
    three questions about people; `grant` the consent's transaction, where the purpose takes one."""

    predicate: Name
    inputs: dict[str, Any] = Field(max_length=8)
    as_of: str | None = Field(default=None, pattern=DATE)
    grant: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    encrypt: bool = False


EXAMPLE: Final = {
    "context": CONTEXT_EXAMPLE,
    "purpose": "family-visa",
    "predicate": "registered_married",
    "inputs": {"subject": {"cert_type": "111", "cert_num": "990101199803070013", "name": "张示例"}},
    "as_of": "2027-01-15",
}


@router.post(
    "/v1/match",
    tags=["relying parties"],
    openapi_extra=json_request(MatchRequest, EXAMPLE),
    responses=declared(*ERRORS, "consent-missing", "chain-unavailable", ok=examples(ANSWER_EXAMPLE)),
)
async def match(request: Request, caller: Party) -> Response:
    """TRUE, FALSE or UNDETERMINED, signed. Nothing recorded, another name and an erased record are UNDETERMINED alike:
    it is no "no", and never "single"."""
    body = await read_json(request, MatchRequest)
    can_encrypt(caller, body.encrypt)
    now = service_of(request).clock()
    question = question_of(body, datetime.fromtimestamp(now, UTC).astimezone(CHINA).date())
    answered = await service_of(request).relying.answering.ask(caller, question)
    return told(request, caller, answered, encrypt=body.encrypt)


def question_of(body: MatchRequest, today: date) -> Question:
    """Raises InvalidFields, InvalidField, BadRequest."""
    inputs = _inputs(body)
    predicate, context = Predicate[body.predicate.upper()], body.context.value()
    grant = None if body.grant is None else bytes.fromhex(body.grant)
    if isinstance(inputs, Presented | OfDocument | OfRegistration) and body.as_of is not None:
        raise BadRequest("bad-parameter", "as_of", "not of this question")
    if isinstance(inputs, Presented):
        shown = inputs.data()
        return Question(predicate, body.purpose, context, presented=shown, level=inputs.level, grant=grant)
    if isinstance(inputs, OfDocument):
        return Question(predicate, body.purpose, context, digest=bytes.fromhex(inputs.sm3), grant=grant)
    people = (inputs.a, inputs.b) if isinstance(inputs, OfSpouses) else (inputs.subject,)
    subjects = tuple(person.value() for person in people)
    first = None
    if isinstance(inputs, OfRegistration):
        first, last = day_of(inputs.first, "from"), day_of(inputs.last, "to")
        if last < first:
            raise BadRequest("bad-parameter", "to", "before from")
    else:
        last = today if body.as_of is None else day_of(body.as_of, "as_of")
    if last > today:
        raise BadRequest("bad-parameter", "as_of", "not after today")
    months = inputs.months if isinstance(inputs, OfDivorce) else 0
    return Question(predicate, body.purpose, context, subjects, last, months, first, grant=grant)


def _inputs(body: MatchRequest) -> Inputs:
    model = _INPUTS[body.predicate]
    try:
        found = model.model_validate(body.inputs)
    except ValidationError as error:
        refused = refusal(error, model)
        raise refused from None
    if not isinstance(found, Inputs):
        raise InvalidFields((("inputs", "value"),))
    return found
