"""The way out to a mail relay: which addresses of one are taken, and that nothing is sent in clear by accident."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from api.errors import SettingsError
from api.maillink import Relay, SmtpTransport
from api.services.charity.telling import Mail
from api.services.webhooks.sending import NotDelivered
from tests.simulators.mailbox import relay
from tests.support.receiver import certificate

MAIL = Mail("donor@example.org", "有新进展", ".\n请打开\n", "Fri, 15 Jan 2027 08:00:00 +0000", "<x@minzheng.example>")


def test_relays_that_are_taken() -> None:
    assert Relay.parse("smtps://relay.example") == Relay("smtps", "relay.example", 465)
    assert Relay.parse("smtp://u%40x:p%2Fq@relay.example:2525/") == Relay("smtp", "relay.example", 2525, "u@x", "p/q")
    assert Relay.parse("smtp+plain://127.0.0.1").port == 25
    assert "p/q" not in repr(Relay.parse("smtp://u:p%2Fq@relay.example"))


@pytest.mark.parametrize(
    "url", ["relay.example", "http://relay.example", "smtp://", "smtp://h:99999", "smtp://[", "smtp://u:secret@h/x"]
)
def test_relays_that_are_not(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Relay.parse(url)
    assert "secret" not in str(refused.value)


async def test_tls_from_the_first_byte_with_a_login(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    async with relay(pem, tls=True) as post:
        there = Relay("smtps", "127.0.0.1", post.port, "user", "password")
        await SmtpTransport(there, "mz@example.org", ssl.create_default_context(cafile=pem)).send(MAIL)
        (letter,) = post.got
        assert (post.encrypted, post.logins) == ([True], [b"\0user\0password"])
        assert (letter["From"], letter["Subject"]) == ("mz@example.org", "有新进展")
        assert letter.get_content().splitlines() == MAIL.text.splitlines()  # type: ignore[attr-defined]
        with pytest.raises(NotDelivered, match="tls"):  # of an authority nobody knows
            await SmtpTransport(there, "mz@example.org", ssl.create_default_context()).send(MAIL)
        assert len(post.got) == 1


async def test_a_relay_on_this_machine_in_clear_and_one_that_is_gone(tmp_path: Path) -> None:
    async with relay(certificate(tmp_path)) as post:
        there = Relay("smtp+plain", "127.0.0.1", post.port)
        await SmtpTransport(there, "mz@example.org", ssl.create_default_context()).send(MAIL)
        assert post.encrypted == [False]
    with pytest.raises(NotDelivered, match="unreachable"):
        await SmtpTransport(there, "mz@example.org", ssl.create_default_context()).send(MAIL)
