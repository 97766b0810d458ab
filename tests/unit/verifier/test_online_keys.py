"""A party's key file, the envelope that it opens, and webhooks: good ones, and each way of being wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from certs.envelope import seal_to
from tests.support.party_keys import PIN, party_key, plain_key
from verifier.httpsig import Parameters, SignedRequest, Target, prepare
from verifier.online import sign
from verifier.online.envelope import open_envelope
from verifier.online.errors import BadAnswer, Misconfigured
from verifier.online.keys import SoftwareSigner, algorithm, keyid
from verifier.online.webhook import check_webhook

REGISTRAR = "11990000MB9T00011H"


def entropy(count: int) -> bytes:
    return bytes(range(count))


@pytest.mark.parametrize("curve", ["SM2", "P-256"])
def test_a_signed_request_holds_for_the_server_s_own_reader(curve: str, tmp_path: Path) -> None:
    path = tmp_path / "bank.key"
    path.write_bytes(party_key(curve))
    signer = SoftwareSigner.open(path, lambda: PIN)
    target = Target("POST", "minzheng.example", "/v1/match")
    parameters = Parameters(
        1_800_000_000, 1_800_000_060, "AAECAwQFBgcICQoLDA0ODw", keyid(signer.key), algorithm(signer.key)
    )
    unsigned = prepare(target, b"{}", parameters)
    sent = unsigned.signed(signer.sign(unsigned.base))
    read = SignedRequest.parse(sent["Signature-Input"], sent["Signature"], sent["Content-Digest"])
    assert read.verify(signer.key, target)
    assert not read.verify(signer.key, Target("POST", "minzheng.example", "/v1/authenticity"))
    assert algorithm(signer.key) == {"SM2": "sm2-sm3", "P-256": "ecdsa-p256-sha256"}[curve]


def test_what_a_party_hands_in_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bank.key").write_bytes(party_key("SM2"))
    (tmp_path / "pin").write_text(PIN)
    given = ["--key", str(tmp_path / "bank.key"), "--pin-file", str(tmp_path / "pin")]
    key = SoftwareSigner(party_key("SM2"), PIN).key
    assert sign.run([*given, "--public"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [f"keyid: {keyid(key)}", f"public key: {key.public.hex()}"]
    for wrong in ([], ["GET"], ["GET", "http://minzheng.example/v1/party"], ["POST", "https://minzheng.example"]):
        assert sign.run([*given, *wrong]) == 64


def test_key_files_that_are_none(tmp_path: Path) -> None:
    good = party_key("SM2")
    for pem, pin in (
        (good, "wrong"),
        (good, ""),
        (good, PIN + "\0"),
        (good[:300], PIN),
        (plain_key(), PIN),
        (b"", PIN),
    ):
        with pytest.raises(Misconfigured):
            SoftwareSigner(pem, pin)
    with pytest.raises(Misconfigured):
        SoftwareSigner.open(tmp_path / "none", PIN)


def test_envelopes_open_for_their_party_only() -> None:
    mine, other = (SoftwareSigner(party_key("SM2", n), PIN) for n in (1, 2))
    content = json.dumps({"result": "TRUE"}).encode() * 50
    for text in (b"", b"x", bytes(16), content):
        assert open_envelope(seal_to(mine.key.public, text, REGISTRAR, entropy), mine) == text
    sealed = seal_to(mine.key.public, content, REGISTRAR, entropy)
    for opener in (other, SoftwareSigner(party_key("P-256"), PIN)):
        with pytest.raises(BadAnswer):
            open_envelope(sealed, opener)


def test_an_altered_envelope_gives_one_error_or_other_content() -> None:
    """CBC cannot tell: whoever reads the content checks the signed answer in it."""
    mine = SoftwareSigner(party_key("SM2", 1), PIN)
    content = b"synthetic answer" * 3
    sealed = seal_to(mine.key.public, content, REGISTRAR, entropy)
    messages, named = set(), set()
    for position in range(len(sealed)):
        altered = sealed[:position] + bytes([sealed[position] ^ 0x41]) + sealed[position + 1 :]
        try:
            opened = open_envelope(altered, mine)
        except BadAnswer as e:
            messages.add(str(e))
        else:
            if opened == content:  # who registered the key and its number are for people to read
                named.add(position)
    assert messages == {"envelope: not of its form", "envelope: not for this key, or damaged"}
    first = sealed.index(bytes.fromhex("0603550461"))
    assert min(named) >= first - 8  # the headers of the name around it
    assert max(named) < sealed.index(bytes.fromhex("2a811ccf5501822d03"))
    for data in (b"", sealed[:-1], sealed + b"\0", b"0" * 100):
        with pytest.raises(BadAnswer):
            open_envelope(data, mine)


KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOW = 1_800_000_000
BODY = b'{"type":"certificate.invalidated","timestamp":"2027-01-15T08:00:00Z","data":{"pseudonym":"00ff"}}'


def delivery(body: bytes = BODY, at: int = NOW, key: bytes = KEY) -> dict[str, str]:
    mac = hmac.new(key, f"msg_1.{at}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {"Webhook-Id": "msg_1", "webhook-timestamp": str(at), "WEBHOOK-SIGNATURE": f"v1a,x v1,AAAA {signature}"}


def test_a_webhook_of_ours() -> None:
    event = check_webhook(SECRET, delivery(), BODY, NOW + 299)
    assert (event.id, event.type, event.at, event.data) == (
        "msg_1",
        "certificate.invalidated",
        NOW,
        {"pseudonym": "00ff"},
    )


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (delivery(), BODY + b" ", NOW),
        (delivery(key=bytes(24)), BODY, NOW),
        (delivery(), BODY, NOW + 301),
        (delivery(), BODY, NOW - 301),
        ({**delivery(), "webhook-timestamp": str(NOW + 1)}, BODY, NOW),
        ({**delivery(), "Webhook-Id": "msg_2"}, BODY, NOW),
        ({}, BODY, NOW),
        (delivery(b"[]"), b"[]", NOW),
        (delivery(b"[" * 5000), b"[" * 5000, NOW),
        (delivery(b"\xff"), b"\xff", NOW),
        (delivery(b"{}"), b"{}", NOW),
        (delivery(bytes(70_000)), bytes(70_000), NOW),
    ],
)  # fmt: skip
def test_webhooks_that_are_refused(headers: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(BadAnswer):
        check_webhook(SECRET, headers, body, now)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", base64.b64encode(KEY).decode(), "whsec_" + "A" * 33])
def test_secrets_that_are_none(secret: str) -> None:
    with pytest.raises(Misconfigured):
        check_webhook(secret, delivery(), BODY, NOW)
