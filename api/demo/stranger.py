"""Step 4: a stranger's tools. `mz-verify` as a child process, and the HTTP API over a real socket."""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from api.commands.serving import listen, server_config
from api.errors import Unavailable

Verdict = tuple[str, str]
"""(outcome, reason)"""
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Desk:
    """`mz-verify` with one set of trust material."""

    trust: Path
    statuses: tuple[Path, ...]
    anchors: tuple[Path, ...] = ()
    level: str | None = None
    at: int | None = None
    checkpoints: tuple[Path, ...] = ()

    def verify(self, inputs: Sequence[str]) -> list[Verdict]:
        """Verdicts in the order of `inputs` (paths or codes). Its reports hold what holders disclose: they are read for
        outcome and reason, and dropped."""
        lines = self._run(*inputs)
        if len(lines) != len(inputs):
            raise Unavailable(f"mz-verify said {len(lines)} things about {len(inputs)}")
        return [_verdict(line) for line in lines]

    def audit(self, folder: Path) -> Verdict:
        """Verdict on a static export of the charity ledger."""
        return _verdict(self._run("--charity", str(folder))[0])

    def _run(self, *arguments: str) -> list[str]:
        command = [sys.executable, "-m", "verifier", "--json", "--trust", str(self.trust)]
        for option, paths in (("status", self.statuses), ("anchor", self.anchors), ("checkpoint", self.checkpoints)):
            for path in paths:
                command += [f"--{option}", str(path)]
        command += [] if self.level is None else ["--level", self.level]
        command += [] if self.at is None else ["--at", str(self.at)]
        done = subprocess.run([*command, *arguments], capture_output=True, check=False)  # noqa: S603 - our own module
        lines = done.stdout.decode().splitlines()
        if done.returncode not in (0, 1, 2) or not lines:
            raise Unavailable(f"mz-verify ended with status {done.returncode}")
        return lines


def _verdict(line: str) -> Verdict:
    report = json.loads(line)
    return report["outcome"], report["reason"]


class Client:
    """The API as any HTTP client sees it: one connection, standard library only."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def verify_code(self, code: str) -> Verdict:
        return self._post(json.dumps({"code": code}).encode(), "application/json")

    def verify_file(self, data: bytes, level: str | None = None) -> Verdict:
        """As a browser's form would send it."""
        boundary = secrets.token_hex(16)
        parts = []
        if level is not None:
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="level"\r\n\r\n{level}\r\n'.encode())
        head = 'Content-Disposition: form-data; name="file"; filename="certificate.mzc"'
        parts.append(f"--{boundary}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + data)
        body = b"".join(parts) + f"\r\n--{boundary}--\r\n".encode()
        return self._post(body, f"multipart/form-data; boundary={boundary}")

    def _post(self, body: bytes, kind: str) -> Verdict:
        self._connection.request("POST", "/v1/verify", body, {"Content-Type": kind})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            return (f"HTTP {answer.status}", "")
        report = json.loads(content)
        return (report["outcome"], report["reason"])


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """Run the application on a free port of the loopback interface; gives the port."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(server_config(app))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(START_SECONDS):
                while not server.started:
                    if task.done():
                        raise Unavailable("the server did not start")
                    await asyncio.sleep(0.02)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task
