"""The service's way out to people who watch a donation: one message at a time to the relay of MZ_SMTP_URL.

    smtps://user:password@relay.example:465     TLS from the first byte
    smtp://user:password@relay.example:587      STARTTLS, or nothing is sent
    smtp+plain://127.0.0.1:25                   no TLS: a relay on this machine

The standard library's client blocks, so it works in a thread.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from api.errors import SettingsError
from api.services.charity.telling import Mail
from api.services.webhooks.sending import NotDelivered
from api.settings import Settings

TIMEOUT: Final = 20.0  # seconds for each step of the exchange
_PORTS: Final = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over, and as whom."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Relay:
        """Raises SettingsError, which repeats nothing: the URL may hold a password."""
        complaint = "MZ_SMTP_URL must be smtps://, smtp:// (STARTTLS) or smtp+plain:// with host and port"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise SettingsError(complaint) from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise SettingsError(complaint)
        named = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], *named)


class SmtpTransport:
    """`api.services.charity.telling.MailTransport`."""

    def __init__(self, relay: Relay, sender: str, trust: ssl.SSLContext) -> None:
        self._relay, self._sender, self._trust = relay, sender, trust

    async def send(self, mail: Mail) -> None:
        """Raises NotDelivered: "refused" for good, else "unreachable", "tls", "timeout", "put-off"."""
        await asyncio.to_thread(self._send, mail)

    def _send(self, mail: Mail) -> None:
        try:
            with self._connected() as client:
                if self._relay.user:
                    client.login(self._relay.user, self._relay.password)
                client.send_message(self._composed(mail), self._sender, [mail.to])
        except smtplib.SMTPRecipientsRefused as error:
            (status, _), *_ = error.recipients.values()
            raise NotDelivered(_fault(status)) from None
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(_fault(error.smtp_code, of_address=False)) from None
        except smtplib.SMTPNotSupportedError:  # no STARTTLS: what is not encrypted is not sent
            raise NotDelivered("tls") from None
        except ssl.SSLError:
            raise NotDelivered("tls") from None
        except TimeoutError:
            raise NotDelivered("timeout") from None
        except (smtplib.SMTPException, OSError):
            raise NotDelivered("unreachable") from None

    def _connected(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.scheme == "smtps":
            return smtplib.SMTP_SSL(relay.host, relay.port, timeout=TIMEOUT, context=self._trust)
        client = smtplib.SMTP(relay.host, relay.port, timeout=TIMEOUT)
        if relay.scheme == "smtp":
            try:
                client.starttls(context=self._trust)
            except BaseException:
                client.close()
                raise
        return client

    def _composed(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
        message["Date"], message["Message-ID"] = mail.date, mail.message_id
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in answer
        message.set_content(mail.text, cte="base64")  # seven bits: some relays take no eight
        return message


def _fault(status: int, *, of_address: bool = True) -> str:
    """5xx about the address is for good; about anything else it is the relay's trouble, which passes."""
    return "refused" if of_address and 500 <= status < 600 else "put-off"


def connect(settings: Settings) -> SmtpTransport | None:
    """By MZ_SMTP_URL and MZ_SMTP_FROM; None without. Opens nothing yet. Raises SettingsError."""
    if settings.smtp_url is None:
        return None
    trust = ssl.create_default_context()
    trust.minimum_version = ssl.TLSVersion.TLSv1_2
    return SmtpTransport(Relay.parse(settings.smtp_url), settings.smtp_from, trust)
