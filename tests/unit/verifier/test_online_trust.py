"""`mz-trust`: what it takes, what it refuses, and that a refusal leaves everything as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kit
from tests.support.small_server import Asked, Reply, serving
from verifier import cli
from verifier.code import encode_code
from verifier.online.errors import Misconfigured
from verifier.online.transport import Origin
from verifier.online.trust import run

PIN = kit.bundle().root_fingerprint
CODE = encode_code(kit.statement())


class Service:
    """What a service publishes, and who asked for what."""

    def __init__(self) -> None:
        self.bundle = kit.signed_bundle()
        self.lists = {"/v1/status-lists/1": kit.status()}
        self.index: object = {"status_lists": [kit.STATUS_URI]}
        self.asked: list[tuple[str, int]] = []
        self.broken: dict[str, Reply] = {}

    def __call__(self, request: Asked) -> Reply:
        reply = self.broken.get(request.path) or self._reply(request)
        self.asked.append((request.path, reply.status))
        return reply

    def _reply(self, request: Asked) -> Reply:
        if request.path == "/v1/status-lists":
            return Reply(body=json.dumps(self.index).encode())
        data = self.bundle if request.path == "/v1/trust-bundle" else self.lists[request.path]
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Cache-Control": "public, max-age=600, must-revalidate"}
        if request.headers.get("if-none-match") == etag:
            return Reply(304, headers=headers)
        return Reply(body=data, headers=headers)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def url(service: Service) -> Iterator[str]:
    with serving(service) as found:
        yield found


@pytest.fixture
def cache(tmp_path: Path, url: str) -> Path:
    folder = tmp_path / "cache"
    assert mz(folder, "init", "--url", url, "--root", PIN.upper()) == 0
    return folder


def mz(cache: Path, *arguments: str, now: int = kit.AT) -> int:
    return run(["--cache", str(cache), *arguments], clock=lambda: now + 0.5)


def held(cache: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in cache.rglob("*.cbor")}


def test_from_nothing_to_an_answer_without_the_network(
    cache: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--cache", str(cache), CODE], clock=lambda: kit.AT) == 64  # nothing fetched: no verdict
    assert mz(cache, "status") == 2
    assert mz(cache, "update") == 0
    asked = len(service.asked)
    assert cli.run(["--cache", str(cache), CODE], clock=lambda: kit.AT) == 0
    assert mz(cache, "status") == 0
    assert len(service.asked) == asked
    whole = json.loads(capsys.readouterr().out.rpartition("\n{")[2].join(["{", ""]))
    assert whole["usable"] is True
    assert whole["status_lists"][0]["number"] == 1
    assert mz(cache, "status", now=kit.AT + 2 * kit.DAY) == 2  # the list is past its end


def test_what_is_fresh_is_not_asked_for_and_what_is_the_same_not_sent(cache: Path, service: Service) -> None:
    assert mz(cache, "update") == 0
    service.asked.clear()
    assert mz(cache, "update", now=kit.AT + 599) == 0
    assert [path for path, _ in service.asked] == ["/v1/status-lists"]
    service.asked.clear()
    assert mz(cache, "update", now=kit.AT + 600) == 0
    assert mz(cache, "update", "--force", now=kit.AT + 601) == 0
    assert {status for path, status in service.asked if path != "/v1/status-lists"} == {304}
    (cache / "status-lists" / "1.cbor").unlink()
    assert mz(cache, "update", now=kit.AT + 602) == 0  # what is not there is fetched whole
    assert (cache / "status-lists" / "1.cbor").read_bytes() == service.lists["/v1/status-lists/1"]


def refuses(cache: Path, *, now: int = kit.AT + 700, status: int = 1) -> None:
    before = held(cache)
    assert mz(cache, "update", now=now) == status
    assert held(cache) == before


def test_older_trust_is_refused_even_after_the_file_is_gone(cache: Path, service: Service) -> None:
    old = service.bundle
    service.bundle = kit.signed_bundle(kit.bundle(sequence=5))
    assert mz(cache, "update") == 0
    service.bundle = old
    refuses(cache)
    (cache / "trust-bundle.cbor").unlink()
    refuses(cache)
    service.bundle = kit.signed_bundle(kit.bundle(sequence=5, expires=kit.AT + 9 * kit.DAY))
    assert mz(cache, "update", now=kit.AT + 800) == 0  # the file was gone: either of that sequence will do
    service.bundle = kit.signed_bundle(kit.bundle(sequence=5))
    refuses(cache, now=kit.AT + 2000)  # two bundles of one sequence: somebody is shown another world


def test_a_bundle_of_another_root_or_without_its_signature_is_refused(cache: Path, service: Service) -> None:
    assert mz(cache, "update") == 0
    other = kit.bundle(sequence=9, root=kit.STRANGER_KEY.key)
    whole = service.bundle
    for data in (kit.signed_bundle(other, kit.STRANGER_KEY), whole[:-1] + bytes([whole[-1] ^ 1]), b"<html>", b""):
        service.bundle = data
        refuses(cache)
    service.bundle = kit.signed_bundle(kit.bundle(sequence=2))
    assert mz(cache, "update", now=kit.AT + 700) == 0  # what was refused was not remembered


def test_a_list_that_is_wrong_keeps_no_other_away(cache: Path, service: Service) -> None:
    second = "https://minzheng.example/v1/status-lists/2"
    service.index = {"status_lists": [kit.STATUS_URI, second]}
    service.lists["/v1/status-lists/2"] = kit.status(uri=second)
    assert mz(cache, "update") == 0
    newer = {"iat": kit.AT + 60, "exp": kit.AT + 2 * kit.DAY}
    wrong = [
        kit.status(iat=kit.AT - 7200),  # the past again
        kit.status(signer=kit.STRANGER_KEY, **newer),
        kit.status(signer=kit.CHARITY_KEY, **newer),
        kit.status(uri=second, **newer),  # a list of another address
        b"",
    ]
    for number, data in enumerate(wrong):
        service.lists["/v1/status-lists/1"] = data
        moment = 60 * (number + 1)
        service.lists["/v1/status-lists/2"] = kit.status(uri=second, iat=kit.AT + moment, exp=kit.AT + kit.DAY)
        before = held(cache)
        assert mz(cache, "update", now=kit.AT + 700 * (number + 1)) == 1
        assert held(cache)["1.cbor"] == before["1.cbor"]
        assert held(cache)["2.cbor"] == service.lists["/v1/status-lists/2"]


@pytest.mark.parametrize(
    ("path", "reply", "status"),
    [
        ("/v1/trust-bundle", Reply(503, b"busy"), 75),
        ("/v1/trust-bundle", Reply(cut=True), 75),
        ("/v1/trust-bundle", Reply(body=b"x", length=50), 75),
        ("/v1/trust-bundle", Reply(302, headers={"Location": "http://127.0.0.1:1/"}), 1),
        ("/v1/trust-bundle", Reply(206, b"x"), 1),
        ("/v1/trust-bundle", Reply(body=bytes((8 << 20) + 1)), 1),
        ("/v1/status-lists", Reply(body=b"[" * 10_000), 1),
        ("/v1/status-lists", Reply(body=b'{"status_lists":["https://evil.example/other"]}'), 1),
        ("/v1/status-lists", Reply(body=b'{"status_lists":[7]}'), 1),
        ("/v1/status-lists/1", Reply(404), 75),
        ("/v1/status-lists/1", Reply(304), 1),
    ],
)
def test_answers_that_are_none(cache: Path, service: Service, path: str, reply: Reply, status: int) -> None:
    assert mz(cache, "update") == 0
    for file in cache.rglob("*.cbor"):
        if path.endswith("1"):
            file.unlink()
    service.broken[path] = reply
    if path == "/v1/status-lists/1":
        assert mz(cache, "update", now=kit.AT + 700) == status
    else:
        refuses(cache, status=status)


def test_a_service_that_is_gone_is_an_outage_and_no_verdict(cache: Path, service: Service, tmp_path: Path) -> None:
    assert mz(cache, "update") == 0
    gone = tmp_path / "gone"
    with serving(service) as address:
        assert mz(gone, "init", "--url", address, "--root", PIN) == 0
    assert mz(gone, "update") == 75
    assert held(gone) == {}


def test_a_cache_is_of_one_service_and_one_root(cache: Path, url: str) -> None:
    assert mz(cache, "init", "--url", url, "--root", PIN) == 0
    assert mz(cache, "init", "--url", url, "--root", "0" * 64) == 64
    assert mz(cache, "init", "--url", "https://other.example", "--root", PIN) == 64
    assert mz(cache / "none", "update") == 64
    assert mz(cache / "short", "init", "--url", url, "--root", PIN[1:]) == 64
    (cache / "state.json").write_text("{}")
    assert mz(cache, "update") == 64
    assert run(["update"]) == 64


@pytest.mark.parametrize(
    "address",
    [
        "http://minzheng.example",
        "ftp://127.0.0.1",
        "https://a:b@minzheng.example",
        "https://minzheng.example/path",
        "https://minzheng.example?x=1",
        "https://minzheng.example:99999",
        "https://",
        "minzheng.example",
        "https://[::1",
    ],
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(Misconfigured):
        Origin.parse(address)


def test_authority_is_that_of_the_signature() -> None:
    assert Origin.parse("https://MinZheng.example:443/").authority == "minzheng.example"
    assert Origin.parse("https://minzheng.example:8443").authority == "minzheng.example:8443"
    assert Origin.parse("http://[::1]:8080").authority == "[::1]:8080"
