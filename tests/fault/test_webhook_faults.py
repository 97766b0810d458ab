"""Receivers that are dead, slow, wrong or somewhere else, and a service that is killed between commit and delivery."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

import api.webhooklink
from api.bootstrap import open_service
from api.db.repositories.parties import Party
from api.db.repositories.webhooks import Delivery
from api.services import webhooks
from api.services.service import Service
from api.services.webhooks import Event, Notice
from api.services.webhooks.dispatching import KEPT, Turn
from api.services.webhooks.sending import DAY, NotDelivered
from tests.support import api_lab, webhook_child
from tests.support.receiver import Answer, Receiver, receiving
from tests.support.signing import BANK


@pytest.fixture(scope="module")
def fault_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return asyncio.run(api_lab.template(tmp_path_factory.mktemp("api") / "template", patch))


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Receiver]:
    async with receiving(tmp_path) as made:
        yield made


class Bench:
    """A service with one endpoint of one bank, and a clock to move."""

    def __init__(self, service: Service, clock: api_lab.Clock, endpoint: bytes) -> None:
        self.service, self.clock, self.endpoint = service, clock, endpoint

    async def tell(self) -> None:
        trx = self.clock.now.to_bytes(16, "big")
        async with self.service.database.write() as work:
            await webhooks.enqueue_in(work, BANK, Event.CONSENT_WITHDRAWN, Notice(self.clock(), trx, "withdrawn"))

    async def turn(self) -> Turn:
        return await self.service.dispatcher.turn()

    async def seen(self) -> list[Delivery]:
        return list(await self.service.webhooks.deliveries(BANK, self.endpoint))

    async def trouble(self) -> str | None:
        """Of the one message, after one attempt."""
        await self.tell()
        assert (await self.turn()).failed == 1
        (delivery,) = await self.seen()
        assert (delivery.state, delivery.attempts) == ("waiting", 1)
        assert delivery.next_at > self.clock()
        return delivery.trouble


@pytest.fixture
async def bench(fault_template: Path, tmp_path: Path, there: Receiver) -> AsyncIterator[Bench]:
    settings = api_lab.copied(fault_template, tmp_path / "data")
    settings = replace(settings, webhook_private=True, webhook_ca=there.ca)
    clock = api_lab.Clock()
    async with open_service(settings, clock=clock) as service:
        await service.parties.add(Party(BANK, "verifier", "示例银行", "Example Bank"))
        made = await service.webhooks.register(BANK, there.url)
        yield Bench(service, clock, made.endpoint.endpoint_id)


@pytest.mark.parametrize(
    ("answer", "trouble", "status"),
    [
        (500, "status", 500),
        (404, "status", 404),
        (Answer(307, ("Location: https://127.0.0.1:1/",)), "redirect", 307),
        (Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "not-http", None),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 20)), "not-http", None),
        (Answer(raw=b" "), "not-http", None),
    ],
    ids=["500", "404", "redirect", "other protocol", "endless header", "cut short"],
)
async def test_answers_that_are_none(
    bench: Bench, there: Receiver, answer: int | Answer, trouble: str, status: int | None
) -> None:
    there.answers = [answer]
    assert await bench.trouble() == trouble
    (delivery,) = await bench.seen()
    assert delivery.status == status
    first = there.got[0]
    bench.clock.now = delivery.next_at
    assert (await bench.turn()).delivered == 1
    again = there.got[1]
    assert (again.id, again.body) == (first.id, first.body)
    assert again.headers["webhook-timestamp"] != first.headers["webhook-timestamp"]
    assert again.headers["webhook-signature"] != first.headers["webhook-signature"]


async def test_a_long_answer_is_not_read(bench: Bench, there: Receiver) -> None:
    there.answers = [Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 4096)]
    await bench.tell()
    assert (await bench.turn()).delivered == 1


async def test_a_receiver_that_never_answers_is_left(
    bench: Bench, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.webhooklink, "TIMEOUT", 0.2)
    there.answers = [Answer(hangs=True)]
    assert await bench.trouble() == "timeout"


async def test_a_dead_receiver(bench: Bench) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    await bench.service.webhooks.remove(BANK, bench.endpoint)
    made = await bench.service.webhooks.register(BANK, f"https://127.0.0.1:{port}/")
    bench.endpoint = made.endpoint.endpoint_id
    assert await bench.trouble() == "unreachable"


async def test_a_certificate_of_another_name_or_of_nobody(bench: Bench, tmp_path: Path) -> None:
    async with receiving(tmp_path, names="127.0.0.2") as other:
        await bench.service.webhooks.remove(BANK, bench.endpoint)
        made = await bench.service.webhooks.register(BANK, other.url)
        bench.endpoint = made.endpoint.endpoint_id
        assert await bench.trouble() == "tls"
        assert other.got == []


async def test_a_name_that_leads_inside_reaches_nobody(there: Receiver) -> None:
    async def inside(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    trust = ssl.create_default_context(cafile=there.ca)
    sender = api.webhooklink.HttpTransport(api.webhooklink.GuardedNetwork(private=False, resolve=inside), trust)
    with pytest.raises(NotDelivered, match="private-address"):
        await sender.post(f"https://rebound.example:{there.port}/", {}, b"{}")
    await sender.close()
    assert there.got == []


async def test_patience_ends_and_the_endpoint_is_disabled(bench: Bench, there: Receiver) -> None:
    there.answers = [500] * 10
    await bench.tell()
    disabled: tuple[bytes, ...] = ()
    pauses = []
    while not disabled:
        disabled = (await bench.turn()).disabled
        (delivery,) = await bench.seen()
        pauses.append(delivery.next_at - bench.clock.now)
        bench.clock.now = max(delivery.next_at, bench.clock.now)
    assert (delivery.state, delivery.attempts, len(there.got)) == ("failed", 10, 10)
    assert len({message.id for message in there.got}) == 1
    fulls = [min(5 * 4**n, DAY) for n in range(len(pauses) - 1)]
    assert all(full // 2 <= pause <= full for pause, full in zip(pauses, fulls, strict=False)), pauses
    (endpoint,) = await bench.service.webhooks.endpoints(BANK)
    assert endpoint.disabled_why == "failing"
    bench.clock.now += 1
    await bench.tell()
    assert await bench.turn() == Turn()
    await bench.service.webhooks.enable(BANK, bench.endpoint)
    assert await bench.service.webhooks.replay(BANK, bench.endpoint, since=1) == 1
    assert (await bench.turn()).delivered == 2
    assert {d.state for d in await bench.seen()} == {"delivered"}
    bench.clock.now += KEPT + 2 * DAY
    assert await bench.service.dispatcher.forget() == 2


async def test_an_endpoint_that_is_gone_is_asked_no_more(bench: Bench, there: Receiver) -> None:
    there.answers = [410]
    await bench.tell()
    done = await bench.turn()
    assert (done.given_up, done.disabled) == (1, (bench.endpoint,))
    (endpoint,) = await bench.service.webhooks.endpoints(BANK)
    assert endpoint.disabled_why == "gone"


async def test_patience_that_was_asked_for(bench: Bench, there: Receiver) -> None:
    there.answers = [Answer(503, ("Retry-After: 7200",))]
    assert await bench.trouble() == "status"
    (delivery,) = await bench.seen()
    assert delivery.next_at == bench.clock() + 7200


async def test_one_slow_receiver_holds_up_nobody(bench: Bench, there: Receiver) -> None:
    there.answers = [Answer(hangs=True)]
    await bench.tell()
    slow = asyncio.create_task(bench.turn())
    while not there.got:
        await asyncio.sleep(0)
    made = await bench.service.webhooks.register(BANK, there.url + "2")
    bench.clock.now += 1
    await bench.service.webhooks.test(BANK, made.endpoint.endpoint_id)
    done = await bench.turn()
    assert done.delivered == 1
    assert there.got[1].path == "/hook2"
    assert len(there.got) == 2, "the endpoint that a turn is at was tried by another one"
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    (delivery,) = await bench.seen()
    assert (delivery.state, delivery.attempts) == ("waiting", 0)


async def test_an_address_changed_in_the_database_gets_nothing(bench: Bench, there: Receiver) -> None:
    from api.db.consent_tables import webhook_endpoint

    async with bench.service.database.write() as work:
        await work.connection.execute(webhook_endpoint.update().values(url=there.url + "/elsewhere"))
    assert await bench.trouble() == "sealed"
    assert there.got == []


async def test_killed_between_commit_and_delivery_nothing_is_lost(
    fault_template: Path, tmp_path: Path, there: Receiver
) -> None:
    """Killed while the fourth of six is in hand: three are stored as delivered, two were only committed. All arrive,
    and the one that arrives twice has one id."""
    data = tmp_path / "data"
    api_lab.copied(fault_template, data)
    there.answers = [200, 200, 200, Answer(hangs=True)]
    command = ("-m", "tests.support.webhook_child", str(data), there.url, str(there.ca))
    child = await asyncio.create_subprocess_exec(sys.executable, *command)
    while len(there.got) < 4:
        assert child.returncode is None
        await asyncio.sleep(0.01)
    child.kill()
    await child.wait()
    settings = webhook_child.settings_of(str(data), str(there.ca))
    async with open_service(settings, clock=api_lab.Clock(api_lab.NOW + 10)) as service:
        assert (await service.dispatcher.turn()).delivered == webhook_child.MESSAGES - 3
        (endpoint,) = await service.webhooks.endpoints(BANK)
        stored = await service.webhooks.deliveries(BANK, endpoint.endpoint_id)
    assert [d.state for d in stored] == ["delivered"] * webhook_child.MESSAGES
    bodies = {message.id: message.body for message in there.got}
    assert bodies == {f"msg_{d.delivery_id.hex()}": d.payload for d in stored}
    assert all(bodies[message.id] == message.body for message in there.got)
    assert len(there.got) == webhook_child.MESSAGES + 1
    assert there.got[3].id in {message.id for message in there.got[4:]}
