"""The signing process: every signature right whatever becomes of the process, and nothing left of it afterwards."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from certs.errors import SigningFailed
from certs.keys import PrivateKey, SoftwareSigner, signing_process
from certs.keys.signing_child import SIGNATURE_BYTES
from certs.keys.signing_process import WINDOW, SigningProcess

PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not (PROC / "self").exists(), reason="needs /proc")


@pytest.fixture
def signer() -> Iterator[SoftwareSigner]:
    made = SoftwareSigner(PrivateKey.generate())
    yield made
    made.close()


def texts(count: int, what: str = "") -> list[bytes]:
    return [b"%s %d" % (what.encode(), i) for i in range(count)]


def child_of(signer: SoftwareSigner) -> SigningProcess:
    process = signer._process
    assert process is not None
    return process


def check(signer: SoftwareSigner, messages: list[bytes], signatures: list[bytes]) -> None:
    assert len(messages) == len(signatures)
    assert all(signer.cose_key.verify(s, m) for s, m in zip(signatures, messages, strict=True))


def running(pid: int) -> bool:
    """Also true of a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_few_messages_start_nothing(signer: SoftwareSigner) -> None:
    check(signer, texts(15), list(signer.sign_many(texts(15))))
    assert signer._process is None
    list(signer.sign_many(texts(16)))
    assert child_of(signer).alive
    check(signer, texts(5), list(signer.sign_many(texts(5))))
    assert list(signer.sign_many([])) == []


def test_ten_thousand_messages_never_block(signer: SoftwareSigner) -> None:
    messages = texts(10_000)
    signatures = list(signer.sign_many(messages))
    assert len(set(signatures)) == len(messages)
    some = slice(None, None, 97)
    check(signer, messages[some], signatures[some])
    assert child_of(signer).alive


def test_many_calls_before_the_first_answer_is_read(signer: SoftwareSigner) -> None:
    batches = [texts(100, str(n)) for n in range(20)]
    iterators = [signer.sign_many(batch) for batch in batches]
    for batch, signatures in reversed(list(zip(batches, iterators, strict=True))):
        check(signer, batch, list(signatures))


def test_interleaved_iterators(signer: SoftwareSigner) -> None:
    one, two = texts(90, "one"), texts(90, "two")
    pairs = list(zip(signer.sign_many(one), signer.sign_many(two), strict=True))
    check(signer, one, [a for a, _ in pairs])
    check(signer, two, [b for _, b in pairs])


def test_what_nobody_wants_any_more_is_not_signed(signer: SoftwareSigner) -> None:
    dropped = signer.sign_many(texts(5000, "dropped"))
    next(dropped)
    del dropped
    check(signer, texts(20), list(signer.sign_many(texts(20))))
    process = child_of(signer)
    assert not process._unsent
    assert len(process._unread) <= WINDOW


def test_several_threads(signer: SoftwareSigner) -> None:
    wrong: list[str] = []

    def work(name: str) -> None:
        for _ in range(3):
            messages = texts(150, name)
            for message, signature in zip(messages, signer.sign_many(messages), strict=True):
                if not signer.cose_key.verify(signature, message):
                    wrong.append(name)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not wrong
    assert child_of(signer).alive


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_in_the_middle(signer: SoftwareSigner, how: signal.Signals) -> None:
    messages = texts(400)
    iterator = signer.sign_many(messages)
    signatures = [next(iterator) for _ in range(100)]
    first = child_of(signer).pid
    os.kill(first, how)
    check(signer, messages, signatures + list(iterator))
    assert not running(first)  # no zombie either
    check(signer, messages[:50], list(signer.sign_many(messages[:50])))
    assert child_of(signer).pid != first  # the next batch has a new one


def test_a_stopped_process_is_given_up(signer: SoftwareSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_process, "PATIENCE_MS", 100)
    monkeypatch.setattr(signing_process, "_END_SECONDS", 0.1)
    messages = texts(200)
    iterator = signer.sign_many(messages)
    pid = child_of(signer).pid
    os.kill(pid, signal.SIGSTOP)
    check(signer, messages, list(iterator))
    assert not running(pid)


