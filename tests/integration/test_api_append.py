"""Commitments of a register kept elsewhere: logged durably, once, and refused whole when there is too much."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.settings import Limits
from tests.support.api_lab import CHARITY, OFFICE_1, OFFICE_2, Lab, problem, running
from verifier.hazmat.sm3 import leaf_hash
from verifier.merkle import TreeHash, verify_inclusion
from verifier.receipt import entry_body

DATABASES = ("sqlite", "postgresql")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def body(n: int, commitment: int | None = None) -> dict[str, str]:
    number = n if commitment is None else commitment
    return {"idem": b64(n.to_bytes(16, "big")), "commitment": b64(number.to_bytes(32, "big"))}


async def post(lab: Lab, content: Any, slug: str = OFFICE_1) -> httpx.Response:
    return await lab.client.post("/v1/log/entries", json=content, headers=lab.token(slug))


async def test_an_office_logs_its_own_commitments(lab: Lab) -> None:
    answers = await asyncio.gather(*(post(lab, body(n)) for n in range(40)))
    assert {answer.status_code for answer in answers} == {201}
    first = (await lab.service.figures()).entries - 40
    assert sorted(answer.json()["index"] for answer in answers) == list(range(first, first + 40))
    again = await post(lab, body(7))
    assert (again.status_code, again.json()) == (200, answers[7].json())
    other = await post(lab, body(7, commitment=8))
    assert (other.status_code, problem(other)["code"]) == (409, "conflict")
    await lab.service.ledger.checkpoint()
    leaf = leaf_hash(entry_body((7).to_bytes(32, "big")))
    assert answers[7].json()["leaf_hash"] == leaf.hex()
    proof = (await lab.client.get("/v1/log/inclusion", params={"leaf": leaf.hex()})).json()
    path = [bytes.fromhex(h) for h in proof["path"]]
    root = bytes.fromhex(proof["root"])
    assert verify_inclusion(TreeHash.SM3, leaf, answers[7].json()["index"], proof["size"], path, root)


async def test_keys_are_each_office_s_own(lab: Lab) -> None:
    mine, theirs = await post(lab, body(1)), await post(lab, body(1, commitment=2), OFFICE_2)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["index"] != theirs.json()["index"]


async def test_registries_only(lab: Lab) -> None:
    assert (await post(lab, body(1), CHARITY)).status_code == 403
    assert (await lab.client.post("/v1/log/entries", json=body(1))).status_code == 401


@pytest.mark.parametrize(
    "content",
    [
        {"idem": b64(bytes(16))},
        {**body(1), "kind": 3},
        {**body(1), "idem": b64(bytes(15))},
        {**body(1), "idem": b64(bytes(16)) + "=="},
        {**body(1), "idem": "AAAAAAAAAAAAAAAAAAAAAB"},  # bits behind the last byte: a second spelling of a key
        {**body(1), "commitment": b64(bytes(31))},
        {**body(1), "commitment": b64(bytes(33))},
        {**body(1), "commitment": b64(bytes(32))[:-1] + "B"},
        {**body(1), "commitment": 5},
    ],
)
async def test_anything_else_is_refused(lab: Lab, content: dict[str, Any]) -> None:
    before = (await lab.service.figures()).entries
    answer = await post(lab, content)
    assert (answer.status_code, problem(answer)["code"]) == (422, "invalid-fields")
    assert (await lab.service.figures()).entries == before


async def test_issuing_stops_before_it_writes_when_too_much_waits(api_template: Path, tmp_path: Path) -> None:
    async with running(api_template, tmp_path / "data", replace(Limits(), backlog=3)) as lab:
        await lab.service.ledger.sequence()
        assert (await lab.issue()).status_code == 201  # two certificates and their registration: as much as may wait
        refused = await lab.donate()
        assert (refused.status_code, problem(refused)["code"]) == (503, "busy")
        assert refused.headers["retry-after"] == "1"
        async with lab.service.database.read() as work:
            assert await work.log.backlog() == 3
        assert (await lab.client.get("/v1/donations/summary")).json()["plans"] == []
        await lab.service.ledger.sequence()
        assert (await lab.donate()).status_code == 201


async def test_a_service_that_closes_takes_no_more(lab: Lab) -> None:
    await lab.service.ledger.close()
    refused = await post(lab, body(1))
    assert (refused.status_code, problem(refused)["code"]) == (503, "busy")
