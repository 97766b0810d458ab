"""The application behind a real server and a real socket: what only HTTP itself can get wrong."""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from api.demo.stranger import Client, serving
from api.jobs.loops import run
from api.main import create_app
from api.metrics import Metrics
from tests.support.api_lab import Lab
from verifier.report import Outcome

T = TypeVar("T")


async def ask(lab: Lab, work: Callable[[int], T], background: Any = None) -> T:
    async with serving(create_app(lab.service, background)) as port:
        return await asyncio.to_thread(work, port)


async def test_a_code_and_a_file_are_verified_over_a_socket(lab: Lab) -> None:
    issued = (await lab.issue()).json()["certificates"][0]
    await lab.service.ledger.settle()
    file = await lab.file(issued["cti"])

    def work(port: int) -> list[tuple[str, str]]:
        client = Client(port)
        try:
            return [client.verify_code(issued["code"]), client.verify_file(file), client.verify_file(file, "L5")]
        finally:
            client.close()

    assert await ask(lab, work) == [("PASSED", "OK")] * 3


async def test_a_huge_announced_body_is_refused_without_reading_it(lab: Lab) -> None:
    def work(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            raw.sendall(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
            return raw.recv(4096)

    assert (await ask(lab, work)).startswith(b"HTTP/1.1 413")


async def test_what_is_not_http_ends_the_connection(lab: Lab) -> None:
    def work(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            raw.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
            return raw.recv(4096)

    assert (await ask(lab, work)).startswith((b"HTTP/1.1 400", b""))


async def test_a_client_that_hangs_up_half_way_changes_nothing(lab: Lab) -> None:
    token = lab.token("registry-990101")["Authorization"]

    def work(port: int) -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            head = f"POST /v1/certificates HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            raw.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{".encode())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
        return status

    assert await ask(lab, work) == 200
    async with lab.service.database.read() as work_:
        assert await work_.statuses.lists() == []


async def test_a_client_that_hangs_up_is_no_fault_of_the_service(lab: Lab) -> None:
    def work(port: int) -> str:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            head = b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
            raw.sendall(head + b"Content-Length: 1000\r\n\r\n{")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        text = ""
        while 'route="/v1/verify"' not in text:  # the broken request is counted when its end was noticed
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        connection.close()
        return text

    async with asyncio.timeout(20):
        assert 'route="/v1/verify",status="5' not in await ask(lab, work)


async def test_the_background_work_takes_an_entry_to_a_checkpoint(lab: Lab) -> None:
    async def until_logged(port: int) -> None:
        del port
        await lab.issue()
        async with asyncio.timeout(20):
            while (figures := await lab.service.figures()).checkpoint != 5:
                assert figures.checkpoint <= figures.entries
                await asyncio.sleep(0.05)

    async with serving(create_app(lab.service, run)) as port:
        await until_logged(port)


async def test_an_ended_certificate_is_soon_not_valid_here(lab: Lab) -> None:
    issued = (await lab.issue()).json()["certificates"][0]
    service = lab.service
    async with serving(create_app(service, run)):
        await asyncio.sleep(0.3)  # the first list of the period is out by now
        assert (await service.verification.verify(issued["code"], None)).outcome is Outcome.PASSED
        lab.clock.now += 1
        body = {"cti": [issued["cti"]], "reason": "annulled"}
        headers = lab.token("registry-990101")
        assert (await lab.client.post("/v1/certificates/revoke", json=body, headers=headers)).status_code == 200
        async with asyncio.timeout(20):  # the period is a minute
            while (await service.verification.verify(issued["code"], None)).outcome is not Outcome.FAILED:
                await asyncio.sleep(0.05)


async def test_a_stop_in_the_moment_of_news_is_a_stop(lab: Lab) -> None:
    """`asyncio.wait_for` of Python 3.11 forgets a cancellation that meets a set event; the service then never ended."""
    for news in (lab.service.makers.ended, lab.service.imports.news, lab.service.database.news):
        task = asyncio.create_task(run(lab.service, Metrics()))
        await asyncio.sleep(0.5)  # every job is waiting by now, and where one is not, there is less to see
        news.set()
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=20)
        assert done
        assert task.cancelled()


async def test_a_failing_job_is_counted_and_the_others_go_on(lab: Lab, monkeypatch: Any) -> None:
    async def broken(**_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(type(lab.service.ledger), "anchor", lambda _self, **kw: broken(**kw))
    metrics = Metrics()
    task = asyncio.create_task(run(lab.service, metrics))
    await lab.issue()
    async with asyncio.timeout(20):
        while (await lab.service.figures()).checkpoint != 5:
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert b'mzt_job_failures_total{job="anchor"} 1.0' in metrics.exposition()
