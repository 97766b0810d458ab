"""Many inputs: worker processes, answers in the order of the inputs, memory that does not grow with their number.

One input that cannot be read, or that takes its process down, is a line of the result like any other; it stops nothing.
Ctrl-C ends the run after the pieces under way: what was written is whole lines, and the summary says so.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from types import FrameType
from typing import Final, TextIO

from .assess import Verifier
from .inputs import Material
from .items import CSV_HEADER, Task, Written, row, tasks, unchecked, written
from .progress import Progress, Summary

PIECE: Final = 32  # inputs that a worker takes at once: small enough for an order that flows, large enough for a pipe
AHEAD: Final = 3  # pieces for each worker that wait or are done: the bound of the memory
EXIT_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for every input. `at`: seconds UTC; `form`: "ndjson" or "csv"."""

    material: Material
    at: int
    level: str | None
    form: str
    lang: str


class _Worker:
    """What a worker process keeps from its start on."""

    job: Job
    verifier: Verifier


def _start(job: Job) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the parent decides what becomes of it
    _Worker.job, _Worker.verifier = job, job.material.verifier()


def _piece(piece: Sequence[tuple[str | None, ...]]) -> Written:
    """In a worker. Plain tuples and one text cross the pipe: a dataclass for each line costs a third of its check."""
    job = _Worker.job
    return written([row(Task(*fields), _Worker.verifier, job.at, job.level, job.form) for fields in piece])  # type: ignore[arg-type]


def _ready() -> None:
    """Asks for nothing: its submission starts a process."""


class _Stop:
    """Remembers Ctrl-C and SIGTERM instead of breaking off in the middle of a line. A second one is obeyed at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextlib.contextmanager
def _stoppable() -> Iterator[_Stop]:
    stop = _Stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [(n, signal.signal(n, stop)) for n in numbers]
    try:
        yield stop
    finally:
        for number, handler in before:
            signal.signal(number, handler)


class _Pool:
    """Processes that are replaced when one of them dies, and the pieces that they have not answered, in order."""

    def __init__(self, job: Job, jobs: int) -> None:
        self._job = job
        self._jobs = jobs
        self._waiting: deque[tuple[list[Task], Future[Written]]] = deque()
        self._executor = self._open(jobs)

    def _open(self, jobs: int) -> ProcessPoolExecutor:
        # spawn: a fork of a process that has threads or libcrypto's state is nobody's promise
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(self._job,))
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited until the worker's own line takes over
        try:
            for _ in range(jobs):
                executor.submit(_ready)
        finally:
            signal.signal(signal.SIGINT, before)
        return executor

    @property
    def full(self) -> bool:
        return len(self._waiting) >= self._jobs * AHEAD

    def give(self, piece: list[Task]) -> None:
        self._waiting.append((piece, self._submit(piece)))

    def _submit(self, piece: list[Task]) -> Future[Written]:
        try:
            return self._executor.submit(_piece, [task.fields() for task in piece])
        except BrokenProcessPool as e:
            failed: Future[Written] = Future()
            failed.set_exception(e)
            return failed

    def take(self) -> Written:
        """The oldest piece's lines."""
        piece, future = self._waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            return self._one_by_one(piece)

    def _one_by_one(self, piece: list[Task]) -> Written:
        """A process died, perhaps of another piece: each input of this one alone, then everything that waits anew."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        found: list[Written] = []
        alone: ProcessPoolExecutor | None = None
        for task in piece:
            alone = alone or self._open(1)
            try:
                found.append(alone.submit(_piece, [task.fields()]).result())
            except BrokenProcessPool:
                found.append(written([unchecked(task, "process-died", self._job.form)]))
                alone = None
        if alone is not None:
            alone.shutdown(wait=False)
        self._executor = self._open(self._jobs)
        self._waiting = deque((piece, self._submit(piece)) for piece, _ in self._waiting)
        return Written("".join(w.text for w in found), [o for w in found for o in w.outcomes])

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


def _pieces(found: Iterator[Task], stop: _Stop) -> Iterator[list[Task]]:
    while not stop.asked and (piece := list(islice(found, PIECE))):
        yield piece


def _answers(found: Iterator[Task], job: Job, jobs: int, stop: _Stop) -> Iterator[Written]:
    if jobs == 1:
        verifier = job.material.verifier()
        for piece in _pieces(found, stop):
            yield written([row(task, verifier, job.at, job.level, job.form) for task in piece])
        return
    pool = _Pool(job, jobs)
    try:
        for piece in _pieces(found, stop):
            pool.give(piece)
            if pool.full:
                yield pool.take()
        while pool and not stop.asked:
            yield pool.take()
    finally:
        pool.close()


def _cores() -> int:
    """Those that this process may use: a container often has fewer than the machine."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def run_bulk(inputs: Sequence[str], job: Job, jobs: int | None = None, out: TextIO | None = None) -> int:
    """Check all inputs; a line for each to `out` (stdout), progress and summary to stderr. Gives the exit status."""
    out = out or sys.stdout
    jobs = jobs or _cores()
    summary = Summary(job.lang, jobs)
    shown = sys.stderr.isatty()
    total = sum(1 for _ in tasks(inputs)) if shown and "-" not in inputs else None
    progress = Progress(sys.stderr if shown else None, total, time.monotonic)
    if job.form == "csv":
        out.write(CSV_HEADER)
    with _stoppable() as stop:
        for found in _answers(tasks(inputs), job, jobs, stop):
            summary.add(found.outcomes)
            out.write(found.text)
            out.flush()  # whoever reads a stream wants each piece when it is there
            progress.show(summary)
    progress.end()
    sys.stderr.write(summary.text(progress.seconds(), partial=stop.asked) + "\n")
    return EXIT_INTERRUPTED if stop.asked else summary.exit_status()
