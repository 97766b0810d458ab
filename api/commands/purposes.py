"""`mzt purposes`: show the catalogue, propose another, approve it, with an administrator's key file; `mzt access`: read
the log of accesses as the audit administrator. All through the service's API: the key's machine needs no instance.
"""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

import httpx

from api.clock import system_clock
from api.commands.common import EXIT_FAILED, EXIT_OK, err, out
from api.commands.party import send, signer_of
from api.errors import BadRequest
from api.settings import Settings
from certs.purposes import parse_catalogue
from certs.purposes.statement import Act, Statement, make_statement
from verifier.hazmat.sm3 import sm3


async def show(settings: Settings, arguments: argparse.Namespace) -> int:
    """The document in force, as it was signed."""
    answer = _get(settings, arguments, "/v1/purposes")
    if answer is None:
        return EXIT_FAILED
    out.print(answer.text, highlight=False, markup=False, soft_wrap=True)
    return EXIT_OK


async def propose(settings: Settings, arguments: argparse.Namespace) -> int:
    """Refused here already if the document is no catalogue. Raises CatalogueInvalid."""
    return _sign_and_send(settings, arguments, Act.PROPOSES, "/v1/admin/purposes")


async def approve(settings: Settings, arguments: argparse.Namespace) -> int:
    """Of the file that the approver has read: if another document waits, the service refuses."""
    return _sign_and_send(settings, arguments, Act.APPROVES, "/v1/admin/purposes/approve")


async def access(settings: Settings, arguments: argparse.Namespace) -> int:
    """One page, the newest first; `--before` goes on."""
    said = {name: getattr(arguments, name) for name in ("uscc", "since", "until", "before")}
    query = {name: value for name, value in said.items() if value is not None}
    return send(settings, arguments, "/v1/admin/access/query", query, signer_of(arguments))


def _sign_and_send(settings: Settings, arguments: argparse.Namespace, act: Act, path: str) -> int:
    document = Path(arguments.file).read_bytes()
    version = parse_catalogue(document).version
    current = _get(settings, arguments, "/v1/purposes/statements")
    if current is None:
        return EXIT_FAILED
    issuer = Statement.parse(base64.b64decode(current.json()["proposal"])).issuer
    signer = signer_of(arguments)
    made = make_statement(signer, issuer, arguments.admin_id, act, version, sm3(document), system_clock())
    body = {"statement": base64.b64encode(made).decode()}
    if act is Act.PROPOSES:
        body["document"] = base64.b64encode(document).decode()
    return send(settings, arguments, path, body, signer)


def _get(settings: Settings, arguments: argparse.Namespace, path: str) -> httpx.Response | None:
    """Raises BadRequest for an answer that is none."""
    server = arguments.server or f"http://{settings.host}:{settings.port}"
    try:
        answer = httpx.get(f"{server.rstrip('/')}{path}", timeout=30, trust_env=False)
    except httpx.HTTPError as error:
        err.print(f"mzt: the service does not answer: {type(error).__name__}", highlight=False)
        return None
    if answer.status_code != 200:
        raise BadRequest("malformed", "server", f"answered {answer.status_code}")
    return answer
