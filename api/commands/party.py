"""`mzt party`: what administrators send, signed with the key of a file; and a list, for the operator."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.x509 import load_der_x509_certificate

from api.beside import open_administration
from api.clock import system_clock, system_entropy
from api.commands.admin import DAY, pin
from api.commands.common import EXIT_FAILED, EXIT_OK, err, out
from api.db.repositories.clients import ClientKey
from api.errors import BadRequest
from api.settings import Settings
from certs.acts import KEY_LIFE
from certs.keys import open_signer
from certs.ports import Signer
from verifier.httpsig import NONCE_BYTES, Parameters, Target, prepare

LIFE = 60  # seconds that a request may take to arrive
Values = Mapping[str, str | int]


async def add(settings: Settings, arguments: argparse.Namespace) -> int:
    names = {"name_zh": arguments.zh, "name_en": arguments.en, "contact": arguments.contact}
    return _send(settings, arguments, "", {"uscc": arguments.uscc, "category": arguments.category} | names)


async def suspend(settings: Settings, arguments: argparse.Namespace) -> int:
    return _send(settings, arguments, "/suspend", {"uscc": arguments.uscc})


async def resume(settings: Settings, arguments: argparse.Namespace) -> int:
    return _send(settings, arguments, "/resume", {"uscc": arguments.uscc})


async def key_add(settings: Settings, arguments: argparse.Namespace) -> int:
    now = system_clock()
    said = {"uscc": arguments.uscc, "purpose": arguments.purpose, "alg": arguments.alg}
    key = {"public_key": arguments.public_key.lower(), "not_before": now, "not_after": now + arguments.days * DAY}
    return _send(settings, arguments, "/keys", said | key)


async def key_release(settings: Settings, arguments: argparse.Namespace) -> int:
    return _send(settings, arguments, "/release", {"keyid": arguments.keyid})


async def key_revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    return _send(settings, arguments, "/keys/revoke", {"keyid": arguments.keyid})


async def tls_add(settings: Settings, arguments: argparse.Namespace) -> int:
    """The certificate's own validity is the key's."""
    try:
        der = ssl.PEM_cert_to_DER_cert(Path(arguments.file).read_text(encoding="ascii").strip())
        read = load_der_x509_certificate(der)
    except ValueError:
        raise BadRequest("malformed", "file", "expected one PEM certificate") from None
    start = max(system_clock(), int(read.not_valid_before_utc.timestamp()))
    end = min(start + KEY_LIFE, int(read.not_valid_after_utc.timestamp()))
    key = {"public_key": hashlib.sha256(der).hexdigest(), "not_before": start, "not_after": end}
    return _send(settings, arguments, "/keys", {"uscc": arguments.uscc, "purpose": "tls", "alg": "x509"} | key)


async def list_(settings: Settings, _: argparse.Namespace) -> int:
    """One line a party, one a key of it; relying parties first, then the institution's own that have keys."""
    async with open_administration(settings) as opened:
        known, offices = await opened.service.parties(), await opened.service.offices()
    for record in known:
        party = record.party
        state = "" if party.suspended_at is None else "suspended"
        out.print(f"{party.uscc} {party.category:20} {party.name_zh} {state}".rstrip(), highlight=False)
        _show(record.keys)
    for office, keys in offices:
        out.print(f"{office.uscc} {office.role:20} {office.name_zh}", highlight=False)
        _show(keys)
    return EXIT_OK


def _show(keys: Sequence[ClientKey]) -> None:
    now = system_clock()
    for key in keys:
        waits = "" if key.released_at is not None or key.revoked_at is not None else "waits for its release"
        state = "good" if key.good(now) else waits or "not good"
        out.print(f"    {key.keyid} {key.purpose:7} {state}", highlight=False)


def _send(settings: Settings, arguments: argparse.Namespace, path: str, said: Values) -> int:
    """Sign and send one act; prints what the service answers. A refusal is exit status 2, with its reason."""
    return send(settings, arguments, f"/v1/admin/parties{path}", said, signer_of(arguments))


def signer_of(arguments: argparse.Namespace) -> Signer:
    """The administrator's key, its PIN asked for. Raises KeyRefused, KeyFileLocked …"""
    secret = pin(arguments)
    return open_signer(f"software:{Path(arguments.key).absolute()}", lambda: secret, process=False)


def send(settings: Settings, arguments: argparse.Namespace, path: str, said: Values, signer: Signer) -> int:
    """Sign and send a request; prints what the service answers. A refusal is exit status 2, with its reason."""
    server = urlsplit(arguments.server or f"http://{settings.host}:{settings.port}")
    target = Target("POST", (arguments.authority or server.netloc).lower(), path)
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    now = system_clock()
    nonce = base64.urlsafe_b64encode(system_entropy(NONCE_BYTES)).rstrip(b"=").decode()
    unsigned = prepare(target, body, Parameters(now, now + LIFE, nonce, signer.kid.hex(), "sm2-sm3"))
    fields = unsigned.signed(signer.sign(unsigned.base)) | {"Content-Type": "application/json"}
    url = f"{server.scheme}://{server.netloc}{target.path}"
    try:
        answer = httpx.post(url, content=body, headers=fields, timeout=30, trust_env=False)
    except httpx.HTTPError as error:
        err.print(f"mzt: the service does not answer: {type(error).__name__}", highlight=False)
        return EXIT_FAILED
    good = answer.status_code == 200
    (out if good else err).print(answer.text, highlight=False)
    return EXIT_OK if good else EXIT_FAILED
