"""A bank signs what a charity's account moved: taken in once, whoever brings it, held against statements and books."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import httpx
import pytest

from api.services.parties import OPERATOR, Principal
from tests.support import signing
from tests.support.api_lab import AUDITOR, CHARITY, Lab, problem
from tests.support.money_world import OPENED, USCC, World, credit, day, debit, gift, money_world
from verifier import cose
from verifier.charity.bankday import TYP_BANK_DAY, BankDay

DATABASES = ("sqlite",)
BEGAN = (OPENED - date(1970, 1, 1)).days


@dataclass
class Banked:
    world: World
    bank: signing.Client

    def signed(self, key: signing.Key | None = None, **changes: Any) -> bytes:
        of_day = BEGAN + 2
        said = BankDay(signing.BANK, USCC, (of_day + 1) * 86400, of_day, b"a" * 32, 10500, 2, 6000, 1)
        return sign1(key or self.bank.key, replace(said, **changes).encode())

    async def send(self, data: bytes, **auth: Any) -> httpx.Response:
        auth = auth or {"headers": self.world.lab.token(CHARITY)}
        body = {"statement": base64.b64encode(data).decode()}
        return await self.world.lab.client.post("/v1/charity/bank-days", json=body, **auth)

    async def days(self) -> list[dict[str, Any]]:
        answer = await self.world.lab.client.get(
            "/v1/charity/bank-days",
            params={"charity": USCC, "from": day(0), "to": day(40)},
            headers=self.world.lab.token(AUDITOR) | {"Accept-Language": "en"},
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["days"]
        return found


def sign1(key: signing.Key, payload: bytes) -> bytes:
    protected = cose.protected_header(key.public.alg, key.public.kid, TYP_BANK_DAY)
    return cose.encode_sign1(protected, {}, payload, key.sign(cose.sig_structure(protected, payload)))


@pytest.fixture
async def banked(lab: Lab) -> Banked:
    world = await money_world(lab)
    until = lab.clock.now
    lab.clock.now = until - 40 * 86400
    bank = await signing.relying_party(lab)
    words = {"zh": "合成", "en": "synthetic"}
    registered = {
        "kind": "registered", "name": words, "form": 1, "region": "990000", "registrar": words,
        "registered_on": "2020-01-01", "recognised_on": "2020-01-01",
    }  # fmt: skip
    await lab.service.oversight.register.record(Principal(USCC, OPERATOR, ""), "r1", registered)
    lab.clock.now = until
    return Banked(world, bank)


async def test_whoever_brings_it_the_banks_signature_counts(banked: Banked) -> None:
    data = banked.signed()
    first = await banked.send(data, auth=banked.bank.auth)
    assert (first.status_code, first.json()["created"]) == (201, True), first.text
    again = await banked.send(data)
    assert again.json() == {**first.json(), "created": False}
    # other totals of a day that stands
    refused = problem(await banked.send(banked.signed(credits=10501)))
    assert (refused["status"], refused["code"]) == (409, "ledger-refused")


async def test_what_the_bank_did_not_sign_for_this_charity_is_refused(banked: Banked) -> None:
    lab = banked.world.lab
    for change, status, code in (
        ({"bank": signing.OTHER_BANK}, 422, "statement-refused"),
        ({"charity": "51990000MJ9T00045B"}, 403, "forbidden"),
        ({"made_at": 4_000_000_000}, 422, "statement-refused"),
    ):
        refused = problem(await banked.send(banked.signed(**change)))
        assert (refused["status"], refused["code"]) == (status, code)
    assert problem(await banked.send(banked.signed(signing.sm2_key())))["code"] == "statement-refused"
    tampered = bytearray(banked.signed())
    tampered[-1] ^= 1
    assert problem(await banked.send(bytes(tampered)))["code"] == "statement-refused"
    assert problem(await banked.send(b"\x00\x01\x02\x03"))["code"] == "malformed"
    for text in ("!!!!", "合成数据"):
        answer = await lab.client.post("/v1/charity/bank-days", json={"statement": text}, headers=lab.token(CHARITY))
        assert problem(answer)["code"] == "invalid-fields"
    assert await banked.days() == []


async def test_a_revoked_key_or_a_party_that_is_no_bank_is_refused(banked: Banked) -> None:
    lab = banked.world.lab
    employer = await signing.relying_party(lab, signing.EMPLOYER, "employer")
    data = banked.signed(employer.key, bank=signing.EMPLOYER)
    assert problem(await banked.send(data, auth=employer.auth))["code"] == "statement-refused"
    await signing.act(lab, "system", "parties/keys/revoke", {"keyid": banked.bank.key.keyid})
    assert problem(await banked.send(banked.signed()))["code"] == "statement-refused"


async def test_totals_are_held_against_statement_and_books(banked: Banked) -> None:
    w = banked.world
    await w.platform("\n".join([gift(1, "100.00", reference="R1"), gift(2, "5.00", reference="R2", on=3)]))
    await banked.send(banked.signed())
    (row,) = await banked.days()
    assert (row["day"], row["signed"], row["code"]) == (day(2), True, "statement-missing")
    assert (row["received"], row["paid"], row["running"]) == (10000, 0, 10500 - 6000 - 10000)
    await w.bank(credit("R1", "100.00", 2), credit("R2", "5.00", 2), debit("B1", "60.00", 2))
    (row,) = await banked.days()
    assert (row["code"], row["meaning"]) == ("totals-agree", "the bank's totals are those of its statement")
    await w.bank(credit("R3", "0.01", 2), credit("R4", "1.00", 9))
    assert [row["code"] for row in await banked.days()] == ["totals-differ"]