def test_one_that_cannot_live_is_not_tried_for_ever(signer: SoftwareSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_process, "_COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
    for _ in range(5):
        check(signer, texts(40), list(signer.sign_many(texts(40))))
    assert signer._starts_left == 0
    assert signer.without_process


def test_no_process_to_be_had(signer: SoftwareSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_process, "_COMMAND", ("/nonexistent/python",))
    check(signer, texts(40), list(signer.sign_many(texts(40))))


def test_an_interrupted_transfer_ends_the_process(signer: SoftwareSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was lost on the way would give every later message its neighbour's signature."""
    messages = texts(100)
    iterator = signer.sign_many(messages)
    head = next(iterator)
    process = child_of(signer)

    def interrupted() -> bool:
        os.read(process._out, SIGNATURE_BYTES)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(process, "_receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            process.await_answer(iterator, 99)  # type: ignore[arg-type]
    check(signer, messages, [head, *iterator])
    assert not process.alive


def test_a_refusal_is_raised_and_not_skipped(signer: SoftwareSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    iterator = signer.sign_many(texts(30))
    next(iterator)
    child_of(signer).close()

    def refuse(digest: bytes) -> bytes:
        raise SigningFailed("libcrypto refused: signature")

    monkeypatch.setattr(iterator, "_here", refuse)
    with pytest.raises(SigningFailed, match="refused"):
        list(iterator)


def test_close_leaves_nothing(signer: SoftwareSigner) -> None:
    iterator = signer.sign_many(texts(100))
    pid = child_of(signer).pid
    signer.close()
    signer.close()
    assert not running(pid)
    check(signer, texts(100), list(iterator))


def test_a_forgotten_signer_leaves_nothing() -> None:
    signer = SoftwareSigner(PrivateKey.generate())
    list(signer.sign_many(texts(20)))
    pid = child_of(signer).pid
    del signer
    gc.collect()
    assert not running(pid)


PARENT = """
import os, sys
from certs.keys import PrivateKey, SoftwareSigner
signer = SoftwareSigner(PrivateKey.generate())
rest = signer.sign_many([b"%d" % i for i in range(5000)])
next(rest)
print(signer._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, None])
def test_it_does_not_outlive_its_parent(how: signal.Signals | None) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        if how is None:
            parent.stdin.close()
        else:
            parent.send_signal(how)
        parent.wait(20)
    ended = threading.Event()
    for _ in range(200):
        if not running(pid) or _state(pid) == "Z":  # a zombie waits for whoever inherited it, not for us
            break
        ended.wait(0.05)
    else:
        pytest.fail("the signing process is still there")


def _state(pid: int) -> str:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@needs_proc
def test_the_key_is_in_no_argument_and_no_environment() -> None:
    key = PrivateKey.generate()
    scalar = bytes(key.scalar())
    signer = SoftwareSigner(key)
    list(signer.sign_many(texts(20)))
    place = PROC / str(child_of(signer).pid)
    for name in ("cmdline", "environ"):
        seen = (place / name).read_bytes()
        assert b"python" in seen or name == "environ"
        assert scalar not in seen
        assert scalar.hex().encode() not in seen.lower()
    assert {int(p.name) for p in (place / "fd").iterdir()} <= {0, 1, 2}  # nothing inherited
    signer.close()


@needs_proc
def test_an_interrupt_at_the_terminal_does_not_reach_it(signer: SoftwareSigner) -> None:
    messages = texts(300)
    iterator = signer.sign_many(messages)
    signatures = [next(iterator)]
    process = child_of(signer)
    os.kill(process.pid, signal.SIGINT)
    check(signer, messages, signatures + list(iterator))
    assert process.alive


def test_a_forked_process_does_not_read_its_parents_answers(signer: SoftwareSigner) -> None:
    list(signer.sign_many(texts(20)))
    process = child_of(signer)
    process._owner = -1  # what a forked process sees: another owner than itself
    check(signer, texts(40), list(signer.sign_many(texts(40))))
    assert child_of(signer) is not process
    process._owner = os.getpid()
    process.close()
