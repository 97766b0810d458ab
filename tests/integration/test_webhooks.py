"""Parties register, are told when what they verified ends, and see what became of it; on both databases."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from api.bootstrap import open_service
from api.http.relationships import EVENT_EXAMPLE
from api.http.schemas import MARRIAGE_EXAMPLE
from api.main import create_app
from api.services import webhooks
from api.services.webhooks import Event, Notice
from api.services.webhooks.sending import DAY
from certs.kinds import kind_by_name
from tests.support import signing
from tests.support.api_lab import OFFICE_1, Clock, Lab, copied, problem
from tests.support.receiver import Receiver, receiving
from tests.support.watching import watched

DATABASES = ("sqlite", "postgresql")


@asynccontextmanager
async def opened(template: Path, directory: Path, ca: Path) -> AsyncIterator[Lab]:
    settings = replace(copied(template, directory), webhook_private=True, webhook_ca=ca)
    clock = Clock()
    async with open_service(settings, clock=clock) as service:
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Lab(service, client, clock)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Receiver]:
    async with receiving(tmp_path) as made:
        yield made


@pytest.fixture
async def lab(api_template: Path, tmp_path: Path, there: Receiver) -> AsyncIterator[Lab]:
    async with opened(api_template, tmp_path / "data", there.ca) as made:
        yield made


@pytest.fixture
async def bank(lab: Lab) -> signing.Client:
    return await signing.relying_party(lab)


async def call(lab: Lab, who: signing.Client, path: str, body: dict[str, Any] | None = None) -> Any:
    """POST, or GET without a body; what it answers."""
    address = f"/v1/webhooks{path}"
    if body is None:
        answer = await lab.client.get(address, auth=who.auth)
    else:
        answer = await lab.client.post(address, json=body, auth=who.auth)
    assert answer.status_code < 300, answer.text
    return answer.json()


async def married(lab: Lab) -> list[bytes]:
    answer = await lab.issue()
    assert answer.status_code == 201, answer.text
    return [bytes.fromhex(c["cti"]) for c in answer.json()["certificates"]]


async def revoke(lab: Lab, *ctis: bytes) -> None:
    body = {"cti": [cti.hex() for cti in ctis], "reason": "样例撤销原因"}
    answer = await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    assert answer.status_code == 200, answer.text


async def test_the_bank_is_told_once_when_what_it_verified_ends(
    lab: Lab, bank: signing.Client, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await call(lab, bank, "", {"url": there.url})
    ctis = await married(lab)
    async with lab.service.database.write() as work:
        mine = await watched(work, lab.clock(), *ctis)
        withdrawn = await watched(work, lab.clock(), *ctis, withdrawn=True)
        over = await watched(work, lab.clock() - 40 * DAY, *ctis)
    await revoke(lab, *ctis)
    done = await lab.service.dispatcher.turn()
    assert (done.delivered, done.failed) == (1, 0)
    (message,) = there.got
    at = lab.clock()
    status = {"trx": mine.trx.hex(), "pseudonym": mine.pseudonym.hex(), "status": "invalid"}
    assert message.json["type"] == "certificate.invalidated"
    assert message.json["data"] == status
    assert withdrawn.trx.hex().encode() not in message.body
    assert over.trx.hex().encode() not in message.body
    assert message.headers["webhook-timestamp"] == str(at)
    monkeypatch.setattr("standardwebhooks.webhooks.Webhook._Webhook__verify_timestamp", lambda *_: _utc(at))
    assert Webhook(made["secret"]).verify(message.body, message.headers) == message.json
    (seen,) = (await call(lab, bank, f"/{made['id']}/deliveries"))["deliveries"]
    assert (seen["id"], seen["state"], seen["attempts"], seen["trouble"]) == (message.id, "delivered", 1, None)
    assert (await lab.service.dispatcher.turn()).delivered == 0
    assert len(there.got) == 1


def _utc(seconds: int) -> object:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize("ends", ["judgment", "divorce", "reissue"])
async def test_whatever_ends_it_says_the_same(lab: Lab, bank: signing.Client, there: Receiver, ends: str) -> None:
    await call(lab, bank, "", {"url": there.url})
    ctis = await married(lab)
    async with lab.service.database.write() as work:
        mine = await watched(work, lab.clock(), *ctis)
    headers = lab.token(OFFICE_1)
    if ends == "judgment":
        body = {"record": EVENT_EXAMPLE}
        answer = await lab.client.post("/v1/registrations/events", json=body, headers=headers)
    elif ends == "divorce":
        answer = await lab.client.post("/v1/certificates", json=divorce_of_the_example(), headers=headers)
    else:
        again = {"record_no": "MR-000002", "op_type": "ICA", "zihao": "BJ990101-2026-000001"}
        answer = await lab.issue({**again, "op_date": "2026-06-01", "old_zihao": MARRIAGE_EXAMPLE["zihao"]})
    assert answer.status_code == 201, answer.text
    await lab.service.dispatcher.turn()
    (message,) = there.got
    data = {"trx": mine.trx.hex(), "pseudonym": mine.pseudonym.hex(), "status": "invalid"}
    assert message.json == {"type": "certificate.invalidated", "timestamp": "2027-01-15T08:00:00Z", "data": data}


def divorce_of_the_example() -> dict[str, Any]:
    names = kind_by_name("divorce").info.columns
    new = {"record_no": "DR-000001", "op_type": "IB", "zihao": "L990101-2026-000001"}
    days = {"op_date": "2026-04-04", "effective_from": "2026-04-04", "old_zihao": MARRIAGE_EXAMPLE["zihao"]}
    return {"kind": "divorce", "record": {name: MARRIAGE_EXAMPLE[name] for name in names} | new | days}


async def test_what_rolls_back_tells_nobody(lab: Lab, bank: signing.Client, there: Receiver) -> None:
    await call(lab, bank, "", {"url": there.url})
    ctis = await married(lab)
    async with lab.service.database.write() as work:
        await watched(work, lab.clock(), *ctis)
    with pytest.raises(RuntimeError):
        await _revoke_and_fail(lab, ctis[0])
    assert (await lab.service.dispatcher.turn()).delivered == 0
    await revoke(lab, ctis[0])
    assert (await lab.service.dispatcher.turn()).delivered == 1


async def test_what_ended_while_it_was_answered_is_told_at_once(
    lab: Lab, bank: signing.Client, there: Receiver
) -> None:
    await call(lab, bank, "", {"url": there.url})
    ctis = await married(lab)
    await revoke(lab, *ctis)
    lab.clock.now += 1
    async with lab.service.database.write() as work:
        mine = await watched(work, lab.clock(), *ctis)
    assert (await lab.service.dispatcher.turn()).delivered == 1
    assert there.got[0].json["data"]["trx"] == mine.trx.hex()


async def _revoke_and_fail(lab: Lab, cti: bytes) -> None:
    from certs.revoke import revoke_in

    makers = lab.service.makers
    async with makers.begin() as work:
        certificate = await work.certificates.get(cti)
        assert certificate is not None
        await revoke_in(work, certificate, "", makers.registry, lab.clock())
        raise RuntimeError


async def test_registering_rotating_disabling_replaying_and_removing(
    lab: Lab, bank: signing.Client, there: Receiver
) -> None:
    made = await call(lab, bank, "", {"url": there.url})
    here = f"/{made['id']}"
    first = await call(lab, bank, f"{here}/test", {})
    await lab.service.dispatcher.turn()
    assert there.got[0].id == first["message"]
    turned = await call(lab, bank, f"{here}/rotate", {})
    assert turned["secret"] not in (made["secret"], "")
    assert turned["previous_until"] == lab.clock() + DAY
    assert (await call(lab, bank, f"{here}/replay", {"message": first["message"]})) == {"messages": 1}
    await lab.service.dispatcher.turn()
    assert there.got[1].id == first["message"]
    assert there.got[1].body == there.got[0].body
    assert len(there.got[1].headers["webhook-signature"].split()) == 2
    assert (await call(lab, bank, f"{here}/disable", {}))["disabled_why"] == "party"
    await call(lab, bank, f"{here}/test", {})
    assert (await lab.service.dispatcher.turn()).delivered == 0
    assert (await call(lab, bank, f"{here}/enable", {}))["disabled_at"] is None
    assert (await lab.service.dispatcher.turn()).delivered == 1
    (listed,) = (await call(lab, bank, ""))["endpoints"]
    assert {k: made[k] for k in listed} == listed
    assert "secret" not in listed
    assert await call(lab, bank, f"{here}/remove", {}) == {"removed": True}
    assert (await call(lab, bank, ""))["endpoints"] == []


async def test_a_party_sees_and_touches_only_its_own(lab: Lab, bank: signing.Client, there: Receiver) -> None:
    other = await signing.relying_party(lab, signing.OTHER_BANK)
    made = await call(lab, bank, "", {"url": there.url})
    for path in ("rotate", "disable", "enable", "remove", "test", "replay"):
        answer = await lab.client.post(f"/v1/webhooks/{made['id']}/{path}", json={}, auth=other.auth)
        assert problem(answer)["code"] == "not-found", path
    answer = await lab.client.get(f"/v1/webhooks/{made['id']}/deliveries", auth=other.auth)
    assert problem(answer)["code"] == "not-found"
    assert (await call(lab, other, ""))["endpoints"] == []
    unsigned = await lab.client.get("/v1/webhooks")
    assert unsigned.status_code == 401
    async with lab.service.database.write() as work:
        count = await webhooks.enqueue_in(
            work, signing.OTHER_BANK, Event.CONSENT_WITHDRAWN, Notice(lab.clock(), secrets.token_bytes(16), "withdrawn")
        )
    assert count == 0


async def test_addresses_that_are_refused(lab: Lab, bank: signing.Client, there: Receiver) -> None:
    await call(lab, bank, "", {"url": there.url})

    async def refused(url: str) -> str:
        answer = await lab.client.post("/v1/webhooks", json={"url": url}, auth=bank.auth)
        assert answer.status_code == 422
        body = problem(answer)
        assert url not in answer.text
        return str(body["errors"][0]["code"])

    assert await refused("http://127.0.0.1:9999/") == "WEBHOOK_URL"
    assert await refused(there.url) == "WEBHOOK_KNOWN"
    for n in range(4):
        await call(lab, bank, "", {"url": f"https://h{n}.example/"})
    assert await refused("https://h9.example/") == "WEBHOOK_LIMIT"


async def test_a_suspended_party_is_told_nothing_until_it_is_back(
    lab: Lab, bank: signing.Client, there: Receiver, moved: Callable[[int | None], Any]
) -> None:
    made = await call(lab, bank, "", {"url": there.url})
    await call(lab, bank, f"/{made['id']}/test", {})
    await moved(lab.clock())
    assert (await lab.service.dispatcher.turn()).delivered == 0
    await moved(None)
    assert (await lab.service.dispatcher.turn()).delivered == 1


@pytest.fixture
def moved(lab: Lab) -> Callable[[int | None], Any]:
    from api.db.party_tables import relying_party

    async def to(at: int | None) -> None:
        async with lab.service.database.write() as work:
            await work.connection.execute(relying_party.update().values(suspended_at=at))

    return to
