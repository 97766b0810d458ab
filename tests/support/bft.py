"""A real BFT chain for tests: four validators, four processes, CometBFT consensus, an EVM with JSON-RPC.

The node is `injectived` out of the PyPI wheel `injective-core` (extra `bft`, BUSL-1.1: test rig only), with a genesis
of our own, on 127.0.0.1, with a private chain id. About 220 MB of memory a node, blocks of half a second.

    network = BftNetwork(directory, funded=[key.address])
    network.start()
    network.node(3).kill()          # SIGKILL; three of four go on
    network.node(3).start()
    network.stop()
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import importlib.util
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.bft_genesis import (
    CHAIN_ID,
    NETWORK,
    POWER,
    Options,
    Ports,
    validator_key,
    write_configuration,
    write_genesis,
)

VALIDATORS = 4
START_SECONDS = 120.0  # of a machine that does ten other things
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_libc = ctypes.CDLL(None)


def is_available() -> bool:
    """Whether the wheel is installed."""
    return importlib.util.find_spec("injective_core") is not None


def binary() -> Path:
    """Path of `injectived`; the wheel unpacks it when it is asked for the first time (a quarter of a gigabyte)."""
    from injective_core import get_binary_path

    path: Path = get_binary_path()
    return path


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": str(binary().parent), "HOME": "/nonexistent"}


def _die_with_parent() -> None:
    _libc.prctl(_DEATH_SIGNAL, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Free ports of 127.0.0.1 below those that the kernel gives to outgoing connections.

    A killed node must find its port again: from the kernel's range, another process could have got it meanwhile.
    """
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            port = random.SystemRandom().randrange(20_000, 32_000)
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
        return found


