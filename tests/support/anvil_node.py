"""An anvil in a process of its own that can be killed and started again with its state."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.evm import ANVIL

CHAIN_ID = 990001


class AnvilNode:
    """Prague rules as the consortium chains have them; no account has money before a test gives it some."""

    def __init__(self, directory: Path, *flags: str) -> None:
        if not ANVIL.is_file():
            pytest.skip(f"anvil is not installed ({ANVIL.name} missing; run npm ci in contracts/)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.state = directory / f"anvil-{self.port}.json"
        self.flags = flags
        self.process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self, chain_id: int = CHAIN_ID) -> None:
        arguments = ["--hardfork", "prague", "--chain-id", str(chain_id), "--port", str(self.port), "--quiet"]
        keep = ["--state", str(self.state), "--preserve-historical-states"]
        self.process = subprocess.Popen(
            [ANVIL, "--host", "127.0.0.1", *arguments, *keep, *self.flags], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("anvil does not answer")

    def stop(self) -> None:
        """It writes its state when asked nicely."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None

    def forget(self) -> None:
        """The next start is that of a new chain."""
        self.stop()
        self.state.unlink(missing_ok=True)
