"""`mzt witness init`, `serve`, `vkey`: run a witness for other bodies' logs."""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import time
from pathlib import Path

import uvicorn

from api.commands.common import EXIT_OK, out
from api.commands.serving import listen, server_config
from api.http.witness import create_witness_app
from api.logs import configure
from api.settings import Settings
from api.witness_instance import ALGORITHMS, bls_key, create, open_witness, vkeys


async def init(_: Settings, arguments: argparse.Namespace) -> int:
    """Make the witness, or finish making it; print its keys."""
    algorithms = ALGORITHMS if arguments.alg == "both" else (arguments.alg,)
    directory = Path(arguments.dir)
    await create(directory, arguments.name, algorithms, bls=arguments.bls)
    out.print(f"witness in {directory}; put the logs to follow into {directory / 'logs.txt'}", highlight=False)
    _print_keys(directory)
    return EXIT_OK


async def serve(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    configure(settings.log_level)
    async with open_witness(Path(arguments.dir)) as opened:
        proxy = settings.behind_proxy
        app = create_witness_app(
            opened.witness, opened.metrics, opened.rounds, behind_proxy=proxy, monotonic=time.monotonic
        )
        with listen(arguments.host, arguments.port) as listener:
            host, port = listener.getsockname()[:2]
            out.print(f"http://{f'[{host}]' if ':' in host else host}:{port}", highlight=False, soft_wrap=True)
            server = uvicorn.Server(server_config(app))
            if arguments.until_eof:
                _stop_at_eof(server)
            await server.serve(sockets=[listener])
    return EXIT_OK


def _stop_at_eof(server: uvicorn.Server) -> None:
    """A parent that dies, by whatever means, closes its end of the pipe; nothing is left behind."""
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            server.should_exit = True

    loop.add_reader(0, readable)


async def vkey(_: Settings, arguments: argparse.Namespace) -> int:
    """Print the witness's verifier keys, one a line."""
    _print_keys(Path(arguments.dir))
    return EXIT_OK


def _print_keys(directory: Path) -> None:
    for key in vkeys(directory):
        out.print(key.encode(), highlight=False, soft_wrap=True, markup=False)
    share = bls_key(directory)
    if share is not None:  # the line as a policy file takes it
        words = (base64.b64encode(part).decode() for part in (share.public_key, share.possession))
        out.print("bls", vkeys(directory)[0].name, *words, highlight=False, soft_wrap=True, markup=False)