class BftNode:
    """One validator: a home directory and, while it runs, a process in a group of its own."""

    def __init__(self, index: int, home: Path, ports: Ports) -> None:
        self.index = index
        self.home = home
        self.ports = ports
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def evm_url(self) -> str:
        """Ethereum JSON-RPC."""
        return f"http://127.0.0.1:{self.ports.evm}"

    @property
    def comet_url(self) -> str:
        """CometBFT RPC: /status, /commit, /validators, /abci_query …"""
        return f"http://127.0.0.1:{self.ports.comet}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; returns at once. From the main thread: the node dies with the thread that started it."""
        assert not self.is_running, "runs already"
        with (self.home / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [binary(), "start", "--home", self.home, "--chain-id", NETWORK, "--log-no-color"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,
                preexec_fn=_die_with_parent,  # a killed test run leaves no gigabyte of orphans behind
            )

    def kill(self) -> None:
        """SIGKILL to the whole group, and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def comet(self, path: str) -> Any:
        """`result` of a CometBFT RPC query, e.g. `comet("status")`. Raises OSError if there is no answer."""
        with urllib.request.urlopen(f"{self.comet_url}/{path}", timeout=5) as answer:
            return json.loads(answer.read())["result"]

    def evm(self, method: str, *params: Any) -> Any:
        """`result` of an Ethereum JSON-RPC call, or the `error` object as it is."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.evm_url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            document = json.loads(answer.read())
        return document.get("result", document)

    def height(self) -> int | None:
        """Last block that both RPC servers show, None if one of them does not answer."""
        try:
            comet = int(self.comet("status")["sync_info"]["latest_block_height"])
            return min(comet, int(self.evm("eth_blockNumber"), 16))
        except (OSError, KeyError, TypeError, ValueError):
            return None

    def is_synced(self) -> bool:
        """Whether it takes part in consensus; until then it refuses transactions."""
        try:
            return not self.comet("status")["sync_info"]["catching_up"]
        except OSError:
            return False

    def log_tail(self) -> str:
        """The last lines of its log, for messages of failed assertions."""
        log = self.home / "log.txt"
        return log.read_text(errors="replace")[-1500:] if log.exists() else ""


class BftNetwork:
    """Four validators of equal power on this machine."""

    chain_id = CHAIN_ID
    network = NETWORK

    def __init__(
        self,
        directory: Path,
        *,
        funded: Sequence[bytes],
        deployers: Sequence[bytes] | None = None,
        mempool: int = 500,
    ) -> None:
        """`funded`: EVM addresses with a million coins. `deployers`: who may create contracts, None for all."""
        self._options = Options(tuple(funded), None if deployers is None else tuple(deployers), mempool)
        ports = free_ports(5 * VALIDATORS)
        self.nodes = tuple(BftNode(i, directory / f"node{i}", Ports(*ports[i::VALIDATORS])) for i in range(VALIDATORS))

    def node(self, index: int) -> BftNode:
        return self.nodes[index]

    @property
    def evm_urls(self) -> list[str]:
        return [node.evm_url for node in self.nodes]

    @property
    def comet_urls(self) -> list[str]:
        return [node.comet_url for node in self.nodes]

    def start(self) -> None:
        """Make keys and genesis if they are not there, start those that are down, wait until all get new blocks."""
        if not self.nodes[0].home.exists():
            self._make()
        try:
            for node in self.nodes:
                if not node.is_running:
                    node.start()
            self.wait_for(lambda: all(node.is_synced() for node in self.nodes), "node in step")
            self.wait_blocks(2)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill what runs. The chain's data stays: `start()` resumes it."""
        for node in self.nodes:
            node.kill()

    def heights(self) -> list[int | None]:
        """Of each node, None where it does not answer."""
        return [node.height() for node in self.nodes]

    def wait_height(self, height: int, nodes: Sequence[int] = range(VALIDATORS)) -> None:
        """Until all the named nodes have this block."""
        self.wait_for(lambda: all((self.nodes[i].height() or 0) >= height for i in nodes), f"height {height}")

    def wait_for(self, reached: Callable[[], bool], what: str) -> None:
        """Poll until `reached()`; a node that was started and has ended is an error at once."""
        deadline = time.monotonic() + START_SECONDS
        while not reached():
            for node in self.nodes:
                if node._process is not None and not node.is_running:
                    raise AssertionError(f"node {node.index} ended: {node.log_tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} after {START_SECONDS:.0f} s; heights {self.heights()}")
            time.sleep(0.05)

    def wait_blocks(self, count: int) -> None:
        """Until the running nodes are this many blocks further than the furthest is now."""
        running = [node.index for node in self.nodes if node.is_running]
        top = max(height or 0 for height in self.heights())
        self.wait_height(top + count, running)

    def wait_halt(self) -> int:
        """Until no running node gets a block any more; that height. For a network without two thirds of its power.

        There is no event for what does not happen: a round of consensus takes a second, so standing still for three
        is what a halt looks like from outside.
        """
        seen, since = self.heights(), time.monotonic()
        while time.monotonic() - since < 3:
            time.sleep(0.1)
            heights = self.heights()
            if heights != seen:
                seen, since = heights, time.monotonic()
        return max(height or 0 for height in seen)

    def validators(self) -> list[tuple[bytes, int]]:
        """(32-byte Ed25519 public key, power) of the genesis set, in order of the nodes."""
        return [(base64.b64decode(key), power) for key, power in self.validator_keys()]

    def validator_keys(self) -> list[tuple[str, int]]:
        """As `validators`, in the base64 of CometBFT's RPC."""
        return [(validator_key(node.home), POWER) for node in self.nodes]

    def _make(self) -> None:
        homes = [node.home for node in self.nodes]
        made = [
            subprocess.Popen(
                [binary(), "init", f"node{i}", "--home", home, "--chain-id", NETWORK],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
            for i, home in enumerate(homes)
        ]
        assert [process.wait() for process in made] == [0] * len(made)
        write_genesis(homes, self._options)
        names = [_node_id(home) for home in homes]
        for node in self.nodes:
            peers = [f"{names[other.index]}@127.0.0.1:{other.ports.p2p}" for other in self.nodes if other is not node]
            write_configuration(node.home, node.ports, peers, self._options)


def _node_id(home: Path) -> str:
    """First 20 bytes of SHA-256 over the Ed25519 public key, which is the second half of the stored secret."""
    stored = json.loads((home / "config/node_key.json").read_text())["priv_key"]["value"]
    return hashlib.sha256(base64.b64decode(stored)[32:]).hexdigest()[:40]


def is_loopback_only(network: BftNetwork) -> bool:
    """Whether every listening socket of the nodes is bound to 127.0.0.1, as the kernel sees it."""
    sockets = {
        os.readlink(entry)
        for node in network.nodes
        if node._process is not None
        for entry in Path(f"/proc/{node._process.pid}/fd").iterdir()
        if entry.is_symlink()
    }
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    listening = [fields[1] for fields in lines if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets]
    assert len(listening) >= 5 * VALIDATORS, "the nodes' sockets were not found"
    return all(address.startswith("0100007F:") for address in listening)


@contextmanager
def running_network(directory: Path, **options: Any) -> Iterator[BftNetwork]:
    """A started network that is gone afterwards, whatever happens; skips where the wheel is missing."""
    if not is_available():
        pytest.skip("the wheel injective-core is not installed (extra bft): no BFT network")
    network = BftNetwork(directory, **options)
    try:
        network.start()
        yield network
    finally:
        network.stop()
