"""Webhooks without a network: addresses, signatures, patience, bodies."""

from __future__ import annotations

import json

import httpcore
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.services.webhooks import Event, Notice
from api.services.webhooks.addresses import acceptable, is_public
from api.services.webhooks.outbox import delivery_id_of, payload_of
from api.services.webhooks.sending import DAY, NotDelivered, Patience
from api.services.webhooks.signing import OVERLAP, Secrets, endpoint_aad, seal, shown, signed_headers, unseal
from api.webhooklink import GuardedNetwork
from certs.errors import SealBroken
from certs.sealing import Sm4Sealer

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2001:0:0:0:0:0:f5ff:fffe", "2001:db8::1",
    "::ffff:1.1.1.1", "64:ff9b::101:101", "192.88.99.1", "fec0::1",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "114.114.114.114", "2606:4700:4700::1111"]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_not_called(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://bank.example/", "https://u:p@bank.example/", "https://bank.example/#x", "https:///x", "ftp://a.example",
        "https://bank.example:22/", "https://bank.example:0/", "https://bank.example:99999/", "https://10.0.0.1/",
        "https://[::1]/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://localhost/",
        "https://db.internal/", "https://intranet/", "https://bank.example/a b", "https://bank.example/\n",
        "https://银行.example/", "https://[::1/", "https://bank.example/" + "x" * 500,
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_registered(url: str) -> None:
    assert not acceptable(url, private=False)


def test_addresses_that_can() -> None:
    assert acceptable("https://hooks.bank.example/minzheng?branch=7", private=False)
    assert acceptable("https://hooks.bank.example:8443/", private=False)
    assert acceptable("https://[2606:4700:4700::1111]/", private=False)
    assert acceptable("https://10.0.0.1/", private=True)
    assert not acceptable("http://10.0.0.1/", private=True)


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["169.254.169.254"], ["::ffff:10.0.0.1"]])
async def test_a_name_that_leads_inside_is_not_connected_to(answers: list[str]) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return answers

    class Never(httpcore.AsyncNetworkBackend):
        async def connect_tcp(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
            raise AssertionError("connected")

    network = GuardedNetwork(private=False, resolve=resolve, network=Never())
    with pytest.raises(NotDelivered, match="private-address"):
        await network.connect_tcp("rebound.example", 443)


async def test_the_checked_address_is_connected_to_and_the_name_is_resolved_once() -> None:
    asked: list[str] = []
    connected: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["1.1.1.1", "8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    class Note(httpcore.AsyncNetworkBackend):
        async def connect_tcp(self, host: str, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
            connected.append(host)
            raise httpcore.ConnectError

    network = GuardedNetwork(private=False, resolve=resolve, network=Note())
    with pytest.raises(NotDelivered, match="unreachable"):
        await network.connect_tcp("bank.example", 443)
    assert (asked, connected) == (["bank.example"], ["1.1.1.1", "8.8.8.8"])


def test_an_outsider_verifies_what_is_signed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    now, body = 1_800_000_000, payload_of(Event.TEST, Notice(1_800_000_000, bytes(16), "test"))
    old, new, strange = bytes(range(32)), bytes(range(1, 33)), bytes(32)
    during = Secrets(new, old, now + 1)
    headers = dict(signed_headers(during, "msg_00", body, now))
    # the outsider reads the machine's clock
    monkeypatch.setattr(
        "standardwebhooks.webhooks.Webhook._Webhook__verify_timestamp", lambda _self, text: _moment(text)
    )
    for secret in (old, new):
        assert Webhook(shown(secret)).verify(body, headers)["type"] == "webhook.test"
    after = dict(signed_headers(during, "msg_00", body, now + 1))
    for secret, sent, content in ((strange, headers, body), (old, after, body), (new, headers, body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(shown(secret)).verify(content, sent)


def _moment(text: str) -> object:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(text), UTC)


def test_secrets_rotate_open_and_are_bound_to_owner_and_address() -> None:
    entropy = iter(range(1, 100))
    sealer = Sm4Sealer(bytes(16), lambda n: bytes([next(entropy)]) * n)
    made = Secrets(bytes(32)).rotated(lambda n: b"\x07" * n, 1000)
    assert made == Secrets(b"\x07" * 32, bytes(32), 1000 + OVERLAP)
    aad = endpoint_aad(bytes(16), "u", "https://a.example/", 5)
    sealed = seal(sealer, made, aad)
    assert unseal(sealer, sealed, aad) == made
    assert "07" not in repr(made)
    for other in (("v", "https://a.example/", 5), ("u", "https://b.example/", 5), ("u", "https://a.example/", 6)):
        with pytest.raises(SealBroken):
            unseal(sealer, sealed, endpoint_aad(bytes(16), *other))


def test_pauses_grow_keep_to_their_bounds_and_listen() -> None:
    patience = Patience()
    low = [patience.pause(n, lambda: 0.0) for n in range(1, patience.attempts)]
    high = [patience.pause(n, lambda: 1 - 2**-32) for n in range(1, patience.attempts)]
    assert high == [5, 20, 80, 320, 1280, 5120, 20480, 81920, DAY]
    assert all(full // 2 == half for half, full in zip(low, high, strict=True))
    assert sum(low) > DAY  # else no endpoint could be found dead
    assert patience.pause(1, lambda: 0.5, 600) == 600
    assert patience.pause(1, lambda: 0.5, 10**6) == DAY
    assert patience.pause(9, lambda: 1 - 2**-32, 1) == DAY


def test_a_body_has_these_members_and_its_id_follows_from_it() -> None:
    body = payload_of(Event.CERTIFICATE_INVALIDATED, Notice(1_800_000_000, bytes(16), "invalid", b"\xff" * 16))
    assert json.loads(body) == {
        "type": "certificate.invalidated",
        "timestamp": "2027-01-15T08:00:00Z",
        "data": {"trx": "0" * 32, "pseudonym": "f" * 32, "status": "invalid"},
    }
    here, there = bytes(16), b"\x01" * 16
    assert delivery_id_of(here, body) == delivery_id_of(here, body) != delivery_id_of(there, body)
    assert "pseudonym" not in json.loads(payload_of(Event.TEST, Notice(0, bytes(16), "test")))["data"]
