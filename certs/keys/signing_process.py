"""A process that holds one key and signs digests, so that signing runs beside the interpreter and not inside it.

Why not threads: libcrypto releases the interpreter lock for the 0.3 ms of a signature, but a thread needs it again
between two signatures and then waits up to the switch interval (5 ms) while the caller builds certificates. A batch
of 100 signed by threads overlapped with a third of its signing; a process overlaps with all of it.
It is also the shape of a hardware module: digests in, signatures out, over a queue, and it may go away at any time.

The scalar goes through a pipe: neither arguments nor environment, which every process of the user can read.

Flow: at most `WINDOW` digests are unanswered. Their 2 KiB and the answers' 4 KiB fit into pipes of a single page, the
smallest that a system gives: neither side can ever block on a full pipe while the other one waits for it.
Whoever needs a signature reads what has arrived, for everybody, and sends what has become possible.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from ._evp import PrivateKey
from .keyfile import wipe
from .signing_child import DIGEST_BYTES, SIGNATURE_BYTES

WINDOW: Final = 64
REFILL: Final = WINDOW // 2
PATIENCE_MS: Final = 2_000
"""For one signature of 0.3 ms, or the start of 0.2 s: longer means stopped or hung. Nobody else is answered meanwhile,
and giving up costs nothing but speed."""
_END_SECONDS: Final = 0.5  # for what it is still signing, 20 ms at most
_ROOT: Final = Path(__file__).resolve().parents[2]  # where `certs` is found, however this process found it
_COMMAND: Final = (sys.executable, "-m", "certs.keys.signing_child")


class Signatures:
    """Signatures of one call, in order; an iterator. What the process does not answer is signed by `here`.

    Dropped unread, it takes back what was not sent yet.
    """

    __slots__ = ("__weakref__", "_here", "_next", "_process", "answers", "digests")

    def __init__(self, digests: Sequence[bytes], process: SigningProcess, here: Callable[[bytes], bytes]) -> None:
        self.digests = digests
        self.answers: list[bytes] = []
        self._process = process
        self._here = here
        self._next = 0

    def __iter__(self) -> Signatures:
        return self

    def __next__(self) -> bytes:
        at = self._next
        if at == len(self.digests):
            raise StopIteration
        if at < len(self.answers) or self._process.await_answer(self, at):
            signature = self.answers[at]
        else:
            signature = self._here(self.digests[at])
        self._next = at + 1
        return signature


class SigningProcess:
    """One child and the queue before it. Thread-safe. Once it has failed it stays failed: `alive` is False."""

    def __init__(self, key: PrivateKey) -> None:
        """Start the child. Raises OSError if the system gives no process."""
        self._child = subprocess.Popen(  # noqa: S603  our own module, by our own interpreter, no argument from outside
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=_ROOT,
            close_fds=True,
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._in, self._out = self._child.stdin.fileno(), self._child.stdout.fileno()
        # For a signer that nobody closed, and for the end of the interpreter.
        self._end = weakref.finalize(self, _end, self._child)
        self._owner = os.getpid()
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._lock = Lock()
        self._unsent: deque[tuple[weakref.ref[Signatures], int]] = deque()
        self._unread: deque[weakref.ref[Signatures]] = deque()
        self._rest = b""
        self._whole = True  # False while a transfer is under way: an exception in its midst leaves the order unknown
        self._hand_over(key)

    @property
    def alive(self) -> bool:
        """Whether it can be asked. A process forked off by somebody must not read its parent's answers."""
        return self._end.alive and self._owner == os.getpid()

    @property
    def pid(self) -> int:
        return self._child.pid

    def submit(self, digests: Sequence[bytes], here: Callable[[bytes], bytes]) -> Signatures:
        """Queue digests (32 bytes each) and start on them; returns at once. `here` signs what gets no answer."""
        result = Signatures(digests, self, here)
        reference = weakref.ref(result)
        with self._lock:
            self._unsent.extend((reference, i) for i in range(len(digests)))
            self._transfer(self._send)
        return result

    def await_answer(self, wanted: Signatures, at: int) -> bool:
        """Whether answer `at` has come: waits for it. False once the process has failed."""
        with self._lock:
            while at >= len(wanted.answers):  # another thread may have read it meanwhile
                if not self._transfer(self._receive):
                    return False
        return True

    def close(self) -> None:
        """End the child and wait for it. What is still wanted of it is signed by its caller."""
        with self._lock:
            self._end()

    def _transfer(self, step: Callable[[], bool]) -> bool:
        if not self._whole:
            self._end()
        if not self.alive:
            return False
        self._whole = False
        try:
            good = step()
        except OSError:  # EPIPE: it died
            good = False
        self._whole = True
        if not good:
            self._end()
        return good

    def _send(self) -> bool:
        batch: list[bytes] = []
        while self._unsent and len(self._unread) < WINDOW:
            reference, i = self._unsent.popleft()
            wanted = reference()
            if wanted is not None:
                batch.append(wanted.digests[i])
                self._unread.append(reference)
        if batch:
            data = b"".join(batch)
            return os.write(self._in, data) == len(data) == DIGEST_BYTES * len(batch)
        return True

    def _receive(self) -> bool:
        if not self._poll.poll(PATIENCE_MS):
            return False
        data = os.read(self._out, WINDOW * SIGNATURE_BYTES)
        if not data:
            return False
        data = self._rest + data
        whole = len(data) - len(data) % SIGNATURE_BYTES
        self._rest = data[whole:]
        for at in range(0, whole, SIGNATURE_BYTES):
            wanted = self._unread.popleft()()
            if wanted is not None:
                wanted.answers.append(data[at : at + SIGNATURE_BYTES])
        return len(self._unread) > REFILL or self._send()

    def _hand_over(self, key: PrivateKey) -> None:
        scalar = key.scalar()
        try:
            self._transfer(lambda: os.write(self._in, scalar) == len(scalar))
        finally:
            wipe(scalar)
        public = key.public()
        self._transfer(lambda: os.write(self._in, public) == len(public))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Close its input, wait for it, and insist if need be: no zombie, no orphan."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    try:
        child.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
