"""The relying party's client against the running service, and against its OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from typing import Any, TypeVar

import jsonschema_rs
import pytest

from api.demo.stranger import serving
from api.http.schemas import MARRIAGE_EXAMPLE as EX
from api.main import create_app
from tests.support import signing
from tests.support.api_lab import Lab
from verifier.answer import Predicate, Result
from verifier.cose import CoseKey
from verifier.online import errors
from verifier.online.client import Client, ConsentRequest
from verifier.online.questions import (
    Context,
    Person,
    certificate_valid,
    document_authentic,
    registered_between,
    registered_divorce_within,
    registered_married,
    spouses_match,
)
from verifier.online.session import Session
from verifier.online.transport import HttpAnswer, Transport
from verifier.policy import TrustBundle

T = TypeVar("T")
CONTEXT = Context("0017", "示例事项", "990000-SAMPLE-001", "2027-000123", "示例原因")
MAN = Person("111", EX["cert_num_man"], EX["name_man"])
WOMAN = Person("111", EX["cert_num_woman"], EX["name_woman"])
DAY = date(2027, 1, 15)
COURT = "court-investigation"


class Opener:
    """The party's decryption key as the laboratory made it."""

    def __init__(self, private: Any) -> None:
        self._private = private

    def decrypt(self, cipher: bytes) -> bytes:
        from certs.errors import CertsError
        from certs.keys.sm2_encryption import decrypt

        try:
            return decrypt(self._private, cipher)
        except CertsError:
            raise errors.BadAnswer("envelope") from None


class Signer:
    """A laboratory key in the client's form."""

    def __init__(self, key: signing.Key) -> None:
        self._key = key

    @property
    def key(self) -> CoseKey:
        return self._key.public

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


@asynccontextmanager
async def connected(lab: Lab, who: signing.Client) -> AsyncIterator[Client]:
    trust = TrustBundle.parse((await lab.service.trust.latest()).signed)
    async with serving(create_app(lab.service)) as port:
        transport = Transport(f"http://127.0.0.1:{port}", authority=signing.AUTHORITY)
        session = Session(transport, Signer(who.key), clock=lab.clock, sleep=lambda _: None)
        client = Client(session, trust, who.owner)
        try:
            yield client
        finally:
            client.close()


