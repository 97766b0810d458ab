"""Donors are told when something moves: by mail through a real relay and by webhook, and only who said yes."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

import api.maillink
from api.bootstrap import open_service
from api.db.charity_tables import charity_notice, charity_watch
from api.main import create_app
from api.services.charity.watching import ASKED_FOR, LIVES_FOR
from tests.simulators.mailbox import Relay, relay
from tests.support.api_lab import Clock, Lab, copied, problem
from tests.support.charity_lab import DIGEST, Fund, epoch
from tests.support.charity_lab import opened as opened_fund
from tests.support.receiver import Receiver, receiving
from verifier.charity import tracemaker

DATABASES = ("sqlite",)
MAIL = "donor@example.org"


@dataclass
class World:
    """`first`, `second`: donations of 100.00 and 50.00 to the fund, in no epoch yet."""

    lab: Lab
    post: Relay
    there: Receiver
    fund: Fund
    first: dict[str, Any]
    second: dict[str, Any]

    async def call(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.lab.client.post(f"/v1/charity/watches{path}", json=body)

    async def ask(self, address: str = MAIL, channel: str = "mail", number: str = "") -> httpx.Response:
        asked = {"donation": number or self.first["donation"], "channel": channel, "address": address}
        return await self.call("", asked)

    async def asked_and_told(self) -> dict[str, str]:
        """What confirms and ends the watch, out of the mail."""
        assert (await self.ask()).status_code == 202
        assert (await self.lab.service.watch_teller.turn()).sent == 1
        return token_in(self.post.got[-1])

    async def rows(self, table: Any) -> list[Any]:
        async with self.lab.service.database.read() as work:
            return list((await work.connection.execute(select(table))).all())


def token_in(mail: Message) -> dict[str, str]:
    found = re.search(r"https://minzheng\.example/d#w([A-Za-z0-9_-]{43})\n", text_of(mail))
    assert found is not None
    both = base64.urlsafe_b64decode(found[1] + "=")
    return {"watch": both[:16].hex(), "token": both[16:].hex()}


def text_of(mail: Message) -> str:
    return mail.get_content()  # type: ignore[attr-defined, no-any-return]


@asynccontextmanager
async def opened(template: Path, directory: Path, smtp: str | None) -> AsyncIterator[Lab]:
    ca = directory.parent / "receiver-127.0.0.1.pem"
    settings = replace(copied(template, directory), webhook_private=True, webhook_ca=ca, smtp_url=smtp)
    clock = Clock()
    async with open_service(settings, clock=clock) as service:
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Lab(service, client, clock)


@pytest.fixture
async def world(api_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with receiving(tmp_path) as there, relay(there.ca) as post:
        trusted = ssl.create_default_context(cafile=there.ca)
        monkeypatch.setattr(api.maillink.ssl, "create_default_context", lambda **_: trusted)
        async with opened(api_template, tmp_path / "data", f"smtp://127.0.0.1:{post.port}") as lab:
            fund = await opened_fund(lab)
            first, second = await fund.donate(fund.row(10_000), fund.row(5_000))
            yield World(lab, post, there, fund, first, second)


async def test_a_donor_is_told_once_after_saying_yes_and_never_after_ending(world: World) -> None:
    look, tell = world.lab.service.charity_watches.look, world.lab.service.watch_teller.turn
    fund, mine = world.fund, world.first
    payment = await fund.spend(12_000)
    await epoch(world.lab)
    proof = await world.asked_and_told()
    assert world.post.encrypted == [True]
    assert world.post.recipients == [MAIL]
    assert (await world.call("/confirm", {**proof, "token": "00" * 16})).status_code == 404
    assert (await look()).moved == 0  # nobody has said yes
    assert (await world.call("/confirm", proof)).json() == {"state": "live"}
    assert (await world.call("/confirm", proof)).json() == {"state": "live"}
    await fund.donate(fund.row(700))
    await epoch(world.lab)
    assert (await look()).moved == 0  # an epoch in which nothing of it moved
    evidence = {"evidence": DIGEST, "signer": "beneficiary"}
    await fund.act("acknowledged", no=payment, amount=10_000, **evidence)
    assert (await look()).moved == 0  # not signed yet
    await epoch(world.lab)
    assert (await look()).moved == 1
    assert (await look()).moved == 0
    assert (await tell()).sent == 1
    assert (await tell()).sent == 0
    letter = world.post.got[-1]
    assert token_in(letter) == proof
    assert (letter["To"], letter["Auto-Submitted"]) == (MAIL, "auto-generated")
    whole = letter.as_string() + text_of(letter)
    for secret in ("MZD1:", mine["donation"], mine["code"][5:], "100.00", "10000", "10,000", fund.book, "示例基金"):
        assert secret not in whole
    await fund.act("acknowledged", no=payment, amount=2_000, **evidence)  # the other donor's part
    await epoch(world.lab)
    assert (await look()).moved == 0
    assert (await world.call("/end", proof)).json() == {"state": "ended"}
    assert (await world.call("/end", proof)).status_code == 404
    assert await world.rows(charity_watch) == await world.rows(charity_notice) == []


async def test_a_donation_that_no_file_can_show_keeps_no_other_donor_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracemaker, "MAX_LEAVES", 1)
    await epoch(world.lab)
    for taken in (world.first, world.second):
        assert (await world.ask(number=taken["donation"])).status_code == 202
        assert (await world.lab.service.watch_teller.turn()).sent == 1
        assert (await world.call("/confirm", token_in(world.post.got[-1]))).status_code == 200
    for amount in (4_000, 6_000, 5_000):  # two of the first donation, one of the second
        await world.fund.spend(amount)
    await epoch(world.lab)
    assert (await world.lab.service.charity_watches.look()).moved == 1


async def test_what_came_back_is_followed_into_the_next_payment(world: World) -> None:
    fund = world.fund
    payment = await fund.spend(1_000)
    await epoch(world.lab)
    proof = await world.asked_and_told()
    await world.call("/confirm", proof)
    await fund.act("payment_returned", no=payment, amount=400, reason={"code": "over-paid"})
    await epoch(world.lab)
    assert (await world.lab.service.charity_watches.look()).moved == 1
    await world.lab.service.watch_teller.turn()
    again = {"allocation": 1, "amount": 400, "cost_class": "direct_aid", "payee_type": "supplier"}
    await fund.act("paid", no=(await fund.act("reserved", **again))["no"], voucher=DIGEST)
    await epoch(world.lab)
    assert (await world.lab.service.charity_watches.look()).moved == 1


async def test_a_webhook_is_told_with_a_signature(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fund = world.fund
    await epoch(world.lab)
    made = (await world.ask(world.there.url, "webhook")).json()
    world.there.answers = [503, 200]
    assert (await world.lab.service.watch_teller.turn()).failed == 1
    world.lab.clock.now += 60
    assert (await world.lab.service.watch_teller.turn()).sent == 1
    first, second = world.there.got
    assert first.id == second.id
    at = datetime.fromtimestamp(int(second.headers["webhook-timestamp"]), UTC)
    monkeypatch.setattr("standardwebhooks.webhooks.Webhook._Webhook__verify_timestamp", lambda *_: at)
    said = Webhook(made["secret"]).verify(second.body, second.headers)
    assert (said["type"], said["data"]["watch"]) == ("donation.watch.confirm", made["watch"])
    assert (await world.call("/confirm", said["data"])).status_code == 200
    await fund.spend(100)
    await epoch(world.lab)
    await world.lab.service.charity_watches.look()
    await world.lab.service.watch_teller.turn()
    assert world.there.got[-1].json["data"] == {"watch": made["watch"]}
    world.there.answers = [410]
    await fund.spend(200)
    await epoch(world.lab)
    await world.lab.service.charity_watches.look()
    assert (await world.lab.service.watch_teller.turn()).ended == 1
    assert await world.rows(charity_watch) == []


async def test_addresses_are_sealed_and_what_is_over_is_erased(world: World) -> None:
    proof = await world.asked_and_told()
    await world.ask("other@example.org")
    for row in await world.rows(charity_watch):
        assert b"example.org" not in row.sealed_body
    await world.call("/confirm", proof)
    world.lab.clock.now += ASKED_FOR + 1
    assert (await world.lab.service.charity_watches.look()).erased == 1
    assert [row.state for row in await world.rows(charity_watch)] == ["live"]
    world.lab.clock.now += LIVES_FOR
    assert (await world.lab.service.charity_watches.look()).erased == 1
    assert await world.rows(charity_watch) == []


async def test_nobody_is_written_to_more_often_than_three_times_unasked(world: World) -> None:
    for _ in range(3):
        assert (await world.ask()).status_code == 202
    assert problem(await world.ask())["code"] == "rate-limited"
    assert problem(await world.ask(MAIL.upper(), number=world.second["donation"]))["code"] == "rate-limited"
    for number in range(2):
        assert (await world.ask(f"d{number}@example.org")).status_code == 202
    assert problem(await world.ask("d9@example.org"))["code"] == "rate-limited"  # of one donation


async def test_what_cannot_be_told_is_refused(world: World) -> None:
    for body, code in (
        ({"address": "no mail address"}, "invalid-fields"),
        ({"address": "a@example.org\nBcc: b@example.org"}, "invalid-fields"),
        ({"address": "https://127.0.0.1:1/", "channel": "mail"}, "invalid-fields"),
        ({"address": "http://hooks.example/", "channel": "webhook"}, "invalid-fields"),
        ({"donation": "ab" * 16}, "not-found"),
        ({"donation": "xy"}, "invalid-fields"),
    ):
        whole = {"donation": world.first["donation"], "channel": "mail", "address": MAIL, **body}
        assert problem(await world.call("", whole))["code"] == code
    assert await world.rows(charity_watch) == []


async def test_a_relay_that_fails_is_asked_again_and_a_mailbox_that_is_not_there_is_forgotten(world: World) -> None:
    tell = world.lab.service.watch_teller.turn
    await world.ask()
    for verb, answer, trouble in (
        ("RCPT", b"451 later", "put-off"),
        ("MAIL", b"550 not from you", "put-off"),
        ("STAR", b"454 no TLS now", "put-off"),
    ):
        world.post.answers = {verb: answer}
        assert (await tell()).failed == 1
        assert [row.trouble for row in await world.rows(charity_notice)] == [trouble]
        world.lab.clock.now += 86400
    world.post.answers, world.post.starttls = {}, False
    assert (await tell()).failed == 1
    assert [row.trouble for row in await world.rows(charity_notice)] == ["tls"]
    assert world.post.got == []  # nothing is sent that is not encrypted
    world.lab.clock.now += 86400
    world.post.answers, world.post.starttls = {"RCPT": b"550 5.1.1 no such user"}, True
    assert (await tell()).ended == 1
    assert await world.rows(charity_watch) == []
