"""`mzt init`, `mzt serve`, `mzt status`, `mzt token`."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from api.beside import open_parties
from api.bootstrap import initialise, open_service
from api.clock import system_entropy
from api.commands.chain import submitter
from api.commands.common import EXIT_FAILED, EXIT_OK, err, organisation, out
from api.commands.sealing import line
from api.commands.serving import listen, server_config
from api.errors import BundleMissing
from api.instance_state import is_initialised, may_initialise
from api.institution import Institution
from api.jobs.loops import run
from api.logs import configure
from api.main import create_app
from api.sealingring import RingDirectory
from api.services.keychoice import WARN_DAYS
from api.services.sealing import SealingService
from api.settings import Settings
from api.tls import server_context
from api.web.routes import is_built
from chain.errors import AnchorFault

DAY = 86400


async def init(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make the instance, or finish making it."""
    given = None if arguments.institution is None else Institution.parse(Path(arguments.institution).read_bytes())
    try:
        with out.status("") as status:
            await initialise(
                settings,
                given,
                progress=lambda step: status.update(f"init: {step}"),
                adopt_validators=arguments.adopt_validators,
            )
    except AnchorFault:
        if settings.chain_endpoints:  # who sees it may have to fund or permit the account before he repeats this
            err.print(f"this instance sends from 0x{submitter(settings).hex()}", highlight=False)
        raise
    root = (settings.data_dir / "trust-root.hex").read_text().strip()
    out.print(f"instance in {settings.data_dir}", highlight=False)
    out.print(f"root to pin (SM3 of its COSE_Key): {root}", highlight=False)
    out.print(f"access tokens, one file a party: {settings.data_dir / 'tokens'}", highlight=False)
    return EXIT_OK


async def serve(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve until told to stop. Refuses to start without the verify page: a service that cannot show it is broken."""
    if not is_built() and not arguments.without_pages:
        raise BundleMissing("the verify page is not built: run `make web`, or serve --without-pages")
    if not is_initialised(settings) and may_initialise(settings):
        out.print(f"making a new instance in {settings.data_dir}", highlight=False)
        await initialise(settings, progress=lambda step: out.print(f"init: {step}", highlight=False))
    configure(settings.log_level)
    tls = server_context(settings)
    scheme = "http" if tls is None else "https"
    async with open_service(settings) as service:
        with listen(settings.host, settings.port) as listener:
            host, port = listener.getsockname()[:2]
            out.print(f"{scheme}://{host}:{port}/v      verify page", highlight=False)
            out.print(f"{scheme}://{host}:{port}/openapi.json", highlight=False)
            server = uvicorn.Server(server_config(create_app(service, run), tls))
            await server.serve(sockets=[listener])
    return EXIT_OK


def degree(days: int) -> str:
    """How loud a key's end is announced: 90 days before it is a note, 30 a warning, 7 an alarm."""
    return "note" if days >= WARN_DAYS[1] else "warning" if days >= WARN_DAYS[2] else "alarm"


async def status(settings: Settings, _: argparse.Namespace) -> int:
    """Parts, sizes, chain: what `readyz` says, for a stopped service."""
    async with open_service(settings) as service:
        parts, figures = await service.readiness(), await service.figures()
        health, ending = await service.chain.health(), service.keys.ending()
        uses = await SealingService(
            service.database, RingDirectory(settings.data_dir), system_entropy, service.clock
        ).use()
    for name, word in parts.items():
        out.print(f"{name:10} {word}", highlight=False)
    sizes = f"checkpoint {figures.checkpoint}, cosigned {figures.cosigned}, anchored {figures.anchored}"
    out.print(f"{'entries':10} {figures.entries}, {sizes}", highlight=False)
    for row, days in ending:
        what = f"{row.purpose} key {row.kid.hex()} {f'ends in {days} days' if days else 'has ended or ends today'}"
        out.print(f"{degree(days):10} {what}: `mzt keys rotate {row.purpose}`", highlight=False)
    if figures.parked or figures.failing:
        waiting = f"{figures.parked} entries parked, {figures.failing} anchor transactions failed"
        out.print(f"{'attention':10} {waiting}", highlight=False)
    out.print(f"{'block':10} {health.block_number} {health.detail}".rstrip(), highlight=False, markup=False)
    for use in uses:
        out.print(f"{'sealing':10} {line(use)}", highlight=False)
    good = all(word == "ok" for word in parts.values()) and all(use.here for use in uses)
    return EXIT_OK if good else EXIT_FAILED


async def token_create(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print a new access token, once. Works beside a running service."""
    async with open_parties(settings) as (institution, parties):
        uscc = organisation(institution, arguments.organisation).uscc
        token = await parties.create_token(uscc, arguments.days * DAY)
    out.print(token, highlight=False, soft_wrap=True)
    return EXIT_OK


async def token_revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    """Withdraw a token by its id, the middle part of its text. Works beside a running service, at once."""
    async with open_parties(settings) as (_, parties):
        await parties.revoke_token(arguments.token_id)
    return EXIT_OK
