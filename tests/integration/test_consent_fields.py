"""Fields of a certificate from the code to the day on which the certificate ends, and the message that tells of it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from certs.envelope import Envelope
from tests.integration.test_webhooks import opened
from tests.support import consenting, signing
from tests.support.api_lab import OFFICE_1, Lab, problem
from tests.support.consenting import MAN, WOMAN, fetch, granted
from tests.support.receiver import Receiver, receiving
from verifier.answer import Answer, Basis, Predicate, Result
from verifier.credential import HolderFile
from verifier.report import Reason

FIELDS = ["marriage.registration_date", "marriage.spouse_name"]
COLLECT: dict[str, Any] = {"predicates": None, "fields": FIELDS, "method": "collect", "purpose": "notarisation"}


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Receiver]:
    async with receiving(tmp_path) as made:
        yield made


@pytest.fixture
async def lab(api_template: Path, tmp_path: Path, there: Receiver) -> AsyncIterator[Lab]:
    async with opened(api_template, tmp_path / "data", there.ca) as made:
        yield made


async def test_fields_are_fetched_encrypted_and_watched(lab: Lab, there: Receiver) -> None:
    notary = await signing.relying_party(lab, category="notary", encrypt=True)
    assert notary.decryption is not None
    await consenting.post(lab, "/v1/webhooks", {"url": there.url}, notary.auth)
    issued = (await lab.issue()).json()["certificates"]
    man, woman = [await consenting.enrolled(lab, person) for person in (MAN, WOMAN)]
    trx = await granted(lab, notary, [man, woman], **COLLECT)
    answer = (await fetch(lab, notary, trx, encrypt=True)).json()
    assert answer.keys() == {"envelope", "media_type"}
    content = json.loads(Envelope.parse(base64.b64decode(answer["envelope"])).open(notary.decryption))
    (told,) = content["answers"]
    assert (content["trx"], told["item"]) == (trx, "marriage")
    assert told["fields"] == {"registration_date": "2025-05-20", "spouse_name": WOMAN["name"]}
    file = HolderFile.parse(base64.b64decode(told["file"]))
    assert {d.name: d.value for d in file.disclosures} == told["fields"]
    signed = Answer.parse(base64.b64decode(told["answer"]))
    assert signed.check(lab.service.trust.bundle, lab.clock()) is Reason.OK
    claims = signed.claims
    assert (claims.predicate, claims.result, claims.basis) == (Predicate.DISCLOSED_FIELDS, Result.TRUE, Basis.CONSENT)
    for person in (man, woman):  # what she agreed to give, she sees as well
        use = (await person.call(lab, "uses")).json()["uses"][0]
        assert (use["recipient"]["uscc"], use["action"], use["what"]) == (notary.owner, "consent-fetch", ["marriage"])
    await lab.service.dispatcher.turn()
    there.got.clear()
    cti = file.certificate.claims.cti.hex()
    assert cti in [certificate["cti"] for certificate in issued]
    body = {"cti": [certificate["cti"] for certificate in issued], "reason": "样例撤销原因"}
    gone = await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    assert gone.status_code == 200, gone.text
    await lab.service.dispatcher.turn()
    (message,) = there.got
    assert message.json["type"] == "certificate.invalidated"
    assert claims.pseudonym is not None
    assert message.json["data"] == {"trx": trx, "pseudonym": claims.pseudonym.hex(), "status": "invalid"}


async def test_who_has_no_key_is_told_before_the_one_fetch_is_spent(lab: Lab) -> None:
    notary = await signing.relying_party(lab, category="notary")
    await lab.issue()
    trx = await granted(lab, notary, [await consenting.enrolled(lab, MAN)], **COLLECT | {"fields": FIELDS[:1]})
    assert problem(await fetch(lab, notary, trx, encrypt=True))["code"] == "encryption-key-missing"
    (told,) = (await fetch(lab, notary, trx)).json()["answers"]
    assert told["fields"] == {"registration_date": "2025-05-20"}
    assert WOMAN["name"].encode() not in base64.b64decode(told["file"])
