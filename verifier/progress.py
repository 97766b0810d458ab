"""How a bulk run stands: a bar for a person who watches, counts for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TextIO

from .report import Outcome

_EVERY: Final = 0.1  # seconds between two drawings
_WIDTH: Final = 30
_WORDS: Final = {Outcome.PASSED: "通过", Outcome.FAILED: "不通过", Outcome.INDETERMINATE: "无法确定"}


class Summary:
    """Counts by outcome; "" counts what was never looked at."""

    def __init__(self, lang: str, jobs: int) -> None:
        self.counts = {**dict.fromkeys((o.value for o in Outcome), 0), "": 0}
        self._lang = lang
        self._jobs = jobs

    def add(self, outcomes: Iterable[str]) -> None:
        """Count more of them."""
        for outcome in outcomes:
            self.counts[outcome] += 1

    @property
    def done(self) -> int:
        """Lines so far."""
        return sum(self.counts.values())

    def exit_status(self) -> int:
        """0 only if there was something and all of it PASSED; 1 if anything FAILED; 2 otherwise."""
        if self.counts[Outcome.FAILED.value]:
            return 1
        return 0 if self.counts[Outcome.PASSED.value] == self.done > 0 else 2

    def text(self, seconds: float, *, partial: bool) -> str:
        """One sentence for the end of a run."""
        n, errors = self.done, self.counts[""]
        if self._lang == "zh":
            parts = [f"{word} {self.counts[o.value]}" for o, word in _WORDS.items()]
            head = "已中断，以下仅为部分结果：" if partial else ""
            listed = "，".join([*parts, f"未能读取 {errors}"])
            return f"mz-verify: {head}共 {n} 项：{listed}；{seconds:.1f} 秒，{self._jobs} 个进程"
        parts = [f"{self.counts[o.value]} {o.value}" for o in Outcome]
        head = "interrupted, partial: " if partial else ""
        listed = ", ".join([*parts, f"{errors} not read"])
        return f"mz-verify: {head}{n} inputs: {listed}; {seconds:.1f} s, {self._jobs} processes"


class Progress:
    """A line on a terminal that is drawn over and over; nothing at all where `stream` is None."""

    def __init__(self, stream: TextIO | None, total: int | None, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._total = total
        self._clock = clock
        self._began = clock()
        self._drawn = self._began

    def seconds(self) -> float:
        """Since the beginning."""
        return self._clock() - self._began

    def show(self, summary: Summary) -> None:
        """Draw, if it is time to."""
        now = self._clock()
        if self._stream is None or now - self._drawn < _EVERY:
            return
        self._drawn = now
        done, failed = summary.done, summary.counts[Outcome.FAILED.value]
        rate = done / max(now - self._began, 1e-9)
        head = f"{done}"
        if self._total:
            filled = min(_WIDTH, _WIDTH * done // self._total)
            head = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{self._total}"
        self._stream.write(f"\r\x1b[K{head}  {rate:.0f}/s  FAILED {failed}")
        self._stream.flush()

    def end(self) -> None:
        """Leave a clean line."""
        if self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