async def do(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


async def test_a_court_asks_everything(lab: Lab) -> None:
    code = (await lab.issue()).json()["certificates"][0]["code"]
    court = await signing.relying_party(lab, category="court", encrypt=True)
    async with connected(lab, court) as client:

        def ask() -> list[Result]:
            people = [
                registered_married(MAN),
                spouses_match(MAN, WOMAN),
                registered_married(Person("111", MAN.cert_num, "另一人")),
            ]
            found = [client.match(CONTEXT, COURT, one, as_of=DAY) for one in people]
            found.append(client.match(CONTEXT, COURT, registered_divorce_within(MAN, 36), as_of=DAY))
            found.append(client.match(CONTEXT, COURT, registered_between(MAN, date(2025, 1, 1), DAY)))
            found.append(client.match(CONTEXT, COURT, certificate_valid(code)))
            found.append(client.match(CONTEXT, COURT, document_authentic(b"no document of anybody")))
            return [one.result for one in found]

        yes, no, unclear = Result.TRUE, Result.FALSE, Result.UNDETERMINED
        answers = await do(ask)
        assert answers[:3] == [yes, yes, unclear]
        assert answers[3] in (no, unclear)
        assert answers[4:6] == [yes, yes]
        assert answers[6] is unclear
        client.opener = Opener(court.decryption)
        sealed = await do(lambda: client.match(CONTEXT, COURT, registered_married(MAN), as_of=DAY))
        assert sealed.result is yes
        assert (await do(client.party_record))["category"] == "court"
        assert await do(client.purposes)
        nonce, expires_at = await do(client.challenge)
        assert (len(nonce), expires_at > lab.clock()) == (24, True)


async def test_a_bank_hears_refusals_as_what_they_are(lab: Lab) -> None:
    code = (await lab.issue()).json()["certificates"][0]["code"]
    bank = await signing.relying_party(lab)
    async with connected(lab, bank) as client:
        authentic = await do(lambda: client.authenticity(CONTEXT, "file-authenticity", code))
        assert authentic.result is Result.TRUE
        with pytest.raises(errors.Forbidden) as refused:
            await do(lambda: client.match(CONTEXT, COURT, registered_married(MAN)))
        assert refused.value.code == "purpose-refused"
        with pytest.raises(errors.NotFound):
            await do(lambda: client.consent_status("00" * 16))
        with pytest.raises(errors.Problem):
            await do(
                lambda: client.begin_consent(
                    CONTEXT, "loan-married-status", "A" * 22, ConsentRequest(((registered_married(MAN), DAY),))
                )
            )
        items: list[tuple[str, bytes | str]] = [("a", code), ("b", "MZ1:A"), ("c", b"\xff" * 40)]
        bulk = await do(lambda: list(client.bulk(CONTEXT, "file-authenticity", items)))
        assert [b.ref for b in bulk] == ["a", "b", "c"]
        results = [b.answer.result for b in bulk if b.answer is not None]
        assert results == [Result.TRUE, Result.FALSE, Result.FALSE]
    stranger = signing.Client(bank.owner, signing.sm2_key(), bank.auth)
    async with connected(lab, stranger) as client:
        with pytest.raises(errors.Unauthenticated):
            await do(client.party_record)


class Recorder(Transport):
    """Sends nothing and remembers what would have been sent."""

    def __init__(self) -> None:
        super().__init__("https://minzheng.example")
        self.sent: list[tuple[str, str, bytes]] = []

    def request(self, method: str, target: str, headers: Any, body: bytes = b"", limit: int = 0) -> HttpAnswer:
        self.sent.append((method, target, body))
        return HttpAnswer(200, {}, b"{}")


def everything(client: Client) -> None:
    """Each method with everything that it can send."""
    married = registered_married(Person("111", MAN.cert_num, MAN.name, birth=date(1990, 1, 1)))
    consents = (
        married,
        spouses_match(MAN, WOMAN),
        registered_divorce_within(MAN, 3),
        registered_between(MAN, DAY, DAY),
    )
    wishes = [
        ConsentRequest(
            [(one, DAY if one is married else None) for one in consents], categories=("marriage-registration",)
        ),
        ConsentRequest(fields=("marriage.registration_date",)),
    ]
    calls: list[Callable[[], object]] = [
        lambda: client.authenticity(CONTEXT, COURT, "MZ1:A", level="L1"),
        lambda: client.authenticity(CONTEXT, COURT, b"x"),
        *(lambda a=a: client.match(CONTEXT, COURT, a, as_of=DAY, grant="00" * 16) for a in consents),
        lambda: client.match(CONTEXT, COURT, certificate_valid("MZ1:A", "L1")),
        lambda: client.match(CONTEXT, COURT, document_authentic(b"x")),
        *(lambda w=w: client.begin_consent(CONTEXT, COURT, "A" * 22, w) for w in wishes),
        lambda: client.consent_status("00" * 16),
        lambda: client.fetch_consent("00" * 16, COURT),
        client.challenge,
        lambda: client.presentation(CONTEXT, COURT, b"x", "AAECAwQFBgcICQoLDA0ODw=="),
        client.party_record,
        client.purposes,
    ]
    for call in calls:
        with suppress(errors.BadAnswer):  # the empty answer is none: here the request counts
            call()


@pytest.mark.parametrize("encrypted", [False, True])
async def test_every_path_and_field_is_in_the_openapi_document(lab: Lab, encrypted: bool) -> None:
    document = (await lab.client.get("/openapi.json")).json()
    recorder = Recorder()
    client = Client(Session(recorder, Signer(signing.es256_key()), clock=lab.clock), None, signing.BANK)  # type: ignore[arg-type]
    client.opener = Opener(None) if encrypted else None
    everything(client)
    assert len(recorder.sent) == 16
    for method, path, body in recorder.sent:
        operation = document["paths"][path][method.lower()]
        if not body:
            assert "requestBody" not in operation or not operation["requestBody"].get("required"), path
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        found = jsonschema_rs.validator_for(whole).iter_errors(json.loads(body))
        assert [f"{path}: {e.message}" for e in found] == []
    assert "application/x-ndjson" in document["paths"]["/v1/authenticity/bulk"]["post"]["requestBody"]["content"]


def test_predicates_are_those_of_the_service() -> None:
    from api.http.match import _INPUTS

    assert set(_INPUTS) == {p.name.lower() for p in Predicate} - {"authenticity", "disclosed_fields"}
