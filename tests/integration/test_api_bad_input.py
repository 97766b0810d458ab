"""Hostile and careless requests: a typed problem each, nothing of the request repeated, nothing changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from api.http.schemas import MARRIAGE_EXAMPLE
from tests.support.api_lab import CHARITY, OFFICE_1, Lab, problem

SECRET = "张示例990101199803070013"


async def post(
    lab: Lab, content: bytes, kind: str = "application/json", path: str = "/v1/certificates"
) -> httpx.Response:
    headers = lab.token(OFFICE_1) | {"Content-Type": kind}
    return await lab.client.post(path, content=content, headers=headers)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"kind":' * 5_000, b"nul"],
    ids=["empty", "open", "not utf-8", "deep array", "deep object", "cut short"],
)
async def test_what_is_not_json_is_called_that(lab: Lab, content: bytes) -> None:
    answer = await post(lab, content)
    assert answer.status_code == 400
    assert problem(answer)["code"] == "malformed-json"


@pytest.mark.parametrize("content", [
    b'{"kind":"marriage","kind":"donation","record":{}}',
    b'{"kind":"marriage","record":{"remark":"a","remark":""}}',
])  # fmt: skip
async def test_two_members_of_one_name_are_refused(lab: Lab, content: bytes) -> None:
    answer = await post(lab, content)
    assert answer.status_code == 400
    assert problem(answer)["code"] == "malformed-json"


async def test_a_client_s_own_words_are_not_repeated(lab: Lab) -> None:
    body = {"kind": "marriage", "record": MARRIAGE_EXAMPLE, SECRET: SECRET}
    answer = await post(lab, json.dumps(body).encode())
    assert answer.status_code == 422
    found = problem(answer)
    assert found["errors"] == [{"field": "(unknown field)", "code": "unknown", "reason": "不认识的字段"}]


@pytest.mark.parametrize(
    ("amount", "code"), [(0, "too-small"), (-5, "too-small"), (1 << 53, "too-large"), (1.5, "type")]
)
async def test_a_wrong_amount_is_named_at_its_field(lab: Lab, amount: float, code: str) -> None:
    event = {"kind": "released", "no": 1, "amount": amount, "reason": {"code": "surplus"}}
    body = {"ref": "R-1", "event": event}
    answer = await lab.client.post(f"/v1/charity/books/{'0' * 32}/events", json=body, headers=lab.token(CHARITY))
    found = problem(answer)["errors"]
    assert [(one["field"], one["code"]) for one in found] == [("event.amount", code)]
    assert SECRET not in answer.text
    for wrong in ({"kind": SECRET, "record": {}}, {"kind": "marriage", "record": {SECRET: SECRET}}, {"record": SECRET}):
        answer = await post(lab, json.dumps(wrong).encode())
        assert answer.status_code in (403, 422)
        assert SECRET not in answer.text


@pytest.mark.parametrize("value", [1, None, True, ["x"], {"a": "b"}, "x" * 1001])
async def test_a_cell_is_a_string_of_bounded_length(lab: Lab, value: object) -> None:
    body = {"kind": "marriage", "record": MARRIAGE_EXAMPLE | {"remark": value}}
    answer = await post(lab, json.dumps(body).encode())
    assert problem(answer)["code"] == "invalid-fields"


async def test_another_content_type_is_refused(lab: Lab) -> None:
    for kind in ("text/plain", "application/xml", "", "application/json-seq"):
        answer = await post(lab, b"{}", kind)
        assert answer.status_code == 415
        assert problem(answer)["code"] == "unsupported-media-type"


async def test_an_announced_excess_is_refused_before_it_is_read(lab: Lab) -> None:
    answer = await post(lab, b" " * (64 * 1024 + 1))
    assert answer.status_code == 413
    assert problem(answer)["code"] == "body-too-large"


async def test_an_unannounced_excess_is_cut_off(lab: Lab) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 4096

    answer = await lab.client.post("/v1/verify", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400)  # 400 kB are within what verification takes
    headers = lab.token(OFFICE_1) | {"Content-Type": "application/json"}
    answer = await lab.client.post("/v1/certificates", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert problem(answer)["code"] == "body-too-large"


async def test_unknown_paths_and_methods_are_problems_too(lab: Lab) -> None:
    assert problem(await lab.client.get(f"/v1/{SECRET}"))["code"] == "not-found"
    wrong = await lab.client.get("/v1/certificates")
    assert problem(wrong)["code"] == "method-not-allowed"
    assert wrong.headers["allow"] == "POST"


async def test_problems_speak_the_reader_s_language(lab: Lab) -> None:
    for accept, language, words in (
        ("en-GB,en;q=0.9", "en", "Not found."),
        ("fr, zh-CN", "zh", "未找到。"),
        ("", "zh", "未找到。"),
    ):
        answer = await lab.client.get("/none", headers={"Accept-Language": accept})
        assert answer.headers["content-language"] == language
        assert problem(answer)["title"] == words


@pytest.mark.parametrize(
    "path",
    [
        "/v1/log/receipt",
        "/v1/log/receipt?leaf=zz",
        "/v1/log/receipt?leaf=" + "00" * 31,
        "/v1/log/inclusion?leaf=" + "00" * 32 + "&size=-1",
        "/v1/log/consistency?old=0",
        "/v1/status-lists/0",
        "/v1/status-lists/x",
    ],
)
async def test_parameters_are_checked(lab: Lab, path: str) -> None:
    answer = await lab.client.get(path)
    assert answer.status_code == 400
    assert problem(answer)["code"] == "bad-parameter"


@pytest.mark.parametrize("place", ["1", "00x", "x001", "000.p/256", "000.p/0", "000/000", "../../etc/passwd", "%00"])
async def test_a_tile_has_one_spelling(lab: Lab, place: str) -> None:
    await lab.service.ledger.settle()
    answer = await lab.client.get(f"/log/tile/0/{place}")
    assert answer.status_code in (400, 404)
    problem(answer)


async def test_a_lookup_takes_one_term(lab: Lab) -> None:
    for body in (b"{}", b'{"zihao": "J990101-2025-000001", "holder": "x"}'):
        answer = await post(lab, body, path="/v1/certificates/lookup")
        assert answer.status_code == 400


async def test_an_unexpected_failure_says_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(type(lab.service.lookups), "find", broken)
    answer = await post(lab, b'{"zihao": "J990101-2025-000001"}', path="/v1/certificates/lookup")
    assert answer.status_code == 500
    assert problem(answer)["code"] == "internal"
    assert SECRET not in answer.text
